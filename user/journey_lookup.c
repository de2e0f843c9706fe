// SPDX-License-Identifier: GPL-2.0
/*
 * Whether what a packet has is in a set, and what a verdict map says of it: by the text of one
 * that stands in the rule, and by the kernel of one that has a name
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "journey_match.h"
#include "nft_attr.h"

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
static enum tri in_named(const struct match *x, const char *operand, size_t len,
			 bool differs, char verdict[static VERDICT_LEN])
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
		one = match_value(&key->fields[i], element);
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

enum tri match_in_set(const struct match *x, const char *operand, size_t len, bool differs)
{
	char verdict[VERDICT_LEN];

	return *operand == '@' ? in_named(x, operand, len, differs, verdict) : in_list(x, operand);
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
	enum tri result = in_named(x, operand, len, false, verdict);
	struct match said = { .at = verdict };

	if (result == YES && !match_verdict(&said, match_next(&said), e))
		return MAYBE;
	return result;
}

void match_by_map(struct match *x)
{
	struct effect e = { 0 };
	const char *operand;
	enum tri result;
	size_t len;

	operand = match_operand(x, &len);
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
