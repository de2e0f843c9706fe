/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the story of a journey is put together; for journey*.c alone
 *
 * journey.c         from the first station to the last sentence
 * journey_out.c     a packet leaves, into a tunnel or by a device
 * journey_back.c    its reply comes in, and out of the tunnel
 * journey_arrive.c  what any packet meets that comes in: hooks, reverse path check
 * journey_route.c   the routing rules; journey_rule.c one of them in words
 * journey_conn.c    what conntrack has of its connection; journey_set.c: nft's named sets
 * journey_hook.c    the hooks of netfilter, by priority: the module's and nft's chains
 * journey_nat.c     NAT, and that it is undone
 * journey_kmod.c    what the module does at a hook
 * journey_nft.c     what a chain of nft does; journey_match.c, journey_compare.c: whether a
 *                   rule is for a packet
 *
 * Functions that return int: 0, -1 if the packet ends here, of which all is told then.
 */
#ifndef WGMARK_JOURNEY_STORY_H
#define WGMARK_JOURNEY_STORY_H

#include "journey.h"
#include "walk.h"

/** Room for a device's name, a mark or the like in words. */
#define WORDS_LEN 64

/**
 * struct story - a journey that is being told
 * @m: the machine
 * @j: the journey
 * @back: the way back has begun
 * @title: of the station that begins with the next fact, or NULL
 * @lost: why the packet ends, or NULL
 * @reply_dev: where the reply leaves to a packet that came in for this machine; or NULL
 * @reply_unsure: it may leave otherwise, by the program or settings
 * @waits: it is the answer to a handshake that ends, in this layer's tunnel; or NULL
 * @out: see story_words()
 * @words: what was written there
 * @words_len: bytes of it
 * @unsure: a rule of nft could not be judged
 * @may_pass: one of the chain at hand, which might have let the packet pass
 * @open: whether the packet is lost cannot be told
 * @depends: where it goes may depend on its protocol or ports, which are not known
 * @may_drop: likewise whether a rule of nft drops it
 * @may_accept: likewise whether one of the chain at hand lets it pass
 * @may_restore: likewise whether it gets back a mark
 * @terms: bits of the words that have been explained
 * @err: -ENOMEM, or what @m->ask returned
 */
struct story {
	const struct journey_machine *m;
	struct journey *j;
	bool back;
	char *title;
	char *lost;
	const struct fib_link *reply_dev;
	bool reply_unsure;
	const struct layer *waits;
	FILE *out;
	char *words;
	size_t words_len;
	bool unsure;
	bool may_pass;
	bool open;
	bool depends;
	bool may_drop;
	bool may_accept;
	bool may_restore;
	uint32_t terms;
	int err;
};

/**
 * struct packet - a packet at a hook of netfilter
 * @flow: its addresses and ports, which NAT changes
 * @mark: its mark now
 * @iif: device that it came in by, or ""
 * @oif: device that it leaves by, or ""
 * @conn: its connection
 * @is_nobodys: no user of its is known: WireGuard made it, or some program replies with it
 * @is_looped: it left this machine by lo, and comes in again
 * @nat_set: a chain of NAT has changed it at this hook
 * @rerouted: it is routed once more: a chain of type route changed @mark, or NAT the destination
 * @route_mark: the mark that it had then
 */
struct packet {
	struct flow *flow;
	uint32_t mark;
	const char *iif;
	const char *oif;
	struct conn *conn;
	bool is_nobodys;
	bool is_looped;
	bool nat_set;
	bool rerouted;
	uint32_t route_mark;
};

/* journey.c */

/** story_station() - begin a station; it is there once it has a fact */
void story_station(struct story *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * story_terms() - explain words of a fact that the story has for the first time
 * @s: the story
 * @what: of the fact, or NULL
 * @text: of the fact, allocated, or NULL; becomes invalid
 *
 * Return: the text with that, allocated; NULL, and @err, without memory
 */
char *story_terms(struct story *s, const char *what, char *text);

/** story_fact() - add a fact; @what may be NULL */
void story_fact(struct story *s, enum fact_kind kind, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * story_words() - write the text of a fact piece by piece
 *
 * Return: where to; NULL, and @err, without memory
 */
FILE *story_words(struct story *s);

/** story_words_fact() - add what was written as a fact */
void story_words_fact(struct story *s, enum fact_kind kind, const char *what);

/**
 * story_lost() - the packet ends here; after the fact that says why
 * @s: the story
 * @fmt: what stands after "is lost: "
 *
 * Return: -1
 */
int story_lost(struct story *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** story_ask() - the kernel's decision; -1 and @err if it could not be asked */
int story_ask(struct story *s, const struct flow *flow, struct fib_answer *a);

/** mark_words() - "no mark" or "the mark 0x1". Return: @text */
const char *mark_words(uint32_t mark, char text[static WORDS_LEN]);

/** open_words() - what is not known of a packet: "its protocol, which is" */
const char *open_words(const struct flow *flow);

/** dev_name() - of a device, "nothing" if it is not there */
const char *dev_name(const struct journey_machine *m, uint32_t ifindex);

/** is_local() - whether it is an address of this machine */
bool is_local(const struct journey_machine *m, const struct prefix *addr);

/** is_for_us() - whether the kernel's decision is that this machine takes a packet */
bool is_for_us(const struct flow *flow, const struct fib_answer *a);

/** is_concerned() - whether a tunnel has a part in the journey so far */
bool is_concerned(const struct story *s, const struct view *v);

/** view_of() - the WireGuard device with an index, or NULL */
const struct view *view_of(const struct journey_machine *m, uint32_t ifindex);

/** view_marked() - the WireGuard device whose packets have this mark, or NULL */
const struct view *view_marked(const struct journey_machine *m, uint32_t mark);

/* journey_out.c */

/** tell_out() - a packet leaves: sets @answer, @dev and @tunnel of the layer */
int tell_out(struct story *s, struct layer *l);

/** answers_it() - whether what came in is for a program of this machine, which may answer */
bool answers_it(const struct story *s, const struct layer *l);

/** tell_reply_out() - that answer leaves: sets @reply_dev */
int tell_reply_out(struct story *s, struct layer *l);

/* journey_tunnel.c */

/** tell_tunnel() - it enters a tunnel: sets @peer, and the flow of the next layer */
int tell_tunnel(struct story *s, struct layer *l, struct layer *outer);

/** tell_unpacked() - whose packet it may be that comes in by a device, if that is a tunnel */
int tell_unpacked(struct story *s, const struct flow *flow);

/** has_session() - whether what is for a peer need not wait for a handshake */
bool has_session(const struct story *s, const struct wg_peer *p);

/* journey_back.c */

/** tell_back() - the reply to a layer's packet comes in, which layer @outer carried or NULL */
int tell_back(struct story *s, struct layer *l, const struct layer *outer);

/* journey_arrive.c */

/**
 * tell_arrive() - hooks, reverse path check and decision for a packet that comes in
 * @s: the story
 * @flow: the packet; its mark changes
 * @conn: its connection
 * @is_outer: it carries another one
 * @a: the kernel's decision
 */
int tell_arrive(struct story *s, struct flow *flow, struct conn *conn, bool is_outer,
		struct fib_answer *a);

/** tell_input() - netfilter's hook input, for a packet that has come in and is for this machine */
int tell_input(struct story *s, struct packet *p);

/* journey_route.c */

/** tell_route() - the routing rules, to where the packet goes */
int tell_route(struct story *s, const struct flow *flow, struct fib_answer *a);

/* journey_rule.c */

/** put_rule() - write whom a rule is for, whether for this packet, and what came of it */
void put_rule(FILE *out, const struct story *s, const struct flow *flow,
	      const struct walk_step *step);

/** table_name() - "main", or its number. Return: @text or a constant */
const char *table_name(uint32_t table, char text[static WORDS_LEN]);

/* journey_hook.c */

/** tell_hook() - all that stands at a hook (NF_INET_*) */
int tell_hook(struct story *s, uint32_t hook, struct packet *p);

/** is_of_family() - whether packets of AF_INET or AF_INET6 meet a table's chains */
bool is_of_family(const struct nft_ruleset_table *t, sa_family_t family);

/** is_nat() - whether a chain is one of NAT */
bool is_nat(const struct nft_chain *c);

/**
 * may_restore() - a rule gives a packet the mark of its connection, whatever that is: it may
 * have one where conntrack could not be asked for want of the protocol or ports
 */
void may_restore(struct story *s, const struct packet *p);

/* journey_kmod.c */

/** tell_kmod() - what the module does at a hook, with the priority NF_IP_PRI_* */
int tell_kmod(struct story *s, uint32_t hook, int32_t priority, struct packet *p);

/* journey_nft.c */

/** tell_chain() - what a base chain does with a packet */
int tell_chain(struct story *s, const struct nft_ruleset_table *t, const struct nft_chain *c,
	       struct packet *p);

/* journey_match.c */

/** enum tri - whether a rule matches; MAYBE if that cannot be told from here */
enum tri {
	NO,
	MAYBE,
	YES,
};

/** enum verdict - what a rule says of the packet */
enum verdict {
	VERDICT_NONE,
	VERDICT_ACCEPT,
	VERDICT_DROP,
	VERDICT_REJECT,
	VERDICT_RETURN,
	VERDICT_JUMP,
	VERDICT_GOTO,
};

/**
 * struct effect - what a rule does with a packet that matches
 * @verdict: the verdict
 * @chain: of VERDICT_JUMP and VERDICT_GOTO
 * @sets_mark: it gives the packet @mark
 * @mark: likewise
 * @sets_ctmark: it gives the connection @ctmark
 * @ctmark: likewise
 * @notrack: it keeps conntrack from it
 * @nat: it gives it another source or destination, and ends the chain
 * @nat_own: that is an address of this machine
 * @nat_addr: else that, of family 0 if it is not known
 * @nat_to_port: the port is to be that, 0 for none
 * @nat_port: it may change the port to one that is not known
 * @unknown: it has an expression that may say or do anything
 * @asks: it asks for a protocol or ports that are not known
 * @open: that it matches cannot be told for want of those alone
 */
struct effect {
	enum verdict verdict;
	char chain[256];
	bool sets_mark;
	uint32_t mark;
	bool sets_ctmark;
	uint32_t ctmark;
	bool notrack;
	bool nat;
	bool nat_own;
	struct prefix nat_addr;
	uint16_t nat_to_port;
	bool nat_port;
	bool unknown;
	bool asks;
	bool open;
};

/**
 * rule_matches() - whether a rule matches a packet, by its text as nft(8) writes it
 * @m: the machine, for addresses and sets
 * @t: the rule's table
 * @text: the rule
 * @p: the packet
 * @e: the result, what it then does; if it does not match, what it does before that
 */
enum tri rule_matches(const struct journey_machine *m, const struct nft_ruleset_table *t,
		      const char *text, const struct packet *p, struct effect *e);

/* journey_action.c */

/** rule_has_nat() - whether a rule's text has NAT, or the name of something like it */
bool rule_has_nat(const char *text);

/* journey_nat.c */

/** is_destination_hook() - whether NAT changes destinations at this hook, or else sources */
bool is_destination_hook(uint32_t hook);

/**
 * has_nat() - whether the kernel does NAT: it has its hooks with the first chain for it, and
 * without these leaves alone even connections that have it, as far as iptables-legacy is known
 */
bool has_nat(const struct journey_machine *m, sa_family_t family);

/**
 * nat_address() - what a rule would make a packet's source or destination
 * @s: the story
 * @hook: where it is
 * @p: the packet
 * @e: what the rule does
 * @addr: the result
 *
 * Return: whether it is known
 */
bool nat_address(const struct story *s, uint32_t hook, const struct packet *p,
		 const struct effect *e, struct prefix *addr);

/** packet_reroute() - it is routed once more when it has passed the hook, by a mark */
void packet_reroute(struct packet *p, uint32_t mark);

/** Room for an address and a port. */
#define NAT_TEXT_LEN (PREFIX_TEXT_LEN + sizeof(", port 65535"))

/** nat_text() - what it is made, "192.0.2.1, port 80"; either may be 0. Return: @text */
const char *nat_text(const struct prefix *addr, uint16_t port, char text[static NAT_TEXT_LEN]);

/** nat_apply() - give it that, and a port if it is not 0. Return: whether it had another one */
bool nat_apply(struct packet *p, uint32_t hook, const struct prefix *addr, uint16_t port);

/** nat_forget_port() - it gets a source port that is not known */
void nat_forget_port(struct packet *p);

/** nat_known() - what NAT does for a connection that is there, also back in a reply */
void nat_known(struct story *s, uint32_t hook, struct packet *p);

#endif
