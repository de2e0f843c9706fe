// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl show": the live tunnels
 */
#include <errno.h>
#include <stdio.h>

#include "commands.h"
#include "msg.h"
#include "verb.h"
#include "view.h"

static int show(const struct options *o, struct kernel *k, const char *ifname)
{
	struct view *list;
	size_t len, i;
	int err;

	err = view_take(k, ifname, &list, &len);
	if (err == -ENODEV)
		msg("`%s' is not a WireGuard interface", ifname);
	else if (err)
		msg_errno(err, k->text, "cannot read the tunnels");
	else if (o->json)
		view_print_json(stdout, list, len);
	else
		for (i = 0; i < len; i++) {
			if (i)
				putchar('\n');
			view_print(stdout, &list[i]);
		}
	view_free(list, len);
	return err == -ENODEV ? STATUS_MACHINE : verb_status(err);
}

int cmd_show(const struct options *o, const char *arg)
{
	return verb_of_machine(o, arg, show);
}
