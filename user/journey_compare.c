// SPDX-License-Identifier: GPL-2.0
/*
 * The words of a rule of nft, and whether what a packet has is what the rule asks for
 */
#include <stdlib.h>
#include <string.h>

#include "journey_match.h"
#include "nft.h"

/**
 * struct value - what a packet has, for a comparison
 * @known: it is known what it has
 * @text: a name, or NULL
 * @addr: an address, or NULL
 * @number: else
 */
struct value {
	bool known;
	const char *text;
	const struct prefix *addr;
	uint32_t number;
};

void match_also(struct match *x, enum tri result)
{
	if (result < x->result)
		x->result = result;
}

/* Where the word at @at ends */
static const char *word_end(const char *at)
{
	switch (*at) {
	case '"':
		return strchrnul(at + 1, '"') + 1;
	case '{':
		return strchrnul(at, '}') + 1;
	case '[':
		return strchrnul(at, ']') + 1;
	}
	return at + strcspn(at, " \t\n");
}

const char *match_next(struct match *x)
{
	const char *end;
	size_t len;

	x->at += strspn(x->at, " \t\n");
	end = word_end(x->at);
	len = strnlen(x->at, end - x->at);
	end = x->at + len;
	if (len >= TOKEN_LEN) {
		match_also(x, MAYBE);
		len = TOKEN_LEN - 1;
	}
	if (*x->at == '"')
		snprintf(x->token, TOKEN_LEN, "%.*s", (int)(len > 2 ? len - 2 : 0), x->at + 1);
	else
		snprintf(x->token, TOKEN_LEN, "%.*s", (int)len, x->at);
	x->at = end;
	return x->token;
}

bool match_word(struct match *x, const char *word)
{
	const char *before = x->at;

	if (strcmp(match_next(x), word) == 0)
		return true;
	x->at = before;
	return false;
}

bool match_number(const char *text, uint32_t *number)
{
	static const struct {
		const char *name;
		uint32_t number;
	} names[] = {
		{ "udp", IPPROTO_UDP }, { "tcp", IPPROTO_TCP }, { "icmp", IPPROTO_ICMP },
		{ "icmpv6", IPPROTO_ICMPV6 }, { "ipv6-icmp", IPPROTO_ICMPV6 },
		{ "ipv4", AF_INET }, { "ipv6", AF_INET6 },
	};
	char *end;
	size_t i;

	*number = strtoul(text, &end, 0);
	if (end != text && !*end)
		return true;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, text) == 0) {
			*number = names[i].number;
			return true;
		}
	}
	return false;
}

static enum tri not(enum tri value)
{
	return YES - value;
}

static enum tri number_is(uint32_t number, const char *text)
{
	uint32_t from, to;
	char first[16];
	const char *dash = strchr(text, '-');

	if (match_number(text, &from))
		return match_bool(number == from);
	if (!dash || dash - text >= (ptrdiff_t)sizeof(first))
		return MAYBE;
	snprintf(first, sizeof(first), "%.*s", (int)(dash - text), text);
	if (!match_number(first, &from) || !match_number(dash + 1, &to))
		return MAYBE;
	return match_bool(number >= from && number <= to);
}

static enum tri text_is(const char *text, const char *pattern)
{
	size_t len = strlen(pattern);

	if (len && pattern[len - 1] == '*')
		return match_bool(strncmp(text, pattern, len - 1) == 0);
	return match_bool(strcmp(text, pattern) == 0);
}

static enum tri element_is(const struct value *v, const char *element)
{
	struct prefix p;

	if (v->text)
		return text_is(v->text, element);
	if (!v->addr)
		return number_is(v->number, element);
	return prefix_parse(&p, element) ? MAYBE : match_bool(prefix_covers(&p, v->addr));
}

/* A named set: of the tables that wgmark makes, what they guard is known */
static enum tri in_set(const struct match *x, const struct value *v, const char *name)
{
	const char *ifname = x->t->name + strlen(NFT_TABLE_PREFIX);
	const struct view *w;
	size_t i;

	if (!v->addr || strcmp(name, "@guarded") || x->t->owner != OWNER_WGMARK)
		return MAYBE;
	for (w = x->m->views; w < x->m->views + x->m->views_len; w++) {
		if (strcmp(w->link.name, x->t->ifname) && strcmp(w->link.name, ifname))
			continue;
		for (i = 0; i < w->guarded_len; i++) {
			if (prefix_equal(&w->guarded[i], v->addr))
				return YES;
		}
		return NO;
	}
	return MAYBE;
}

static enum tri any_of(const struct match *x, const struct value *v, char *list)
{
	enum tri result = NO, one;
	char *element, *rest;

	if (list[0] == '@')
		return in_set(x, v, list);
	for (element = strtok_r(list, "{}, \"", &rest); element;
	     element = strtok_r(NULL, "{}, \"", &rest)) {
		one = element_is(v, element);
		if (one > result)
			result = one;
	}
	return result;
}

/* Read an operator and what is behind it, and compare */
static void compare(struct match *x, struct value v)
{
	char operand[TOKEN_LEN];
	bool differs;
	uint32_t mask;

	if (match_word(x, ".")) {
		match_also(x, MAYBE);
		return;
	}
	if (match_word(x, "&")) {
		v.known = v.known && match_number(match_next(x), &mask);
		v.number &= v.known ? mask : 0;
	}
	differs = match_word(x, "!=");
	if (!differs && !match_word(x, "==") &&
	    (match_word(x, "<") || match_word(x, ">") || match_word(x, "<=") ||
	     match_word(x, ">=")))
		v.known = false;
	snprintf(operand, sizeof(operand), "%s", match_next(x));
	if (!v.known || !operand[0])
		match_also(x, MAYBE);
	else if (differs)
		match_also(x, not(any_of(x, &v, operand)));
	else
		match_also(x, any_of(x, &v, operand));
}

void match_is_number(struct match *x, bool known, uint32_t number)
{
	compare(x, (struct value){ .known = known, .number = number });
}

void match_is_text(struct match *x, const char *text)
{
	compare(x, (struct value){ .known = true, .text = text });
}

void match_is_addr(struct match *x, const struct prefix *addr)
{
	compare(x, (struct value){ .known = addr->family, .addr = addr });
}
