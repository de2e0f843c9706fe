// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl rules": what is done for a tunnel, as nft(8) would be told to do it
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "load.h"
#include "msg.h"
#include "render.h"
#include "verb.h"
#include "view.h"

/* Characters that nft(8) reads in the name of a table */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

/* Name each thing that the module does and no rules here would. Return: how many */
static int print_missing(const struct tunnel_params *t)
{
	int n = 0;

	if (t->restore == WGMARK_RESTORE_LEARN) {
		puts("# Not in here: \"Restore = learn\", the mark without conntrack. Rules that put source addresses and ports\n"
		     "# into a set would learn from any program that sends with the mark, and not from WireGuard's socket\n"
		     "# alone; and they would not know answers that come in fragments, or for an address that NAT changes.");
		n++;
	}
	if (t->restore == WGMARK_RESTORE_LEARN && t->notrack) {
		puts("# Not in here: \"NoTrack = yes\", which goes by what is learned.");
		n++;
	}
	return n;
}

static int print_rules(const struct view *v)
{
	const char *ifname = v->link.name;
	int missing;

	if (strcmp(v->backend, "none") == 0) {
		msg("nothing is done for `%s': wgmarkctl did not bring it up, or it is no full tunnel",
		    ifname);
		return STATUS_MACHINE;
	}
	if (ifname[strspn(ifname, NAME_CHARS)]) {
		msg("`%s' cannot be part of a table's name in nft; rename the interface", ifname);
		return STATUS_MACHINE;
	}
	printf("# What is done for %s by the backend %s. Who loads it has to delete it, too.\n",
	       ifname, v->backend);
	missing = print_missing(&v->params);
	render_tables(stdout, ifname, &v->params, v->guarded, v->guarded_len);
	if (missing)
		msg("the rules do less than the module does for `%s'; the comments say what",
		    ifname);
	return missing ? STATUS_MACHINE : STATUS_OK;
}

static int rules(struct kernel *k, const char *ifname)
{
	struct view *list;
	int status, err;
	size_t len;

	err = view_take(k, ifname, &list, &len);
	if (err == -ENODEV)
		msg("`%s' is not a WireGuard interface", ifname);
	else if (err)
		msg_errno(err, k->text, "cannot read the tunnel");
	if (err)
		status = err == -ENODEV ? STATUS_MACHINE : verb_status(err);
	else
		status = print_rules(list);
	view_free(list, len);
	return status;
}

int cmd_rules(const struct options *o, const char *arg)
{
	char ifname[IF_NAMESIZE];
	struct kernel k = { 0 };
	int status;

	(void)o;
	status = load_ifname(ifname, arg);
	if (!status)
		status = verb_open(&k);
	if (!status)
		status = rules(&k, ifname);
	kernel_close(&k);
	return status;
}
