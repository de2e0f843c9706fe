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

/** plan_hooks() - append the user's commands of one key, if there is a file */
void plan_hooks(struct plan *p, enum hook when);

/** plan_note() - append a note, as printf(3). Return: 0 or -ENOMEM */
int plan_note(struct plan *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** plan_fail() - say why there is no plan, as printf(3). Return: @ret */
int plan_fail(struct plan_error *err, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * plan_cleanup() - append the removal of what tunnels that are gone left behind
 * @p: the plan so far, with room for as many steps as @s has of such things
 * @s: the machine
 *
 * Return: 0 or -ENOMEM
 */
int plan_cleanup(struct plan *p, const struct snapshot *s);

/**
 * plan_restore_mark() - append the restoring of src_valid_mark if nobody needs it
 * @p: the plan so far
 * @s: the machine
 * @down: the device whose tunnel goes down, or 0
 *
 * Return: the value that it has then for all devices
 */
int plan_restore_mark(struct plan *p, const struct snapshot *s, uint32_t down);

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
