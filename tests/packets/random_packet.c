// SPDX-License-Identifier: GPL-2.0
/*
 * A random packet, whole: most are what a network carries, some are broken
 */

#include <netinet/in.h>

#include "random.h"

#define UDPLITE 136	/* RFC 3828 */
#define NO_SUCH 253	/* RFC 3692, for experiments */

static uint16_t random_port(struct random *r)
{
	static const uint16_t ports[] = { 7, 53, 51820, 51821, 5000, 5001 };

	return ports[random_below(r, 6)];
}

static void put_zeros(struct packet *p, size_t len)
{
	while (len--)
		packet_put_u8(p, 0);
}

/* A field that is 0, and then filled in, or with some luck wrong */
static void put_checksum(struct random *r, struct packet *p)
{
	packet_put_be16(p, random_percent(r, 4) ? random_u32(r) : 0);
}

static void put_udp(struct random *r, struct packet *p)
{
	packet_put_be16(p, random_port(r));
	packet_put_be16(p, random_port(r));
	packet_put_be16(p, random_percent(r, 3) ? random_u32(r) : 0);
	put_checksum(r, p);
}

static void put_tcp(struct random *r, struct packet *p)
{
	static const uint8_t flags[] = { 0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x00, 0x3f };

	packet_put_be16(p, random_port(r));
	packet_put_be16(p, random_port(r));
	packet_put_be32(p, random_below(r, 4));
	packet_put_be32(p, random_below(r, 4));
	packet_put_u8(p, 0x50);
	packet_put_u8(p, flags[random_below(r, sizeof(flags))]);
	packet_put_be16(p, 1024);
	put_checksum(r, p);
	packet_put_be16(p, 0);
}

/* An echo, or an error about a UDP or TCP packet: RFC 792, RFC 4443 */
static void put_icmp(struct random *r, bool v6, struct packet *p)
{
	static const uint8_t types[2][6] = { { 8, 0, 3, 11, 5, 4 }, { 128, 129, 1, 3, 2, 4 } };
	unsigned int i = random_below(r, 6);

	packet_put_u8(p, types[v6][i]);
	packet_put_u8(p, i < 2 ? 0 : random_below(r, 5));
	put_checksum(r, p);
	packet_put_be32(p, i < 2 ? 0x00070001 : 1280);
	if (i < 2)
		return;
	if (v6) {
		packet_put_be32(p, 0x60000000);
		packet_put_be32(p, 8 << 16 | IPPROTO_UDP << 8 | 64);
	} else {
		packet_put_be32(p, 0x45000000 | 28);
		packet_put_be32(p, 0);
		packet_put_be32(p, 64 << 24 | IPPROTO_UDP << 16);
	}
	random_address(r, v6, true, p);
	random_address(r, v6, false, p);
	put_udp(r, p);
}

static void put_transport(struct random *r, bool v6, uint8_t proto, struct packet *p)
{
	struct packet header = { .len = 0 };

	switch (proto) {
	case IPPROTO_UDP:
	case UDPLITE:
		put_udp(r, &header);
		break;
	case IPPROTO_TCP:
		put_tcp(r, &header);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		put_icmp(r, v6, &header);
		break;
	case IPPROTO_AH:	/* RFC 4302, with UDP in it; in IPv6 it is met as an extension */
		packet_put_be32(&header, IPPROTO_UDP << 24 | 1 << 16);
		packet_put_be32(&header, 256);
		packet_put_be32(&header, 1);
		put_udp(r, &header);
		break;
	}
	put_zeros(&header, 8 * random_below(r, 8));
	if (random_percent(r, 3) && header.len)
		header.len = random_below(r, header.len);
	packet_put(p, header.data, header.len);
}

static uint8_t random_proto(struct random *r, bool v6)
{
	static const uint8_t seldom[] = {
		UDPLITE, IPPROTO_SCTP, IPPROTO_GRE, IPPROTO_ESP, IPPROTO_AH, IPPROTO_IPIP,
		IPPROTO_DCCP, NO_SUCH, IPPROTO_ICMP, IPPROTO_ICMPV6,
	};
	unsigned int kind = random_below(r, 100);

	if (kind < 50)
		return IPPROTO_UDP;
	if (kind < 70)
		return IPPROTO_TCP;
	if (kind < 85)
		return v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	return seldom[random_below(r, sizeof(seldom))];
}

/* The codepoint in which the table "observe" sees what conntrack is to do */
static uint8_t random_dscp(struct random *r)
{
	return random_percent(r, 85) ? 0 : random_percent(r, 50) ? 9 : 10;
}

/* RFC 791, 3.1: no-operation, loose and strict source route, record route, router alert */
static void put_options(struct random *r, struct packet *p)
{
	static const uint8_t options[][8] = {
		{ 1, 1, 1, 1, 1, 1, 1, 0 },
		{ 131, 7, 4, 10, 2, 0, 1, 0 },
		{ 137, 7, 4, 198, 51, 100, 1, 0 },
		{ 7, 7, 4, 0, 0, 0, 0, 0 },
		{ 148, 4, 0, 0, 0, 0, 0, 0 },
	};

	packet_put(p, options[random_below(r, 5)], 8);
}

static void put_ipv4(struct random *r, uint16_t tag, struct packet *p)
{
	bool options = random_percent(r, 6);
	uint8_t proto = random_proto(r, false);

	packet_put_u8(p, options ? 0x47 : 0x45);
	packet_put_u8(p, random_dscp(r) << 2);
	packet_put_be16(p, 0);
	packet_put_be16(p, tag);
	packet_put_be16(p, 0);
	packet_put_u8(p, TTL_FIRST + random_below(r, 256 - TTL_FIRST));
	packet_put_u8(p, proto);
	packet_put_be16(p, 0);
	random_address(r, false, false, p);
	random_address(r, false, true, p);
	if (options)
		put_options(r, p);
	put_transport(r, false, proto, p);
}

/* RFC 8200, 4.2 to 4.6; RFC 4302. Of a routing header, type and segments left are random,
 * and the address is not looked at where none are left.
 */
static void put_extension(struct random *r, uint8_t type, uint8_t next, struct packet *p)
{
	packet_put_u8(p, next);
	switch (type) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
		packet_put_u8(p, 0);
		packet_put_be16(p, 0x0104);	/* PadN of 4 */
		packet_put_be32(p, 0);
		break;
	case IPPROTO_ROUTING:
		packet_put_u8(p, 2);
		packet_put_u8(p, random_below(r, 5));
		packet_put_u8(p, random_percent(r, 20));
		packet_put_be32(p, 0);
		random_address(r, true, true, p);
		break;
	case IPPROTO_FRAGMENT:	/* of which it is the only one: RFC 6946 */
		packet_put_u8(p, 0);
		packet_put_be16(p, 0);
		packet_put_be32(p, random_u32(r));
		break;
	case IPPROTO_AH:
		packet_put_u8(p, 1);
		packet_put_be16(p, 0);
		packet_put_be32(p, 256);
		packet_put_be32(p, 1);
		break;
	}
}

/* Types of up to 4 extension headers, in any order but for hop-by-hop options */
static unsigned int random_chain(struct random *r, uint8_t *types)
{
	static const uint8_t any[] = {
		IPPROTO_DSTOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT, IPPROTO_AH,
	};
	unsigned int i, len = random_percent(r, 30) ? 1 + random_below(r, 4) : 0;

	for (i = 0; i < len; i++)
		types[i] = any[random_below(r, sizeof(any))];
	if (len && random_percent(r, 30))
		types[0] = IPPROTO_HOPOPTS;
	return len;
}

static void put_ipv6(struct random *r, uint16_t tag, struct packet *p)
{
	uint8_t types[5], proto = random_proto(r, true);
	unsigned int i, len = random_chain(r, types);

	types[len] = proto;
	packet_put_be32(p, 6u << 28 | random_dscp(r) << 22 | tag);
	packet_put_be16(p, 0);
	packet_put_u8(p, types[0]);
	packet_put_u8(p, TTL_FIRST + random_below(r, 256 - TTL_FIRST));
	random_address(r, true, false, p);
	random_address(r, true, true, p);
	for (i = 0; i < len; i++)
		put_extension(r, types[i], types[i + 1], p);
	put_transport(r, true, proto, p);
}

/**
 * random_packet() - a packet
 * @r: random numbers
 * @tag: its packet_tag(), not 0
 * @p: the packet, complete
 */
void random_packet(struct random *r, uint16_t tag, struct packet *p)
{
	p->len = 0;
	if (random_percent(r, 50))
		put_ipv6(r, tag, p);
	else
		put_ipv4(r, tag, p);
	packet_complete(p);
}

/**
 * random_reply() - the same as another packet, the other way round
 * @r: random numbers
 * @to: the packet that it answers
 * @tag: its packet_tag(), not 0
 * @p: the packet, complete
 *
 * As a rule its time to live leaves the ct mark that @to has given to their connection.
 */
void random_reply(struct random *r, const struct packet *to, uint16_t tag, struct packet *p)
{
	unsigned int ttls = random_percent(r, 80) ? CONFIG_MARKS * CTMARK_AS_IS : 256 - TTL_FIRST;
	uint8_t ttl = TTL_FIRST + random_below(r, ttls);
	bool v6 = to->data[0] >> 4 == 6;

	packet_reverse(to, p);
	p->data[v6 ? 2 : 4] = tag >> 8;
	p->data[v6 ? 3 : 5] = tag;
	p->data[v6 ? 7 : 8] = ttl;
	packet_complete(p);
}

/**
 * random_fragments() - cut a packet, into two or three as a rule
 * @r: random numbers
 * @whole: the packet
 * @pieces: its fragments, which may overlap, come twice, in another order or not at all
 * @max: of these, at least 3
 *
 * Return: how many there are
 */
unsigned int random_fragments(struct random *r, const struct packet *whole,
			      struct packet *pieces, unsigned int max)
{
	size_t len = packet_fragmentable(whole), from = 0, to;
	uint32_t id = random_u32(r);
	unsigned int i, n = 0;
	struct packet swap;

	while (from < len && n < max - 1) {
		to = n == max - 2 ? len : from + 8 * (1 + random_below(r, 6));
		if (!random_percent(r, 3) && packet_fragment(whole, id, from, to, &pieces[n]))
			n++;
		from = random_percent(r, 3) && to >= 16 ? (to - 8) & ~7ul : to;
	}
	if (n && random_percent(r, 5)) {
		pieces[n] = pieces[random_below(r, n)];
		n++;
	}
	for (i = 1; i < n && random_percent(r, 25); i++) {
		swap = pieces[i];
		pieces[i] = pieces[i - 1];
		pieces[i - 1] = swap;
	}
	return n;
}
