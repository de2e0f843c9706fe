// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration file of wg(8) and wg-quick(8): lines and sections
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_keys.h"
#include "list.h"

#define WGMARK_COMMENT "#wgmark"

static const struct {
	const char *title;
	const struct key *keys;
} sections[] = {
	[SECTION_INTERFACE] = { "[Interface]", config_interface_keys },
	[SECTION_PEER]	    = { "[Peer]", config_peer_keys },
	[SECTION_WGMARK]    = { WGMARK_COMMENT " lines", config_wgmark_keys },
};

static const struct key *find_key(enum section section, const char *name)
{
	const struct key *key = sections[section].keys;

	if (section == SECTION_NONE)
		return NULL;
	while (key->name && strcasecmp(key->name, name))
		key++;

	return key->name ? key : NULL;
}

/* "Mask, Backend and Guard" */
static void list_keys(char *out, size_t size, const struct key *key)
{
	size_t len = 0;

	for (; key->name && len < size; key++)
		len += snprintf(out + len, size - len, "%s%s",
				!len ? "" : key[1].name ? ", " : " and ", key->name);
}

/* Say where the key belongs, if anywhere */
static int unknown_key(struct parser *p, enum section section, const char *name)
{
	char known[128];
	enum section s;

	if (section == SECTION_WGMARK) {
		list_keys(known, sizeof(known), config_wgmark_keys);
		return config_fail(p, p->line, "unknown key `%.32s' after #wgmark; there are %s",
				   name, known);
	}

	for (s = SECTION_INTERFACE; s <= SECTION_PEER; s++) {
		if (find_key(s, name))
			return config_fail(p, p->line, "%s belongs below %s",
					   name, sections[s].title);
	}

	if (find_key(SECTION_WGMARK, name))
		return config_fail(p, p->line, "%s is wgmark's own: write #wgmark %s = VALUE, below [Interface]",
				   name, name);
	if (config_flavour_key(p, name))
		return -EINVAL;
	if (section == SECTION_NONE)
		return config_fail(p, p->line, "unknown key `%.32s' before [Interface]", name);

	return config_fail(p, p->line, "unknown key `%.32s' in %s", name,
			   sections[section].title);
}

static bool is_blank(char c)
{
	return c && strchr(CONFIG_BLANKS, c);
}

/* In place; returns where the text begins */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, CONFIG_BLANKS);
	len = strlen(text);
	while (len && is_blank(text[len - 1]))
		text[--len] = '\0';

	return text;
}

/* A [Peer] is complete when another section begins, or at the file's end */
static int end_section(struct parser *p)
{
	struct peer *peer;

	if (p->section != SECTION_PEER || p->has_public_key)
		return 0;

	peer = &p->c->peers[p->c->peers_len - 1];
	return config_fail(p, peer->line, "this [Peer] has no PublicKey");
}

static int begin_section(struct parser *p, const char *title)
{
	const struct peer new = { .line = p->line };
	int err;

	err = end_section(p);
	if (err)
		return err;

	if (!strcasecmp(title, sections[SECTION_INTERFACE].title)) {
		p->section = SECTION_INTERFACE;
		return 0;
	}
	if (strcasecmp(title, sections[SECTION_PEER].title)) {
		if (config_flavour_section(p, title))
			return -EINVAL;
		return config_fail(p, p->line, "unknown section `%.32s'; there are [Interface] and [Peer]",
				   title);
	}

	err = list_append(&p->c->peers, &p->c->peers_len, &new, sizeof(new));
	if (err)
		return err;

	p->section = SECTION_PEER;
	p->has_public_key = false;
	return 0;
}

static int read_pair(struct parser *p, enum section section, char *text)
{
	size_t comment = strcspn(text, "#");
	char *value = memchr(text, '=', comment);
	const struct key *key;

	/* No quoting: a line that is no pair may well be a key gone astray */
	if (!value)
		return config_fail(p, p->line, "this line is neither KEY = VALUE nor a section");

	*value = '\0';
	value++;
	comment -= value - text;
	text = trim(text);
	if (!*text || strlen(text) > 32)
		return config_fail(p, p->line, "this line has no key before the `='");

	key = find_key(section, text);
	if (!key)
		return unknown_key(p, section, text);
	if (!(key->flags & KEY_WHOLE_LINE))
		value[comment] = '\0';
	value = trim(value);
	if (!*value && !(key->flags & KEY_MAY_BE_EMPTY))
		return config_fail(p, p->line, "%s has no value", key->name);

	p->key = key->name;
	return key->set(p, value);
}

/* "wgmark Mask = ..." after a "#" and a blank, with a key that there is */
static bool is_meant_for_us(const char *text)
{
	char name[33];
	size_t len;

	len = strspn(text, CONFIG_BLANKS);
	if (!len || strncasecmp(text + len, WGMARK_COMMENT + 1, strlen(WGMARK_COMMENT) - 1))
		return false;
	text += len + strlen(WGMARK_COMMENT) - 1;
	len = strspn(text, CONFIG_BLANKS);
	if (!len)
		return false;
	text += len;
	len = strcspn(text, "=" CONFIG_BLANKS);
	if (len >= sizeof(name) || text[len + strspn(text + len, CONFIG_BLANKS)] != '=')
		return false;

	memcpy(name, text, len);
	name[len] = '\0';
	return find_key(SECTION_WGMARK, name);
}

/* Our own keys hide in comments; every other comment is none of our business */
static int read_comment(struct parser *p, char *text)
{
	size_t len = strlen(WGMARK_COMMENT);

	if (is_meant_for_us(text + 1))
		return config_fail(p, p->line, "write #wgmark without the blank; # wgmark is a comment");
	if (strncasecmp(text, WGMARK_COMMENT, len) ||
	    (text[len] && !is_blank(text[len])))
		return 0;
	if (p->section != SECTION_INTERFACE)
		return config_fail(p, p->line, "#wgmark lines belong below [Interface]");

	text += len;
	if (!memchr(text, '=', strcspn(text, "#")))
		return config_fail(p, p->line, "write #wgmark KEY = VALUE");

	return read_pair(p, SECTION_WGMARK, text);
}

static int read_line(struct parser *p, char *text)
{
	text = trim(text);
	if (!*text)
		return 0;
	if (*text == '#')
		return read_comment(p, text);
	if (*text != '[')
		return read_pair(p, p->section, text);

	text[strcspn(text, "#")] = '\0';
	return begin_section(p, trim(text));
}

static int read_lines(struct parser *p, char *text, size_t len)
{
	char *end = text + len;
	char *newline;
	int err;

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		return config_fail(p, 1, "the file begins with a UTF-8 byte order mark, which wg(8) does not read; save it without one");

	while (text < end) {
		p->line++;
		newline = memchr(text, '\n', end - text);
		if (!newline)
			newline = end;
		if (memchr(text, '\0', newline - text))
			return config_fail(p, p->line, "this line has a NUL byte; a configuration is plain text");

		*newline = '\0';
		err = read_line(p, text);
		if (err)
			return err;
		text = newline + 1;
	}

	return end_section(p);
}

/* What no line can tell alone */
static int check(struct parser *p)
{
	struct config *c = p->c;

	if (c->fwmark & ~c->mask)
		return config_fail(p, p->fwmark_line, "FwMark = 0x%x has bits outside of Mask = 0x%x; change one of them",
				   c->fwmark, c->mask);
	if (c->compat && c->mask != UINT32_MAX)
		return config_fail(p, p->compat_line, "Compat = yes takes whole marks; take out Mask = 0x%x",
				   c->mask);
	if (c->compat && c->restore != WGMARK_RESTORE_CONNTRACK)
		return config_fail(p, p->compat_line, "Compat = yes restores; it needs Restore = conntrack");
	if (c->notrack && c->restore != WGMARK_RESTORE_LEARN)
		return config_fail(p, p->notrack_line, "NoTrack = yes hides the tunnel's packets from conntrack; it needs Restore = learn");

	return config_check_addresses(p);
}

int config_parse(struct config *c, const char *text, size_t len,
		 struct config_error *err)
{
	struct parser p = { .c = c, .err = err };
	char *copy;
	int ret;

	*c = (struct config){
		.mask = UINT32_MAX,
		.restore = WGMARK_RESTORE_CONNTRACK,
		.guard = true,
	};
	*err = (struct config_error){};

	copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	if (len)
		memcpy(copy, text, len);

	ret = read_lines(&p, copy, len);
	if (!ret)
		ret = check(&p);
	if (!ret)
		ret = config_merge_peers(c);

	free(p.seen);
	explicit_bzero(copy, len);
	free(copy);
	return ret;
}

static void free_strings(char **list, size_t len)
{
	while (len)
		free(list[--len]);
	free(list);
}

void config_free(struct config *c)
{
	size_t i;

	for (i = 0; i < c->peers_len; i++)
		config_peer_free(&c->peers[i]);
	free(c->peers);

	for (i = 0; i < HOOKS; i++)
		free_strings(c->hooks[i].cmd, c->hooks[i].len);
	free_strings(c->dns, c->dns_len);
	free_strings(c->search, c->search_len);

	free(c->listen_service);
	free(c->table_name);
	free(c->address);
	explicit_bzero(c, sizeof(*c));
}
