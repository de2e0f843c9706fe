/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A configuration file written anew from a live tunnel
 */
#ifndef WGMARK_SAVE_TEXT_H
#define WGMARK_SAVE_TEXT_H

#include <stdio.h>

#include "config.h"

/**
 * save_text() - write a configuration
 * @out: where to
 * @live: the machine's: private key, port, fwmark, addresses, MTU, and peers
 *	with resolved endpoints; the rest is not looked at
 * @text: the old file's bytes, or none of them
 * @len: how many
 * @was: what config_parse() made of them, with ListenPort resolved
 *
 * What the machine says replaces what the old file does, there where that stands;
 * a line that says the same stays as it is. So do comments, hooks and all other
 * lines, except for those of peers that are no more. A peer's host name stays.
 * The MTU is written only where the old file has one. What is new comes at the
 * section's end, a new peer at the file's.
 * Return: 0 or -ENOMEM; whether it could be written is @out's to tell
 */
int save_text(FILE *out, const struct config *live, const char *text, size_t len,
	      const struct config *was);

#endif
