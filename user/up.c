// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl up": configuration, snapshot, plan, apply
 */
#include "apply.h"
#include "commands.h"
#include "msg.h"
#include "snapshot.h"
#include "verb.h"

static int bring_up(const struct options *o, struct kernel *k, const struct config *c)
{
	struct plan_error err = { 0 };
	struct snapshot s;
	struct plan p = { 0 };
	int status;

	if (snapshot_take(&s, k, c->ifname, c)) {
		snapshot_free(&s);
		return STATUS_FAILED;
	}
	status = verb_refused(&p, plan_up(&p, c, &s, &err), &err);
	if (status)
		goto out;
	if (o->dry_run) {
		verb_print(o, &p);
		goto out;
	}
	status = verb_status(apply_up(k, &p));
out:
	plan_free(&p);
	snapshot_free(&s);
	return status;
}

int cmd_up(const struct options *o, const char *arg)
{
	return verb_from_file(o, arg, bring_up);
}
