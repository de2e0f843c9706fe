/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzz targets have in common
 *
 * A target fuzz-NAME.c is a libFuzzer target. It is linked three ways: with
 * libFuzzer (build/fuzz), with replay.c, which runs it over files (build/asan),
 * and, if it reads netlink, with record.c, which has the real kernel answer and
 * writes seeds (build/record).
 */
#ifndef WGMARK_FUZZ_H
#define WGMARK_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "kernel.h"

/** The tunnel's device: the first one of a new network namespace, after lo. */
#define FUZZ_IFNAME "wg0"
#define FUZZ_IFINDEX 2

/** fuzz_check() - a property: what does not hold ends the program by SIGABRT */
#define fuzz_check(cond) \
	((cond) ? (void)0 : fuzz_fail(#cond, __FILE__, __LINE__))

__attribute__((noreturn))
static inline void fuzz_fail(const char *cond, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, cond);
	abort();
}

/** fuzz_prefix() - check that @p is an address with a length */
static inline void fuzz_prefix(const struct prefix *p)
{
	char text[PREFIX_TEXT_LEN];
	struct prefix again;

	fuzz_check(p->family == AF_INET || p->family == AF_INET6);
	fuzz_check(p->len <= 8 * prefix_bytes(p));
	fuzz_check(prefix_parse(&again, prefix_text(p, text)) == 0);
	fuzz_check(prefix_equal(p, &again));
}

/** fuzz_string() - check that a string ends within its array */
static inline void fuzz_string(const char *text, size_t size)
{
	fuzz_check(memchr(text, '\0', size));
}

/** fuzz_result() - check what every netlink function says and leaves behind */
static inline int fuzz_result(const struct kernel *k, int err)
{
	/* MAX_ERRNO of <linux/err.h> */
	fuzz_check(err <= 0 && err >= -4095);
	fuzz_string(k->text, sizeof(k->text));
	fuzz_check(!k->rtnl.tx_count && !k->genl.tx_count && !k->nft.tx_count);
	return err;
}

/**
 * struct fuzz_op - a function that reads an answer of the kernel
 * @name: of the function, and of its seed
 * @run: calls it and checks what it says
 */
struct fuzz_op {
	const char *name;
	void (*run)(struct kernel *k);
};

/**
 * fuzz_netlink() - run one of @ops, with a socket of @bus open
 * @data: which one, and what is answered; see answers.h
 * @size: of @data
 * @bus: NETLINK_ROUTE, NETLINK_GENERIC or NETLINK_NETFILTER
 * @ops: the last one's name is NULL
 *
 * Return: 0, as LLVMFuzzerTestOneInput()
 */
int fuzz_netlink(const uint8_t *data, size_t size, int bus, const struct fuzz_op *ops);

/** LLVMFuzzerTestOneInput() - the target, as libFuzzer calls it */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
