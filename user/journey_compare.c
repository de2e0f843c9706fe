// SPDX-License-Identifier: GPL-2.0
/*
 * The words of a rule of nft, and whether what a packet has is what the rule asks for
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "journey_match.h"
#include "nft_attr.h"
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

static enum tri element_is(const struct value *v, char *element)
{
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

/* As a register has it. Return: bytes, 0 if that is not known */
static size_t value_bytes(const struct value *v, uint8_t *out)
{
	uint16_t port;

	if (!v->known)
		return 0;
	if (v->addr) {
		memcpy(out, &v->addr->v6, prefix_bytes(v->addr));
		return prefix_bytes(v->addr);
	}
	switch (v->len) {
	case sizeof(uint8_t):
		*out = v->number;
		return v->len;
	case sizeof(uint16_t):
		port = htons(v->number);
		memcpy(out, &port, v->len);
		return v->len;
	case sizeof(uint32_t):
		memcpy(out, &v->number, v->len);
		return v->len;
	}
	if (!v->text || v->is_other || v->is_flag)
		return 0;
	memcpy(out, v->text, strnlen(v->text, IF_NAMESIZE - 1));
	return IF_NAMESIZE;
}

/* As a set has it: of several fields, each takes whole registers. Return: likewise */
static size_t key_bytes(const struct key *key, uint8_t out[static NFT_VALUE_MAX])
{
	size_t done = 0, len, i;

	memset(out, 0, NFT_VALUE_MAX);
	for (i = 0; i < key->len; i++) {
		len = done + IF_NAMESIZE <= NFT_VALUE_MAX ?
		      value_bytes(&key->fields[i], out + done) : 0;
		if (!len)
			return 0;
		done += key->len > 1 ? nft_padded(len) : len;
	}
	return done;
}

/* The packet itself may be in it by now, or not any more */
static bool has_changed(const struct match *x, const char *set)
{
	const struct conn *conn = x->p->conn;
	size_t i, len = strlen(set);

	for (i = 0; i < conn->changed_len && i < CHANGED_MAX; i++) {
		if (strncmp(conn->changed[i], set, len) == 0 && conn->changed[i][len] == ' ')
			return true;
	}
	/* some are not kept */
	return i < conn->changed_len || conn->changed_others;
}

/* A named set: the kernel is asked, by the names, if these are what they were: nft_clean() */
static enum tri in_set(const struct match *x, const char *operand, size_t len, bool differs,
		       char verdict[static VERDICT_LEN])
{
	uint8_t bytes[NFT_VALUE_MAX];
	size_t bytes_len = key_bytes(&x->key, bytes);
	char name[TOKEN_LEN];
	int found;

	/* behind the "@" */
	snprintf(name, sizeof(name), "%.*s", (int)len - 1, operand + 1);
	if (!bytes_len || strchr(x->t->name, '?') || strchr(name, '?') || has_changed(x, name))
		return MAYBE;
	found = x->m->in_set(x->m->data, x->t, name, bytes, bytes_len, verdict);
	/* for years "!=" was true then: nft_lookup_eval() */
	if (found < 0 || (found == IN_SET_BY_ALL && differs))
		return MAYBE;
	return match_bool(found);
}

/* A name stands between quotes, and the comma behind what has none is no part of it. Return:
 * false if there is no word, or one that is too long
 */
static bool read_element(struct match *list, char element[static TOKEN_LEN])
{
	size_t len = strlen(match_next(list));
	bool is_quoted = *list->token == '"';

	if (!len || len == TOKEN_LEN - 1)
		return false;
	snprintf(element, TOKEN_LEN, "%s", list->token + is_quoted);
	if (is_quoted)
		element[strcspn(element, "\"")] = '\0';
	else if (element[len - 1] == ',')
		element[len - 1] = '\0';
	return true;
}

/* Read an element of a set, "lan" . 22, and compare it with the key. Return: false if it is not
 * understood
 */
static bool next_of_set(struct match *list, const struct key *key, enum tri *is)
{
	char element[TOKEN_LEN];
	enum tri one;
	size_t i;

	*is = YES;
	for (i = 0; i < key->len; i++) {
		if ((i && !match_word(list, ".")) || !read_element(list, element))
			return false;
		one = key->fields[i].known ? element_is(&key->fields[i], element) : MAYBE;
		if (one < *is)
			*is = one;
	}
	/* behind a name, a comma is a word */
	match_word(list, ",");
	return true;
}

/* { 22, 80-90 } */
static enum tri in_list(const struct match *x, const char *operand)
{
	enum tri result = NO, one;
	struct match list = *x;

	list.at = operand + 1;
	if (match_word(&list, "}"))
		return MAYBE;
	do {
		if (!next_of_set(&list, &x->key, &one))
			return MAYBE;
		if (one > result)
			result = one;
	} while (!match_word(&list, "}"));
	return result;
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

/* Likewise of a verdict map, and what is said of it, 22 : accept */
static bool next_of_map(struct match *map, const struct key *key, enum tri *is, struct effect *e)
{
	size_t len;

	if (!next_of_set(map, key, is) || !match_word(map, ":") ||
	    !match_verdict(map, match_next(map), e))
		return false;
	len = strlen(e->chain);
	if (len && e->chain[len - 1] == ',')
		e->chain[len - 1] = '\0';
	return true;
}

/* { 22 : accept, 80-90 : jump web }: what it says of the element that the packet has */
static enum tri look_up(const struct match *x, const char *operand, struct effect *e)
{
	enum tri result = NO, one;
	struct match map = *x;

	map.at = operand + 1;
	while (result != YES && !match_word(&map, "}")) {
		if (!next_of_map(&map, &x->key, &one, e))
			return MAYBE;
		if (one > result)
			result = one;
	}
	return result;
}

/* The same of a named one, by what the kernel says */
static enum tri look_up_named(const struct match *x, const char *operand, size_t len,
			      struct effect *e)
{
	char verdict[VERDICT_LEN];
	enum tri result = in_set(x, operand, len, false, verdict);
	struct match said = { .at = verdict };

	if (result == YES && !match_verdict(&said, match_next(&said), e))
		return MAYBE;
	return result;
}

static void by_map(struct match *x)
{
	struct effect e = { 0 };
	const char *operand;
	enum tri result;
	size_t len;

	operand = pass(x, &len);
	result = *operand == '@' ? look_up_named(x, operand, len, &e) : look_up(x, operand, &e);
	if (result == YES) {
		x->e->verdict = e.verdict;
		snprintf(x->e->chain, sizeof(x->e->chain), "%s", e.chain);
	}
	x->e->unknown |= result == MAYBE;
	match_also(x, result);
	/* a verdict ends the rule, whatever stands behind */
	if (result == MAYBE || (result == YES && e.verdict != VERDICT_NONE))
		x->at += strlen(x->at);
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

	if (!v->known || !len || len >= sizeof(element))
		return MAYBE;
	snprintf(element, sizeof(element), "%.*s", (int)len - 2 * is_quoted, operand + is_quoted);
	return element_is(v, element);
}

/* Read an operator and what is behind it, and compare. @v is the last field of the key */
static void compare_key(struct match *x, struct value *v)
{
	const char *operator, *operand;
	char verdict[VERDICT_LEN];
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
		by_map(x);
		return;
	}
	operator = next_operator(x);
	differs = *operator == '!';
	operand = pass(x, &len);
	/* "!" alone is for flags; of a set, each element is a whole one */
	if (strcmp(operator, "!") == 0)
		v->known &= v->is_flag;
	else if (*operator || *operand == '{')
		v->is_flag = false;
	if (*operand == '@')
		result = in_set(x, operand, len, differs, verdict);
	else if (*operand == '{')
		result = in_list(x, operand);
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
