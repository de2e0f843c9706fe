/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verbs of wgmarkctl
 */
#ifndef WGMARK_COMMANDS_H
#define WGMARK_COMMANDS_H

#include <stdbool.h>

#include "config.h"
#include "flow.h"

/**
 * struct options - what the command line says besides verb and argument
 * @dry_run: --dry-run
 * @json: --json
 * @has_backend: --backend was given
 * @backend: its value
 * @ruleset: --ruleset
 * @svg: --svg
 * @flow: --to and the like
 */
struct options {
	bool dry_run;
	bool json;
	bool has_backend;
	enum backend backend;
	bool ruleset;
	bool svg;
	struct flow_options flow;
};

/* One file each. @arg is the configuration file or interface, or NULL.
 * Return: enum exit_status
 */
int cmd_up(const struct options *o, const char *arg);
int cmd_down(const struct options *o, const char *arg);
int cmd_reload(const struct options *o, const char *arg);
int cmd_save(const struct options *o, const char *arg);
int cmd_strip(const struct options *o, const char *arg);
int cmd_show(const struct options *o, const char *arg);
int cmd_doctor(const struct options *o, const char *arg);
int cmd_monitor(const struct options *o, const char *arg);
int cmd_explain(const struct options *o, const char *arg);
int cmd_rules(const struct options *o, const char *arg);

/** explain_ruleset() - "explain --ruleset", of ruleset_print.c. Return: enum exit_status */
int explain_ruleset(const struct options *o);

#endif
