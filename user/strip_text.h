/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A configuration file without what wg(8) does not know
 */
#ifndef WGMARK_STRIP_TEXT_H
#define WGMARK_STRIP_TEXT_H

#include <stddef.h>

#include "config.h"

/**
 * strip_text() - take wg-quick(8)'s own keys out of a file
 * @text: the file's bytes; need not be a good file
 * @len: how many
 * @out_len: bytes of the result
 * @err: filled on refusal
 *
 * To the byte what "wg-quick strip" of wireguard-tools 1.0.20210914 prints: all
 * other lines stay, comments and nonsense too, without blanks and tabs at their
 * ends and without NUL bytes, and an empty line follows.
 * Return: the bytes, to be freed; or NULL, with @err->text filled if SaveConfig
 * is neither true nor false, and empty without memory
 */
char *strip_text(const char *text, size_t len, size_t *out_len,
		 struct config_error *err);

#endif
