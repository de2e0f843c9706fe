// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration file as lines and sections, to be written anew
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_keys.h"
#include "list.h"
#include "save_lines.h"

const char *const save_names[SAVE_KEYS] = {
	[SAVE_ADDRESS]	     = "Address",
	[SAVE_MTU]	     = "MTU",
	[SAVE_LISTEN_PORT]   = "ListenPort",
	[SAVE_FWMARK]	     = "FwMark",
	[SAVE_PRIVATE_KEY]   = "PrivateKey",
	[SAVE_PRESHARED_KEY] = "PresharedKey",
	[SAVE_ALLOWED_IPS]   = "AllowedIPs",
	[SAVE_ENDPOINT]	     = "Endpoint",
	[SAVE_KEEPALIVE]     = "PersistentKeepalive",
};

static size_t count_blanks(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && strchr(CONFIG_BLANKS, text[n]))
		n++;
	return n;
}

/* The file is a good one: what is no comment and no section is KEY = VALUE */
static enum save_key classify(const char *text, size_t len)
{
	size_t skip = count_blanks(text, len), name, i;

	text += skip;
	len -= skip;
	if (!len)
		return SAVE_BLANK;
	if (*text == '#')
		return len >= 7 && !strncasecmp(text, "#wgmark", 7) &&
		       (len == 7 || count_blanks(text + 7, 1)) ? SAVE_OTHER : SAVE_COMMENT;
	if (*text == '[')
		return SAVE_HEADER;

	for (i = 0; i < SAVE_KEYS; i++) {
		name = save_names[i] ? strlen(save_names[i]) : len;
		if (name < len && !strncasecmp(text, save_names[i], name) &&
		    text[name + count_blanks(text + name, len - name)] == '=')
			return i;
	}

	return SAVE_OTHER;
}

static int split_lines(struct save_file *f, const char *text, size_t len)
{
	const char *end = text + len, *newline;
	struct save_line *l;

	for (; text < end; text = newline + 1) {
		l = list_room(f->lines, f->lines_len, sizeof(*l));
		if (!l)
			return -ENOMEM;
		f->lines = l;

		newline = memchr(text, '\n', end - text);
		if (!newline)
			newline = end;
		l += f->lines_len++;
		*l = (struct save_line){ .at = text, .len = newline - text };
		if (l->len && l->at[l->len - 1] == '\r') {
			f->crlf = true;
			l->len--;
		}
		l->key = classify(l->at, l->len);
	}

	return 0;
}

/* Comments right above a header are of its section */
static int begin_section(struct save_file *f, size_t header)
{
	struct save_section *s;
	size_t first = header;

	s = list_room(f->sections, f->sections_len, sizeof(*s));
	if (!s)
		return -ENOMEM;
	f->sections = s;

	s += f->sections_len;
	if (f->sections_len) {
		while (first > s[-1].first && f->lines[first - 1].key == SAVE_COMMENT)
			first--;
		s[-1].end = first;
	}
	*s = (struct save_section){ .first = first, .header = header, .end = f->lines_len };
	f->sections_len++;
	return 0;
}

static void look_into(struct save_file *f, struct save_section *s,
		      const struct config *was, const struct peer **next)
{
	const struct save_line *l;
	size_t i, skip;

	if (s->header < s->end) {
		l = &f->lines[s->header];
		skip = count_blanks(l->at, l->len);
		s->is_peer = !strncasecmp(l->at + skip, "[Peer]", 6);
	}
	if (s->is_peer && *next < was->peers + was->peers_len &&
	    (*next)->line == s->header + 1)
		s->was = (*next)++;

	s->insert = s->header;
	for (i = s->first; i < s->end; i++) {
		l = &f->lines[i];
		if (l->key < SAVE_OTHER)
			continue;
		s->insert = i;
		s->last[l->key] = i + 1;
		if (!s->is_peer)
			f->last[l->key] = i + 1;
	}
}

int save_split(struct save_file *f, const char *text, size_t len,
	       const struct config *was)
{
	const struct peer *next = was->peers;
	size_t i;
	int err;

	*f = (struct save_file){ 0 };
	err = split_lines(f, text, len);
	if (!err)
		err = begin_section(f, 0);
	if (err)
		return err;

	/* of the first one the header is nowhere */
	f->sections[0].header = f->lines_len;
	for (i = 0; i < f->lines_len && !err; i++) {
		if (f->lines[i].key == SAVE_HEADER)
			err = begin_section(f, i);
	}
	for (i = 0; i < f->sections_len && !err; i++)
		look_into(f, &f->sections[i], was, &next);

	return err;
}

void save_split_free(struct save_file *f)
{
	free(f->lines);
	free(f->sections);
	*f = (struct save_file){ 0 };
}
