/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A configuration file as lines and sections, to be written anew
 */
#ifndef WGMARK_SAVE_LINES_H
#define WGMARK_SAVE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/** enum save_key - what a line is about; the keys that "save" writes anew */
enum save_key {
	SAVE_BLANK,
	SAVE_COMMENT,
	SAVE_HEADER,
	SAVE_OTHER,		/* stays as it is, #wgmark too */
	SAVE_ADDRESS,
	SAVE_MTU,
	SAVE_LISTEN_PORT,
	SAVE_FWMARK,
	SAVE_PRIVATE_KEY,
	SAVE_PRESHARED_KEY,
	SAVE_ALLOWED_IPS,
	SAVE_ENDPOINT,
	SAVE_KEEPALIVE,
	SAVE_KEYS,
};

/** The keys' names, NULL where there is none. */
extern const char *const save_names[SAVE_KEYS];

/**
 * struct save_line - one line
 * @at: its text
 * @len: without newline and carriage return
 * @key: what it is about
 */
struct save_line {
	const char *at;
	size_t len;
	enum save_key key;
};

/**
 * struct save_section - lines that belong together
 * @is_peer: [Peer], else [Interface], or what is before the first section
 * @first: its first line: the header, or a comment right above that
 * @header: its header; for lines before the first section @end
 * @end: after its last line
 * @insert: new lines follow this one
 * @was: the peer in the old file, NULL where a later section has the same key
 * @last: for each key the line after the last one with it, 0 for none
 */
struct save_section {
	bool is_peer;
	size_t first;
	size_t header;
	size_t end;
	size_t insert;
	const struct peer *was;
	size_t last[SAVE_KEYS];
};

/**
 * struct save_file - all of a file
 * @lines: the lines
 * @lines_len: how many
 * @sections: the first has what is before any header, and may have nothing
 * @sections_len: how many, at least 1
 * @last: like that of a section, of all [Interface] sections together
 * @crlf: lines end with "\r\n"
 */
struct save_file {
	struct save_line *lines;
	size_t lines_len;
	struct save_section *sections;
	size_t sections_len;
	size_t last[SAVE_KEYS];
	bool crlf;
};

/**
 * save_split() - cut a file up
 * @f: the result; to be freed with save_split_free(), after an error too
 * @text: its bytes, which stay in use
 * @len: how many
 * @was: what config_parse() made of it
 *
 * Return: 0 or -ENOMEM
 */
int save_split(struct save_file *f, const char *text, size_t len,
	       const struct config *was);

/** save_split_free() - free what save_split() allocated */
void save_split_free(struct save_file *f);

#endif
