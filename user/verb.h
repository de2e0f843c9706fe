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

/** verb_work - what is done with a configuration, its endpoints resolved */
typedef int verb_work(const struct options *o, struct kernel *k, const struct config *c);

/**
 * verb_from_file() - a verb that brings the machine to a file
 * @o: its options; with --dry-run the lock is not taken
 * @arg: see load_config()
 * @work: is called when the kernel is open and the lock is held
 */
int verb_from_file(const struct options *o, const char *arg, verb_work *work);

/** verb_look - what is said of the machine, or with @ifname of that interface alone */
typedef int verb_look(const struct options *o, struct kernel *k, const char *ifname);

/**
 * verb_of_machine() - a verb that looks, and changes nothing
 * @o: its options
 * @arg: an interface's name, or a file's that has it; NULL for all
 * @look: is called when the kernel is open
 */
int verb_of_machine(const struct options *o, const char *arg, verb_look *look);

#endif
