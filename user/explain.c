// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl explain": what the rules here are for
 */
#include "commands.h"
#include "msg.h"

int cmd_explain(const struct options *o, const char *arg)
{
	(void)arg;
	if (o->ruleset)
		return explain_ruleset(o);
	msg("explain works with --ruleset");
	return STATUS_USAGE;
}
