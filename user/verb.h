/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verbs have in common
 *
 * Each function prints what went wrong and returns an enum exit_status.
 */
#ifndef WGMARK_VERB_H
#define WGMARK_VERB_H

#include "commands.h"
#include "kernel.h"
#include "plan.h"

/** verb_open() - kernel_open(); STATUS_PRIVILEGE without CAP_NET_ADMIN */
int verb_open(struct kernel *k);

/** verb_lock() - state_lock(), @fd is the descriptor */
int verb_lock(int *fd);

/** verb_refused() - what plan_up() or plan_down() said; its notes if 0 */
int verb_refused(const struct plan *p, int err, const struct plan_error *text);

/** verb_print() - a plan that is not carried out, as text or JSON */
void verb_print(const struct options *o, const struct plan *p);

/** verb_status() - the status for the -errno of a step, or 0 */
int verb_status(int err);

#endif
