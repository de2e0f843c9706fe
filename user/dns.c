// SPDX-License-Identifier: GPL-2.0
/*
 * A tunnel's DNS servers and search domains
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "dns.h"
#include "dns_tool.h"
#include "list.h"
#include "run.h"

#define DNS_BLANK " \t\n"

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

int dns_add_words(char ***list, size_t *len, const char *text)
{
	int err = 0;
	size_t n;

	for (; text += strspn(text, DNS_BLANK), *text && !err; text += n) {
		n = strcspn(text, DNS_BLANK);
		err = string_append(list, len, text, n);
	}
	return err;
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

int dns_get(enum dns_tool tool, const char *ifname, struct dns *dns)
{
	*dns = (struct dns){ 0 };
	switch (tool) {
	case DNS_RESOLVCONF:
		return resolvconf_get(ifname, dns);
	case DNS_RESOLVECTL:
		return resolvectl_get(ifname, dns);
	case DNS_NONE:
		break;
	}
	return 0;
}

static void free_list(char **list, size_t len)
{
	while (len)
		free(list[--len]);
	free(list);
}

void dns_free(struct dns *dns)
{
	free_list(dns->servers, dns->servers_len);
	free_list(dns->search, dns->search_len);
	*dns = (struct dns){ 0 };
}

static bool same_server(const char *a, const char *b)
{
	struct prefix x, y;

	if (prefix_parse(&x, a) || prefix_parse(&y, b))
		return !strcmp(a, b);
	return prefix_equal(&x, &y);
}

/* Without a dot at the end, but for "~." */
static size_t domain_len(const char *domain)
{
	size_t len = strlen(domain);

	return len > 1 && domain[len - 1] == '.' && domain[len - 2] != '~' ? len - 1 : len;
}

static bool same_domain(const char *a, const char *b)
{
	return domain_len(a) == domain_len(b) && !strncasecmp(a, b, domain_len(a));
}

static bool same_list(char *const *a, size_t a_len, char *const *b, size_t b_len,
		      bool (*same)(const char *a, const char *b))
{
	size_t i;

	for (i = 0; i < a_len && i < b_len; i++) {
		if (!same(a[i], b[i]))
			return false;
	}
	return a_len == b_len;
}

bool dns_same(const struct dns *a, const struct dns *b)
{
	return same_list(a->servers, a->servers_len, b->servers, b->servers_len,
			 same_server) &&
	       same_list(a->search, a->search_len, b->search, b->search_len, same_domain);
}

void dns_command(FILE *out, enum dns_tool tool, const char *ifname,
		 const struct dns *dns)
{
	if (tool == DNS_RESOLVCONF)
		resolvconf_command(out, ifname, dns);
	else if (tool == DNS_RESOLVECTL)
		resolvectl_command(out, ifname, dns);
}
