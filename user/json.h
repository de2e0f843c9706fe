/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Write JSON to a stream as it comes, without a tree
 *
 *	struct json j = { .out = stdout };
 *
 *	json_object(&j, NULL);
 *	json_string(&j, "interface", "wg0");
 *	json_array(&j, "addresses");
 *	json_string(&j, NULL, "10.2.0.2/32");
 *	json_end(&j);
 *	json_end(&j);
 *
 * Commas, line breaks and tabs come by themselves, and a newline after the
 * outermost value. Errors of the stream stay with it, see ferror(3).
 */
#ifndef WGMARK_JSON_H
#define WGMARK_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** The deepest nesting; more is a bug of the caller and aborts. */
#define JSON_MAX_DEPTH 32

/**
 * struct json - a writer
 * @out: where to; this and @oneline are the caller's, all else starts as 0
 * @oneline: no line breaks inside of the outermost value
 * @depth: open objects and arrays
 * @arrays: bit N is set if level N is an array
 * @filled: bit N is set if level N has a member already
 */
struct json {
	FILE *out;
	bool oneline;
	unsigned int depth;
	uint32_t arrays;
	uint32_t filled;
};

/**
 * json_object() - open an object
 * @j: writer
 * @name: its name in the object that is open, NULL in an array or outermost;
 *	the same for all that follow
 */
void json_object(struct json *j, const char *name);

/** json_array() - open an array */
void json_array(struct json *j, const char *name);

/** json_end() - close what was opened last */
void json_end(struct json *j);

/**
 * json_string() - write a string
 * @j: writer
 * @name: as json_object()
 * @text: any bytes but NUL; what is not UTF-8 becomes U+FFFD
 */
void json_string(struct json *j, const char *name, const char *text);

/** json_uint() - write an unsigned number */
void json_uint(struct json *j, const char *name, uint64_t value);

/** json_int() - write a signed number */
void json_int(struct json *j, const char *name, int64_t value);

/** json_bool() - write true or false */
void json_bool(struct json *j, const char *name, bool value);

/** json_null() - write null */
void json_null(struct json *j, const char *name);

#endif
