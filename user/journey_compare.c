// SPDX-License-Identifier: GPL-2.0
/*
 * The words of a rule of nft, and whether what a packet has is what the rule asks for
 */
#include <stdlib.h>
#include <string.h>

#include "journey_match.h"
#include "nft.h"
#include "proto.h"

/** Room for an element of a set. */
#define ELEMENT_LEN 256

/**
 * struct value - what a packet has, for a comparison
 * @known: it is known what it has
 * @text: a name, or NULL
 * @is_other: it has another name than that, which is all that is known
 * @is_flag: without an operator, a list of names is for one that has any of them
 * @addr: an address, or NULL
 * @number: else
 */
struct value {
	bool known;
	const char *text;
	bool is_other;
	bool is_flag;
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

/* Go past the next word. Return: where it begins */
static const char *pass(struct match *x, size_t *len)
{
	const char *word = x->at + strspn(x->at, " \t\n");

	*len = strnlen(word, word_end(word) - word);
	x->at = word + *len;
	return word;
}

const char *match_next(struct match *x)
{
	size_t len;
	const char *word = pass(x, &len);

	snprintf(x->token, TOKEN_LEN, "%.*s", (int)len, word);
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
		{ "icmpv6", IPPROTO_ICMPV6 }, { "ipv4", AF_INET }, { "ipv6", AF_INET6 },
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
	*number = proto_number(text);
	return *number;
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

static enum tri has_flag(char *list, const char *flag)
{
	char *one, *rest;

	for (one = strtok_r(list, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		if (strcmp(one, flag) == 0)
			return YES;
	}
	return NO;
}

static enum tri element_is(const struct value *v, char *element)
{
	struct prefix p;

	if (v->is_other)
		return strcmp(v->text, element) ? MAYBE : NO;
	if (v->is_flag)
		return has_flag(element, v->text);
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

static enum tri any_of(const struct match *x, const struct value *v, const char *list,
		       size_t len)
{
	static const char between[] = "{} \"";
	const char *at, *end = list + len;
	enum tri result = NO, one;
	char element[ELEMENT_LEN];
	bool is_empty = true;

	for (at = list + strspn(list, between); at < end; at += strspn(at, between)) {
		len = strcspn(at, between);
		snprintf(element, sizeof(element), "%.*s", (int)len, at);
		at += len;
		if (at[-1] == ',' && len < sizeof(element))
			element[--len] = '\0';
		if (!len)
			continue;
		is_empty = false;
		if (len >= sizeof(element))
			one = MAYBE;
		else
			one = *element == '@' ? in_set(x, v, element) : element_is(v, element);
		if (one > result)
			result = one;
	}
	return is_empty ? MAYBE : result;
}

/* Read an operator. Return: whether it says that none is to be the packet's */
static bool differs(struct match *x, struct value *v)
{
	if (match_word(x, "!")) {
		v->known &= v->is_flag;
		return true;
	}
	if (match_word(x, "!=")) {
		v->is_flag = false;
		return true;
	}
	if (match_word(x, "=="))
		v->is_flag = false;
	else if (match_word(x, "<") || match_word(x, ">") || match_word(x, "<=") ||
		 match_word(x, ">="))
		v->known = false;
	return false;
}

/* Read an operator and what is behind it, and compare */
static void compare(struct match *x, struct value v)
{
	const char *operand;
	enum tri result;
	uint32_t mask;
	size_t len;
	bool none;

	if (match_word(x, ".")) {
		match_also(x, MAYBE);
		return;
	}
	if (match_word(x, "&")) {
		v.known &= match_number(match_next(x), &mask) && !v.text && !v.addr;
		v.number &= mask;
	}
	none = differs(x, &v);
	operand = pass(x, &len);
	/* of a set, each element is a whole one */
	v.is_flag &= *operand != '{';
	result = v.known ? any_of(x, &v, operand, len) : MAYBE;
	match_also(x, none ? not(result) : result);
}

void match_is_number(struct match *x, bool known, uint32_t number)
{
	compare(x, (struct value){ .known = known, .number = number });
}

void match_is_text(struct match *x, const char *text)
{
	compare(x, (struct value){ .known = true, .text = text });
}

void match_is_other(struct match *x, const char *text)
{
	compare(x, (struct value){ .known = true, .text = text, .is_other = true });
}

void match_is_flag(struct match *x, const char *text)
{
	compare(x, (struct value){ .known = true, .text = text, .is_flag = true });
}

void match_is_addr(struct match *x, const struct prefix *addr)
{
	compare(x, (struct value){ .known = addr->family, .addr = addr });
}
