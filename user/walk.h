/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of a packet over the policy routing rules, step by step
 *
 * What the kernel does in fib_rules_lookup() (net/core/fib_rules.c), fib_table_lookup()
 * (net/ipv4/fib_trie.c) and fib6_rule_lookup() (net/ipv6/fib6_rules.c), done again over what
 * fib_take() read, so that each step can be told. A pure function; the kernel has the last
 * word, see walk_agrees(). What is not in here: multicast, the type of service of packets,
 * which is taken as 0, and routers that do not answer, which IPv6 passes over.
 */
#ifndef WGMARK_WALK_H
#define WGMARK_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "fib.h"

/** enum walk_reason - why a rule does not apply; the first that the kernel meets */
enum walk_reason {
	WALK_APPLIES,
	WALK_IIF,
	WALK_OIF,
	WALK_MARK,
	WALK_L3MDEV,
	WALK_UID,
	WALK_PROTO,
	WALK_SPORT,
	WALK_DPORT,
	WALK_SRC,
	WALK_DST,
	WALK_TOS,
	WALK_INVERTED,	/* all of it matches, and there is a "not" before it */
	WALK_SKIPPED,	/* a "goto" went past it */
	WALK_UNKNOWN,	/* all that is known matches, and it has more; taken as not applying */
};

/** enum walk_outcome - what came of a rule that applies */
enum walk_outcome {
	WALK_NEXT,	/* it does not apply */
	WALK_NOTHING,	/* its table has no route for the packet */
	WALK_SUPPRESSED,	/* it has one, which suppress_prefixlength or _ifgroup takes away */
	WALK_THROWN,	/* it has a throw route */
	WALK_JUMP,	/* goto, or nop */
	WALK_FOUND,	/* this is the packet's route */
	WALK_REFUSED,	/* unreachable, prohibit or blackhole: of the rule or the route */
};

/**
 * struct walk_step - one rule
 * @rule: the rule
 * @reason: why it does not apply, or WALK_APPLIES
 * @outcome: what came of it
 * @route: the route of its table that matched, or NULL
 * @hop: index in @route->hops
 * @open: whether the rule applies depends on the protocol or a port, which is not known; what
 *	it was taken as is in @reason
 */
struct walk_step {
	const struct fib_rule *rule;
	enum walk_reason reason;
	enum walk_outcome outcome;
	const struct fib_route *route;
	size_t hop;
	bool open;
};

/** enum walk_beside - what the kernel does beside the rules, all of it IPv4's */
enum walk_beside {
	WALK_BY_RULES,		/* nothing: the rules decide */
	WALK_FOREIGN,		/* no rule is asked: @from is none of this machine's addresses */
	WALK_NO_DEVICE,		/* no rule is asked: the device is not there, or not up */
	WALK_MARTIAN,		/* no rule is asked: nothing comes in from there, or to there */
	WALK_GROUP,		/* no rule is asked: it comes in for all, or for a group, of which
				 * the kernel alone knows whether this machine is in it
				 */
	WALK_ONLINK,		/* no step has found a route, and it leaves by the device that its
				 * socket is bound to, as if @to were a neighbour
				 */
	WALK_NO_FORWARD,	/* it is not for this machine, and its device does not forward */
};

/**
 * struct walk - all steps, to the rule that decides
 * @steps: in order
 * @len: how many
 * @err: 0 if there is a route; -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL as the kernel says it
 * @several: the route has several ways, of which a hash of the packet or the neighbours'
 *	state chooses
 * @unsure: what is in @fib does not decide: the packet whose way back this is has several
 *	ways; or, for IPv6, a suppress_ifgroup applies or not by the way that the hash chooses,
 *	and was taken as for the first; or the kernel may have lost a route by source, which
 *	depends on routes that were there before; or a rule names the packet's VRF as a
 *	device, and was taken as Linux 5.18 to 6.14 take it
 * @open: a step is
 * @beside: what else counts
 * @merged: IPv4, and no rule has ever been touched: tables local and main are one, where
 *	the longest prefix counts, and which the kernel calls main. Rules that were there
 *	and are gone again look the same.
 * @fib: the namespace's routing
 */
struct walk {
	struct walk_step *steps;
	size_t len;
	int err;
	bool several;
	bool unsure;
	bool open;
	enum walk_beside beside;
	bool merged;
	const struct fib *fib;
};

/**
 * walk_rules() - where a packet goes
 * @f: the namespace's routing
 * @flow: the packet; what is not known of it matches no rule that asks for it, but that
 *	IPv4's unknown protocol is UDP, as for RTM_GETROUTE
 * @w: the result, which points into @f; to be freed with walk_free()
 *
 * Return: 0 or -ENOMEM
 */
int walk_rules(const struct fib *f, const struct flow *flow, struct walk *w);

/** walk_free() - free what walk_rules() allocated */
void walk_free(struct walk *w);

/** walk_end() - the step that decided, NULL if no rule did */
const struct walk_step *walk_end(const struct walk *w);

/**
 * walk_agrees() - whether the walk ended where the kernel's decision did: table, route, device
 * @w: the walk
 * @a: the decision, with which an unsure walk need not agree. Of a packet that comes in, it
 *	is -EINVAL or -EXDEV where walk_rp_filter() drops it, of which the walk knows nothing.
 */
bool walk_agrees(const struct walk *w, const struct fib_answer *a);

/**
 * walk_rp_filter() - IPv4's reverse path filter for a packet that comes in
 * @f: the namespace's routing
 * @flow: the packet, with @iif and @from
 * @mode: the result: 0 off, 1 strict, 2 loose: the higher one of all and the device
 * @marked: the result: whether the look-up has the packet's mark (src_valid_mark)
 * @back: the walk of an answer, from @flow->to to @flow->from; to be freed
 *
 * fib_validate_source() in net/ipv4/fib_frontend.c. Return: 1 if it passes, 0 if it is
 * dropped, or -ENOMEM
 */
int walk_rp_filter(const struct fib *f, const struct flow *flow, int *mode, bool *marked,
		   struct walk *back);

#endif
