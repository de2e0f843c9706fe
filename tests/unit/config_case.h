/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the configuration file have in common
 */
#ifndef WGMARK_TEST_CONFIG_H
#define WGMARK_TEST_CONFIG_H

#include <errno.h>

#include "config.h"
#include "tap.h"

/** Bytes 0 to 31, and 31 zeros before a 1, as wg(8) writes them. */
#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="

#define PEER "[Peer]\nPublicKey = " KEY_A "\n"

/** parse() - config_parse() from memory that ends with the text: ASan sees more */
static inline int parse(struct config *c, struct config_error *err, const char *in,
			size_t len)
{
	char *copy = malloc(len + !len);
	int ret;

	if (!copy)
		abort();
	memcpy(copy, in, len);
	ret = config_parse(c, copy, len, err);
	free(copy);
	return ret;
}

#endif
