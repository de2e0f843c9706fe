/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose allocations were made to fail, by the stacks that fault injection writes to the
 * kernel's log when its failslab/verbose is 2
 */
#ifndef OWN_FAULTS_H
#define OWN_FAULTS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#define KLOG_READ_CLEAR 4	/* syslog(2) */

/* What stands between should_failslab() and who wants memory, by how it begins */
static const char *const own_faults_between[] = {
	"__kmalloc", "kmalloc", "__do_kmalloc", "kvmalloc", "__kvmalloc", "kzalloc",
	"__kmem_cache_", "kmem_cache_", "slab_", "__alloc_skb", "kmalloc_reserve",
	/* no askers, but User Mode Linux shows them */
	"lock_release", "lock_is_held",
};

static inline bool own_faults_is_between(const char *function)
{
	size_t i, n = sizeof(own_faults_between) / sizeof(own_faults_between[0]);

	for (i = 0; i < n; i++)
		if (!strncmp(function, own_faults_between[i], strlen(own_faults_between[i])))
			return true;
	return false;
}

/* Into @function and @module the names of a line of a stack, "[<600434e0>] ? name+0x1/0x2
 * [module]". Not one that only lay there: the start of a function is no place to return to,
 * and where the lines have no addresses, a "?" says so too.
 */
static inline bool own_faults_frame(const char *line, char *function, char *module)
{
	const char *plus = strstr(line, "+0x"), *name = plus;
	unsigned long offset, size;

	*module = '\0';
	if (!plus || (strstr(line, " ? ") && !strstr(line, "[<")))
		return false;
	while (name > line && name[-1] != ' ')
		name--;
	if (plus - name >= 64 || sscanf(plus, "+%lx/%lx [%63[^] ]", &offset, &size, module) < 2)
		return false;
	snprintf(function, 64, "%.*s", (int)(plus - name), name);
	return offset;
}

/**
 * own_faults() - read the kernel's log, and clear it
 * @names: functions of the module, or NULL for any of them
 * @len: their number
 *
 * Those of pages are left out: of these the allocator asks for others, then.
 *
 * Return: how often the memory that one of these functions itself asked for was refused
 */
static inline unsigned int own_faults(char *const *names, int len)
{
	enum { NONE, HEAD, SLAB, ASKED } state = NONE;
	static char log[1 << 20];
	char function[64], module[64], *line, *rest = log;
	int got = klogctl(KLOG_READ_CLEAR, log, sizeof(log) - 1), i;
	unsigned int count = 0;

	if (got < 0)
		exit((perror("syslog"), 2));
	log[got] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (strstr(line, "FAULT_INJECTION: forcing a failure")) {
			state = HEAD;
		} else if (state == HEAD) {
			state = strstr(line, "name failslab,") ? SLAB : NONE;
		} else if (state != NONE && own_faults_frame(line, function, module)) {
			if (state == SLAB) {
				if (!strcmp(function, "should_failslab"))
					state = ASKED;
				continue;
			}
			if (own_faults_is_between(function))
				continue;
			state = NONE;
			for (i = 0; i < len && strcmp(function, names[i]); i++)
				;
			count += !strcmp(module, "wgmark") && (!names || i < len);
		}
	}
	return count;
}

#endif
