/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which tunnel a routing rule is for
 */
#ifndef WGMARK_OWNER_H
#define WGMARK_OWNER_H

#include <stddef.h>

#include "kernel.h"
#include "rule.h"

/**
 * rules_find_owners() - fill in the owner of each rule with rule_is_tunnel()
 * @k: kernel
 * @rules: all of the namespace's
 * @len: how many
 *
 * A device that is down has no route, and "wg set" can change its mark: so
 * either of the two is enough. Return: 0 or -errno
 */
int rules_find_owners(struct kernel *k, struct rule *rules, size_t len);

#endif
