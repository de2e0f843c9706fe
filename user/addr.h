/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internet addresses and prefixes, as text and as bytes
 */
#ifndef WGMARK_ADDR_H
#define WGMARK_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for any prefix as text, with the slash, the length and the NUL. */
#define PREFIX_TEXT_LEN (INET6_ADDRSTRLEN + 4)

/** The two protocol versions as array index, for state kept for each. */
enum { IPV4, IPV6, IP_FAMILIES };

/**
 * struct prefix - an address and a length, or a network
 * @family: AF_INET or AF_INET6
 * @len: 0 to 32 or 128
 * @v4: the address, network byte order
 * @v6: the address, network byte order
 */
struct prefix {
	sa_family_t family;
	uint8_t len;
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
};

/**
 * prefix_parse() - read "ADDR" or "ADDR/LEN"
 * @out: the result; host bits are kept
 * @text: NUL-terminated, no blanks
 *
 * Without a length it is the whole address, as in ip(8) and wg(8).
 * Return: 0, or -EINVAL
 */
int prefix_parse(struct prefix *out, const char *text);

/**
 * prefix_text() - write as "ADDR/LEN"
 * Return: @buf
 */
const char *prefix_text(const struct prefix *p, char buf[static PREFIX_TEXT_LEN]);

/** addr_text() - write the address alone. Return: @buf */
const char *addr_text(const struct prefix *p, char buf[static PREFIX_TEXT_LEN]);

/** prefix_is_valid() - whether the family is IPv4 or IPv6 and the length fits it */
bool prefix_is_valid(const struct prefix *p);

/** prefix_mask() - clear the host bits, as routes want it */
void prefix_mask(struct prefix *p);

/** prefix_covers() - whether every address of @inner lies in @outer */
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);

/** prefix_equal() - same family, length and address */
bool prefix_equal(const struct prefix *a, const struct prefix *b);

/** prefix_compare() - an order of prefixes: less than 0, 0 or more, as for qsort(3) */
int prefix_compare(const struct prefix *a, const struct prefix *b);

/** prefix_is_linklocal() - 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291) */
bool prefix_is_linklocal(const struct prefix *p);

/** prefix_has_family() - whether one of a list is of AF_INET or AF_INET6 */
bool prefix_has_family(const struct prefix *list, size_t len, sa_family_t family);

/** prefix_bytes() - 4 or 16, the size of the address */
static inline size_t prefix_bytes(const struct prefix *p)
{
	return p->family == AF_INET ? sizeof(p->v4) : sizeof(p->v6);
}

/** prefix_index() - IPV4 or IPV6 */
static inline int prefix_index(const struct prefix *p)
{
	return p->family == AF_INET ? IPV4 : IPV6;
}

#endif
