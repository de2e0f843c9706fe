// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl down": snapshot, plan, apply
 */
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "commands.h"
#include "load.h"
#include "msg.h"
#include "snapshot.h"
#include "verb.h"

static int take_down(const struct options *o, struct kernel *k, const char *ifname,
		     const struct config *c, const char *arg)
{
	struct plan_error err = { 0 };
	struct plan p = { 0 };
	struct snapshot s;
	int status;

	if (snapshot_take(&s, k, ifname, NULL)) {
		snapshot_free(&s);
		return STATUS_FAILED;
	}
	status = verb_refused(&p, plan_down(&p, ifname, c, &s, &err), &err);
	p.arg = arg;
	if (!status && !c && !msg_is_wg_quick())
		msg("note: there is no file for `%s', so that no PreDown or PostDown is run", arg);
	if (!status && o->dry_run)
		verb_print(o, &p);
	else if (!status)
		status = verb_status(apply_down(k, &p));
	plan_free(&p);
	snapshot_free(&s);
	return status;
}

/* The file is for its commands and SaveConfig; the tunnel goes without one too */
static int load_file(struct config *c, const char *arg)
{
	int status;

	status = load_config(c, arg);
	if (status == STATUS_CONFIG && load_exists(arg))
		msg("%s is not taken down; mend its file, or move it away to do without its commands",
		    arg);
	return status;
}

int cmd_down(const struct options *o, const char *arg)
{
	char ifname[IF_NAMESIZE];
	struct config c = { 0 };
	struct kernel k = { 0 };
	int status, lock = -1;
	bool has_file;

	status = load_ifname(ifname, arg);
	/* what is no name is a file; a name need not have one */
	has_file = !status && (load_exists(arg) || strchr(arg, '/'));
	if (has_file)
		status = load_file(&c, arg);
	if (!status)
		status = verb_open(&k);
	if (!status && !o->dry_run)
		status = verb_lock(&lock);
	if (!status)
		status = take_down(o, &k, ifname, has_file ? &c : NULL, arg);

	if (lock >= 0)
		close(lock);
	kernel_close(&k);
	config_free(&c);
	return status;
}
