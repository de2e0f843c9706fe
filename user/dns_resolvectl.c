// SPDX-License-Identifier: GPL-2.0
/*
 * DNS by resolvectl(1)
 */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dns_tool.h"
#include "run.h"

#define RESOLVED "/run/systemd/resolve"

static bool same_netns(pid_t pid)
{
	struct stat own, other;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	/* of another PID namespace, or hidden: nothing speaks against it */
	if (stat("/proc/self/ns/net", &own) || stat(path, &other))
		return true;
	return own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

/* The folder outlives resolved, and so may the socket: only an answer counts. */
bool resolvectl_works(void)
{
	static const struct sockaddr_un addr = {
		.sun_family = AF_UNIX,
		.sun_path = RESOLVED "/io.systemd.Resolve",
	};
	struct ucred peer;
	socklen_t len = sizeof(peer);
	bool here;
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	here = !connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) &&
	       !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       same_netns(peer.pid);
	close(fd);
	return here;
}

/* resolvectl VERB IFINDEX WORD... [LAST] */
static int resolvectl(const char *verb, uint32_t ifindex, char *const *words,
		      size_t len, const char *last)
{
	char path[PATH_MAX], index[16];
	const char **argv;
	int ret;

	if (!run_find(path, "resolvectl"))
		return -ENOENT;
	argv = calloc(len + 5, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	snprintf(index, sizeof(index), "%" PRIu32, ifindex);
	argv[0] = path;
	argv[1] = verb;
	argv[2] = index;
	if (len)
		memcpy(argv + 3, words, len * sizeof(*words));
	argv[3 + len] = last;
	ret = run_program(argv, "");
	free(argv);
	return ret;
}

int resolvectl_set(uint32_t ifindex, const struct dns *dns)
{
	const char *all = dns->servers_len ? "~." : NULL;
	int ret = 0;

	if (dns->servers_len)
		ret = resolvectl("dns", ifindex, dns->servers, dns->servers_len, NULL);
	return ret ?: resolvectl("domain", ifindex, dns->search, dns->search_len, all);
}

int resolvectl_unset(const char *ifname)
{
	unsigned int ifindex = if_nametoindex(ifname);

	return ifindex ? resolvectl("revert", ifindex, NULL, 0, NULL) : 0;
}

/* resolved keeps a file for each link that was set by hand. */
bool resolvectl_is_set(const char *ifname)
{
	unsigned int ifindex = if_nametoindex(ifname);
	char path[64];

	snprintf(path, sizeof(path), RESOLVED "/netif/%u", ifindex);
	return ifindex && !access(path, F_OK);
}

/* "Link 4 (wg0): WORD..." */
static int ask(const char *verb, unsigned int ifindex, char ***list, size_t *len)
{
	char path[PATH_MAX], index[16], *text, *words;
	const char *const argv[] = { path, verb, index, NULL };
	int err = 0;

	snprintf(index, sizeof(index), "%u", ifindex);
	if (!run_find(path, "resolvectl") || run_output(argv, &text) < 0)
		return 0;
	words = strstr(text, "): ");
	if (words)
		err = dns_add_words(list, len, words + strlen("): "));
	free(text);
	return err;
}

int resolvectl_get(const char *ifname, struct dns *dns)
{
	unsigned int ifindex = if_nametoindex(ifname);
	size_t *n = &dns->search_len;
	int err;

	if (!resolvectl_is_set(ifname))
		return 0;
	err = ask("dns", ifindex, &dns->servers, &dns->servers_len);
	if (!err)
		err = ask("domain", ifindex, &dns->search, n);
	/* what comes with servers: see resolvectl_set() */
	if (!err && dns->servers_len && *n && !strcmp(dns->search[*n - 1], "~."))
		free(dns->search[--*n]);
	return err;
}

void resolvectl_command(FILE *out, const char *ifname, const struct dns *dns)
{
	if (!dns) {
		fprintf(out, "resolvectl revert %s", ifname);
		return;
	}
	if (dns->servers_len) {
		fprintf(out, "resolvectl dns %s", ifname);
		dns_put_words(out, dns->servers, dns->servers_len);
		fputs(" && ", out);
	}
	fprintf(out, "resolvectl domain %s", ifname);
	dns_put_words(out, dns->search, dns->search_len);
	if (dns->servers_len)
		fputs(" ~.", out);
}
