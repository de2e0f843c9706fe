// SPDX-License-Identifier: GPL-2.0
/*
 * A tunnel's DNS servers and search domains
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "dns_tool.h"
#include "run.h"

bool dns_is_word(const char *text)
{
	return *text && *text != '-' && !text[strspn(text, DNS_ALNUM "._-:%~")];
}

void dns_put_words(FILE *out, char *const *list, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		fprintf(out, " %s", list[i]);
}

static bool are_words(char *const *list, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!dns_is_word(list[i]))
			return false;
	}
	return true;
}

/* systemd's resolvconf */
static bool is_resolvectl(const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) && !strcmp(basename(real), "resolvectl");
}

enum dns_tool dns_find(void)
{
	char path[PATH_MAX];

	if (run_find(path, "resolvconf") && !is_resolvectl(path))
		return DNS_RESOLVCONF;
	if (run_find(path, "resolvectl") && resolvectl_works())
		return DNS_RESOLVECTL;
	return DNS_NONE;
}

int dns_set(enum dns_tool tool, const char *ifname, uint32_t ifindex,
	    const struct dns *dns)
{
	int ret = -EOPNOTSUPP;

	if (!are_words(dns->servers, dns->servers_len) ||
	    !are_words(dns->search, dns->search_len))
		return -EINVAL;
	if (!dns->servers_len && !dns->search_len)
		return 0;
	if (tool == DNS_RESOLVCONF)
		ret = resolvconf_set(ifname, dns);
	else if (tool == DNS_RESOLVECTL)
		ret = resolvectl_set(ifindex, dns);
	/* either may have done a part */
	if (ret)
		dns_unset(tool, ifname);
	return ret;
}

int dns_unset(enum dns_tool tool, const char *ifname)
{
	switch (tool) {
	case DNS_RESOLVCONF:
		return resolvconf_unset(ifname);
	case DNS_RESOLVECTL:
		return resolvectl_unset(ifname);
	case DNS_NONE:
		break;
	}
	return -EOPNOTSUPP;
}

bool dns_is_set(enum dns_tool tool, const char *ifname)
{
	switch (tool) {
	case DNS_RESOLVCONF:
		return resolvconf_is_set(ifname);
	case DNS_RESOLVECTL:
		return resolvectl_is_set(ifname);
	case DNS_NONE:
		break;
	}
	return false;
}

void dns_command(FILE *out, enum dns_tool tool, const char *ifname,
		 const struct dns *dns)
{
	if (tool == DNS_RESOLVCONF)
		resolvconf_command(out, ifname, dns);
	else if (tool == DNS_RESOLVECTL)
		resolvectl_command(out, ifname, dns);
}
