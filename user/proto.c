// SPDX-License-Identifier: GPL-2.0
/*
 * Names of the protocols inside of IP
 */
#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "proto.h"

static const struct proto {
	uint8_t number;
	const char *name;
	const char *word;
} protos[] = {
	{ IPPROTO_UDP, "UDP", "udp" },
	{ IPPROTO_TCP, "TCP", "tcp" },
	{ IPPROTO_ICMP, "ICMP", "icmp" },
	{ IPPROTO_ICMPV6, "ICMPv6", "ipv6-icmp" },
	{ IPPROTO_GRE, "GRE", "gre" },
	{}
};

/* The last one, without names, if there is none */
static const struct proto *find(uint8_t number)
{
	const struct proto *p = protos;

	while (p->name && p->number != number)
		p++;
	return p;
}

const char *proto_name(uint8_t proto)
{
	return find(proto)->name;
}

const char *proto_word(uint8_t proto)
{
	return find(proto)->word;
}

uint8_t proto_number(const char *word)
{
	const struct proto *p = protos;
	const struct protoent *other;

	while (p->name && strcmp(p->word, word))
		p++;
	/* what begins with a digit is a number, or a range of these */
	other = p->name || !isalpha(*word) ? NULL : getprotobyname(word);
	return other && other->p_proto <= UINT8_MAX ? other->p_proto : p->number;
}
