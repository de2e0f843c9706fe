// SPDX-License-Identifier: GPL-2.0
/*
 * Text that others wrote, on its way to a terminal
 */
#include <stdint.h>

#include "escape.h"

size_t utf8_len(const char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
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

bool utf8_is_control(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	return *s < 0x20 || *s == 0x7f ||
	       (s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0);
}

void escape_put(FILE *out, const char *text)
{
	size_t len;

	for (; *text; text += len) {
		len = utf8_len(text);
		if (len && (*text == '\n' || *text == '\t' || !utf8_is_control(text))) {
			fwrite(text, 1, len, out);
			continue;
		}
		/* of two bytes of C1, the second is no UTF-8 alone */
		len = 1;
		fprintf(out, "\\x%02x", (unsigned char)*text);
	}
}
