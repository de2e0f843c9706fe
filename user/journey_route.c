// SPDX-License-Identifier: GPL-2.0
/*
 * The routing rules that a packet meets, each with why it applies or does not
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "journey_story.h"

/** Room for a rule or a route as text. */
#define TEXT_LEN 512

/* wgmark's own, for the protocol that does not go into the tunnel; see rule.h */
static bool is_leak_guard(const struct story *s, const struct fib_rule *r)
{
	return r->action == FR_ACT_UNREACHABLE && r->invert && view_marked(s->m, r->mark);
}

static bool is_end(const struct walk_step *step)
{
	return step->outcome == WALK_FOUND || step->outcome == WALK_REFUSED;
}

/* What keeps a packet of the tunnel's where it belongs is worth a look, too */
static enum fact_kind step_kind(const struct story *s, const struct walk_step *step)
{
	if (is_end(step))
		return FACT_DECIDES;
	if (step->outcome == WALK_SUPPRESSED ||
	    (step->reason == WALK_INVERTED && view_marked(s->m, step->rule->mark)))
		return FACT_PASSES;
	return FACT_PLAIN;
}

static void tell_step(struct story *s, const struct flow *flow, const struct walk_step *step)
{
	char rule[TEXT_LEN], what[TEXT_LEN + WORDS_LEN];
	const struct fib_rule *r = step->rule;
	FILE *out = story_words(s);

	if (!out)
		return;
	put_rule(out, s, flow, step);
	snprintf(what, sizeof(what), "%" PRIu32 ": %s", r->priority,
		 fib_rule_text(r, rule, sizeof(rule)));
	story_words_fact(s, step_kind(s, step), what);
}

/* What IPv4 does before or after it asks the rules, where that ends it */
static const char *const besides[] = {
	[WALK_FOREIGN] = "its source is no address of this machine",
	[WALK_NO_DEVICE] = "the device is not there or not up",
	[WALK_MARTIAN] = "nothing comes from outside with such a source or destination",
	[WALK_GROUP] = "it is for a group of machines, and this one is not in it",
	[WALK_ONLINK] = NULL,
	[WALK_NO_FORWARD] = "it is not for this machine, and the device that it comes in by does not forward (ip_forward)",
};

/* Who refuses it, as words behind "lost: " */
static void put_refusal(char text[static TEXT_LEN], const struct story *s,
			const struct walk *w, const struct fib_answer *a)
{
	const struct walk_step *end = walk_end(w);
	char table[WORDS_LEN];

	if (besides[w->beside] && walk_agrees(w, a))
		snprintf(text, TEXT_LEN, "%s", besides[w->beside]);
	else if (a->err == -ENETUNREACH && (!end || end->outcome != WALK_REFUSED))
		snprintf(text, TEXT_LEN, "there is no route to it");
	else if (!end || end->outcome != WALK_REFUSED || !walk_agrees(w, a))
		snprintf(text, TEXT_LEN, "the kernel says \"%s\"", strerror(-a->err));
	else if (end->route)
		snprintf(text, TEXT_LEN, "a route of table %s refuses it (\"%s\")",
			 table_name(end->route->table, table), strerror(-a->err));
	else
		snprintf(text, TEXT_LEN, "routing rule %" PRIu32 " refuses it (\"%s\")%s",
			 end->rule->priority, strerror(-a->err),
			 is_leak_guard(s, end->rule) ?
			 ", so that nothing goes past the tunnel (LeakGuard)" : "");
}

static void put_beside(FILE *out, enum walk_beside beside)
{
	if (beside == WALK_ONLINK)
		fputs("There is no route, and it leaves by the device that its socket is bound to. ",
		      out);
	else if (beside == WALK_GROUP)
		fputs("No rule is asked of what comes in for all machines, or for a group of them. ",
		      out);
	else if (beside == WALK_NO_FORWARD)
		fprintf(out, "But %s. ", besides[beside]);
	else if (besides[beside])
		fprintf(out, "No rule is asked, as %s. ", besides[beside]);
}

static void put_answer(FILE *out, const struct story *s, const struct flow *flow,
		       const struct fib_answer *a)
{
	char text[PREFIX_TEXT_LEN];

	if (is_for_us(flow, a)) {
		fputs(a->type == RTN_LOCAL || a->type == RTN_ANYCAST ?
		      "it is for this machine itself" : "it is for this machine, too", out);
		return;
	}
	fprintf(out, "it leaves by %s", dev_name(s->m, a->ifindex));
	if (a->via.family)
		fprintf(out, ", to the gateway %s", addr_text(&a->via, text));
	if (a->prefsrc.family)
		fprintf(out, ", from the address %s", addr_text(&a->prefsrc, text));
}

/* What the rules came to, and what the kernel says of it */
static void tell_answer(struct story *s, const struct flow *flow, const struct walk *w,
			const struct fib_answer *a, char why[static TEXT_LEN])
{
	const struct walk_step *end = walk_end(w);
	char route[TEXT_LEN], table[WORDS_LEN];
	FILE *out = story_words(s);
	const char *what = NULL;

	if (!out)
		return;
	if (!walk_agrees(w, a))
		fputs("The kernel says otherwise than the rules above, and that is what counts. ",
		      out);
	put_beside(out, w->beside);
	if (end && end->route) {
		what = fib_route_text(&s->m->fib, end->route, route, sizeof(route));
		fprintf(out, "Of table %s: ", table_name(end->route->table, table));
	} else {
		fputs("So ", out);
	}
	if (a->err) {
		put_refusal(why, s, w, a);
		if (besides[w->beside])
			fprintf(out, "the kernel says \"%s\"", strerror(-a->err));
		else
			fputs(why, out);
	} else {
		put_answer(out, s, flow, a);
	}
	fputc('.', out);
	if (w->several)
		fputs(" There are several ways, and a hash of the packet chooses.", out);
	if (!walk_agrees(w, a))
		story_words_fact(s, FACT_DIFFERS, what);
	else
		story_words_fact(s, a->err ? FACT_LOST : FACT_DECIDES, what);
}

int tell_route(struct story *s, const struct flow *flow, struct fib_answer *a)
{
	char why[TEXT_LEN] = "";
	int ret = 0, err;
	struct walk w;
	size_t i;

	if (story_ask(s, flow, a))
		return -1;
	err = walk_rules(&s->m->fib, flow, &w);
	if (err) {
		walk_free(&w);
		s->err = err;
		return -1;
	}
	for (i = 0; i < w.len; i++)
		tell_step(s, flow, &w.steps[i]);
	s->depends |= w.open;
	if (!w.len && (w.beside == WALK_BY_RULES || w.beside == WALK_ONLINK))
		story_fact(s, FACT_PLAIN, NULL, "There are no routing rules for this protocol.");
	tell_answer(s, flow, &w, a, why);
	if (a->err)
		ret = story_lost(s, "%s", why);
	walk_free(&w);
	return ret;
}
