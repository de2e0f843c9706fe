// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration file without what wg(8) does not know
 *
 * Byte for byte as wg-quick(8), which is a bash script: its "read" drops NUL
 * bytes, and blanks and tabs at both ends of a line; around a key it takes all
 * white space of the C locale away; it knows keys and sections in any case.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "strip_text.h"

/** struct span - bytes within a line, which has no NUL */
struct span {
	const char *at;
	size_t len;
};

static struct span trim(struct span s, const char *blanks)
{
	while (s.len && strchr(blanks, *s.at)) {
		s.at++;
		s.len--;
	}
	while (s.len && strchr(blanks, s.at[s.len - 1]))
		s.len--;

	return s;
}

static struct span until(struct span s, char c)
{
	const char *end = memchr(s.at, c, s.len);

	if (end)
		s.len = end - s.at;
	return s;
}

static bool is(struct span s, const char *word)
{
	return s.len == strlen(word) && !strncasecmp(s.at, word, s.len);
}

static bool is_quick_key(struct span key)
{
	static const char *const keys[] = {
		"Address", "MTU", "DNS", "Table", "PreUp", "PreDown", "PostUp",
		"PostDown", "SaveConfig",
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (is(key, keys[i]))
			return true;
	}

	return false;
}

/* Without "=" the key is its own value */
static bool is_bool(struct span pair)
{
	struct span value = pair;
	size_t len = until(pair, '=').len;

	if (len < pair.len) {
		value.at += len + 1;
		value.len -= len + 1;
	}
	value = trim(value, " \t\n\v\f\r");
	return is(value, "true") || is(value, "false");
}

/* The next line without its newline and NUL bytes, copied to @to */
static size_t copy_line(char *to, const char **text, const char *end)
{
	size_t len = 0;

	for (; *text < end && **text != '\n'; (*text)++) {
		if (**text)
			to[len++] = **text;
	}
	if (*text < end)
		(*text)++;

	return len;
}

char *strip_text(const char *text, size_t len, size_t *out_len,
		 struct config_error *err)
{
	const char *end = text + len;
	struct span line, pair, key;
	bool interface = false;
	char *out, *to;

	*err = (struct config_error){};
	/* the newline that the last line may lack, and the empty line */
	out = malloc(len + 2);
	if (!out)
		return NULL;

	for (to = out; text < end; ) {
		bool complete = memchr(text, '\n', end - text);

		err->line++;
		line = trim((struct span){ to, copy_line(to, &text, end) }, " \t");
		if (!line.len && !complete)
			break;

		pair = until(line, '#');
		key = trim(until(pair, '='), " \t\n\v\f\r");
		if (key.len && *key.at == '[')
			interface = is(key, "[Interface]");
		if (interface && is_quick_key(key)) {
			if (!is(key, "SaveConfig") || is_bool(pair))
				continue;
			snprintf(err->text, sizeof(err->text),
				 "SaveConfig is neither true nor false; write one of them");
			explicit_bzero(out, to - out);
			free(out);
			return NULL;
		}
		memmove(to, line.at, line.len);
		to += line.len;
		*to++ = '\n';
	}

	*to++ = '\n';
	*out_len = to - out;
	err->line = 0;
	return out;
}
