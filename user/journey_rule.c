// SPDX-License-Identifier: GPL-2.0
/*
 * A routing rule in words: whom it is for, and what came of it
 */
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "journey_story.h"
#include "proto.h"

const char *table_name(uint32_t table, char text[static WORDS_LEN])
{
	switch (table) {
	case RT_TABLE_LOCAL:
		return "local";
	case RT_TABLE_MAIN:
		return "main";
	case RT_TABLE_DEFAULT:
		return "default";
	}
	snprintf(text, WORDS_LEN, "%" PRIu32, table);
	return text;
}

static void put_mark(FILE *out, const struct story *s, const struct fib_rule *r)
{
	const struct view *v = view_marked(s->m, r->mark);

	fprintf(out, " with the mark 0x%" PRIx32, r->mark);
	if (r->mask != UINT32_MAX)
		fprintf(out, " in the bits 0x%" PRIx32, r->mask);
	if (v)
		fprintf(out, ", which WireGuard's own packets for %s have", v->link.name);
}

static void put_ports(FILE *out, const char *word, const uint16_t range[2])
{
	if (!range[0] && !range[1])
		return;
	if (range[1] == range[0])
		fprintf(out, " %s port %u", word, range[0]);
	else
		fprintf(out, " %s ports %u to %u", word, range[0], range[1]);
}

/* What a rule asks for, as words behind "packets" */
static void put_selector(FILE *out, const struct story *s, const struct fib_rule *r)
{
	char text[PREFIX_TEXT_LEN];

	if (r->proto)
		fprintf(out, " of %s", proto_name(r->proto) ?: "another protocol");
	if (strcmp(r->iif, "lo") == 0)
		fputs(" of this machine", out);
	else if (r->iif[0])
		fprintf(out, " that come in by %s", r->iif);
	if (r->oif[0])
		fprintf(out, " of sockets bound to %s", r->oif);
	if (r->l3mdev)
		fputs(" of a VRF", out);
	if (r->src.family)
		fprintf(out, " from %s", prefix_text(&r->src, text));
	put_ports(out, "from", r->sport);
	if (r->dst.family)
		fprintf(out, " to %s", prefix_text(&r->dst, text));
	put_ports(out, "to", r->dport);
	if (r->has_uids && r->uids[0] == r->uids[1])
		fprintf(out, " of user %" PRIu32, r->uids[0]);
	else if (r->has_uids)
		fprintf(out, " of users %" PRIu32 " to %" PRIu32, r->uids[0], r->uids[1]);
	if (r->tos)
		fprintf(out, " with the TOS 0x%x", r->tos);
	if (r->mask)
		put_mark(out, s, r);
}

static bool has_selector(const struct fib_rule *r)
{
	return r->proto || r->iif[0] || r->oif[0] || r->l3mdev || r->src.family ||
	       r->sport[1] || r->dst.family || r->dport[1] || r->has_uids || r->tos || r->mask;
}

/* In what this packet differs from what the rule asks for */
static void put_reason(FILE *out, const struct story *s, const struct flow *flow,
		       enum walk_reason reason)
{
	/* an address needs less */
	char text[WORDS_LEN];

	switch (reason) {
	case WALK_APPLIES:
	case WALK_MARK:
		fprintf(out, "This one has %s.", mark_words(flow->mark, text));
		break;
	case WALK_IIF:
		if (flow->iif)
			fprintf(out, "This one comes in by %s.", dev_name(s->m, flow->iif));
		else
			fputs("This one is of this machine.", out);
		break;
	case WALK_OIF:
		fputs("This one's socket is not.", out);
		break;
	case WALK_UID:
		if (flow->has_uid)
			fprintf(out, "This one is of user %" PRIu32 ".", flow->uid);
		else
			fputs("This one is no user's.", out);
		break;
	case WALK_SRC:
		if (flow->from.family)
			fprintf(out, "This one is from %s.", addr_text(&flow->from, text));
		else
			fputs("This one has no source address yet.", out);
		break;
	case WALK_INVERTED:
		fputs("This one is one of those, so the rule is not for it.", out);
		break;
	default:
		fputs("This one is not.", out);
		break;
	}
}

/* For whom the rule is */
static void put_who(FILE *out, const struct story *s, const struct flow *flow,
		    const struct walk_step *step)
{
	const struct fib_rule *r = step->rule;

	if (step->reason == WALK_SKIPPED) {
		fputs("A goto went past it.", out);
		return;
	}
	if (step->reason == WALK_UNKNOWN) {
		fputs("It asks for something that is not known here; taken as not for this packet.",
		      out);
		return;
	}
	if (!has_selector(r)) {
		if (r->invert)
			fputs("For no packet.", out);
		return;
	}
	fputs(r->invert ? "For all packets but those" : "For packets", out);
	put_selector(out, s, r);
	fputs(". ", out);
	if (step->open)
		fprintf(out, "Whether this one is one of them depends on %s not known: taken as %s.",
			open_words(flow), (step->reason == WALK_APPLIES) != r->invert ? "one" : "none");
	else if (step->reason != WALK_APPLIES || (r->invert && r->mask))
		put_reason(out, s, flow, step->reason);
	else
		fputs(r->invert ? "This one is none of those." : "This one is.", out);
}

/* A VRF's rule names no table of its own */
static uint32_t table_of(const struct walk_step *step)
{
	return step->route ? step->route->table : step->rule->table ?: RT_TABLE_MAIN;
}

static void put_suppressed(FILE *out, const struct walk_step *step, const char *table)
{
	const struct fib_rule *r = step->rule;

	if (r->suppress_group >= 0)
		fprintf(out, "Table %s has a route to it, but routes by devices of group %d do not count here (suppress_ifgroup).",
			table, r->suppress_group);
	else if (!r->suppress)
		fprintf(out, "Table %s%s has only its default route for it, and this rule takes no default route, only more specific ones, as to the local network (suppress_prefixlength 0). So the search goes on.",
			table, table_of(step) != RT_TABLE_MAIN ? "" :
			", which is all that a plain \"ip route\" shows,");
	else
		fprintf(out, "Table %s has a route to it, but only prefixes longer than /%d count here (suppress_prefixlength).",
			table, r->suppress);
}

static void put_outcome(FILE *out, const struct flow *flow, const struct walk_step *step)
{
	const struct fib_rule *r = step->rule;
	char buf[WORDS_LEN], addr[PREFIX_TEXT_LEN];
	const char *table = r->l3mdev && !step->route ? "of the VRF" :
			    table_name(table_of(step), buf);

	addr_text(&flow->to, addr);
	switch (step->outcome) {
	case WALK_NEXT:
		break;
	case WALK_NOTHING:
		if (r->table == RT_TABLE_LOCAL)
			fprintf(out, "Table local has the addresses of this machine, and %s is none of them.",
				addr);
		else
			fprintf(out, "Table %s has no route to %s.", table, addr);
		break;
	case WALK_SUPPRESSED:
		put_suppressed(out, step, table);
		break;
	case WALK_THROWN:
		fprintf(out, "Table %s has a throw route for it: on with the next rule.", table);
		break;
	case WALK_JUMP:
		if (r->action == FR_ACT_GOTO)
			fprintf(out, "On with rule %" PRIu32 ".", r->target);
		else
			fputs("It does nothing.", out);
		break;
	case WALK_FOUND:
		/* as wg-quick and others choose it */
		if (r->mask && r->table == r->mark)
			fprintf(out, "Table %s (the mark in decimal%s) has a route to %s.",
				table, r->table > UINT16_MAX ? "" : ", not a port", addr);
		else if (table_of(step) == RT_TABLE_MAIN && !step->route->dst.len)
			fprintf(out, "Table %s has its default route for %s, which counts here.",
				table, addr);
		else
			fprintf(out, "Table %s has a route to %s.", table, addr);
		break;
	case WALK_REFUSED:
		if (!step->route)
			fputs("The rule itself refuses the packet.", out);
		else
			fprintf(out, "Table %s refuses it.", table);
		break;
	}
}

void put_rule(FILE *out, const struct story *s, const struct flow *flow,
	      const struct walk_step *step)
{
	put_who(out, s, flow, step);
	if (step->outcome == WALK_NEXT)
		return;
	if (has_selector(step->rule))
		fputc(' ', out);
	put_outcome(out, flow, step);
}
