/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The keys of a configuration file, for the parser alone
 */
#ifndef WGMARK_CONFIG_KEYS_H
#define WGMARK_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

/** What is trimmed, and what parts the items of a list as a comma does. */
#define CONFIG_BLANKS " \t\r\v\f"

/** enum section - where in the file a line stands */
enum section {
	SECTION_NONE,		/* before the first section */
	SECTION_INTERFACE,
	SECTION_PEER,
	SECTION_WGMARK,		/* a "#wgmark" line inside [Interface] */
};

/**
 * struct parser - the state between two lines
 * @c: what is being filled
 * @err: where a refusal goes
 * @line: the line's number, from 1
 * @section: of the lines that follow
 * @key: the name of the key whose value is being read
 * @fwmark_line: where FwMark names a mark, 0 if nowhere
 * @compat_line: where Compat is, 0 if nowhere
 * @has_public_key: the last peer has one
 */
struct parser {
	struct config *c;
	struct config_error *err;
	unsigned int line;
	enum section section;
	const char *key;
	unsigned int fwmark_line;
	unsigned int compat_line;
	bool has_public_key;
};

/**
 * struct key - a key of the file
 * @name: as the manuals write it
 * @may_be_empty: "KEY =" says nothing, instead of being an error
 * @set: takes the value in, which it may cut in pieces;
 *	returns 0, -EINVAL with @p->err filled, or -ENOMEM
 */
struct key {
	const char *name;
	bool may_be_empty;
	int (*set)(struct parser *p, char *value);
};

/** The keys of each section; the last one's name is NULL. */
extern const struct key config_interface_keys[];
extern const struct key config_peer_keys[];
extern const struct key config_wgmark_keys[];

/**
 * config_key() - take in one "KEY = VALUE"
 * @p: state
 * @section: whose keys are meant
 * @name: the key, blanks trimmed
 * @value: the value, blanks and comment gone, may be empty
 *
 * Return: 0, -EINVAL with @p->err filled, or -ENOMEM
 */
int config_key(struct parser *p, enum section section, const char *name,
	       char *value);

/* config_peer.c */

/**
 * config_merge_peers() - make one peer of sections with the same PublicKey
 * @c: all sections read
 *
 * The last one stays, with what only earlier ones say, other than AllowedIPs:
 * "wg setconf" leaves the same in the kernel. Return: 0 or -ENOMEM
 */
int config_merge_peers(struct config *c);

/** config_peer_free() - free what is in a peer; all zero afterwards */
void config_peer_free(struct peer *peer);

/* config_value.c */

/**
 * config_fail() - refuse the file
 * @p: state
 * @line: the line to blame, 0 for none
 * @fmt: the sentence, as printf(3); control characters become '?'
 *
 * Return: -EINVAL
 */
int config_fail(struct parser *p, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** config_bad_value() - refuse @value of @p->key; says to write @wanted */
int config_bad_value(struct parser *p, const char *value, const char *wanted);

/**
 * config_grow() - make room for one more element
 * @array: address of the pointer to the first
 * @len: how many there are; the room doubles at each power of two
 * @size: of one
 *
 * Old memory is wiped, since peers hold keys. Return: 0 or -ENOMEM
 */
int config_grow(void *array, size_t len, size_t size);

/** config_number() - read decimal digits, or 0x and hexadecimal ones, to @max */
bool config_number(uint32_t *out, const char *text, uint32_t max);

/** config_bool() - read yes or no. Return: 0 or -EINVAL */
int config_bool(struct parser *p, bool *out, const char *value);

/** config_wg_key() - read a key in base64. Return: 0 or -EINVAL */
int config_wg_key(struct parser *p, uint8_t out[static WG_KEY_LEN],
		  const char *value);

/** config_string() - replace a string by a copy. Return: 0 or -ENOMEM */
int config_string(char **out, const char *text, size_t len);

/** config_item() - cut the next item off a list. Return: NULL at its end */
char *config_item(char **list);

/**
 * config_prefixes() - append the addresses or networks of a list
 * @p: state
 * @array: address of the pointer to the first
 * @len: how many there are
 * @list: their text
 * @wanted: what to write where one is wrong
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int config_prefixes(struct parser *p, struct prefix **array, size_t *len,
		    char *list, const char *wanted);

#endif
