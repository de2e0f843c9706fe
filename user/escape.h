/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text that others wrote, on its way to a terminal
 */
#ifndef WGMARK_ESCAPE_H
#define WGMARK_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * utf8_len() - the bytes of the character that @text begins with
 *
 * Return: 1 to 4; 0 if it begins with no character of UTF-8 (RFC 3629)
 */
size_t utf8_len(const char *text);

/**
 * utf8_is_control() - whether @text begins with a control character
 *
 * C0 and DEL, and C1, U+0080 to U+009F (ECMA-48): some terminals take U+009B for
 * ESC [.
 */
bool utf8_is_control(const char *text);

/**
 * escape_put() - write text so that a terminal shows all of it and obeys none
 * @out: where to
 * @text: of a configuration file, the kernel or the command line
 *
 * Each byte of a control character, newline and tab aside, and each that is no
 * UTF-8 becomes "\x" and two digits. All else, a backslash too, stays.
 */
void escape_put(FILE *out, const char *text);

#endif
