/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Results of a test program as TAP lines on stdout
 */
#ifndef WGMARK_TAP_H
#define WGMARK_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TAP_LEN(array) (sizeof(array) / sizeof((array)[0]))

static unsigned int tap_count;
static unsigned int tap_failed;

/** tap_ok() - one result, named as printf(3). Return: @ok */
__attribute__((format(printf, 2, 3)))
static inline bool tap_ok(bool ok, const char *fmt, ...)
{
	va_list args;

	tap_failed += !ok;
	printf("%sok %u - ", ok ? "" : "not ", ++tap_count);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	return ok;
}

/** tap_lines() - explain a failure: a title and text of any lines */
static inline void tap_lines(const char *title, const char *text)
{
	const char *end;

	printf("# %s:\n", title);
	for (; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		printf("#   %.*s\n", (int)(end - text), text);
	}
}

/** tap_same() - whether two texts are the same, shown both if not */
static inline bool tap_same(const char *got, const char *want, const char *name)
{
	if (tap_ok(!strcmp(got, want), "%s", name))
		return true;

	tap_lines("got", got);
	tap_lines("want", want);
	return false;
}

/** tap_done() - print the plan. Return: the program's exit status */
static inline int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? 1 : 0;
}

/** struct tap_text - a stream that becomes a string */
struct tap_text {
	FILE *out;
	char *text;
	size_t len;
};

/** tap_text_begin() - open @t->out */
static inline void tap_text_begin(struct tap_text *t)
{
	t->out = open_memstream(&t->text, &t->len);
	if (!t->out)
		abort();
}

/** tap_text_end() - close it. Return: the string, to be freed */
static inline char *tap_text_end(struct tap_text *t)
{
	if (fclose(t->out))
		abort();
	return t->text;
}

/** tap_seconds() - CPU time that this program has used */
static inline double tap_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/**
 * tap_linear() - one result: 10000 of something take little more than 4 times as long as 2500
 * @seconds_of: gives the CPU seconds for @n of it
 * @data: for that
 * @what: it
 *
 * 4 if it is linear or n log n, 16 if it is the square; a busy machine's clock may be off for
 * once.
 */
static inline void tap_linear(double (*seconds_of)(unsigned int n, void *data), void *data,
			      const char *what)
{
	unsigned int tries = 3;
	double small, large;

	do {
		small = seconds_of(2500, data);
		large = seconds_of(10000, data);
	} while (large >= 9 * small + 0.01 && --tries);
	tap_ok(tries, "10000 %s take little more than 4 times as long as 2500", what);
	printf("# %.1f ms, %.1f ms\n", small * 1000, large * 1000);
}

/** tap_random() - the next number of a fixed sequence (xorshift32, Marsaglia) */
static inline uint32_t tap_random(void)
{
	static uint32_t state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

#endif
