/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Making a plan, for the planner alone
 */
#ifndef WGMARK_PLAN_BUILD_H
#define WGMARK_PLAN_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"

/**
 * plan_begin() - start an empty plan
 * @p: the result
 * @err: is emptied
 * @ifname: the tunnel
 * @max: the most steps that it will have
 *
 * Return: 0 or -ENOMEM
 */
int plan_begin(struct plan *p, struct plan_error *err, const char *ifname,
	       size_t max);

/** plan_add() - append a step, within the room of plan_begin(). Return: it */
struct step *plan_add(struct plan *p, enum step_type type);

/** plan_note() - append a note, as printf(3). Return: 0 or -ENOMEM */
int plan_note(struct plan *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** plan_fail() - say why there is no plan, as printf(3). Return: @ret */
int plan_fail(struct plan_error *err, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** plan_nft_families() - of which the tunnel has an nft table, WGMARK_FAMILY_* */
static inline uint32_t plan_nft_families(const struct snapshot *s)
{
	return (s->nft_table[IPV4] ? WGMARK_FAMILY_IPV4 : 0) |
	       (s->nft_table[IPV6] ? WGMARK_FAMILY_IPV6 : 0);
}

/**
 * plan_backend() - append the step of the backend, or say why it cannot be
 * @p: the plan so far; its config is the one
 * @s: what backends there are
 * @err: filled on refusal
 * @fwmark: F
 * @full: protocol versions that are a full tunnel; with none, or with neither
 *	guard nor restore, there is nothing for a backend to do
 *
 * Return: 0; -EEXIST or -EOPNOTSUPP with @err filled; or -ENOMEM
 */
int plan_backend(struct plan *p, const struct snapshot *s,
		 struct plan_error *err, uint32_t fwmark, uint32_t full);

/**
 * plan_routes() - append the routes of a configuration
 * @p: the plan so far; its config is the one
 * @table: where /0 goes with "Table = auto"
 *
 * Longest prefix first as wg-quick(8) has it, so that /0 comes last.
 * Return: 0 or -ENOMEM
 */
int plan_routes(struct plan *p, uint32_t table);

#endif
