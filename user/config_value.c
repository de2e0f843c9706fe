// SPDX-License-Identifier: GPL-2.0
/*
 * The values of a configuration file: numbers, keys, lists
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_keys.h"
#include "list.h"

int config_fail(struct parser *p, unsigned int line, const char *fmt, ...)
{
	va_list args;

	p->err->line = line;
	va_start(args, fmt);
	vsnprintf(p->err->text, sizeof(p->err->text), fmt, args);
	va_end(args);
	return -EINVAL;
}

int config_bad_value(struct parser *p, const char *value, const char *wanted)
{
	return config_fail(p, p->line, "%s = %.60s: write %s", p->key, value,
			   wanted);
}

void config_join(char *text, const char *before, const char *after)
{
	const char *from = text;
	char last = '\0';
	size_t len;

	while (*from) {
		len = strspn(from, CONFIG_BLANKS);
		if (len && ((last && strchr(after, last)) ||
			    (from[len] && strchr(before, from[len])))) {
			from += len;
			continue;
		}
		last = *from++;
		*text++ = last;
	}
	*text = '\0';
}

bool config_is_number(const char *text)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

	if (hex)
		text += 2;
	return *text && !text[strspn(text, hex ? "0123456789abcdefABCDEF" : "0123456789")];
}

bool config_is_service(const char *text)
{
	bool letter = false;

	for (; *text; text++) {
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
		letter = letter || (*text >= 'a' && *text <= 'z') ||
			 (*text >= 'A' && *text <= 'Z');
	}

	return letter;
}

bool config_number(uint32_t *out, const char *text, uint32_t max)
{
	unsigned long long n;

	if (!config_is_number(text))
		return false;

	/* ULLONG_MAX where it overflows, which is more than any max */
	n = strtoull(text, NULL, strpbrk(text, "xX") ? 16 : 10);
	if (n > max)
		return false;

	*out = n;
	return true;
}

int config_bool(struct parser *p, bool *out, const char *value)
{
	*out = !strcasecmp(value, "yes");
	if (!*out && strcasecmp(value, "no"))
		return config_bad_value(p, value, "yes or no");

	return 0;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return -1;
}

/* 43 digits and "=" (RFC 4648): 258 bits, of which the last two must be 0 */
static bool base64_decode(uint8_t out[static WG_KEY_LEN], const char *text)
{
	uint32_t bits = 0;
	int digit;
	size_t i;

	if (strlen(text) != 44 || text[43] != '=')
		return false;

	for (i = 0; i < 43; i++) {
		digit = base64_digit(text[i]);
		if (digit < 0)
			return false;

		bits = bits << 6 | digit;
		if (i % 4)
			*out++ = bits >> (6 - 2 * (i % 4));
	}

	return !(bits & 3);
}

int config_wg_key(struct parser *p, uint8_t out[static WG_KEY_LEN],
		  const char *value)
{
	if (base64_decode(out, value))
		return 0;

	/* The value stays out of the message: it may be nearly the key */
	return config_fail(p, p->line,
			   "%s is not a key: write the 44 base64 characters that wg(8) prints",
			   p->key);
}

int config_string(char **out, const char *text, size_t len)
{
	free(*out);
	*out = strndup(text, len);
	return *out ? 0 : -ENOMEM;
}

int config_compare_addresses(const struct prefix *a, const struct prefix *b)
{
	int diff;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	diff = memcmp(&a->v6, &b->v6, prefix_bytes(a));
	if (diff || a->family == AF_INET6)
		return diff;
	return a->len - b->len;
}

char *config_item(char **list)
{
	char *item;

	do {
		item = strsep(list, "," CONFIG_BLANKS);
	} while (item && !*item);

	return item;
}

int config_prefixes(struct parser *p, struct prefix **array, size_t *len,
		    char *list, const char *wanted)
{
	struct prefix prefix;
	char *item;
	int err;

	while ((item = config_item(&list))) {
		if (prefix_parse(&prefix, item))
			return config_bad_value(p, item, wanted);

		err = prefix_append(array, len, &prefix);
		if (err)
			return err;
	}

	return 0;
}
