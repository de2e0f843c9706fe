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
 * struct seen - an address of the interface and where it stands
 * @prefix: the address
 * @line: of the file
 * @order: its index
 */
struct seen {
	struct prefix prefix;
	unsigned int line;
	size_t order;
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
 * @notrack_line: likewise NoTrack
 * @has_public_key: the last peer has one
 * @seen: each of @c->address, for config_check_addresses()
 */
struct parser {
	struct config *c;
	struct config_error *err;
	unsigned int line;
	enum section section;
	const char *key;
	unsigned int fwmark_line;
	unsigned int compat_line;
	unsigned int notrack_line;
	bool has_public_key;
	struct seen *seen;
};

/* What is particular about a key */
enum {
	KEY_MAY_BE_EMPTY = 1,	/* "KEY =" says nothing, instead of being an error */
	KEY_WHOLE_LINE = 2,	/* the value is a shell's: # does not end it */
};

/**
 * struct key - a key of the file
 * @name: as the manuals write it
 * @flags: KEY_*
 * @set: takes the value in, which it may cut in pieces;
 *	returns 0, -EINVAL with @p->err filled, or -ENOMEM
 */
struct key {
	const char *name;
	unsigned int flags;
	int (*set)(struct parser *p, char *value);
};

/** The keys of each section; the last one's name is NULL. */
extern const struct key config_interface_keys[];
extern const struct key config_peer_keys[];
extern const struct key config_wgmark_keys[];

/* config_flavour.c */

/**
 * config_flavour_key() - refuse a key that another kind of WireGuard has
 * @p: state
 * @name: the key
 *
 * Return: whether there is such a kind; then @p->err names it
 */
bool config_flavour_key(struct parser *p, const char *name);

/** config_flavour_section() - likewise a section; @title is "[NAME]" */
bool config_flavour_section(struct parser *p, const char *title);

/* config_interface.c */

/** config_check_addresses() - refuse an address that comes twice. Return: 0 or -EINVAL */
int config_check_addresses(struct parser *p);

/* config_allowed.c */

/**
 * config_allowed_ips() - take in the value of AllowedIPs
 * @p: state
 * @peer: whose
 * @value: networks; "+" before one adds it, "-" takes it out of those before
 *
 * As in wg(8): a line without either says that the section has all there is,
 * a line with one that it changes what an earlier section of the peer has.
 * Return: 0, -EINVAL or -ENOMEM
 */
int config_allowed_ips(struct parser *p, struct peer *peer, char *value);

/** config_prepend_allowed() - let what @earlier says of them go first. Return: 0 or -ENOMEM */
int config_prepend_allowed(struct peer *later, struct peer *earlier);

/** config_remove_allowed() - carry the removals out, in n log n */
void config_remove_allowed(struct peer *peer);

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
 * @fmt: the sentence, as printf(3)
 *
 * Return: -EINVAL
 */
int config_fail(struct parser *p, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** config_bad_value() - refuse @value of @p->key; says to write @wanted */
int config_bad_value(struct parser *p, const char *value, const char *wanted);

/**
 * config_join() - drop blanks which say nothing, in place
 * @text: a value
 * @before: characters before which a blank goes
 * @after: characters after which it goes
 *
 * wg(8) drops all blanks of a line; "5 1" as a number is a mistake, though.
 */
void config_join(char *text, const char *before, const char *after);

/** config_is_number() - whether it is digits, or 0x and hexadecimal ones */
bool config_is_number(const char *text);

/** config_is_service() - whether services(5) could have it: no digits alone */
bool config_is_service(const char *text);

/** config_number() - read decimal digits, or 0x and hexadecimal ones, to @max */
bool config_number(uint32_t *out, const char *text, uint32_t max);

/** config_bool() - read yes or no. Return: 0 or -EINVAL */
int config_bool(struct parser *p, bool *out, const char *value);

/** config_wg_key() - read a key in base64. Return: 0 or -EINVAL */
int config_wg_key(struct parser *p, uint8_t out[static WG_KEY_LEN],
		  const char *value);

/** config_string() - replace a string by a copy. Return: 0 or -ENOMEM */
int config_string(char **out, const char *text, size_t len);

/**
 * config_compare_addresses() - order by IP version, address and, for IPv4, length
 *
 * The kernel tells IPv4 addresses of an interface apart by their length as well.
 */
int config_compare_addresses(const struct prefix *a, const struct prefix *b);

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
