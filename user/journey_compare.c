// SPDX-License-Identifier: GPL-2.0
/*
 * The words of a rule of nft, and whether what a packet has is what the rule asks for
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "journey_match.h"
#include "proto.h"

void match_also(struct match *x, enum tri result)
{
	if (result < x->result)
		x->result = result;
}

/* Names in it stand between quotes */
static const char *set_end(const char *at)
{
	bool is_quoted = false;

	for (; *at && (is_quoted || *at != '}'); at++)
		is_quoted ^= *at == '"';
	return *at ? at + 1 : at;
}

/* Where the word at @at ends */
static const char *word_end(const char *at)
{
	switch (*at) {
	case '"':
		return strchrnul(at + 1, '"') + 1;
	case '{':
		return set_end(at);
	case '[':
		return strchrnul(at, ']') + 1;
	}
	return at + strcspn(at, " \t\n");
}

const char *match_operand(struct match *x, size_t *len)
{
	const char *word = x->at + strspn(x->at, " \t\n");

	*len = strnlen(word, word_end(word) - word);
	x->at = word + *len;
	return word;
}

const char *match_next(struct match *x)
{
	size_t len;
	const char *word = match_operand(x, &len);

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

/* "FIRST-LAST". Return: @last, or NULL if it is no range */
static const char *range_of(const char *text, char first[static TOKEN_LEN])
{
	const char *dash = strchr(text, '-');

	if (!dash)
		return NULL;
	snprintf(first, TOKEN_LEN, "%.*s", (int)(dash - text), text);
	return dash + 1;
}

static enum tri number_is(uint32_t number, const char *text)
{
	char first[TOKEN_LEN];
	const char *last;
	uint32_t from, to;

	if (match_number(text, &from))
		return match_bool(number == from);
	last = range_of(text, first);
	if (!last || !match_number(first, &from) || !match_number(last, &to))
		return MAYBE;
	return match_bool(number >= from && number <= to);
}

static enum tri addr_is(const struct prefix *addr, const char *text)
{
	size_t len = prefix_bytes(addr);
	char first[TOKEN_LEN];
	struct prefix from, to;
	const char *last;

	if (prefix_parse(&from, text) == 0)
		return match_bool(prefix_covers(&from, addr));
	last = range_of(text, first);
	if (!last || prefix_parse(&from, first) || prefix_parse(&to, last) ||
	    from.family != addr->family || to.family != addr->family)
		return MAYBE;
	return match_bool(memcmp(&addr->v6, &from.v6, len) >= 0 &&
			  memcmp(&addr->v6, &to.v6, len) <= 0);
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

static enum tri icmp_type_is(const struct value *v, const char *name)
{
	int type = ruleset_icmp_type(v->icmp, name);

	/* names have dashes, too */
	if (type >= 0)
		return match_bool((uint32_t)type == v->number);
	return strspn(name, "0123456789") == strlen(name) ? number_is(v->number, name) : MAYBE;
}

enum tri match_value(const struct value *v, char *element)
{
	if (!v->known)
		return MAYBE;
	if (v->icmp)
		return icmp_type_is(v, element);
	if (v->is_other)
		return strcmp(v->text, element) ? MAYBE : NO;
	if (v->is_flag)
		return has_flag(element, v->text);
	if (v->text)
		return text_is(v->text, element);
	return v->addr ? addr_is(v->addr, element) : number_is(v->number, element);
}

bool match_verdict(struct match *x, const char *word, struct effect *e)
{
	static const char *const verdicts[] = {
		[VERDICT_NONE] = "continue",
		[VERDICT_ACCEPT] = "accept", [VERDICT_DROP] = "drop",
		[VERDICT_REJECT] = "reject", [VERDICT_RETURN] = "return",
		[VERDICT_JUMP] = "jump", [VERDICT_GOTO] = "goto",
	};
	size_t len = strcspn(word, ","), i;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (strlen(verdicts[i]) != len || strncmp(word, verdicts[i], len) != 0)
			continue;
		e->verdict = i;
		if (i == VERDICT_JUMP || i == VERDICT_GOTO)
			snprintf(e->chain, sizeof(e->chain), "%s", match_next(x));
		return true;
	}
	return false;
}

static enum tri ordered(const struct value *v, const char *operator, const char *operand)
{
	uint32_t number;
	char *end;

	number = strtoul(operand, &end, 0);
	if (!v->known || v->text || v->addr || end == operand || !strchr(" ", *end))
		return MAYBE;
	if (v->number == number)
		return match_bool(operator[1] == '=');
	return match_bool((v->number < number) == (*operator == '<'));
}

/* Go past an operator. Return: it, or "" */
static const char *next_operator(struct match *x)
{
	static const char *const operators[] = { "!", "!=", "==", "<", ">", "<=", ">=" };
	size_t i;

	for (i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (match_word(x, operators[i]))
			return operators[i];
	}
	return "";
}

/* A single value, or names of which any has to be so */
static enum tri is_operand(const struct value *v, const char *operand, size_t len)
{
	char element[TOKEN_LEN];
	bool is_quoted = *operand == '"';

	if (!len || len >= sizeof(element))
		return MAYBE;
	snprintf(element, sizeof(element), "%.*s", (int)len - 2 * is_quoted, operand + is_quoted);
	return match_value(v, element);
}

/* Read an operator and what is behind it, and compare. @v is the last field of the key */
static void compare_key(struct match *x, struct value *v)
{
	const char *operator, *operand;
	enum tri result = MAYBE;
	bool differs;
	uint32_t mask;
	size_t len;

	if (match_word(x, "&")) {
		v->known &= match_number(match_next(x), &mask) && !v->text && !v->addr;
		v->number &= mask;
		/* of no set that is known */
		v->len = 0;
	}
	if (match_word(x, "vmap")) {
		match_by_map(x);
		return;
	}
	operator = next_operator(x);
	differs = *operator == '!';
	operand = match_operand(x, &len);
	/* "!" alone is for flags; of a set, each element is a whole one */
	if (strcmp(operator, "!") == 0)
		v->known &= v->is_flag;
	else if (*operator || *operand == '{')
		v->is_flag = false;
	if (*operand == '@' || *operand == '{')
		result = match_in_set(x, operand, len, differs);
	else if (x->key.len == 1 && (*operator == '<' || *operator == '>'))
		result = ordered(v, operator, operand);
	else if (x->key.len == 1)
		result = is_operand(v, operand, len);
	match_also(x, differs ? not(result) : result);
}

/* One field, or the last of a key: then what comes next is compared with */
static void compare(struct match *x, struct value v)
{
	struct key *key = &x->key;

	if (key->len < KEY_FIELDS)
		key->fields[key->len++] = v;
	else
		match_also(x, MAYBE);
	if (match_word(x, "."))
		return;
	compare_key(x, &key->fields[key->len - 1]);
	key->len = 0;
}

void match_is_number(struct match *x, bool known, uint32_t number)
{
	compare(x, (struct value){ .known = known, .number = number });
}

void match_is_byte(struct match *x, bool known, uint8_t number)
{
	compare(x, (struct value){ .known = known, .number = number, .len = sizeof(number) });
}

void match_is_mark(struct match *x, bool known, uint32_t mark)
{
	compare(x, (struct value){ .known = known, .number = mark, .len = sizeof(mark) });
}

void match_is_port(struct match *x, bool known, uint16_t port)
{
	compare(x, (struct value){ .known = known, .number = port, .len = sizeof(port) });
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

void match_is_icmp_type(struct match *x, uint8_t type)
{
	compare(x, (struct value){ .known = true, .number = type, .icmp = x->p->flow->family });
}

/* A key of several fields, or of a map, which is not for a list of names */
static bool is_of_key(struct match *x)
{
	const char *before = x->at;
	bool is_key = x->key.len || match_word(x, ".") || match_word(x, "vmap");

	x->at = before;
	return is_key;
}

static bool read_tcp_flags(const char *list, uint8_t *flags)
{
	char text[TOKEN_LEN], *one, *rest;
	int flag;

	*flags = 0;
	snprintf(text, sizeof(text), "%s", list);
	for (one = strtok_r(text, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		flag = ruleset_tcp_flag(one);
		if (flag < 0)
			return false;
		*flags |= flag;
	}
	return *flags;
}

static bool have_flags(uint8_t flags, uint8_t value, uint8_t mask)
{
	return mask ? (flags & mask) == value : flags & value;
}

/* "syn", any of these; "== syn", just these; "syn / fin,syn", just these of those. Whether it has
 * ECN's flags, too, is not known: RFC 3168, section 6.1.1
 */
void match_is_tcp_flags(struct match *x, bool known, uint8_t flags)
{
	const uint8_t ecn = 0x40, cwr = 0x80;
	enum tri result = MAYBE;
	const char *operator;
	uint8_t value, mask;

	if (is_of_key(x)) {
		match_is_number(x, false, 0);
		return;
	}
	operator = next_operator(x);
	known &= read_tcp_flags(match_next(x), &value);
	if (match_word(x, "/"))
		known &= read_tcp_flags(match_next(x), &mask);
	else
		mask = !*operator || strcmp(operator, "!") == 0 ? 0 : UINT8_MAX;
	if (known && strchr("!=", *operator) &&
	    have_flags(flags, value, mask) == have_flags(flags | ecn, value, mask) &&
	    have_flags(flags, value, mask) == have_flags(flags | ecn | cwr, value, mask))
		result = match_bool(have_flags(flags, value, mask));
	match_also(x, *operator == '!' ? not(result) : result);
}

void match_is_any(struct match *x, enum tri (*has)(const struct match *x, const char *name))
{
	char text[TOKEN_LEN], *one, *rest;
	enum tri result = NO;
	const char *operator;

	if (is_of_key(x)) {
		match_is_number(x, false, 0);
		return;
	}
	operator = next_operator(x);
	if (*operator && strcmp(operator, "!")) {
		match_next(x);
		match_also(x, MAYBE);
		return;
	}
	snprintf(text, sizeof(text), "%s", match_next(x));
	for (one = strtok_r(text, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		enum tri own = has(x, one);

		if (own > result)
			result = own;
	}
	match_also(x, *operator ? not(result) : result);
}

void match_is_addr(struct match *x, const struct prefix *addr)
{
	compare(x, (struct value){ .known = addr->family, .addr = addr });
}
