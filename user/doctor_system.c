// SPDX-License-Identifier: GPL-2.0
/*
 * What netlink does not tell: name servers and network managers
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "doctor.h"
#include "list.h"

#define RESOLV_CONF "/etc/resolv.conf"
/* resolved's own list of what it asks, and its settings of a link */
#define RESOLVED_CONF "/run/systemd/resolve/resolv.conf"
#define RESOLVED_LINK "/run/systemd/resolve/netif/"

/* Of systemd-networkd(8) and NetworkManager(8); both stay when these stop. The folder of
 * the first is there without it too, by systemd-tmpfiles(8)
 */
#define NETWORKD_RUNS "/run/systemd/netif/state"
/* networkd's own state of a link, by its index */
#define NETWORKD_LINK "/run/systemd/netif/links/"
#define NM_RUNS "/run/NetworkManager"

/** take_line - takes a line without its end. Return: 0 or -errno */
typedef int take_line(struct machine *m, char *line, const char *path);

/* A file that is not there has no lines */
static int each_line(struct machine *m, const char *path, take_line *take)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	int err = 0;

	if (!file)
		return 0;
	while (!err && getline(&line, &cap, file) >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		err = take(m, line, path);
	}
	free(line);
	fclose(file);
	return err;
}

/* What follows "KEY=", blanks around "=" and at the end aside, or NULL */
static char *value_of(char *line, const char *key)
{
	size_t len = strlen(key);
	char *end;

	line += strspn(line, " \t");
	if (strncasecmp(line, key, len) != 0)
		return NULL;
	line += len;
	line += strspn(line, " \t");
	if (*line++ != '=')
		return NULL;
	line += strspn(line, " \t");
	for (end = line + strlen(line); end > line && strchr(" \t", end[-1]); )
		*--end = '\0';
	return line;
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (list += strspn(list, " "); *list; list += strspn(list, " ")) {
		if (strcspn(list, " ") == len && strncmp(list, word, len) == 0)
			return true;
		list += strcspn(list, " ");
	}
	return false;
}

static int add_servers(struct machine *m, char *words, const char *from)
{
	struct doctor_dns d = { .from = from };
	char *word;
	int err = 0;

	while (!err && (word = strsep(&words, " \t"))) {
		/* a link-local one, with a scope, is no matter of rules */
		if (prefix_parse(&d.server, word) == 0)
			err = list_append(&m->dns, &m->dns_len, &d, sizeof(d));
	}
	return err;
}

static int take_nameserver(struct machine *m, char *line, const char *path)
{
	static const char key[] = "nameserver";

	(void)path;
	if (strncmp(line, key, strlen(key)) != 0)
		return 0;
	return add_servers(m, line + strlen(key),
			   m->dns_resolved ? RESOLVED_CONF : RESOLV_CONF);
}

/* Of resolved's file, and of networkd's, where what follows "~" is apart, without it
 * (link_save() in systemd's networkd-state-file.c)
 */
static int take_link_domains(struct machine *m, char *line, const char *path)
{
	char *own = value_of(line, "DOMAINS");
	char *networkd = value_of(line, "ROUTE_DOMAINS");

	(void)path;
	if ((own && has_word(own, "~.")) || (networkd && has_word(networkd, ".")))
		m->dns_link = true;
	return 0;
}

static int take_link_servers(struct machine *m, char *line, const char *path)
{
	char *own = value_of(line, "SERVERS");
	char *networkd = value_of(line, "DNS");

	(void)path;
	if (own)
		return add_servers(m, own, RESOLVED_LINK);
	return networkd ? add_servers(m, networkd, NETWORKD_LINK) : 0;
}

/* Those of a link that has all domains, by what @folder has of it */
static int take_link(struct machine *m, const char *folder, uint32_t ifindex)
{
	bool before = m->dns_link;
	char path[64];
	int err;

	snprintf(path, sizeof(path), "%s%" PRIu32, folder, ifindex);
	m->dns_link = false;
	err = each_line(m, path, take_link_domains);
	if (!err && m->dns_link)
		err = each_line(m, path, take_link_servers);
	m->dns_link |= before;
	return err;
}

/* resolved asks those of a link that has all domains, else those of all links. For a
 * link that networkd has, it takes them from that one
 */
static int take_resolved(struct machine *m)
{
	int err = 0;
	size_t i;

	m->dns_resolved = true;
	free(m->dns);
	m->dns = NULL;
	m->dns_len = 0;
	for (i = 0; i < m->len && !err; i++) {
		err = take_link(m, RESOLVED_LINK, m->views[i].link.ifindex);
		if (!err)
			err = take_link(m, NETWORKD_LINK, m->views[i].link.ifindex);
	}
	return err || m->dns_link ? err : each_line(m, RESOLVED_CONF, take_nameserver);
}

int system_take_dns(struct machine *m)
{
	struct prefix stub;
	int err;

	err = each_line(m, RESOLV_CONF, take_nameserver);
	prefix_parse(&stub, "127.0.0.53");
	if (!err && m->dns_len && prefix_equal(&m->dns[0].server, &stub))
		err = take_resolved(m);
	return err;
}

static int take_networkd_line(struct machine *m, char *line, const char *path)
{
	static const char *const no[] = { "0", "no", "n", "false", "f", "off" };
	char *value = value_of(line, "ManageForeignRoutingPolicyRules");
	size_t i;

	(void)path;
	if (!value)
		return 0;
	m->networkd_removes = true;
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		m->networkd_removes &= strcasecmp(value, no[i]) != 0;
	return 0;
}

/* networkd.conf(5): where its files are, the first has the say */
static const char *const systemd_dirs[] = {
	"/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd",
};

#define SYSTEMD_DIRS (sizeof(systemd_dirs) / sizeof(systemd_dirs[0]))

static int compare_names(const void *a, const void *b)
{
	return strcmp(basename(*(char *const *)a), basename(*(char *const *)b));
}

/* Of files of the same name in several folders the first one counts, and they are
 * read in the order of their names
 */
static int take_networkd_dropins(struct machine *m)
{
	char pattern[64];
	glob_t g = { 0 };
	size_t i, j;
	int err = 0;

	for (i = 0; i < SYSTEMD_DIRS; i++) {
		snprintf(pattern, sizeof(pattern), "%s/networkd.conf.d/*.conf", systemd_dirs[i]);
		if (glob(pattern, i ? GLOB_APPEND : 0, NULL, &g) == GLOB_NOSPACE)
			err = -ENOMEM;
	}
	/* merge sort in glibc, so that equal names stay in the order of the folders */
	if (g.gl_pathc)
		qsort(g.gl_pathv, g.gl_pathc, sizeof(*g.gl_pathv), compare_names);
	for (i = 0; i < g.gl_pathc && !err; i++) {
		for (j = 0; j < i && compare_names(&g.gl_pathv[j], &g.gl_pathv[i]); j++)
			;
		if (j == i)
			err = each_line(m, g.gl_pathv[i], take_networkd_line);
	}
	globfree(&g);
	return err;
}

/* Whether networkd's state of a link names a file *.network */
static bool networkd_has(uint32_t ifindex)
{
	char path[64], line[512], *value;
	bool has = false;
	FILE *file;

	snprintf(path, sizeof(path), NETWORKD_LINK "%" PRIu32, ifindex);
	file = fopen(path, "re");
	while (file && !has && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		value = value_of(line, "NETWORK_FILE");
		has = value && *value;
	}
	if (file)
		fclose(file);
	return has;
}

static int take_networkd(struct machine *m)
{
	char path[64];
	size_t i;
	int err = 0;

	for (i = 0; i < m->len; i++)
		m->tunnels[i].networkd_has = networkd_has(m->tunnels[i].v->link.ifindex);

	m->networkd_runs = access(NETWORKD_RUNS, F_OK) == 0;
	m->networkd_removes = true;
	for (i = 0; i < SYSTEMD_DIRS; i++) {
		snprintf(path, sizeof(path), "%s/networkd.conf", systemd_dirs[i]);
		if (access(path, F_OK) == 0) {
			err = each_line(m, path, take_networkd_line);
			break;
		}
	}
	return err ?: take_networkd_dropins(m);
}

static int take_nm_line(struct machine *m, char *line, const char *path)
{
	char *value = value_of(line, "interface-name");

	(void)path;
	return value ? string_append(&m->nm_profiles, &m->nm_profiles_len, value,
				     strlen(value)) : 0;
}

static int take_networkmanager(struct machine *m)
{
	static const char *const patterns[] = {
		"/etc/NetworkManager/system-connections/*.nmconnection",
		"/run/NetworkManager/system-connections/*.nmconnection",
		"/usr/lib/NetworkManager/system-connections/*.nmconnection",
	};
	size_t i, j;
	int err = 0;

	if (access(NM_RUNS, F_OK) != 0)
		return 0;
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && !err; i++) {
		glob_t g = { 0 };

		glob(patterns[i], 0, NULL, &g);
		for (j = 0; j < g.gl_pathc && !err; j++)
			err = each_line(m, g.gl_pathv[j], take_nm_line);
		globfree(&g);
	}
	return err;
}

int system_take_managers(struct machine *m)
{
	return take_networkd(m) ?: take_networkmanager(m);
}
