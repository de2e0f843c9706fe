/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random configurations and packets, the same ones for the same seed
 */
#ifndef WGMARK_RANDOM_H
#define WGMARK_RANDOM_H

#include <stdio.h>

#include "host.h"

#define TUNNELS 4
#define TUNNEL_ADDRS 3		/* wgN may have 10.2.N.1 to .3, and fd02:N::1 to ::3 */

/* The time to live of a packet tells what marks it has before wgmark sees it:
 * TTL_FIRST + mark + CONFIG_MARKS * ct mark
 */
#define TTL_FIRST 64
#define CONFIG_MARKS 16
#define CONFIG_CTMARKS 12
#define TTL_CTMARK(ttl) (((ttl) - TTL_FIRST) / CONFIG_MARKS)
#define TTL_MARK(ttl) (((ttl) - TTL_FIRST) % CONFIG_MARKS)
#define CTMARK_AS_IS 4		/* of the ct marks, these leave a connection's own */

/**
 * struct tunnel - what a tunnel is told
 * @on: it is one
 * @before: it was one in the last configuration
 * @ifindex: of its device on the module's host
 * @families: 1 IPv4, 2 IPv6
 * @guard: as in <linux/wgmark.h>
 * @restore: with conntrack, or not at all
 * @compat: as in <linux/wgmark.h>
 * @fwmark: F
 * @mask: M
 * @addrs: bits, of which addresses its device has, for IPv4 and IPv6
 */
struct tunnel {
	bool on;
	bool before;
	unsigned int ifindex;
	uint8_t families;
	bool guard;
	bool restore;
	bool compat;
	uint32_t fwmark;
	uint32_t mask;
	uint8_t addrs[2];
};

/**
 * struct config - what both hosts are told
 * @exact: all of it is what wg-quick does
 * @tunnel: those of wg0 to wg3
 * @marks: what packets carry beforehand
 * @ctmarks: what connections do
 */
struct config {
	bool exact;
	struct tunnel tunnel[TUNNELS];
	uint32_t marks[CONFIG_MARKS];
	uint32_t ctmarks[CONFIG_CTMARKS];
};

/** struct random - xorshift64*; never 0 */
struct random {
	uint64_t state;
};

uint32_t random_u32(struct random *r);

/** random_below() - 0 to @n - 1 */
static inline uint32_t random_below(struct random *r, uint32_t n)
{
	return (uint64_t)random_u32(r) * n >> 32;
}

/** random_percent() - true that often */
static inline bool random_percent(struct random *r, unsigned int percent)
{
	return random_below(r, 100) < percent;
}

/* random_config.c */
void config_random(struct random *r, struct config *c);
void config_put_addrs(FILE *f, const struct config *c);
void config_put_module(FILE *f, const struct config *c);
void config_put_rules(FILE *f, const struct config *c);
void config_put_observe(FILE *f, const struct config *c);

/* random_packet.c */
void random_packet(struct random *r, uint16_t tag, struct packet *p);
void random_reply(struct random *r, const struct packet *to, uint16_t tag, struct packet *p);
unsigned int random_fragments(struct random *r, const struct packet *whole,
			      struct packet *pieces, unsigned int max);

/* random_address.c */
void random_address(struct random *r, bool v6, bool to, struct packet *p);

#endif
