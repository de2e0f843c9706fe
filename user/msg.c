// SPDX-License-Identifier: GPL-2.0
/*
 * What wgmarkctl says on stderr
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "msg.h"

void msg(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("wgmarkctl: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

void msg_errno(int err, const char *text, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	fputs("wgmarkctl: ", stderr);
	vfprintf(stderr, what, ap);
	fprintf(stderr, ": %s", strerror(-err));
	if (text[0])
		fprintf(stderr, " (%s)", text);
	fputc('\n', stderr);
	va_end(ap);
}
