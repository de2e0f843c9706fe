/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A rule of nft, read word by word; for journey_match.c, journey_compare.c, journey_lookup.c and
 * journey_action.c alone
 */
#ifndef WGMARK_JOURNEY_MATCH_H
#define WGMARK_JOURNEY_MATCH_H

#include "journey_story.h"

/** Room for a word of a rule, the name of a chain the longest; of a set, for how it begins. */
#define TOKEN_LEN 256

/**
 * struct value - what a packet has, for a comparison
 * @known: it is known what it has
 * @text: a name, or NULL
 * @is_other: it has another name than that, which is all that is known
 * @is_flag: without an operator, a list of names is for one that has any of them
 * @addr: an address, or NULL
 * @len: of @number in a register: 1; 2 of a port; 4 of a mark; 0 where that is not known
 * @icmp: it is a type of ICMP, or with AF_INET6 of ICMPv6
 * @number: else
 */
struct value {
	bool known;
	const char *text;
	bool is_other;
	bool is_flag;
	const struct prefix *addr;
	size_t len;
	sa_family_t icmp;
	uint32_t number;
};

/** Fields of the longest key that is understood. */
#define KEY_FIELDS 5

/**
 * struct key - what a packet has of several fields, "ip daddr . tcp dport", or of one
 * @fields: what it has
 * @len: how many
 */
struct key {
	struct value fields[KEY_FIELDS];
	size_t len;
};

/**
 * struct match - a rule that is being read
 * @m: the machine
 * @t: the table
 * @p: the packet
 * @e: what the rule does
 * @mark: the packet's, as the rule has set it so far
 * @ctmark: its connection's, likewise
 * @at: what comes next
 * @key: of the comparison that is being read
 * @token: the word read last, a set with its braces, and what is quoted with the quotes
 * @result: of all that was read so far, the protocol and ports aside if they are not known
 * @open: something was asked of those
 * @unsure: it did something for what may not have matched so far
 */
struct match {
	const struct journey_machine *m;
	const struct nft_ruleset_table *t;
	const struct packet *p;
	struct effect *e;
	uint32_t mark;
	uint32_t ctmark;
	const char *at;
	struct key key;
	char token[TOKEN_LEN];
	enum tri result;
	bool open;
	bool unsure;
};

/** match_bool() - YES or NO */
static inline enum tri match_bool(bool value)
{
	return value ? YES : NO;
}

/* journey_match.c */

/** match_family() - it has to be a packet of AF_INET or AF_INET6 */
void match_family(struct match *x, sa_family_t family);

/** match_proto() - a header of this protocol has to be there */
void match_proto(struct match *x, uint8_t proto);

/* journey_action.c */

/**
 * match_does() - something is done, whatever of the rule does not match below
 * @x: the rule
 * @what: what is done, of @x->e
 *
 * Return: false if what is above does not match
 */
bool match_does(struct match *x, bool *what);

/** match_action() - whether a word is a verdict, or something else that a rule does, and that */
bool match_action(struct match *x, const char *word);

/** match_aside() - likewise what neither compares nor ends: counters, logs, sets that change */
bool match_aside(struct match *x, const char *word);

/**
 * match_is_harmless() - whether an expression that is not understood gives no verdict: it
 * compares something, or is known to let the packet go on
 */
bool match_is_harmless(const char *word);

/* journey_compare.c */

/** match_also() - something more that has to be so */
void match_also(struct match *x, enum tri result);

/** match_next() - the next word, "" at the end */
const char *match_next(struct match *x);

/** match_operand() - likewise, of any length. Return: where it begins, and its length in @len */
const char *match_operand(struct match *x, size_t *len);

/** match_word() - go past the next word if it is this one */
bool match_word(struct match *x, const char *word);

/**
 * match_verdict() - what a word says of the packet
 * @x: where the chain of a jump is read from
 * @word: the word; what follows a comma is not looked at
 * @e: the result
 *
 * Return: whether it is a verdict
 */
bool match_verdict(struct match *x, const char *word, struct effect *e);

/** match_number() - read a number, or the name of a protocol */
bool match_number(const char *text, uint32_t *number);

/**
 * match_is_number() - read operator and operand, and compare
 *
 * MAYBE if not @known. Where a dot comes next, it is one field of a key, which is kept until
 * the last one is read.
 */
void match_is_number(struct match *x, bool known, uint32_t number);

/** match_is_byte() - likewise with what is one byte in a set */
void match_is_byte(struct match *x, bool known, uint8_t number);

/** match_is_port() - likewise with a port */
void match_is_port(struct match *x, bool known, uint16_t port);

/** match_is_mark() - likewise with a mark */
void match_is_mark(struct match *x, bool known, uint32_t mark);

/** match_is_text() - likewise with a name */
void match_is_text(struct match *x, const char *text);

/** match_is_other() - likewise, where it is only known that it is not @text */
void match_is_other(struct match *x, const char *text);

/** match_is_flag() - likewise with one of the flags that a field may have */
void match_is_flag(struct match *x, const char *text);

/** match_is_icmp_type() - likewise with a type of ICMP or ICMPv6 */
void match_is_icmp_type(struct match *x, uint8_t type);

/** match_is_tcp_flags() - likewise with all of TCP's flags; MAYBE if not @known */
void match_is_tcp_flags(struct match *x, bool known, uint8_t flags);

/**
 * match_is_any() - likewise with a list of names, any of which has to be so
 * @x: the rule
 * @has: whether the packet has what a name stands for
 */
void match_is_any(struct match *x, enum tri (*has)(const struct match *x, const char *name));

/** match_is_addr() - likewise with an address, MAYBE if its family is 0 */
void match_is_addr(struct match *x, const struct prefix *addr);

/** match_value() - whether it is what an element of a set says, a range or names too */
enum tri match_value(const struct value *v, char *element);

/* journey_lookup.c */

/**
 * match_in_set() - whether the key that was read, @x->key, is in a set
 * @x: the rule
 * @operand: the set, "@NAME" or "{ 22, 80-90 }"
 * @len: how long that is
 * @differs: it is asked for what is not in it
 */
enum tri match_in_set(const struct match *x, const char *operand, size_t len, bool differs);

/** match_by_map() - read a verdict map, and do what it says of the key */
void match_by_map(struct match *x);

#endif
