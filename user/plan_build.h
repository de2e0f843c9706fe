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

/** MTU_MIN_IPV6 - RFC 8200; a device with less has no IPv6 (Linux, addrconf_notify()) */
#define MTU_MIN_IPV6 1280

/**
 * struct reload - what the parts of plan_reload() have in common
 * @p, @c, @s, @live, @err: as plan_reload()
 * @up: what "up" would do on this machine without the tunnel
 * @fwmark: the mark that the device gets
 * @mtu: the MTU that it gets
 * @backend: who marks and guards then, BACKEND_AUTO for nobody
 * @params: how
 */
struct reload {
	struct plan *p;
	const struct config *c;
	const struct snapshot *s;
	const struct live *live;
	struct plan_error *err;
	struct plan up;
	uint32_t fwmark;
	uint32_t mtu;
	enum backend backend;
	struct tunnel_params params;
};

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

/** plan_is_foreign() - another tool's table is there, and nothing that "up" makes */
bool plan_is_foreign(const struct snapshot *s);

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

/* plan_reload_wg.c */

/**
 * reload_wg_images() - the device as it has to become
 * @r: the reload
 * @between: with all that the file has, and still with what it has not
 * @to: that of the file
 *
 * Both are to be freed with wg_device_free(), after an error too.
 * Return: 0 or -ENOMEM
 */
int reload_wg_images(const struct reload *r, struct wg_device *between,
		     struct wg_device *to);

/** reload_wg() - append the step from one image to the other, if they differ */
int reload_wg(struct reload *r, const struct wg_device *from, const struct wg_device *to);

/* plan_reload_addr.c */

/** reload_addresses() - append the addresses that come, and those that go */
int reload_addresses(struct reload *r);

/* plan_reload_route.c */

/**
 * reload_routes_begin() - append the routes that go with the last IPv4 address
 *
 * Before that goes, so that each has its step; and where an IPv4 address comes
 * that is the last one to go on the way back, before it, as they come back last.
 */
void reload_routes_begin(struct reload *r);

/** reload_routes() - append the routes that come, and those that go */
int reload_routes(struct reload *r);

/* plan_reload_rule.c */

/** reload_live_rule() - the tunnel's "not fwmark F lookup F" that is there, or NULL */
const struct rule *reload_live_rule(const struct reload *r, sa_family_t family);

/** reload_wanted_rule() - the one that has to be, or NULL */
const struct rule *reload_wanted_rule(const struct reload *r, sa_family_t family);

/**
 * reload_is_half_done() - whether another one was killed where it leaves what
 * cannot be told from what has to be: rules for two marks, or two backends
 */
bool reload_is_half_done(const struct reload *r);

/**
 * reload_rules_begin() - append what lets packets of both marks pass
 *
 * Before the mark changes. Return: 0 or -EEXIST
 */
int reload_rules_begin(struct reload *r);

/** reload_rules() - append the rules that come */
void reload_rules(struct reload *r);

/** reload_rules_done() - append the removal of those that go */
void reload_rules_done(struct reload *r);

/* plan_reload_mark.c: in this order, with routes after reload_marks() */

/** reload_backend() - append another backend, before the addresses */
void reload_backend(struct reload *r);

/** reload_marks() - append marks and rules that come. Return: 0 or -EEXIST */
int reload_marks(struct reload *r);

/** reload_marks_done() - append rules, marks and backend that go */
void reload_marks_done(struct reload *r);

#endif
