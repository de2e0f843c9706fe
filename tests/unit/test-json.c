// SPDX-License-Identifier: GPL-2.0
/*
 * The JSON writer: strings, numbers, nesting
 */
#include "json.h"
#include "tap.h"

static const struct {
	const char *name;
	const char *in;
	const char *out;
} string_cases[] = {
	{ "plain", "wg0", "\"wg0\"\n" },
	{ "empty", "", "\"\"\n" },
	{ "quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\"\n" },
	{ "control characters", "a\n\t\x01\x7f", "\"a\\n\\u0009\\u0001\\u007f\"\n" },
	{ "control characters of two bytes", "\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0",
	  "\"\\u0080\\u009b\\u009f\xc2\xa0\"\n" },
	{ "UTF-8 of 2, 3 and 4 bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"\n" },
	{ "a byte that begins nothing", "a\xff-", "\"a\\ufffd-\"\n" },
	{ "a continuation alone", "\x80", "\"\\ufffd\"\n" },
	{ "cut off", "\xe2\x82", "\"\\ufffd\\ufffd\"\n" },
	{ "overlong slash", "\xc0\xaf", "\"\\ufffd\\ufffd\"\n" },
	{ "overlong of 3 bytes", "\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\"\n" },
	{ "surrogate", "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"\n" },
	{ "above U+10FFFF", "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"\n" },
};

static void test_nesting(void)
{
	static const char want[] =
		"{\n"
		"\t\"none\": {},\n"
		"\t\"empty\": [],\n"
		"\t\"list\": [\n"
		"\t\t1,\n"
		"\t\t-2,\n"
		"\t\t{\n"
		"\t\t\t\"yes\": true,\n"
		"\t\t\t\"no\": false\n"
		"\t\t},\n"
		"\t\t[\n"
		"\t\t\tnull\n"
		"\t\t]\n"
		"\t],\n"
		"\t\"most\": 18446744073709551615,\n"
		"\t\"least\": -9223372036854775808,\n"
		"\t\"a\\\"b\": \"c\"\n"
		"}\n";
	struct tap_text t;
	struct json j;
	char *text;

	tap_text_begin(&t);
	j = (struct json){ .out = t.out };
	json_object(&j, NULL);
	json_object(&j, "none");
	json_end(&j);
	json_array(&j, "empty");
	json_end(&j);
	json_array(&j, "list");
	json_uint(&j, NULL, 1);
	json_int(&j, NULL, -2);
	json_object(&j, NULL);
	json_bool(&j, "yes", true);
	json_bool(&j, "no", false);
	json_end(&j);
	json_array(&j, NULL);
	json_null(&j, NULL);
	json_end(&j);
	json_end(&j);
	json_uint(&j, "most", UINT64_MAX);
	json_int(&j, "least", INT64_MIN);
	json_string(&j, "a\"b", "c");
	json_end(&j);
	text = tap_text_end(&t);
	tap_same(text, want, "objects and arrays in each other");
	free(text);
}

static void test_depth(void)
{
	struct tap_text t;
	struct json j;
	unsigned int i;
	char *text;

	tap_text_begin(&t);
	j = (struct json){ .out = t.out };
	for (i = 0; i < JSON_MAX_DEPTH; i++)
		json_array(&j, NULL);
	for (i = 0; i < JSON_MAX_DEPTH; i++)
		json_end(&j);
	text = tap_text_end(&t);
	tap_ok(!j.depth && strstr(text, "[]") && text[0] == '[' &&
	       !strcmp(text + t.len - 3, "\n]\n"), "as deep as it goes");
	free(text);
}

int main(void)
{
	struct tap_text t;
	struct json j;
	char *text;
	size_t i;

	for (i = 0; i < TAP_LEN(string_cases); i++) {
		tap_text_begin(&t);
		j = (struct json){ .out = t.out };
		json_string(&j, NULL, string_cases[i].in);
		text = tap_text_end(&t);
		tap_same(text, string_cases[i].out, string_cases[i].name);
		free(text);
	}
	test_nesting();
	test_depth();
	return tap_done();
}
