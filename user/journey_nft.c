// SPDX-License-Identifier: GPL-2.0
/*
 * What a chain of nft does with a packet
 */
#include <errno.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "journey_story.h"

/** The deepest nesting of chains that the kernel allows, NFT_JUMP_STACK_SIZE. */
#define DEPTH_MAX 16

/** Room for what a rule is for, in a sentence. */
#define SENTENCE_LEN 512

/**
 * struct visit - a packet in a base chain
 * @s: the story
 * @t: the table
 * @base: the base chain
 * @p: the packet
 * @filters: it matters to say that a rule lets pass
 */
struct visit {
	struct story *s;
	const struct nft_ruleset_table *t;
	const struct nft_chain *base;
	struct packet *p;
	bool filters;
};

static const char *table_family(const struct nft_ruleset_table *t)
{
	switch (t->family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	}
	return "inet";
}

/* "counter packets 5 bytes 420" is "counter": the packet that is asked about is in no number */
static char *without_counts(const char *rule)
{
	static const char counts[] = "counter packets ";
	char *text = strdup(rule), *at = text, *end;

	while (at && (at = strstr(at, counts))) {
		at += strlen("counter");
		end = at + strlen(" packets ");
		end += strspn(end, "0123456789");
		end += strncmp(end, " bytes ", strlen(" bytes ")) ? 0 : strlen(" bytes ");
		end += strspn(end, "0123456789");
		memmove(at, end, strlen(end) + 1);
	}
	return text;
}

__attribute__((format(printf, 5, 6)))
static void fact(const struct visit *v, enum fact_kind kind, const struct nft_chain *c,
		 const char *rule, const char *fmt, ...)
{
	char *what = NULL, *text = NULL, *plain = without_counts(rule);
	va_list args;

	va_start(args, fmt);
	if (!plain || asprintf(&what, "nft, table %s %s, chain %s: %s", table_family(v->t),
			       v->t->name, c->name, plain) < 0)
		what = NULL;
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (what && text)
		story_fact(v->s, kind, what, "%s", text);
	else
		v->s->err = -ENOMEM;
	free(plain);
	free(what);
	free(text);
}

/* Some element of a verdict map, which may have jumps, too; of one with a name it is not known */
static bool vmap_may_drop(const char *rule)
{
	const char *map = strstr(rule, " vmap {");

	return strstr(rule, " vmap @") || (map && strstr(map, " : drop"));
}

/* A chain that lets everything pass need not say so */
static bool is_filter(const struct visit *v)
{
	const struct nft_chain *c;
	size_t i;

	if (v->base->drops)
		return true;
	for (c = v->t->chains; c < v->t->chains + v->t->chains_len; c++) {
		if (c->is_base && c != v->base)
			continue;
		for (i = 0; i < c->rules_len; i++) {
			if (c->rules[i].role == ROLE_DROP || c->rules[i].role == ROLE_REJECT ||
			    vmap_may_drop(c->rules[i].text))
				return true;
		}
	}
	return false;
}

/* What a rule does on the way to its verdict, or to a part that does not match */
static void set_marks(const struct visit *v, const struct nft_chain *c, const struct nft_rule *r,
		      const struct effect *e)
{
	struct packet *p = v->p;
	char mark[WORDS_LEN];

	p->conn->untracked |= e->notrack;
	if (e->sets_ctmark && p->conn->has_ct &&
	    (p->conn->mark != e->ctmark || r->role == ROLE_SAVE)) {
		p->conn->mark = e->ctmark;
		fact(v, FACT_DECIDES, c, r->text, "Its connection (the entry of conntrack) gets %s: by that its replies will be known.",
		     mark_words(e->ctmark, mark));
	}
	if (!e->sets_mark)
		return;
	mark_words(e->mark, mark);
	if (e->mark != p->mark && r->role == ROLE_RESTORE)
		fact(v, FACT_DECIDES, c, r->text, "It is part of a connection (conntrack), and gets the mark that was saved there: %s.",
		     mark);
	else if (e->mark != p->mark)
		fact(v, FACT_DECIDES, c, r->text, "The packet gets %s.", mark);
	else if (r->role == ROLE_RESTORE && is_concerned(v->s, view_marked(v->s->m, r->mark)))
		fact(v, FACT_PASSES, c, r->text, "It gets the mark of its connection, which is no other than it has.");
	p->mark = e->mark;
}

/* After a rule that might have let the packet pass, no other ends it for certain */
static int cannot_tell(const struct visit *v, const struct nft_chain *c, const char *rule)
{
	v->s->open = true;
	v->s->depends |= v->s->may_accept;
	fact(v, FACT_LOST, c, rule, "The packet is lost here, if no rule above that could not be judged lets it pass: whether it passes cannot be told.");
	return story_lost(v->s, "whether it passes cannot be told, as rules of nftables in table %s, chain %s, cannot be judged",
			  v->t->name, v->base->name);
}

/* What the rule is for, as far as it is known: "text " or "" */
static const char *first_sentence(const struct nft_rule *r, char text[static SENTENCE_LEN])
{
	const char *end = r->purpose ? strstr(r->purpose, ". ") : NULL;

	if (!r->purpose)
		return "";
	snprintf(text, SENTENCE_LEN, "%.*s ", end ? (int)(end + 1 - r->purpose) : -1, r->purpose);
	return text;
}

static int drop(const struct visit *v, const struct nft_chain *c, const struct nft_rule *r,
		const char *how)
{
	char text[SENTENCE_LEN];

	if (v->s->may_pass)
		return cannot_tell(v, c, r->text);
	if (r->role == ROLE_GUARD)
		fact(v, FACT_LOST, c, r->text, "The guard: who is not in the tunnel has no business at its address (CVE-2019-14899). The packet is %s.",
		     how);
	else
		fact(v, FACT_LOST, c, r->text, "%sThe rule is for this packet: it is %s.",
		     first_sentence(r, text), how);
	return story_lost(v->s, "a rule of nftables in table %s, chain %s, has it %s", v->t->name,
			  c->name, how);
}

/* An address that is not known, or a port, is not followed */
static void tell_nat(const struct visit *v, const struct nft_chain *c, const struct nft_rule *r,
		     const struct effect *e)
{
	bool to = is_destination_hook(v->base->hook);
	char text[NAT_TEXT_LEN];
	struct prefix addr;

	if (!nat_address(v->s, v->base->hook, v->p, e, &addr)) {
		v->s->unsure = true;
		*(to ? &v->p->conn->dnat : &v->p->conn->snat) = MAYBE;
		if (to)
			fact(v, FACT_DECIDES, c, r->text, "The packet gets another destination (NAT), an address or a port. Here the story goes on with the old one.");
		else
			fact(v, FACT_DECIDES, c, r->text, "The packet gets another source address (NAT). Here the story goes on with the old one; rules that its reply meets early, before priority -100, see the new one.");
		return;
	}
	nat_text(&addr, e->nat_to_port, text);
	if (!nat_apply(v->p, v->base->hook, &addr, e->nat_to_port))
		fact(v, FACT_PASSES, c, r->text, "NAT gives it the %s %s, which it has anyway.",
		     to ? "destination" : "source", text);
	else if (to)
		fact(v, FACT_DECIDES, c, r->text, "The packet gets the destination %s (NAT): it goes there instead. Its reply gets the old one as its source before whoever asked has it.",
		     text);
	else
		fact(v, FACT_DECIDES, c, r->text, "The packet gets the source %s (NAT): %s.",
		     text, is_local(v->s->m, &addr) ?
		     "so the reply comes to this machine, which knows for whom it is" :
		     "the reply is for that, which is no address of this machine");
	/* of a source it is but one that is not known */
	if (e->nat_port && !to)
		nat_forget_port(v->p);
	if (!e->nat_port || !to)
		return;
	v->s->unsure = true;
	fact(v, FACT_PLAIN, c, r->text, "It may change the port, too. Here the story goes on with the old one.");
}

/* Whether a rule that may be for the packet, or not, may keep others from it */
static bool may_pass(const struct visit *v, const struct effect *e)
{
	switch (e->verdict) {
	case VERDICT_NONE:
		return e->unknown && v->filters;
	case VERDICT_DROP:
	case VERDICT_REJECT:
		return false;
	default:
		return v->filters;
	}
}

static bool is_jump(const struct effect *e)
{
	return e->verdict == VERDICT_JUMP || e->verdict == VERDICT_GOTO;
}

/* Whether it may end the packet; a chain of NAT changes addresses */
static bool may_drop(const struct visit *v, const struct effect *e)
{
	return e->verdict == VERDICT_DROP || e->verdict == VERDICT_REJECT ||
	       (e->verdict == VERDICT_NONE && e->unknown && strcmp(v->base->type, "nat"));
}

/* For want of its protocol or ports alone, so that all else of the rule is known */
static void tell_open(const struct visit *v, const struct nft_chain *c, const struct nft_rule *r,
		      const struct effect *e)
{
	bool marks = (e->sets_mark && e->mark != v->p->mark) || e->notrack || e->nat ||
		     e->unknown ||
		     (e->sets_ctmark && v->p->conn->has_ct && e->ctmark != v->p->conn->mark);
	bool passes = may_pass(v, e), drops = may_drop(v, e);
	/* where nothing filters, it keeps the packet from the rules below */
	bool ends = !v->filters && strcmp(v->base->type, "nat") &&
		    (e->verdict == VERDICT_ACCEPT || e->verdict == VERDICT_RETURN);

	if (!marks && !is_jump(e) && !passes && !drops && !ends)
		return;
	v->s->may_pass |= passes;
	v->s->may_accept |= passes;
	v->s->may_drop |= drops;
	v->s->depends |= marks || is_jump(e) || ends || e->verdict == VERDICT_RETURN;
	fact(v, FACT_PLAIN, c, r->text, "Whether this rule is for the packet depends on %s not known; taken as not.",
	     open_words(v->p->flow));
}

/* With another protocol or port it might be sure that the rule is not for the packet */
static void keep_asks(const struct visit *v, const struct effect *e)
{
	bool passes = may_pass(v, e), drops = may_drop(v, e);

	v->s->may_accept |= e->asks && passes;
	v->s->may_drop |= e->asks && drops;
	v->s->depends |= e->asks && !passes && !drops;
}

static void tell_maybe(const struct visit *v, const struct nft_chain *c, const struct nft_rule *r,
		       const struct effect *e)
{
	bool passes = may_pass(v, e);
	char text[SENTENCE_LEN];

	if (!may_drop(v, e) && !e->unknown && !e->sets_mark && !e->sets_ctmark && !e->notrack &&
	    !e->nat && !is_jump(e) && !passes)
		return;
	v->s->unsure = true;
	v->s->j->may_mark |= e->unknown || e->sets_mark || e->sets_ctmark || is_jump(e);
	keep_asks(v, e);
	v->s->may_pass |= passes;
	fact(v, FACT_PLAIN, c, r->text, "%sWhether the rule is for this packet%s cannot be told here; taken as not.",
	     first_sentence(r, text), e->unknown ? ", or what it does," : "");
}

static void tell_passed(const struct visit *v, const struct nft_chain *c, const struct nft_rule *r)
{
	char addr[PREFIX_TEXT_LEN];

	if (r->role == ROLE_GUARD)
		fact(v, FACT_PASSES, c, r->text, "The guard: it drops what comes from outside for the tunnel's address. This packet is for %s and comes by %s, so it passes.",
		     addr_text(&v->p->flow->to, addr), v->p->iif);
}

static const struct nft_chain *find_chain(const struct nft_ruleset_table *t, const char *name)
{
	const struct nft_chain *c;

	for (c = t->chains; c < t->chains + t->chains_len; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

/**
 * enum end - how the way through a chain ended
 * @END_CHAIN: with its last rule, or by return
 * @END_PASSED: accepted, as far as this base chain goes
 * @END_LOST: the packet is gone
 */
enum end {
	END_CHAIN,
	END_PASSED,
	END_LOST,
};

static enum end visit_chain(const struct visit *v, const struct nft_chain *c, unsigned int depth);

/* The chain that a rule of @c leads to */
static enum end visit_other(const struct visit *v, const struct nft_chain *c,
			    const struct nft_rule *r, const char *name, unsigned int depth)
{
	const struct nft_chain *other = find_chain(v->t, name);

	if (other && depth < DEPTH_MAX)
		return visit_chain(v, other, depth + 1);
	/* a map may have one that came after the rules were read */
	fact(v, FACT_PLAIN, c, r->text, "It leads to the chain %s, which was not there when the rules were read: what that does is not known.",
	     name);
	v->s->unsure = true;
	v->s->may_pass |= v->filters;
	return END_CHAIN;
}

/* A rule that is for the packet. Return: whether the chain ends with it, as @end says */
static bool obey(const struct visit *v, const struct nft_chain *c, const struct nft_rule *r,
		 const struct effect *e, unsigned int depth, enum end *end)
{
	set_marks(v, c, r, e);
	if (e->nat && !v->p->conn->is_known) {
		v->p->nat_set = true;
		tell_nat(v, c, r, e);
	}
	switch (e->verdict) {
	case VERDICT_NONE:
		return false;
	case VERDICT_ACCEPT:
		if (v->filters && !e->nat)
			fact(v, FACT_PASSES, c, r->text, "The rule is for this packet: it may pass.");
		*end = END_PASSED;
		return true;
	case VERDICT_DROP:
	case VERDICT_REJECT:
		drop(v, c, r, e->verdict == VERDICT_DROP ? "dropped" : "refused");
		*end = END_LOST;
		return true;
	case VERDICT_RETURN:
		*end = END_CHAIN;
		return true;
	case VERDICT_GOTO:
		*end = visit_other(v, c, r, e->chain, depth);
		return true;
	case VERDICT_JUMP:
		break;
	}
	*end = visit_other(v, c, r, e->chain, depth);
	return *end != END_CHAIN;
}

static enum end visit_chain(const struct visit *v, const struct nft_chain *c, unsigned int depth)
{
	const struct nft_rule *r;
	struct effect e;
	enum tri is_for;
	enum end end;

	for (r = c->rules; r < c->rules + c->rules_len; r++) {
		is_for = rule_matches(v->s->m, v->t, r->text, v->p, &e);
		if (is_for != NO && r->role == ROLE_RESTORE)
			may_restore(v->s, v->p);
		switch (is_for) {
		case NO:
			set_marks(v, c, r, &e);
			tell_passed(v, c, r);
			break;
		case MAYBE:
			if (e.open)
				tell_open(v, c, r, &e);
			else
				tell_maybe(v, c, r, &e);
			break;
		case YES:
			if (obey(v, c, r, &e, depth, &end))
				return end;
			break;
		}
	}
	return END_CHAIN;
}

int tell_chain(struct story *s, const struct nft_ruleset_table *t, const struct nft_chain *c,
	       struct packet *p)
{
	struct visit v = { .s = s, .t = t, .base = c, .p = p };
	const uint32_t had_mark = p->mark;
	enum end end;

	v.filters = is_filter(&v);
	s->may_pass = false;
	s->may_accept = false;
	end = visit_chain(&v, c, 0);
	/* nf_route_table_hook4() */
	if (p->mark != had_mark && strcmp(c->type, "route") == 0)
		packet_reroute(p, p->mark);
	switch (end) {
	case END_PASSED:
		return 0;
	case END_LOST:
		return -1;
	case END_CHAIN:
		break;
	}
	if (!c->drops)
		return 0;
	if (s->may_pass)
		return cannot_tell(&v, c, "policy drop");
	fact(&v, FACT_LOST, c, "policy drop", "No rule of the chain lets the packet pass, and what none lets pass is dropped.");
	return story_lost(s, "no rule of nftables in table %s, chain %s, lets it pass", t->name,
			  c->name);
}
