/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a verb is going to do, as a list of steps
 *
 * The planner is a pure function of the configuration and a snapshot of the
 * kernel. Applying, walking back, "--dry-run", the "[#]" lines and the unit
 * tests all use the list that it makes.
 */
#ifndef WGMARK_PLAN_H
#define WGMARK_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "config.h"
#include "live.h"
#include "rule.h"
#include "snapshot.h"
#include "src_valid_mark.h"
#include "tunnel.h"

/**
 * enum step_type - the kinds of step
 *
 * A step that another one takes with it (keys and peers go with their link) has
 * no undo of its own. Addresses have, so that none is left when the guard goes.
 * In a plan that changes a tunnel in place each step has one.
 */
enum step_type {
	STEP_LINK_ADD,		/* undo: STEP_LINK_DEL */
	STEP_LINK_DEL,
	STEP_WG_SET,		/* keys, port, peers; goes with the link */
	STEP_WG_FWMARK,		/* goes with the link */
	STEP_WG_SYNC,		/* undo: itself, the other way round */
	STEP_WG_KEEPALIVE,	/* changes nothing that stays */
	STEP_KMOD_ADD,		/* goes with the link */
	STEP_KMOD_SET,		/* undo: itself, the other way round */
	STEP_KMOD_DEL,
	STEP_NFT_ADD,		/* undo: STEP_NFT_DEL */
	STEP_NFT_DEL,
	STEP_NFT_SET,		/* undo: itself, the other way round */
	STEP_GUARD_ADD,		/* undo: STEP_GUARD_DEL */
	STEP_GUARD_DEL,
	STEP_ADDR_ADD,		/* undo: STEP_ADDR_DEL */
	STEP_ADDR_DEL,
	STEP_LINK_UP,		/* goes with the link */
	STEP_LINK_MTU,		/* undo: itself, the other way round */
	STEP_SYSCTL_SET,	/* undo: STEP_SYSCTL_RESTORE */
	STEP_SYSCTL_RESTORE,
	STEP_RULE_ADD,		/* undo: STEP_RULE_DEL */
	STEP_RULE_DEL,
	STEP_ROUTE_ADD,		/* undo: STEP_ROUTE_DEL */
	STEP_ROUTE_DEL,
	STEP_ROUTE_KEEP,	/* add it unless it is there; undo: itself */
	STEP_DNS_SET,		/* undo: STEP_DNS_DEL */
	STEP_DNS_DEL,		/* in place: undo: STEP_DNS_SET */
	STEP_HOOK,
	STEP_SAVE,		/* the file anew, from the machine */
};

/**
 * struct step - one change of the kernel's state
 * @type: which member counts
 * @prefix: STEP_ADDR_ADD, STEP_ADDR_DEL, STEP_GUARD_ADD, STEP_GUARD_DEL
 * @mtu: STEP_LINK_UP, STEP_LINK_MTU
 * @old_mtu: STEP_LINK_MTU
 * @fwmark: STEP_WG_FWMARK
 * @old_fwmark: likewise
 * @sync: STEP_WG_SYNC, STEP_WG_KEEPALIVE
 * @sync.from: what the device has
 * @sync.to: what it gets; STEP_WG_SYNC
 * @tunnel: STEP_KMOD_ADD, STEP_KMOD_SET, STEP_KMOD_DEL, STEP_NFT_ADD, STEP_NFT_SET
 * @old_tunnel: STEP_KMOD_SET, STEP_NFT_SET
 * @nft: STEP_NFT_DEL
 * @nft_was: likewise, in place
 * @rule: STEP_RULE_ADD, STEP_RULE_DEL
 * @route: STEP_ROUTE_ADD, STEP_ROUTE_DEL, STEP_ROUTE_KEEP
 * @route.dst: destination
 * @route.table: routing table, RT_TABLE_MAIN for the usual one
 * @sysctl: STEP_SYSCTL_SET, STEP_SYSCTL_RESTORE
 * @sysctl.mark: what the setting becomes
 * @sysctl.old: what it was
 * @dns: STEP_DNS_SET, STEP_DNS_DEL; the program that is told
 * @dns_to: STEP_DNS_SET; what it is told, NULL for the configuration's
 * @dns_from: both, in place; what was set, or NULL
 * @dns_of: STEP_DNS_DEL: the interface whose record goes, the plan's if empty
 * @hook: STEP_HOOK
 * @hook.when: which key of the file it is of
 * @hook.command: for the shell
 */
struct step {
	enum step_type type;
	char dns_of[IF_NAMESIZE];
	union {
		struct prefix prefix;
		struct {
			uint32_t mtu;
			uint32_t old_mtu;
		};
		struct {
			uint32_t fwmark;
			uint32_t old_fwmark;
		};
		struct {
			const struct wg_device *from;
			const struct wg_device *to;
		} sync;
		struct {
			struct tunnel_params tunnel;
			struct tunnel_params old_tunnel;
		};
		struct {
			struct nft_tables nft;
			struct tunnel_params nft_was;
		};
		struct rule rule;
		struct {
			struct prefix dst;
			uint32_t table;
		} route;
		struct {
			struct src_valid_mark mark;
			int old;
		} sysctl;
		struct {
			enum dns_tool dns;
			const struct dns *dns_to;
			const struct dns *dns_from;
		};
		struct {
			enum hook when;
			const char *command;
		} hook;
	};
};

/**
 * struct plan - the steps of one verb, in order
 * @ifname: the tunnel
 * @config: what the steps take keys, peers, addresses and commands from; NULL
 *	for "down" without a file
 * @arg: what STEP_SAVE takes the file from, as load_config() has it
 * @steps: the list
 * @len: how many
 * @notes: sentences for the user, such as another tool's table that is in the
 *	way; NULL-terminated, or NULL
 * @in_place: the tunnel is there before and after: what is taken away can be
 *	given back
 * @wg: for STEP_WG_SYNC: with what is new, and then without what is old
 */
struct plan {
	char ifname[IF_NAMESIZE];
	const struct config *config;
	const char *arg;
	struct step *steps;
	size_t len;
	char **notes;
	bool in_place;
	struct wg_device wg[2];
};

/**
 * struct plan_error - why there is no plan
 * @text: one sentence, what is in the way and what to do
 */
struct plan_error {
	char text[256];
};

/**
 * plan_up() - the steps that bring a tunnel up
 * @p: the result; to be freed with plan_free(), after an error too
 * @c: the configuration, endpoints resolved; must outlive @p
 * @s: the kernel before
 * @err: filled on refusal
 *
 * Return: 0; -EEXIST, -EINVAL, -EOPNOTSUPP with @err filled; or -ENOMEM
 */
int plan_up(struct plan *p, const struct config *c, const struct snapshot *s,
	    struct plan_error *err);

/**
 * plan_down() - the steps that remove exactly what plan_up() made
 * @p: as plan_up()
 * @ifname: the interface
 * @c: the configuration, for its commands and SaveConfig, or NULL
 * @s: the kernel before
 * @err: filled on refusal
 *
 * What is ours is known by identity: rules by protocol, mark, table and
 * priority, nft tables by the device's index, the rest by the device. What
 * tunnels that are gone have left behind is removed too, as by plan_up().
 * Return: as plan_up(); -ENODEV if there is nothing to remove
 */
int plan_down(struct plan *p, const char *ifname, const struct config *c,
	      const struct snapshot *s, struct plan_error *err);

/**
 * plan_reload() - the steps that make a tunnel that is up that of its file
 * @p: as plan_up()
 * @c: the configuration, endpoints resolved; must outlive @p
 * @s: the kernel before
 * @live: the tunnel before; must outlive @p
 * @err: filled on refusal
 *
 * What is new comes first, what is old goes after that. There is no step for what
 * is as it should be. Hooks are not run.
 * Return: as plan_up(); -ENODEV if the tunnel is not up
 */
int plan_reload(struct plan *p, const struct config *c, const struct snapshot *s,
		const struct live *live, struct plan_error *err);

/**
 * step_undo() - the step that takes another one back
 * @p: the plan
 * @step: one of its steps
 * @undo: the result
 *
 * Return: false if it has none
 */
bool step_undo(const struct plan *p, const struct step *step, struct step *undo);

/** step_dns() - what STEP_DNS_SET sets */
struct dns step_dns(const struct plan *p, const struct step *step);

/** plan_free() - free what the planner allocated */
void plan_free(struct plan *p);

#endif
