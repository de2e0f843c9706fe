/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The values of a configuration file: the old ones, and the machine's
 */
#ifndef WGMARK_SAVE_VALUE_H
#define WGMARK_SAVE_VALUE_H

#include <stdbool.h>
#include <stdio.h>

#include "config.h"
#include "save_lines.h"

/**
 * struct save_value - what a key's value was and is
 * @key: the key, SAVE_MTU or a later one
 * @was: the old file
 * @live: the machine
 * @was_peer: for a key of [Peer], the peer in the old file, NULL for none
 * @live_peer: likewise in the machine, never NULL
 */
struct save_value {
	enum save_key key;
	const struct config *was;
	const struct config *live;
	const struct peer *was_peer;
	const struct peer *live_peer;
};

/** save_is_same() - whether both agree; @was_peer is not NULL. Return: 0, 1 or -ENOMEM */
int save_is_same(const struct save_value *v);

/** save_has_value() - whether the key is to be written at all */
bool save_has_value(const struct save_value *v);

/** save_write_value() - write "KEY = VALUE" without the line's end */
void save_write_value(FILE *out, const struct save_value *v);

/** save_write_key() - write a key of WireGuard in base64 */
void save_write_key(FILE *out, const uint8_t key[static WG_KEY_LEN]);

/** save_sorted() - a sorted copy for save_is_in(), to be freed; NULL without memory */
struct prefix *save_sorted(const struct prefix *list, size_t len);

/** save_is_in() - whether a sorted list has it, in log n */
bool save_is_in(const struct prefix *p, const struct prefix *list, size_t len);

#endif
