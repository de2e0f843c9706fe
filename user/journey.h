/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The journey of a packet, out and back, told station by station
 *
 *	kernel --> journey_machine_take() --+
 *	                                    +--> journey_tell() --> print, JSON, SVG
 *	command line --> flow_read() -------+
 *
 * A packet that goes into a tunnel travels in another one, which has a journey of its own:
 * these are the layers. The story goes down through them and up again.
 */
#ifndef WGMARK_JOURNEY_H
#define WGMARK_JOURNEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fib.h"
#include "flow.h"
#include "kernel.h"
#include "ruleset.h"
#include "view.h"

/** A set has a value only as it has "*" (Linux 5.13). */
#define IN_SET_BY_ALL 2

/** Room for what a verdict map says, "jump" and the name of a chain the longest. */
#define VERDICT_LEN 264

/** Sets that one packet changes, and that are kept in mind. */
#define CHANGED_MAX 4

/** The most tunnels inside of one another that are followed, and the packet itself. */
#define JOURNEY_LAYERS 4

/**
 * struct conn - what is remembered of a connection between packet and reply
 * @mark: of conntrack's entry
 * @from: the source that the first packet had, if NAT has changed it; else family 0
 * @to: likewise the destination
 * @learned: tunnel for which the module knows the packet's source, or NULL
 * @is_known: the packet at hand is not the first
 * @nat_done: what NAT does was settled by that one
 * @is_answered: the packet at hand is a reply, or there was one
 * @is_unasked: it is a reply, but what it answers was not tracked
 * @is_expected: it was announced in another one, as FTP's are
 * @nat_from: of a connection that is there, the source that NAT gives the packet at hand, or
 *	family 0
 * @nat_to: likewise the destination
 * @nat_sport: likewise the source port, or 0
 * @nat_dport: likewise the destination port
 * @sport: the source port that the first packet had, if NAT has changed it; else 0
 * @dport: likewise the destination port
 * @snat: whether NAT has changed the source, or its port: enum tri of journey_story.h
 * @dnat: likewise the destination
 * @changed: names of sets that a rule has put something of the packet into, or taken out, in
 *	that rule's text
 * @changed_len: how many, also those beyond CHANGED_MAX, which are not kept
 * @changed_others: others were changed, too, whose names are not known
 * @has_ct: conntrack has seen the packet at hand, and it is tracked
 * @untracked: conntrack is to leave the packet at hand alone
 */
struct conn {
	uint32_t mark;
	struct prefix from;
	struct prefix to;
	const struct view *learned;
	bool is_known;
	bool nat_done;
	bool is_answered;
	bool is_unasked;
	bool is_expected;
	struct prefix nat_from;
	struct prefix nat_to;
	uint16_t nat_sport;
	uint16_t nat_dport;
	uint16_t sport;
	uint16_t dport;
	uint8_t snat;
	uint8_t dnat;
	const char *changed[CHANGED_MAX];
	size_t changed_len;
	bool changed_others;
	bool has_ct;
	bool untracked;
};

/**
 * struct journey_machine - all that is read
 * @fib: routing
 * @views: WireGuard devices
 * @views_len: how many
 * @rules: nftables
 * @now: seconds since 1970
 * @ask: has the kernel decide about a packet, as fib_ask()
 * @track: has conntrack say of what connection a packet with ports is; it leaves
 *	@conn alone if it knows none
 * @in_set: has the kernel look for a key, as registers have it, in a named set: 0 or 1,
 *	IN_SET_BY_ALL if only as the set has "*", or -errno; of a verdict map, what that says of
 *	the key is @verdict then, as nft(8) writes it, else ""
 * @source: as rtnl_addr_source()
 * @data: for all four
 */
struct journey_machine {
	struct fib fib;
	struct view *views;
	size_t views_len;
	struct ruleset rules;
	int64_t now;
	int (*ask)(void *data, const struct flow *flow, struct fib_answer *a);
	void (*track)(void *data, const struct flow *flow, struct conn *conn);
	int (*in_set)(void *data, const struct nft_ruleset_table *table, const char *set,
		      const void *key, size_t len, char verdict[static VERDICT_LEN]);
	int (*source)(void *data, uint32_t ifindex, sa_family_t family, bool first,
		      struct prefix *addr);
	void *data;
};

/**
 * enum fact_kind - of what weight a fact is
 * @FACT_PLAIN: it is so, and changes nothing
 * @FACT_PASSES: likewise, of a rule that might have done something, as a guard; the picture
 *	has it too
 * @FACT_DECIDES: where the packet goes next, or what it gets
 * @FACT_LOST: the packet ends here
 * @FACT_DIFFERS: what was worked out here and what the kernel says are not the same
 */
enum fact_kind {
	FACT_PLAIN,
	FACT_PASSES,
	FACT_DECIDES,
	FACT_LOST,
	FACT_DIFFERS,
};

/**
 * struct fact - one thing that a packet meets
 * @kind: its weight
 * @what: a rule, route or peer as its own program writes it; NULL for none
 * @text: what that means for this packet
 */
struct fact {
	enum fact_kind kind;
	char *what;
	char *text;
};

/**
 * struct station - a place that a packet comes by
 * @title: what happens here
 * @back: it is on the way back
 * @facts: in order
 * @facts_len: how many
 */
struct station {
	char *title;
	bool back;
	struct fact *facts;
	size_t facts_len;
};

/**
 * struct layer - a packet, and what it is carried in
 * @flow: the packet; with the addresses that NAT gave it, once it did
 * @answer: the kernel's decision on it
 * @dev: device that it leaves by, or NULL
 * @tunnel: that, if it is a WireGuard device
 * @peer: peer that it is for, or NULL
 * @allowed: for which of its allowed IPs
 * @conn: its connection
 */
struct layer {
	struct flow flow;
	struct fib_answer answer;
	const struct fib_link *dev;
	const struct view *tunnel;
	const struct wg_peer *peer;
	const struct prefix *allowed;
	struct conn conn;
};

/**
 * struct journey - the whole story
 * @asked: the packet as it was asked about
 * @layers: the packet first, then what it is carried in; they point into the machine
 * @layers_len: how many
 * @stations: in order
 * @stations_len: how many
 * @hint: what else to say of the packet, where the answer may depend on it; or NULL
 * @end: all of it in one sentence
 * @is_lost: the packet does not arrive, or its reply does not; or that cannot be told
 * @is_open: it is the latter
 * @is_back: it is the reply that is lost; of a handshake's it is the packet, which waits
 * @is_rp_filter: the reverse path check is what drops it
 * @is_partial: there are rules that cannot be judged, or are not read, so that it may end otherwise
 * @back_mark: mark that the reply has by then, if it comes that far
 * @may_mark: a rule that cannot be judged, or a chain that is not followed, may change marks
 */
struct journey {
	struct flow asked;
	struct layer layers[JOURNEY_LAYERS];
	size_t layers_len;
	struct station *stations;
	size_t stations_len;
	const char *hint;
	char *end;
	bool is_lost;
	bool is_open;
	bool is_back;
	bool is_rp_filter;
	bool is_partial;
	uint32_t back_mark;
	bool may_mark;
};

/**
 * journey_machine_take() - read everything
 * @m: the result, which uses @k; to be freed with journey_machine_free(), after an error too
 * @k: kernel
 *
 * Return: 0 or -errno
 */
int journey_machine_take(struct journey_machine *m, struct kernel *k);

/** journey_machine_ask() - have a machine that was read otherwise ask this kernel, from now on */
void journey_machine_ask(struct journey_machine *m, struct kernel *k);

/**
 * journey_track() - see struct journey_machine; @data is the kernel, which may load
 * nf_conntrack_netlink for it
 */
void journey_track(void *data, const struct flow *flow, struct conn *conn);

/** journey_in_set() - see struct journey_machine; @data is the kernel */
int journey_in_set(void *data, const struct nft_ruleset_table *table, const char *set,
		   const void *key, size_t len, char verdict[static VERDICT_LEN]);

/** journey_machine_free() - free what journey_machine_take() allocated */
void journey_machine_free(struct journey_machine *m);

/**
 * journey_tell() - the story of a packet
 * @j: the result; to be freed with journey_free(), after an error too
 * @m: the machine
 * @flow: the packet
 * @tunnel: the device that it is expected to leave through, or NULL
 *
 * Return: 0, -ENOMEM or what @m->ask returned
 */
int journey_tell(struct journey *j, const struct journey_machine *m, const struct flow *flow,
		 const struct view *tunnel);

/** journey_free() - free what journey_tell() allocated */
void journey_free(struct journey *j);

/** journey_print() - write the story for people; @colour by ECMA-48's sequences */
void journey_print(FILE *out, const struct journey *j, bool colour);

/** journey_print_json() - write stories as a JSON array */
void journey_print_json(FILE *out, const struct journey *list, size_t len);

/** journey_print_svg() - draw stories, one below the other, as an SVG picture */
void journey_print_svg(FILE *out, const struct journey *list, size_t len);

#endif
