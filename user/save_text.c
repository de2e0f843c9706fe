// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration file written anew from a live tunnel
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_keys.h"
#include "save_lines.h"
#include "save_text.h"
#include "save_value.h"

/**
 * struct save - the state between two lines
 * @out: where to
 * @file: the old file
 * @live: the machine
 * @was: the old file
 * @eol: ends a line
 * @live_address: the machine's addresses, sorted
 * @was_address: the old file's, sorted
 * @live_peers: the machine's peers, sorted by key
 * @is_saved: for each of @live->peers, whether it has been written
 */
struct save {
	FILE *out;
	struct save_file file;
	const struct config *live;
	const struct config *was;
	const char *eol;
	struct prefix *live_address;
	struct prefix *was_address;
	const struct peer **live_peers;
	bool *is_saved;
};

static int compare_keys(const void *a, const void *b)
{
	const struct peer *x = *(const struct peer *const *)a;
	const struct peer *y = *(const struct peer *const *)b;

	return memcmp(x->public_key, y->public_key, WG_KEY_LEN);
}

static const struct peer *find_live(const struct save *s, const struct peer *was)
{
	const struct peer **found;

	found = bsearch(&was, s->live_peers, s->live->peers_len,
			sizeof(*s->live_peers), compare_keys);
	return found ? *found : NULL;
}

static void write_line(const struct save *s, const struct save_line *l)
{
	fwrite(l->at, 1, l->len, s->out);
	fputs(s->eol, s->out);
}

/* The comment of a line that gets a new value, and the line's end */
static void write_end(const struct save *s, const struct save_line *l)
{
	const char *comment = memchr(l->at, '#', l->len);

	if (comment)
		fprintf(s->out, " %.*s", (int)(l->at + l->len - comment), comment);
	fputs(s->eol, s->out);
}

/* Addresses that the file lacks */
static void write_new_addresses(const struct save *s)
{
	char text[PREFIX_TEXT_LEN];
	size_t i;

	for (i = 0; i < s->live->address_len; i++) {
		if (!save_is_in(&s->live->address[i], s->was_address, s->was->address_len))
			fprintf(s->out, "Address = %s%s",
				prefix_text(&s->live->address[i], text), s->eol);
	}
}

/* One line of them: those stay which the device has */
static int write_addresses(const struct save *s, const struct save_line *l)
{
	const char *equals = memchr(l->at, '=', l->len);
	size_t len = l->at + l->len - ++equals, kept = 0, all = 0;
	const char *comment = memchr(equals, '#', len);
	struct prefix p;
	char *list, *items, *item;

	list = strndup(equals, comment ? (size_t)(comment - equals) : len);
	if (!list)
		return -ENOMEM;
	for (items = list; (item = config_item(&items)); all++)
		kept += !prefix_parse(&p, item) &&
			save_is_in(&p, s->live_address, s->live->address_len);
	free(list);
	if (kept == all)
		write_line(s, l);
	if (kept == all || !kept)
		return 0;

	list = strndup(equals, comment ? (size_t)(comment - equals) : len);
	if (!list)
		return -ENOMEM;
	fputs("Address = ", s->out);
	for (items = list; (item = config_item(&items)); ) {
		if (!prefix_parse(&p, item) &&
		    save_is_in(&p, s->live_address, s->live->address_len))
			fprintf(s->out, "%s%s", item, --kept ? ", " : "");
	}
	free(list);
	write_end(s, l);
	return 0;
}

/* "+" and "-" are about the sections before, which may be gone */
static bool has_sign(const struct save_line *l)
{
	const char *end = memchr(l->at, '#', l->len);

	if (!end)
		end = l->at + l->len;
	return memchr(l->at, '+', end - l->at) || memchr(l->at, '-', end - l->at);
}

/* AllowedIPs over several lines: all stay, or the last one becomes the list */
static int keeps_allowed(const struct save *s, const struct save_section *sec,
			 const struct save_value *v)
{
	size_t i;

	for (i = sec->header; i < sec->end; i++) {
		if (s->file.lines[i].key == SAVE_ALLOWED_IPS && has_sign(&s->file.lines[i]))
			return false;
	}
	return save_is_same(v);
}

static int write_old_line(const struct save *s, const struct save_section *sec,
			  size_t i, const struct peer *live)
{
	const struct save_line *l = &s->file.lines[i];
	const size_t *last = sec->is_peer ? sec->last : s->file.last;
	const struct save_value v = { l->key, s->was, s->live, sec->was, live };
	int same, err;

	if (l->key <= SAVE_OTHER) {
		write_line(s, l);
		return 0;
	}
	if (l->key == SAVE_ADDRESS) {
		err = write_addresses(s, l);
		if (last[l->key] == i + 1)
			write_new_addresses(s);
		return err;
	}

	same = l->key == SAVE_ALLOWED_IPS ? keeps_allowed(s, sec, &v) : save_is_same(&v);
	if (same < 0)
		return same;
	if (last[l->key] != i + 1 && !(same && l->key == SAVE_ALLOWED_IPS))
		return 0;
	if (same) {
		write_line(s, l);
	} else if (save_has_value(&v)) {
		save_write_value(s->out, &v);
		write_end(s, l);
	}
	return 0;
}

/* Keys that the section has no line for */
static void write_missing(const struct save *s, const size_t *last, enum save_key from,
			  enum save_key to, const struct peer *was,
			  const struct peer *live)
{
	struct save_value v = { from, s->was, s->live, was, live };

	if (from == SAVE_ADDRESS && !last[SAVE_ADDRESS])
		write_new_addresses(s);
	for (; v.key <= to; v.key++) {
		if (last[v.key] || !save_has_value(&v))
			continue;
		save_write_value(s->out, &v);
		fputs(s->eol, s->out);
	}
}

static int write_section(struct save *s, const struct save_section *sec, bool *begun)
{
	const struct peer *live = NULL;
	int err = 0;
	size_t i;

	if (sec->is_peer) {
		live = sec->was ? find_live(s, sec->was) : NULL;
		if (!live)
			return 0;
		s->is_saved[live - s->live->peers] = true;
	}

	for (i = sec->first; i < sec->end && !err; i++) {
		err = write_old_line(s, sec, i, live);
		if (i != sec->insert)
			continue;
		if (live)
			write_missing(s, sec->last, SAVE_PRESHARED_KEY, SAVE_KEEPALIVE,
				      sec->was, live);
		else if (!*begun)
			write_missing(s, s->file.last, SAVE_ADDRESS, SAVE_PRIVATE_KEY,
				      NULL, NULL);
		*begun = *begun || !live;
	}
	return err;
}

static void write_new_peers(const struct save *s)
{
	static const size_t none[SAVE_KEYS];
	const struct peer *peer;
	size_t i;

	for (i = 0; i < s->live->peers_len; i++) {
		if (s->is_saved[i])
			continue;
		peer = &s->live->peers[i];
		fprintf(s->out, "%s[Peer]%sPublicKey = ", s->eol, s->eol);
		save_write_key(s->out, peer->public_key);
		fputs(s->eol, s->out);
		write_missing(s, none, SAVE_PRESHARED_KEY, SAVE_KEEPALIVE, NULL, peer);
	}
}

static bool has_interface(const struct save_file *f)
{
	size_t i;

	for (i = 1; i < f->sections_len; i++) {
		if (!f->sections[i].is_peer)
			return true;
	}
	return false;
}

static int write_all(struct save *s)
{
	static const size_t none[SAVE_KEYS];
	bool begun = false;
	int err = 0;
	size_t i;

	for (i = 0; i < s->live->peers_len; i++)
		s->live_peers[i] = &s->live->peers[i];
	qsort(s->live_peers, s->live->peers_len, sizeof(*s->live_peers), compare_keys);

	s->eol = s->file.crlf ? "\r\n" : "\n";
	for (i = 0; i < s->file.sections_len && !err; i++) {
		if (i == 1 && !has_interface(&s->file)) {
			fprintf(s->out, "[Interface]%s", s->eol);
			write_missing(s, none, SAVE_ADDRESS, SAVE_PRIVATE_KEY, NULL, NULL);
			fputs(s->eol, s->out);
		}
		err = write_section(s, &s->file.sections[i], &begun);
	}
	if (s->file.sections_len == 1) {
		fprintf(s->out, "[Interface]%s", s->eol);
		write_missing(s, none, SAVE_ADDRESS, SAVE_PRIVATE_KEY, NULL, NULL);
	}
	write_new_peers(s);
	return err;
}

int save_text(FILE *out, const struct config *live, const char *text, size_t len,
	      const struct config *was)
{
	struct save s = { .out = out, .live = live, .was = was };
	int err;

	err = save_split(&s.file, text, len, was);
	s.live_address = save_sorted(live->address, live->address_len);
	s.was_address = save_sorted(was->address, was->address_len);
	s.live_peers = calloc(live->peers_len + 1, sizeof(*s.live_peers));
	s.is_saved = calloc(live->peers_len + 1, sizeof(*s.is_saved));
	if (!s.live_address || !s.was_address || !s.live_peers || !s.is_saved)
		err = -ENOMEM;
	if (!err)
		err = write_all(&s);

	save_split_free(&s.file);
	free(s.live_address);
	free(s.was_address);
	free(s.live_peers);
	free(s.is_saved);
	return err;
}
