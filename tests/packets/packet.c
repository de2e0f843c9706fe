// SPDX-License-Identifier: GPL-2.0
/*
 * What a packet needs that nobody wants to write: lengths, checksums, fragments
 *
 * Numbers of protocols are IANA's, by their names in <netinet/in.h>.
 */

#include <netinet/in.h>
#include <string.h>

#include "packet.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define IPV4_MORE 0x2000	/* RFC 791, 3.1: more fragments */
#define UDPLITE 136		/* RFC 3828 */

/** packet_put() - append bytes; what does not fit is left out */
void packet_put(struct packet *p, const void *bytes, size_t len)
{
	if (len > sizeof(p->data) - p->len)
		len = sizeof(p->data) - p->len;
	memcpy(p->data + p->len, bytes, len);
	p->len += len;
}

/** packet_put_u8() - append a byte */
void packet_put_u8(struct packet *p, uint8_t value)
{
	packet_put(p, &value, sizeof(value));
}

/** packet_put_be16() - append a number as on the wire */
void packet_put_be16(struct packet *p, uint16_t value)
{
	value = htons(value);
	packet_put(p, &value, sizeof(value));
}

/** packet_put_be32() - append a number as on the wire */
void packet_put_be32(struct packet *p, uint32_t value)
{
	value = htonl(value);
	packet_put(p, &value, sizeof(value));
}

static void set_be16(unsigned char *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static bool is_v6(const struct packet *p)
{
	return p->data[0] >> 4 == 6;
}

static size_t ipv4_header(const struct packet *p)
{
	return 4 * (p->data[0] & 15);
}

/* RFC 1071, as far as the last fold */
static uint32_t sum(uint32_t sum, const unsigned char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? bytes[i] : bytes[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* The length of the IPv6 extension header of type *@type at @at, which becomes that
 * of what follows; 0 if it is none, or is cut. RFC 8200, 4.2; RFC 4302, 2.2
 */
static size_t extension(const struct packet *p, size_t at, uint8_t *type)
{
	size_t len;

	if (at + 8 > p->len)
		return 0;
	switch (*type) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		len = 8 * (p->data[at + 1] + 1);
		break;
	case IPPROTO_FRAGMENT:
		len = 8;
		break;
	case IPPROTO_AH:
		len = 4 * (p->data[at + 1] + 2);
		break;
	default:
		return 0;
	}
	*type = p->data[at];
	return at + len <= p->len ? len : 0;
}

/* The transport header of a whole packet, and its protocol */
static size_t transport(const struct packet *p, uint8_t *proto)
{
	size_t at = IPV6_HEADER, len;

	if (!is_v6(p)) {
		*proto = p->data[9];
		return ipv4_header(p);
	}
	*proto = p->data[6];
	while ((len = extension(p, at, proto)))
		at += len;
	return at;
}

/* Where the packet is for when it has been through its routing header: the first
 * address of one of RFC 6275 or RFC 8754 that has segments left
 */
static const unsigned char *ipv6_final(const struct packet *p)
{
	uint8_t type = p->data[6], found;
	size_t at = IPV6_HEADER, len;

	do {
		found = type;
		len = extension(p, at, &type);
		if (found == IPPROTO_ROUTING && len >= 24 && p->data[at + 3])
			return p->data + at + 8;
		at += len;
	} while (len);
	return p->data + 24;
}

/* The pseudo header of RFC 768 and RFC 8200, 8.1, but for its zeros */
static uint32_t pseudo(const struct packet *p, uint8_t proto, size_t len)
{
	uint32_t s = proto + len;

	if (!is_v6(p))
		return sum(s, p->data + 12, 8);
	s = sum(s, p->data + 8, 16);
	return sum(s, ipv6_final(p), 16);
}

/* The place of a protocol's checksum; -1 if it has none that is known here */
static int checksum_at(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 2;
	case IPPROTO_UDP:
	case UDPLITE:
		return 6;
	case IPPROTO_TCP:
		return 16;
	default:
		return -1;
	}
}

static void complete_transport(struct packet *p)
{
	size_t at, len;
	uint16_t value;
	uint8_t proto;
	int place;

	at = transport(p, &proto);
	len = p->len > at ? p->len - at : 0;
	if ((proto == IPPROTO_UDP || proto == UDPLITE) && len >= 6 &&
	    !p->data[at + 4] && !p->data[at + 5])
		set_be16(p->data + at + 4, len);
	place = checksum_at(proto);
	if (place < 0 || len < (size_t)place + 2 ||
	    p->data[at + place] || p->data[at + place + 1])
		return;
	value = fold(sum(proto == IPPROTO_ICMP ? 0 : pseudo(p, proto, len),
			 p->data + at, len));
	set_be16(p->data + at + place, value ? value : 0xffff);
}

static void complete_ip(struct packet *p)
{
	if (is_v6(p)) {
		set_be16(p->data + 4, p->len - IPV6_HEADER);
		return;
	}
	set_be16(p->data + 2, p->len);
	set_be16(p->data + 10, 0);
	set_be16(p->data + 10, fold(sum(0, p->data, ipv4_header(p))));
}

/**
 * packet_complete() - write the lengths and checksums of a whole packet
 * @p: at least an IP header
 *
 * A UDP length and a checksum that are not 0 stay, as somebody means them to.
 */
void packet_complete(struct packet *p)
{
	complete_ip(p);
	complete_transport(p);
}

/** packet_protocol() - what is in a whole packet, behind IPv6's extension headers */
uint8_t packet_protocol(const struct packet *p)
{
	uint8_t proto;

	transport(p, &proto);
	return proto;
}

static void swap(unsigned char *a, unsigned char *b, size_t len)
{
	unsigned char byte;

	while (len--) {
		byte = *a;
		*a++ = *b;
		*b++ = byte;
	}
}

/* An echo request, and the reply to it: RFC 792, RFC 4443 */
static unsigned char reversed_type(unsigned char type, uint8_t proto)
{
	unsigned char request = proto == IPPROTO_ICMP ? 8 : 128;
	unsigned char answer = proto == IPPROTO_ICMP ? 0 : 129;

	return type == request ? answer : type == answer ? request : type;
}

/**
 * packet_reverse() - what the other end answers, as far as a connection is known by it
 * @p: a whole packet
 * @reply: the same one with source and destination swapped, for packet_complete()
 *
 * A wrong checksum becomes a right one.
 */
void packet_reverse(const struct packet *p, struct packet *reply)
{
	unsigned char *header;
	size_t at, len;
	uint8_t proto;
	int place;

	*reply = *p;
	if (is_v6(reply))
		swap(reply->data + 8, reply->data + 24, 16);
	else
		swap(reply->data + 12, reply->data + 16, 4);
	at = transport(reply, &proto);
	len = reply->len > at ? reply->len - at : 0;
	header = reply->data + at;
	if ((proto == IPPROTO_UDP || proto == UDPLITE || proto == IPPROTO_TCP) && len >= 4)
		swap(header, header + 2, 2);
	else if ((proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) && len)
		header[0] = reversed_type(header[0], proto);
	place = checksum_at(proto);
	if (place >= 0 && len >= (size_t)place + 2)
		set_be16(header + place, 0);
}

/* Where the part begins that fragments share: RFC 791, 3.2; RFC 8200, 4.5. *@next is
 * the byte that tells what follows the fragment header.
 */
static size_t fragmentable_at(const struct packet *p, size_t *next)
{
	size_t at = IPV6_HEADER, len;
	uint8_t type = p->data[6];

	*next = 6;
	if (!is_v6(p))
		return ipv4_header(p);
	while (type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING) {
		len = extension(p, at, &type);
		if (!len)
			break;
		*next = at;
		at += len;
	}
	return at;
}

/** packet_fragmentable() - how many bytes of a packet fragments can share */
size_t packet_fragmentable(const struct packet *p)
{
	size_t next;

	return p->len - fragmentable_at(p, &next);
}

/**
 * packet_fragment() - a fragment of a packet
 * @whole: a packet that is complete
 * @id: the fragment header's identification, IPv6 only; IPv4's is in @whole
 * @from: the first byte of the fragment, of packet_fragmentable(); a multiple of 8
 * @to: the byte after its last one; cut to what there is
 * @piece: the fragment
 *
 * Return: whether there is anything at @from
 */
bool packet_fragment(const struct packet *whole, uint32_t id, size_t from, size_t to,
		     struct packet *piece)
{
	size_t next, at = fragmentable_at(whole, &next);
	size_t len = whole->len - at;
	bool more = to < len;

	if (from >= len)
		return false;
	if (!more)
		to = len;
	piece->len = 0;
	packet_put(piece, whole->data, at);
	if (is_v6(whole)) {
		packet_put_u8(piece, whole->data[next]);
		packet_put_u8(piece, 0);
		packet_put_be16(piece, from | more);
		packet_put_be32(piece, id);
		piece->data[next] = IPPROTO_FRAGMENT;
	} else {
		set_be16(piece->data + 6, from / 8 | (more ? IPV4_MORE : 0));
	}
	packet_put(piece, whole->data + at + from, to - from);
	complete_ip(piece);
	return true;
}
