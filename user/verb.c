// SPDX-License-Identifier: GPL-2.0
/*
 * What the verbs have in common
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "msg.h"
#include "render.h"
#include "state.h"
#include "verb.h"

int verb_status(int err)
{
	if (!err)
		return STATUS_OK;
	return err == -EPERM ? STATUS_PRIVILEGE : STATUS_FAILED;
}

void verb_print(const struct options *o, const struct plan *p)
{
	size_t i;

	if (o->json) {
		render_plan_json(stdout, p);
		return;
	}
	for (i = 0; i < p->len; i++)
		render_step(stdout, p, &p->steps[i]);
}

int verb_open(struct kernel *k)
{
	int err;

	err = kernel_open(k);
	if (err == -EPERM)
		msg("needs CAP_NET_ADMIN over this network namespace; run it as root");
	else if (err)
		msg_errno(err, k->text, "cannot talk to the kernel");
	return verb_status(err);
}

int verb_lock(int *fd)
{
	*fd = state_lock();
	if (*fd >= 0)
		return STATUS_OK;
	msg_errno(*fd, "", "cannot use the folder /run/wgmark");
	return *fd == -EACCES ? STATUS_PRIVILEGE : verb_status(*fd);
}

int verb_refused(const struct plan *p, int err, const struct plan_error *text)
{
	char **note;

	switch (err) {
	case 0:
		for (note = p->notes; note && *note; note++)
			msg("note: %s", *note);
		return STATUS_OK;
	case -ENOMEM:
		msg_errno(err, "", "cannot make a plan");
		return STATUS_FAILED;
	default:
		/* wg-quick gives no advice */
		msg("%.*s", msg_is_wg_quick() ? (int)strcspn(text->text, ";") : -1,
		    text->text);
		return err == -EINVAL ? STATUS_CONFIG : STATUS_MACHINE;
	}
}

int verb_from_file(const struct options *o, const char *arg, verb_work *work)
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
		status = work(o, &k, &c);

	if (lock >= 0)
		close(lock);
	kernel_close(&k);
	config_free(&c);
	return status;
}

int verb_of_machine(const struct options *o, const char *arg, verb_look *look)
{
	char ifname[IF_NAMESIZE];
	struct kernel k = { 0 };
	int status = STATUS_OK;

	if (arg)
		status = load_ifname(ifname, arg);
	if (!status)
		status = verb_open(&k);
	if (!status)
		status = look(o, &k, arg ? ifname : NULL);
	kernel_close(&k);
	return status;
}
