// SPDX-License-Identifier: GPL-2.0
/*
 * DNS by resolvconf(8)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns_tool.h"
#include "file.h"
#include "run.h"

#define ORDER "/etc/resolvconf/interface-order"
/* Debian's alone has this folder; openresolv's is "interfaces" or "keys" */
#define DEBIAN_RECORDS "/run/resolvconf/interface"

/* "tun" of "tun*", with the length of it in @len; NULL of any other line */
static char *plain_pattern(char *line, size_t *len)
{
	char *name = line + strspn(line, " \t"), *rest;

	*len = strspn(name, DNS_ALNUM "-");
	rest = name + *len;
	if (!*len || *rest++ != '*')
		return NULL;
	return rest[strspn(rest, " \t\n")] ? NULL : name;
}

int dns_prefix(FILE *order, char **prefix)
{
	char *line = NULL, *name = NULL;
	size_t cap = 0, len;

	while (!name && getline(&line, &cap, order) > 0)
		name = plain_pattern(line, &len);
	if (name) {
		name[len] = '.';
		*prefix = strndup(name, len + 1);
	} else {
		*prefix = strdup("");
	}
	free(line);
	return *prefix ? 0 : -ENOMEM;
}

static bool is_symlink(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

/* The name of an interface's record, to be freed with free() */
static char *record_name(const char *ifname)
{
	char *prefix = NULL, *name = NULL;
	char path[PATH_MAX];
	FILE *order = NULL;

	if (run_find(path, "resolvconf") && !is_symlink(path))
		order = fopen(ORDER, "re");
	if (!order)
		return strdup(ifname);
	if (!dns_prefix(order, &prefix) && asprintf(&name, "%s%s", prefix, ifname) < 0)
		name = NULL;
	fclose(order);
	free(prefix);
	return name;
}

/* In the form of resolv.conf(5), to be freed with free() */
static char *resolv_conf(const struct dns *dns)
{
	char *text = NULL;
	size_t len, i;
	FILE *out;

	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	for (i = 0; i < dns->servers_len; i++)
		fprintf(out, "nameserver %s\n", dns->servers[i]);
	if (dns->search_len) {
		fputs("search", out);
		dns_put_words(out, dns->search, dns->search_len);
		fputc('\n', out);
	}
	if (fclose(out) == EOF) {
		free(text);
		return NULL;
	}
	return text;
}

int resolvconf_set(const char *ifname, const struct dns *dns)
{
	char *text = resolv_conf(dns), *name = record_name(ifname);
	char path[PATH_MAX];
	const char *const argv[] = { path, "-a", name, "-m", "0",
				     dns->servers_len ? "-x" : NULL, NULL };
	int ret;

	if (!text || !name)
		ret = -ENOMEM;
	else
		ret = run_find(path, "resolvconf") ? run_program(argv, text) : -ENOENT;
	free(name);
	free(text);
	return ret;
}

int resolvconf_unset(const char *ifname)
{
	char *name = record_name(ifname);
	char path[PATH_MAX];
	const char *const argv[] = { path, "-d", name, "-f", NULL };
	int ret = -ENOMEM;

	if (name)
		ret = run_find(path, "resolvconf") ? run_program(argv, "") : -ENOENT;
	free(name);
	return ret;
}

/* Of openresolv's list the part of that name, to be freed with free() */
static char *find_record(const char *list, const char *name)
{
	static const char head[] = "# resolv.conf from ";
	size_t len = strlen(name);
	const char *line = list, *end;

	while ((line = strstr(line, head))) {
		line += strlen(head);
		if (strncmp(line, name, len) || (line[len] && line[len] != '\n'))
			continue;
		line += len;
		end = strstr(line, head);
		return end ? strndup(line, end - line) : strdup(line);
	}
	return NULL;
}

/* An interface's record, to be freed with free(); NULL if it has none */
static char *read_record(const char *ifname)
{
	char *name = record_name(ifname), *list, *text = NULL;
	char path[PATH_MAX];
	const char *const argv[] = { path, "-l", NULL };
	size_t len;

	if (!name)
		return NULL;
	if (!access(DEBIAN_RECORDS, F_OK)) {
		snprintf(path, sizeof(path), DEBIAN_RECORDS "/%s", name);
		text = file_read(path, &len);
	} else if (run_find(path, "resolvconf") && run_output(argv, &list) >= 0) {
		text = find_record(list, name);
		free(list);
	}
	free(name);
	return text;
}

/* A line of resolv.conf(5) */
static int take_line(struct dns *dns, const char *line)
{
	size_t len = strcspn(line, " \t");

	if (len == strlen("nameserver") && !strncmp(line, "nameserver", len))
		return dns_add_words(&dns->servers, &dns->servers_len, line + len);
	if (len == strlen("search") && !strncmp(line, "search", len))
		return dns_add_words(&dns->search, &dns->search_len, line + len);
	return 0;
}

int resolvconf_get(const char *ifname, struct dns *dns)
{
	char *text = read_record(ifname), *line, *save;
	int err = 0;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line && !err;
	     line = strtok_r(NULL, "\n", &save))
		err = take_line(dns, line);
	free(text);
	return err;
}

bool resolvconf_is_set(const char *ifname)
{
	char *text = read_record(ifname);
	bool has = text;

	free(text);
	return has;
}

void resolvconf_command(FILE *out, const char *ifname, const struct dns *dns)
{
	char *name = record_name(ifname);

	fprintf(out, "resolvconf -%c %s", dns ? 'a' : 'd', name ?: ifname);
	if (!dns)
		fputs(" -f", out);
	else
		fprintf(out, " -m 0%s", dns->servers_len ? " -x" : "");
	free(name);
}
