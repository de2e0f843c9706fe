/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Do what a plan says
 */
#ifndef WGMARK_APPLY_H
#define WGMARK_APPLY_H

#include "kernel.h"
#include "plan.h"

/**
 * apply_up() - do every step, or leave the machine as it was
 * @k: kernel
 * @p: plan
 *
 * Each step is shown on stderr before it is done, with "[#] ". The first that
 * fails is reported, and those done before it are taken back in reverse. A
 * signal (SIGINT, SIGTERM, SIGHUP) is such a failure, and is delivered after
 * that. The test build fails on purpose, see fault() in apply.c.
 * Return: 0, the -errno of the step, or the exit status of the user's command
 */
int apply_up(struct kernel *k, const struct plan *p);

/**
 * apply_down() - do every step, whatever becomes of the others
 *
 * Each failure is reported. Only where a PreDown fails or the file cannot be
 * saved, the rest is left. Return: 0 or as apply_up(), of the first
 */
int apply_down(struct kernel *k, const struct plan *p);

#endif
