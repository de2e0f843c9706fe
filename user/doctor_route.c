// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of where this machine's own packets go
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "doctor.h"
#include "walk.h"

static const char *family_name(int family)
{
	return family == IPV4 ? "IPv4" : "IPv6";
}

/* The rule that decides on the probe, as text */
static int deciding_rule(const struct machine *m, int family, char *text, size_t size,
			 uint32_t *priority)
{
	struct flow flow = machine_probe(family == IPV4 ? AF_INET : AF_INET6);
	const struct walk_step *end;
	struct walk w;
	int err;

	text[0] = '\0';
	*priority = 0;
	err = walk_rules(&m->fib, &flow, &w);
	end = err ? NULL : walk_end(&w);
	if (end) {
		*priority = end->rule->priority;
		fib_rule_text(end->rule, text, size);
	}
	walk_free(&w);
	return err;
}

/* Whether the probe's way is the one that a full tunnel should have been */
static bool goes_past(const struct machine *m, int family)
{
	const struct fib_answer *a = &m->probe[family];
	const struct doctor_tunnel *into = a->err ? NULL : machine_tunnel(m, a->ifindex);

	/* into another full tunnel, or by a route to that very address */
	return !(into && into->full & (family == IPV4 ? WGMARK_FAMILY_IPV4 : WGMARK_FAMILY_IPV6)) &&
	       !(a->dst.family && a->dst.len > 1);
}

int check_rule_order(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	static const uint32_t families[IP_FAMILIES] = { WGMARK_FAMILY_IPV4, WGMARK_FAMILY_IPV6 };
	uint32_t priority;
	char rule[256];
	int i, err = 0;

	for (i = 0; i < IP_FAMILIES && !err; i++) {
		const struct fib_answer *a = &m->probe[i];

		if (!(t->full & families[i]) || !goes_past(m, i))
			continue;
		err = deciding_rule(m, i, rule, sizeof(rule), &priority);
		if (!err)
			err = found(f, SEVERITY_ERROR, t, "%s does not go into the tunnel, as another rule comes first\n"
				    "priority %" PRIu32 ": %s; so packets %s%s\n"
				    "give it a priority behind the tunnel's, or take it away: ip %s rule del priority %u",
				    family_name(i), priority, rule[0] ? rule : "no rule applies",
				    a->err ? "are refused: " : "leave by ",
				    a->err ? strerror(-a->err) : machine_device(m, a->ifindex),
				    i == IPV4 ? "-4" : "-6", priority);
	}
	return err;
}

int check_other_family(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	int other = t->full == WGMARK_FAMILY_IPV4 ? IPV6 : IPV4;
	const struct fib_answer *a = &m->probe[other];
	char text[PREFIX_TEXT_LEN];
	struct flow flow;

	if (t->full != WGMARK_FAMILY_IPV4 && t->full != WGMARK_FAMILY_IPV6)
		return 0;
	if (a->err || a->type != RTN_UNICAST || machine_tunnel(m, a->ifindex))
		return 0;
	flow = machine_probe(other == IPV4 ? AF_INET : AF_INET6);
	return found(f, SEVERITY_WARNING, t, "%s goes past the tunnel, which is a full one of %s alone\n"
		     "ip route get %s: dev %s, table %" PRIu32 "\n"
		     "add %s to AllowedIPs, or write #wgmark LeakGuard = yes; then wgmarkctl reload %s",
		     family_name(other), family_name(!other), addr_text(&flow.to, text),
		     machine_device(m, a->ifindex), a->table,
		     other == IPV4 ? "0.0.0.0/0" : "::/0", t->v->link.name);
}

/* Some full tunnel that is to be looked at, or NULL */
static const struct doctor_tunnel *full_tunnel(const struct machine *m)
{
	size_t i;

	for (i = 0; i < m->len; i++) {
		if (m->tunnels[i].full && m->tunnels[i].chosen)
			return &m->tunnels[i];
	}
	return NULL;
}

int check_dns(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	const struct doctor_tunnel *full = full_tunnel(m);
	char addr[PREFIX_TEXT_LEN];
	int err = 0;
	size_t i;

	for (i = 0; full && i < m->dns_len && !err; i++) {
		const struct doctor_dns *d = &m->dns[i];

		/* one of this machine asks others, who are not known */
		if (d->out.err || d->out.type != RTN_UNICAST || machine_tunnel(m, d->out.ifindex))
			continue;
		addr_text(&d->server, addr);
		err = found(f, SEVERITY_WARNING, t, "names are asked for outside of the tunnel\n"
			    "%s: %s; ip route get %s: dev %s\n"
			    "write DNS = SERVER into the file of %s, a server that the tunnel leads to; then wgmarkctl reload %s",
			    d->from, addr, addr, machine_device(m, d->out.ifindex),
			    full->v->link.name, full->v->link.name);
	}
	return err;
}
