// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl down": snapshot, plan, apply
 */
#include <unistd.h>

#include "apply.h"
#include "commands.h"
#include "load.h"
#include "msg.h"
#include "render.h"
#include "snapshot.h"
#include "verb.h"

static int take_down(const struct options *o, struct kernel *k, const char *ifname)
{
	struct plan_error err = { 0 };
	struct plan p = { 0 };
	struct snapshot s;
	int status;
	size_t i;

	if (snapshot_take(&s, k, ifname, NULL)) {
		snapshot_free(&s);
		return STATUS_FAILED;
	}
	status = verb_refused(&p, plan_down(&p, ifname, &s, &err), &err);
	if (!status && !o->dry_run)
		status = verb_status(apply_down(k, &p));
	else if (!status && o->json)
		render_plan_json(stdout, &p);
	else if (!status)
		for (i = 0; i < p.len; i++)
			render_step(stdout, &p, &p.steps[i]);
	plan_free(&p);
	snapshot_free(&s);
	return status;
}

int cmd_down(const struct options *o, const char *arg)
{
	char ifname[IF_NAMESIZE];
	struct kernel k = { 0 };
	int status, lock = -1;

	status = load_ifname(ifname, arg);
	if (!status)
		status = verb_open(&k);
	if (!status && !o->dry_run)
		status = verb_lock(&lock);
	if (!status)
		status = take_down(o, &k, ifname);

	if (lock >= 0)
		close(lock);
	kernel_close(&k);
	return status;
}
