// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl up": configuration, snapshot, plan, apply
 */
#include <unistd.h>

#include "apply.h"
#include "commands.h"
#include "load.h"
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
	struct kernel k = { 0 };
	struct config c;
	int status, lock = -1;

	status = load_config(&c, arg);
	if (o->has_backend)
		c.backend = o->backend;
	if (!status)
		status = verb_open(&k);
	if (!status)
		status = load_endpoints(&c, arg);
	if (!status && !o->dry_run)
		status = verb_lock(&lock);
	if (!status)
		status = bring_up(o, &k, &c);

	if (lock >= 0)
		close(lock);
	kernel_close(&k);
	config_free(&c);
	return status;
}
