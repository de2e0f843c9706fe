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

	while (key->name && strcasecmp(key->name, name))
		key++;

	return key->name ? key : NULL;
}

/* Say where the key belongs, if anywhere */
static int unknown_key(struct parser *p, enum section section, const char *name)
{
	enum section s;

	if (section == SECTION_WGMARK)
		return config_fail(p, p->line,
				   "unknown key `%.32s' after #wgmark; there are Mask, Backend, Restore, Compat and Guard",
				   name);

	for (s = SECTION_INTERFACE; s <= SECTION_PEER; s++) {
		if (find_key(s, name))
			return config_fail(p, p->line, "%s belongs below %s",
					   name, sections[s].title);
	}

	if (find_key(SECTION_WGMARK, name))
		return config_fail(p, p->line, "%s is wgmark's own: write #wgmark %s = VALUE, below [Interface]",
				   name, name);
	if (section == SECTION_NONE)
		return config_fail(p, p->line, "unknown key `%.32s' before [Interface]", name);

	return config_fail(p, p->line, "unknown key `%.32s' in %s", name,
			   sections[section].title);
}

int config_key(struct parser *p, enum section section, const char *name,
	       char *value)
{
	const struct key *key;

	key = section == SECTION_NONE ? NULL : find_key(section, name);
	if (!key)
		return unknown_key(p, section, name);
	if (!*value && !key->may_be_empty)
		return config_fail(p, p->line, "%s has no value", key->name);

	p->key = key->name;
	return key->set(p, value);
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
	int err;

	err = end_section(p);
	if (err)
		return err;

	if (!strcasecmp(title, sections[SECTION_INTERFACE].title)) {
		p->section = SECTION_INTERFACE;
		return 0;
	}
	if (strcasecmp(title, sections[SECTION_PEER].title))
		return config_fail(p, p->line, "unknown section `%.32s'; there are [Interface] and [Peer]",
				   title);

	err = config_grow(&p->c->peers, p->c->peers_len, sizeof(*p->c->peers));
	if (err)
		return err;

	p->c->peers[p->c->peers_len++] = (struct peer){ .line = p->line };
	p->section = SECTION_PEER;
	p->has_public_key = false;
	return 0;
}

static int read_pair(struct parser *p, enum section section, char *text)
{
	char *value = strchr(text, '=');

	/* No quoting: a line that is no pair may well be a key gone astray */
	if (!value)
		return config_fail(p, p->line, "this line is neither KEY = VALUE nor a section");

	*value++ = '\0';
	text = trim(text);
	if (!*text || strlen(text) > 32)
		return config_fail(p, p->line, "this line has no key before the `='");

	return config_key(p, section, text, trim(value));
}

/* Our own keys hide in comments; every other comment is none of our business */
static int read_comment(struct parser *p, char *text)
{
	size_t len = strlen(WGMARK_COMMENT);

	if (strncasecmp(text, WGMARK_COMMENT, len) ||
	    (text[len] && !is_blank(text[len])))
		return 0;
	if (p->section != SECTION_INTERFACE)
		return config_fail(p, p->line, "#wgmark lines belong below [Interface]");

	text += len;
	text[strcspn(text, "#")] = '\0';
	if (!strchr(text, '='))
		return config_fail(p, p->line, "write #wgmark KEY = VALUE");

	return read_pair(p, SECTION_WGMARK, text);
}

static int read_line(struct parser *p, char *text)
{
	text = trim(text);
	if (*text == '#')
		return read_comment(p, text);

	text[strcspn(text, "#")] = '\0';
	text = trim(text);
	if (!*text)
		return 0;
	if (*text == '[')
		return begin_section(p, text);

	return read_pair(p, p->section, text);
}

static int read_lines(struct parser *p, char *text, size_t len)
{
	char *end = text + len;
	char *newline;
	int err;

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

	return 0;
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

	explicit_bzero(copy, len);
	free(copy);
	return ret;
}

bool config_is_ifname(const char *text)
{
	/* Folders of sysfs and of sysctl, which no device can be called */
	static const char *const taken[] = { ".", "..", "all", "default" };
	static const char chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=+.-";
	size_t len = strlen(text);
	size_t i;

	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (!strcmp(text, taken[i]))
			return false;
	}

	return len && len < IF_NAMESIZE && strspn(text, chars) == len;
}

int config_ifname(char ifname[static IF_NAMESIZE], const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = strlen(name);

	if (len < 6 || len - 5 >= IF_NAMESIZE || strcmp(name + len - 5, ".conf"))
		return -EINVAL;

	memcpy(ifname, name, len - 5);
	ifname[len - 5] = '\0';
	return config_is_ifname(ifname) ? 0 : -EINVAL;
}

void config_free(struct config *c)
{
	size_t i;

	for (i = 0; i < c->peers_len; i++)
		config_peer_free(&c->peers[i]);
	free(c->peers);

	for (i = 0; i < c->dns_len; i++)
		free(c->dns[i]);
	free(c->dns);

	free(c->address);
	explicit_bzero(c, sizeof(*c));
}
