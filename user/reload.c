// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl reload": configuration, snapshot, plan of differences, apply
 */
#include "apply.h"
#include "commands.h"
#include "live.h"
#include "msg.h"
#include "snapshot.h"
#include "verb.h"

static int change(const struct options *o, struct kernel *k, const struct config *c)
{
	struct plan_error err = { 0 };
	struct live live = { 0 };
	struct plan p = { 0 };
	struct snapshot s;
	int status;

	if (snapshot_take(&s, k, c->ifname, c) || live_take(&live, k, c->ifname, &s)) {
		status = STATUS_FAILED;
		goto out;
	}
	status = verb_refused(&p, plan_reload(&p, c, &s, &live, &err), &err);
	if (!status && o->dry_run)
		verb_print(o, &p);
	else if (!status)
		status = verb_status(apply_up(k, &p));
out:
	plan_free(&p);
	live_free(&live);
	snapshot_free(&s);
	return status;
}

int cmd_reload(const struct options *o, const char *arg)
{
	return verb_from_file(o, arg, change);
}
