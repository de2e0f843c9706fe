// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl explain": where does a packet go, and why?
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "journey.h"
#include "msg.h"
#include "verb.h"

/* Asked about where --to names none: Cloudflare's public resolver */
static const char *const anywhere[IP_FAMILIES] = { "1.1.1.1", "2606:4700:4700::1111" };

static bool routes_cover(const struct fib *fib, const struct prefix *addr)
{
	const struct fib_route *r;

	for (r = fib->routes; r < fib->routes + fib->routes_len; r++) {
		/* an IPv6 without routes has an "unreachable" of its own */
		if (r->type == RTN_UNICAST && prefix_covers(&r->dst, addr))
			return true;
	}
	return false;
}

static bool peers_cover(const struct view *v, const struct prefix *addr)
{
	const struct wg_peer *p;
	size_t i;

	for (p = v->dev.peers; p < v->dev.peers + v->dev.peers_len; p++) {
		for (i = 0; i < p->allowed_len; i++) {
			if (prefix_covers(&p->allowed[i], addr))
				return true;
		}
	}
	return false;
}

/* Whether this machine has a route or a tunnel that leads there */
static bool has_way(const struct journey_machine *m, const struct prefix *addr)
{
	size_t i;

	if (routes_cover(&m->fib, addr))
		return true;
	for (i = 0; i < m->views_len; i++) {
		if (peers_cover(&m->views[i], addr))
			return true;
	}
	return false;
}

/* The packets that are asked about. Return: how many */
static size_t find_flows(const struct journey_machine *m, const struct flow *asked,
			 struct flow flows[static IP_FAMILIES])
{
	struct prefix to[IP_FAMILIES];
	size_t i, len = 0;

	if (asked->to.family) {
		flows[0] = *asked;
		return 1;
	}
	for (i = 0; i < IP_FAMILIES; i++) {
		prefix_parse(&to[i], anywhere[i]);
		if (has_way(m, &to[i]))
			flows[len++] = flow_towards(asked, &to[i]);
	}
	/* where no way leads anywhere, that is what is to be said */
	if (!len)
		flows[len++] = flow_towards(asked, &to[IPV4]);
	return len;
}

/* NO_COLOR: no-color.org */
static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static void print(const struct options *o, const struct journey *list, size_t len)
{
	bool colour = wants_colour();
	size_t i;

	if (o->json) {
		journey_print_json(stdout, list, len);
	} else if (o->svg) {
		journey_print_svg(stdout, list, len);
	} else {
		for (i = 0; i < len; i++) {
			if (i)
				putchar('\n');
			journey_print(stdout, &list[i], colour);
		}
	}
}

static int tell(const struct options *o, const struct journey_machine *m,
		const struct view *tunnel, const char *text)
{
	struct journey list[IP_FAMILIES] = { 0 };
	struct flow asked, flows[IP_FAMILIES];
	char wrong[FLOW_TEXT_LEN];
	size_t len, i;
	int err;

	err = flow_read(&asked, &o->flow, &m->fib, wrong);
	if (err) {
		msg("%s", wrong);
		return err == -ENODEV ? STATUS_MACHINE : STATUS_USAGE;
	}
	len = find_flows(m, &asked, flows);
	for (i = 0; i < len && !err; i++)
		err = journey_tell(&list[i], m, &flows[i], tunnel);
	if (err)
		msg_errno(err, text, "cannot ask the kernel for the way");
	else
		print(o, list, len);
	for (i = 0; i < len; i++)
		journey_free(&list[i]);
	return verb_status(err);
}

static int find_tunnel(const struct journey_machine *m, const char *ifname,
		       const struct view **tunnel)
{
	size_t i;

	for (i = 0; i < m->views_len; i++) {
		if (strcmp(m->views[i].link.name, ifname) == 0) {
			*tunnel = &m->views[i];
			return STATUS_OK;
		}
	}
	msg("`%s' is not a WireGuard interface", ifname);
	return STATUS_MACHINE;
}

static int explain(const struct options *o, struct kernel *k, const char *ifname)
{
	const struct view *tunnel = NULL;
	struct journey_machine m;
	int status, err;

	err = journey_machine_take(&m, k);
	if (err)
		msg_errno(err, k->text, "cannot read the routing and the tunnels");
	status = verb_status(err);
	if (!status && ifname)
		status = find_tunnel(&m, ifname, &tunnel);
	if (!status)
		status = tell(o, &m, tunnel, k->text);
	journey_machine_free(&m);
	return status;
}

int cmd_explain(const struct options *o, const char *arg)
{
	if (o->ruleset) {
		if (!arg && !o->svg && !flow_option_given(&o->flow))
			return explain_ruleset(o);
		msg("explain --ruleset is of all tables: it takes no interface and no option but --json");
		return STATUS_USAGE;
	}
	if (o->json && o->svg) {
		msg("explain takes one of --json and --svg, not both");
		return STATUS_USAGE;
	}
	return verb_of_machine(o, arg, explain);
}
