// SPDX-License-Identifier: GPL-2.0
/*
 * What wgmarkctl says on stderr
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "msg.h"

static bool is_wg_quick;

void msg_as_wg_quick(void)
{
	is_wg_quick = true;
}

bool msg_is_wg_quick(void)
{
	return is_wg_quick;
}

const char *msg_program(void)
{
	return is_wg_quick ? "wg-quick" : "wgmarkctl";
}

/* What a file or the kernel has goes into it; see escape.h */
static void begin(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	fprintf(stderr, "%s: ", msg_program());
	/* without memory the sentence alone has to do */
	escape_put(stderr, text ? text : fmt);
	free(text);
}

void msg(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	begin(fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void msg_errno(int err, const char *text, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	begin(what, ap);
	va_end(ap);
	fprintf(stderr, ": %s", strerror(-err));
	if (text[0])
		fprintf(stderr, " (%s)", text);
	fputc('\n', stderr);
}
