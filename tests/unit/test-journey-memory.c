// SPDX-License-Identifier: GPL-2.0
/*
 * The journey of a packet where each allocation fails once: no more than an error comes of
 * it, and nothing leaks. The linker sends the calls through here (--wrap).
 */
#include "journey_case.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
static int __lsan_do_recoverable_leak_check(void)
{
	return 0;
}
#endif

/* Counts down to the allocation that fails; 0: none does */
static unsigned int until;

static bool fails(void)
{
	return until && !--until;
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
int __wrap_asprintf(char **to, const char *fmt, ...);
int __real_vasprintf(char **to, const char *fmt, va_list args);
int __wrap_vasprintf(char **to, const char *fmt, va_list args);
FILE *__real_open_memstream(char **to, size_t *len);
FILE *__wrap_open_memstream(char **to, size_t *len);

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

int __wrap_vasprintf(char **to, const char *fmt, va_list args)
{
	/* what is printed has to be there all the same */
	int len = __real_vasprintf(to, fmt, args);

	if (len < 0 || !fails())
		return len;
	free(*to);
	*to = NULL;
	return -1;
}

int __wrap_asprintf(char **to, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = __wrap_vasprintf(to, fmt, args);
	va_end(args);
	return len;
}

FILE *__wrap_open_memstream(char **to, size_t *len)
{
	return fails() ? NULL : __real_open_memstream(to, len);
}

static const struct {
	const char *name;
	const char *options[FLOW_OPTIONS];
	size_t tables;
} cases[] = {
	{ "through the tunnel", { "1.1.1.1" }, 2 },
	{ "to where nothing leads", { "198.51.100.1" }, 1 },
	{ "a source of another machine",
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3" }, 1 },
	{ "the tunnel's answer", { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129",
	  [FLOW_IIF] = "lan", [FLOW_MARK] = "0xca6c" }, 1 },
	{ "one that the reverse path check drops", { [FLOW_TO] = "192.168.44.2",
	  [FLOW_FROM] = "185.159.157.129", [FLOW_IIF] = "lan" }, 0 },
};

static void one(size_t i)
{
	unsigned int n, count, bad = 0;
	char wrong[FLOW_TEXT_LEN];
	struct flow_options o;
	struct journey j;
	struct flow flow;
	int err;

	machine();
	m.rules.len = cases[i].tables;
	memcpy(o.value, cases[i].options, sizeof(o.value));
	if (flow_read(&flow, &o, &m.fib, wrong))
		abort();
	until = UINT32_MAX;
	err = journey_tell(&j, &m, &flow, NULL);
	count = UINT32_MAX - until;
	journey_free(&j);
	tap_ok(!err && count > 5, "%s: %u allocations", cases[i].name, count);
	for (n = 1; n <= count; n++) {
		until = n;
		err = journey_tell(&j, &m, &flow, NULL);
		bad += err != -ENOMEM;
		journey_free(&j);
	}
	until = 0;
	tap_ok(!bad, "%s: each that fails is an error; %u are not", cases[i].name, bad);
	tap_ok(!__lsan_do_recoverable_leak_check(), "%s: and nothing leaks", cases[i].name);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(cases); i++)
		one(i);
	return tap_done();
}
