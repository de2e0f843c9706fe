// SPDX-License-Identifier: GPL-2.0
/*
 * Do what a plan says
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "dns.h"
#include "dns_record.h"
#include "kmod.h"
#include "msg.h"
#include "nft.h"
#include "render.h"
#include "rtnl.h"
#include "run.h"
#include "save.h"
#include "src_valid_mark.h"
#include "state.h"
#include "wg.h"

/**
 * struct apply - a plan under way
 * @k: kernel
 * @p: plan
 * @ifindex: the device, 0 until it is looked up
 * @has_hooks: a command of the user was run
 */
struct apply {
	struct kernel *k;
	const struct plan *p;
	uint32_t ifindex;
	bool has_hooks;
};

#ifdef WGMARKCTL_FAULTS
static bool is_asked(const char *name, size_t step)
{
	const char *text = getenv(name);

	return text && strtoul(text, NULL, 10) == step;
}

/* In the test build, what the environment says happens at a step: with
 * WGMARKCTL_FAIL_AT=N number N fails instead of being done, with
 * WGMARKCTL_FAIL_AFTER=N right after, and with WGMARKCTL_KILL_AT=N the program
 * dies before it.
 */
static int fault(const char *name, size_t step)
{
	if (is_asked("WGMARKCTL_KILL_AT", step))
		raise(SIGKILL);
	return is_asked(name, step) ? -EIO : 0;
}
#else
static int fault(const char *name, size_t step)
{
	(void)name;
	(void)step;
	return 0;
}
#endif

static int find_device(struct apply *a)
{
	struct link link;
	int err;

	if (a->ifindex)
		return 0;
	err = rtnl_link_get(&a->k->rtnl, &link, a->p->ifname, 0);
	if (!err)
		a->ifindex = link.ifindex;
	return err;
}

static int do_link(struct apply *a, const struct step *step)
{
	int err;

	if (step->type == STEP_LINK_ADD)
		return rtnl_link_add(&a->k->rtnl, a->p->ifname);
	if (step->type == STEP_LINK_UP)
		return rtnl_link_up(&a->k->rtnl, a->ifindex, step->mtu);
	if (step->type == STEP_LINK_MTU)
		return rtnl_link_mtu(&a->k->rtnl, a->ifindex, step->mtu);
	err = rtnl_link_del(&a->k->rtnl, a->ifindex);
	a->ifindex = 0;
	return err;
}

static int do_nft(struct apply *a, const struct step *step)
{
	const struct config *c = a->p->config;

	if (step->type == STEP_NFT_DEL)
		return nft_tunnel_del(a->k, &step->nft);
	if (step->type == STEP_GUARD_ADD)
		return nft_guard_add(a->k, a->p->ifname, &step->prefix);
	if (step->type == STEP_GUARD_DEL)
		return nft_guard_del(a->k, a->p->ifname, &step->prefix);
	if (step->type == STEP_NFT_SET)
		return nft_tunnel_set(a->k, a->p->ifname, step->old_tunnel.families,
				      a->ifindex, &step->tunnel, c->address,
				      c->address_len);
	return nft_tunnel_add(a->k, a->p->ifname, a->ifindex, &step->tunnel,
			      c->address, c->address_len);
}

static int do_dns(struct apply *a, const struct step *step)
{
	const char *ifname = step->dns_of[0] ? step->dns_of : a->p->ifname;
	bool record = step->dns == DNS_RESOLVCONF;
	struct dns dns;
	int ret;

	if (step->type == STEP_DNS_DEL) {
		ret = dns_unset(step->dns, ifname);
		return ret || !record ? ret : dns_record_drop(ifname);
	}

	dns = step_dns(a->p, step);
	ret = record ? dns_record_keep(ifname, a->ifindex) : 0;
	if (ret)
		return ret;
	ret = dns_set(step->dns, ifname, a->ifindex, &dns);
	/* then nothing is set */
	if (ret && step->dns_from)
		dns_set(step->dns, ifname, a->ifindex, step->dns_from);
	else if (ret && record)
		dns_record_drop(ifname);
	return ret;
}

static int do_hook(const struct step *step)
{
	int ret, err;

	state_pause();
	ret = run_hook(step->hook.command);
	err = state_resume();
	return ret ?: err;
}

/* Whether some tunnel, of whatever tool, has IPv4 rules by its mark */
static int find_tunnel(struct apply *a, bool *found)
{
	struct rule *rules;
	size_t len, i;
	int err;

	*found = false;
	err = rtnl_rule_list(&a->k->rtnl, &rules, &len);
	if (err)
		return err;
	for (i = 0; i < len; i++)
		*found |= rules[i].family == AF_INET && rules[i].invert && rules[i].fwmark;
	free(rules);
	return 0;
}

/* A command of the user may have brought up another tunnel, after the plan was
 * made: the setting stays for it, and so does what it was before.
 */
static int restore_src_valid_mark(struct apply *a, const struct step *step)
{
	bool needed = false;
	int err = 0;

	if (a->has_hooks)
		err = find_tunnel(a, &needed);
	if (err || needed)
		return err;
	return src_valid_mark_restore(&a->k->rtnl, &step->sysctl.mark);
}

static int do_route(struct apply *a, const struct step *step)
{
	const struct prefix *dst = &step->route.dst;
	uint32_t table = step->route.table;
	int err;

	if (step->type == STEP_ROUTE_DEL)
		return rtnl_route_del(&a->k->rtnl, a->ifindex, dst, table);
	err = rtnl_route_add(&a->k->rtnl, a->ifindex, dst, table);
	return step->type == STEP_ROUTE_KEEP && err == -EEXIST ? 0 : err;
}

/* Return: 0, -errno, or the exit status of a program */
static int do_step(struct apply *a, const struct step *step)
{
	struct nlsock *rtnl = &a->k->rtnl;

	switch (step->type) {
	case STEP_LINK_ADD:
	case STEP_LINK_DEL:
	case STEP_LINK_UP:
	case STEP_LINK_MTU:
		return do_link(a, step);
	case STEP_WG_SET:
		return wg_set(a->k, a->ifindex, a->p->config);
	case STEP_WG_FWMARK:
		return wg_set_fwmark(a->k, a->ifindex, step->fwmark);
	case STEP_WG_SYNC:
		return wg_sync(a->k, a->ifindex, step->sync.from, step->sync.to);
	case STEP_WG_KEEPALIVE:
		return wg_keepalive(a->k, a->ifindex);
	case STEP_KMOD_ADD:
		return kmod_tunnel_new(a->k, a->ifindex, &step->tunnel);
	case STEP_KMOD_SET:
		return kmod_tunnel_set(a->k, a->ifindex, &step->tunnel);
	case STEP_KMOD_DEL:
		return kmod_tunnel_del(a->k, a->ifindex);
	case STEP_NFT_ADD:
	case STEP_NFT_DEL:
	case STEP_NFT_SET:
	case STEP_GUARD_ADD:
	case STEP_GUARD_DEL:
		return do_nft(a, step);
	case STEP_ADDR_ADD:
		return rtnl_addr_add(rtnl, a->ifindex, &step->prefix);
	case STEP_ADDR_DEL:
		return rtnl_addr_del(rtnl, a->ifindex, &step->prefix);
	case STEP_SYSCTL_SET:
		return src_valid_mark_change(rtnl, &step->sysctl.mark, step->sysctl.old);
	case STEP_SYSCTL_RESTORE:
		return restore_src_valid_mark(a, step);
	case STEP_RULE_ADD:
		return rtnl_rule_add(rtnl, &step->rule);
	case STEP_RULE_DEL:
		return rtnl_rule_del(rtnl, &step->rule);
	case STEP_ROUTE_ADD:
	case STEP_ROUTE_DEL:
	case STEP_ROUTE_KEEP:
		return do_route(a, step);
	case STEP_DNS_SET:
	case STEP_DNS_DEL:
		return do_dns(a, step);
	case STEP_HOOK:
		a->has_hooks = true;
		return do_hook(step);
	case STEP_SAVE:
		return save_interface(a->k, a->p->arg);
	}
	return -EINVAL;
}

static bool needs_device(enum step_type type)
{
	switch (type) {
	case STEP_LINK_ADD:
	case STEP_NFT_DEL:
	case STEP_SYSCTL_SET:
	case STEP_SYSCTL_RESTORE:
	case STEP_RULE_ADD:
	case STEP_RULE_DEL:
	case STEP_DNS_DEL:
	case STEP_HOOK:
	case STEP_SAVE:
		return false;
	default:
		return true;
	}
}

/* Show a step and do it. */
static int run(struct apply *a, const struct step *step)
{
	int err = 0;

	render_step(stderr, a->p, step);
	a->k->text[0] = '\0';
	if (needs_device(step->type))
		err = find_device(a);
	return err ?: do_step(a, step);
}

static void report(const struct apply *a, const struct step *step, int err)
{
	const char *what;
	char *command;

	/* save_interface() has said it */
	if (step->type == STEP_SAVE && err > 0)
		return;

	command = render_text(a->p, step);
	what = command ? command : "a step";
	if (err > 0)
		msg("%s: exit status %d", what, err);
	else
		msg_errno(err, a->k->text, "%s", what);
	free(command);
}

/* Hold signals back while the machine is between two states. */
static void hold_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, old);
	/* nobody may be reading stderr any more */
	signal(SIGPIPE, SIG_IGN);
}

static bool signal_held(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) ||
	       sigismember(&set, SIGHUP);
}

/* What is taken away is gone already: a command of the user, or what it started,
 * may have done that
 */
static bool is_gone(const struct step *step, int err)
{
	switch (step->type) {
	case STEP_LINK_DEL:
		return err == -ENODEV;
	case STEP_RULE_DEL:
	case STEP_NFT_DEL:
		return err == -ENOENT;
	case STEP_ROUTE_DEL:
		return err == -ESRCH;
	default:
		return false;
	}
}

static void walk_back(struct apply *a, size_t done)
{
	struct step undo;
	int err;

	while (done--) {
		if (!step_undo(a->p, &a->p->steps[done], &undo))
			continue;
		err = run(a, &undo);
		if (err && !is_gone(&undo, err))
			report(a, &undo, err);
	}
}

/* What a tunnel that is gone left behind is not this one's condition. */
static bool is_of_other(const struct step *step)
{
	return step->type == STEP_DNS_DEL && step->dns_of[0];
}

/* Step number @i. @done becomes true if it has an effect to be taken back */
static int try_step(struct apply *a, size_t i, bool *done)
{
	const struct step *step = &a->p->steps[i];
	int err;

	*done = false;
	err = signal_held() ? -EINTR : fault("WGMARKCTL_FAIL_AT", i);
	if (!err) {
		err = run(a, step);
		*done = !err;
		if (err && is_of_other(step)) {
			report(a, step, err);
			err = 0;
		}
	}
	if (!err)
		err = fault("WGMARKCTL_FAIL_AFTER", i);
	if (!err && i + 1 == a->p->len && signal_held())
		err = -EINTR;
	if (err)
		report(a, step, err);
	return err;
}

int apply_up(struct kernel *k, const struct plan *p)
{
	struct apply a = { .k = k, .p = p };
	sigset_t old;
	bool done;
	size_t i;
	int err;

	hold_signals(&old);
	src_valid_mark_forget_gone(&k->rtnl);
	for (i = 0; i < p->len; i++) {
		err = try_step(&a, i, &done);
		if (err) {
			walk_back(&a, i + done);
			/* whoever was told to go goes now */
			sigprocmask(SIG_SETMASK, &old, NULL);
			return err;
		}
	}
	/* a signal is too late from here on, and stays held */
	return 0;
}

/* What has to work before anything is taken away */
static bool is_condition(const struct step *step)
{
	return step->type == STEP_SAVE ||
	       (step->type == STEP_HOOK && step->hook.when == HOOK_PRE_DOWN);
}

int apply_down(struct kernel *k, const struct plan *p)
{
	struct apply a = { .k = k, .p = p };
	int err, first = 0;
	sigset_t old;
	size_t i;

	hold_signals(&old);
	src_valid_mark_forget_gone(&k->rtnl);
	for (i = 0; i < p->len; i++) {
		err = fault("WGMARKCTL_FAIL_AT", i) ?: run(&a, &p->steps[i]);
		if (!err || is_gone(&p->steps[i], err))
			continue;
		report(&a, &p->steps[i], err);
		first = first ?: err;
		if (is_condition(&p->steps[i]))
			break;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return first;
}
