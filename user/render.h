/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A plan as text: the commands that would do the same, or JSON
 */
#ifndef WGMARK_RENDER_H
#define WGMARK_RENDER_H

#include <stdio.h>

#include "plan.h"

/**
 * render_command() - one step as one command
 * @out: where to
 * @plan: the plan that @step is of, for its interface name
 * @step: what to write, from the plan or from step_undo()
 *
 * One line without prefix and without newline, such as
 * "ip link add dev wg0 type wireguard"; of an nft step only "nft -f -".
 */
void render_command(FILE *out, const struct plan *plan, const struct step *step);

/**
 * render_text() - render_command() as a string
 *
 * Return: it, to be freed with free(), or NULL without memory
 */
char *render_text(const struct plan *plan, const struct step *step);

/**
 * render_ruleset() - what an nft step hands to "nft -f -"
 * @out: where to
 * @prefix: begins each line
 * @plan: as above, and for its configuration's addresses
 * @step: STEP_NFT_ADD or STEP_NFT_DEL; nothing is written of another one
 *
 * Whole lines. nft(8) loads the text as it is once the device exists, unless the
 * device has a "+" or "=" in its name, which nft(8) cannot write in a table's.
 */
void render_ruleset(FILE *out, const char *prefix, const struct plan *plan,
		    const struct step *step);

/**
 * render_tables() - the tables that do what a tunnel's backend does
 * @out: where to
 * @ifname: the device
 * @tunnel: what to do; what nft(8) has no words for, WGMARK_RESTORE_LEARN and
 *	@notrack, is left out
 * @addrs: the addresses to be guarded
 * @len: how many
 */
void render_tables(FILE *out, const char *ifname, const struct tunnel_params *tunnel,
		   const struct prefix *addrs, size_t len);

/**
 * render_peers() - what STEP_WG_SYNC changes, as arguments of "wg set"
 * @out: where to
 * @prefix: begins each line
 * @step: nothing is written of another one
 *
 * Whole lines; of secret keys only that they change.
 */
void render_peers(FILE *out, const char *prefix, const struct step *step);

/** render_keepalive() - STEP_WG_KEEPALIVE, as the command that asks for the same */
void render_keepalive(FILE *out, const struct plan *plan, const struct step *step);

/**
 * render_step() - one step as the user sees it
 * @out: where to
 * @plan: the plan that @step is of
 * @step: what to write
 *
 * "[#] " and the command; of an nft step also its ruleset, each line after
 * "[#]   ". Whole lines, with newline, by escape_put(): a command that carries
 * control characters shows as what it is, before it is run. Nothing without memory.
 */
void render_step(FILE *out, const struct plan *plan, const struct step *step);

/**
 * render_plan_json() - a whole plan as one JSON object
 * @out: where to
 * @plan: what to write
 *
 * { "interface", "steps": [ { "type", "command", ... } ], "notes": [ ] }, with the
 * parameters of each step beside its command, numbers as numbers.
 */
void render_plan_json(FILE *out, const struct plan *plan);

#endif
