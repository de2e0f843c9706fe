/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of the module a datagram reaches, where the kernel has KCOV
 * (Documentation/dev-tools/kcov.rst) and only the module is built for it
 */
#ifndef NL_COVERAGE_H
#define NL_COVERAGE_H

#include <fcntl.h>
#include <linux/kcov.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define COVERAGE_CALLS (1 << 16)	/* that a datagram may make */
#define COVERAGE_TEXT (1 << 16)		/* bytes; the module's text has fewer */
#define COVERAGE_STEPS (1 << 20)

/**
 * struct coverage - what all senders have reached, in memory that they share
 * @place: of the module's text, by the lower bits of its address
 * @step: from one place to the next, by a hash of both
 * @places: how many there are in @place
 * @fresh: the last datagram made a step that was not in @step
 */
struct coverage {
	bool place[COVERAGE_TEXT];
	bool step[COVERAGE_STEPS];
	unsigned int places;
	bool fresh;
};

static struct coverage *coverage;	/* NULL: there is no KCOV */
static unsigned long *coverage_calls;	/* this process's: their number, then each */

/** coverage_start() - before the senders are; @must: without KCOV there is nothing to do */
static inline void coverage_start(bool must)
{
	if (access("/sys/kernel/debug/kcov", R_OK | W_OK)) {
		if (must)
			exit((perror("/sys/kernel/debug/kcov, which this kernel has"), 2));
		return;
	}
	coverage = mmap(NULL, sizeof(*coverage), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (coverage == MAP_FAILED)
		exit((perror("mmap"), 2));
}

/** coverage_of_this_process() - from now on; while it is still privileged */
static inline void coverage_of_this_process(void)
{
	int fd;

	if (!coverage)
		return;
	fd = open("/sys/kernel/debug/kcov", O_RDWR);
	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, COVERAGE_CALLS))
		exit((perror("kcov"), 2));
	coverage_calls = mmap(NULL, COVERAGE_CALLS * sizeof(*coverage_calls),
			      PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (coverage_calls == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		exit((perror("kcov"), 2));
}

/** coverage_begin() - of a datagram */
static inline void coverage_begin(void)
{
	if (coverage)
		__atomic_store_n(coverage_calls, 0, __ATOMIC_RELAXED);
}

/** coverage_end() - add up what it has reached */
static inline void coverage_end(void)
{
	unsigned long n, i, pc, last = 0, step;

	if (!coverage)
		return;
	coverage->fresh = false;
	n = __atomic_load_n(coverage_calls, __ATOMIC_RELAXED);
	for (i = 1; i <= n; i++, last = pc) {
		pc = coverage_calls[i] % COVERAGE_TEXT;
		step = (last * 31 + pc) % COVERAGE_STEPS;
		coverage->fresh |= !coverage->step[step];
		coverage->step[step] = true;
		coverage->places += !coverage->place[pc];
		coverage->place[pc] = true;
	}
}

#endif
