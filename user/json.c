// SPDX-License-Identifier: GPL-2.0
/*
 * Write JSON to a stream as it comes, without a tree
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

/* How many bytes the UTF-8 character at s has, 0 if it is none (RFC 3629) */
static size_t utf8_len(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len, i;
	uint32_t c;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc0 && s[0] < 0xe0)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf8)
		len = 4;
	else
		return 0;

	c = s[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}

	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return len;
}

static void put_string(struct json *j, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len;

	fputc('"', j->out);
	while (*s) {
		len = utf8_len(s);
		if (!len) {
			fputs("\\ufffd", j->out);
			len = 1;
		} else if (*s == '\n') {
			fputs("\\n", j->out);
		} else if (*s < 0x20 || *s == 0x7f) {
			fprintf(j->out, "\\u%04x", *s);
		} else {
			if (*s == '"' || *s == '\\')
				fputc('\\', j->out);
			fwrite(s, 1, len, j->out);
		}
		s += len;
	}
	fputc('"', j->out);
}

static void put_break(struct json *j)
{
	unsigned int i;

	fputc('\n', j->out);
	for (i = 0; i < j->depth; i++)
		fputc('\t', j->out);
}

/* What stands before any value: comma, line break and name */
static void put_name(struct json *j, const char *name)
{
	uint32_t level = j->depth ? 1u << (j->depth - 1) : 0;

	if (j->filled & level)
		fputc(',', j->out);
	j->filled |= level;
	if (level)
		put_break(j);

	if (name && level && !(j->arrays & level)) {
		put_string(j, name);
		fputs(": ", j->out);
	}
}

/* What stands after any value: at the outermost level, the end of the line */
static void put_end(struct json *j)
{
	if (!j->depth)
		fputc('\n', j->out);
}

static void json_open(struct json *j, const char *name, bool array)
{
	uint32_t level;

	if (j->depth == JSON_MAX_DEPTH)
		abort();

	put_name(j, name);
	fputc(array ? '[' : '{', j->out);

	level = 1u << j->depth++;
	j->filled &= ~level;
	if (array)
		j->arrays |= level;
	else
		j->arrays &= ~level;
}

void json_object(struct json *j, const char *name)
{
	json_open(j, name, false);
}

void json_array(struct json *j, const char *name)
{
	json_open(j, name, true);
}

void json_end(struct json *j)
{
	uint32_t level;

	if (!j->depth)
		abort();

	level = 1u << --j->depth;
	if (j->filled & level)
		put_break(j);
	fputc(j->arrays & level ? ']' : '}', j->out);
	put_end(j);
}

void json_string(struct json *j, const char *name, const char *text)
{
	put_name(j, name);
	put_string(j, text);
	put_end(j);
}

void json_uint(struct json *j, const char *name, uint64_t value)
{
	put_name(j, name);
	fprintf(j->out, "%" PRIu64, value);
	put_end(j);
}

void json_int(struct json *j, const char *name, int64_t value)
{
	put_name(j, name);
	fprintf(j->out, "%" PRId64, value);
	put_end(j);
}

void json_bool(struct json *j, const char *name, bool value)
{
	put_name(j, name);
	fputs(value ? "true" : "false", j->out);
	put_end(j);
}

void json_null(struct json *j, const char *name)
{
	put_name(j, name);
	fputs("null", j->out);
	put_end(j);
}
