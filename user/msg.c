// SPDX-License-Identifier: GPL-2.0
/*
 * What wgmarkctl says on stderr
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

void msg(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%s: ", msg_program());
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

void msg_errno(int err, const char *text, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	fprintf(stderr, "%s: ", msg_program());
	vfprintf(stderr, what, ap);
	fprintf(stderr, ": %s", strerror(-err));
	if (text[0])
		fprintf(stderr, " (%s)", text);
	fputc('\n', stderr);
	va_end(ap);
}
