// SPDX-License-Identifier: GPL-2.0
/*
 * Write JSON to a stream as it comes, without a tree
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "json.h"

static void put_string(struct json *j, const char *text)
{
	size_t len;

	fputc('"', j->out);
	for (; *text; text += len) {
		len = utf8_len(text);
		if (!len) {
			fputs("\\ufffd", j->out);
			len = 1;
		} else if (*text == '\n') {
			fputs("\\n", j->out);
		} else if (utf8_is_control(text)) {
			/* of U+0080 to U+009F the second byte is the number */
			fprintf(j->out, "\\u%04x", (unsigned char)text[len - 1]);
		} else {
			if (*text == '"' || *text == '\\')
				fputc('\\', j->out);
			fwrite(text, 1, len, j->out);
		}
	}
	fputc('"', j->out);
}

static void put_break(struct json *j)
{
	unsigned int i;

	if (j->oneline)
		return;
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
