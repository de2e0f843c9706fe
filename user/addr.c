// SPDX-License-Identifier: GPL-2.0
/*
 * Internet addresses and prefixes, as text and as bytes
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"

static unsigned int max_len(const struct prefix *p)
{
	return prefix_bytes(p) * 8;
}

/* One to three digits without a leading zero, so that no two spellings differ */
static int parse_len(uint8_t *out, const char *text, unsigned int max)
{
	unsigned int len = 0;
	size_t i;

	if (!*text || (text[0] == '0' && text[1]))
		return -EINVAL;

	for (i = 0; text[i]; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		len = len * 10 + (text[i] - '0');
		if (len > max)
			return -EINVAL;
	}

	*out = len;
	return 0;
}

int prefix_parse(struct prefix *out, const char *text)
{
	const char *slash = strchrnul(text, '/');
	char addr[INET6_ADDRSTRLEN];
	struct prefix p = {};

	if ((size_t)(slash - text) >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, slash - text);
	addr[slash - text] = '\0';

	p.family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(p.family, addr, &p.v6) != 1)
		return -EINVAL;

	p.len = max_len(&p);
	if (*slash && parse_len(&p.len, slash + 1, p.len))
		return -EINVAL;

	*out = p;
	return 0;
}

const char *addr_text(const struct prefix *p, char buf[static PREFIX_TEXT_LEN])
{
	inet_ntop(p->family, &p->v6, buf, PREFIX_TEXT_LEN);
	return buf;
}

const char *prefix_text(const struct prefix *p, char buf[static PREFIX_TEXT_LEN])
{
	size_t len;

	addr_text(p, buf);
	len = strlen(buf);
	snprintf(buf + len, PREFIX_TEXT_LEN - len, "/%u", p->len);
	return buf;
}

bool prefix_is_valid(const struct prefix *p)
{
	return (p->family == AF_INET || p->family == AF_INET6) && p->len <= max_len(p);
}

void prefix_mask(struct prefix *p)
{
	uint8_t *bytes = p->v6.s6_addr;
	size_t whole = p->len / 8;
	size_t i;

	for (i = whole; i < prefix_bytes(p); i++)
		bytes[i] &= i > whole ? 0 : ~(0xff >> (p->len % 8));
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	const uint8_t *a = outer->v6.s6_addr, *b = inner->v6.s6_addr;
	size_t whole = outer->len / 8, bits = outer->len % 8;

	if (outer->family != inner->family || outer->len > inner->len || memcmp(a, b, whole))
		return false;
	return !bits || !((a[whole] ^ b[whole]) >> (8 - bits));
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->family == b->family && a->len == b->len &&
	       !memcmp(&a->v6, &b->v6, prefix_bytes(a));
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(&a->v6, &b->v6, prefix_bytes(a));
}

bool prefix_is_linklocal(const struct prefix *p)
{
	if (p->family == AF_INET)
		return (ntohl(p->v4.s_addr) & 0xffff0000) == 0xa9fe0000;

	return IN6_IS_ADDR_LINKLOCAL(&p->v6);
}

bool prefix_has_family(const struct prefix *list, size_t len, sa_family_t family)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (list[i].family == family)
			return true;
	}
	return false;
}
