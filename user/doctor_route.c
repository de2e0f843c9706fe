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

/* The rule that decides on the probe, or NULL, and the table that it leads to */
static int deciding_rule(const struct machine *m, int family, const struct fib_rule **rule,
			 uint32_t *table)
{
	struct flow flow = machine_probe(family == IPV4 ? AF_INET : AF_INET6);
	const struct walk_step *end;
	struct walk w;
	int err;

	*rule = NULL;
	*table = RT_TABLE_UNSPEC;
	err = walk_rules(&m->fib, &flow, &w);
	end = err ? NULL : walk_end(&w);
	if (end) {
		*rule = end->rule;
		*table = end->route ? end->route->table : end->rule->table;
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

/* One of those that are there from the start, which much else needs */
static bool is_kernels(const struct fib_rule *r)
{
	return r->priority == 0 || r->priority == 32766 || r->priority == 32767;
}

static int tell_order(const struct machine *m, const struct doctor_tunnel *t, struct findings *f,
		      int family, const struct fib_rule *r)
{
	const struct fib_answer *a = &m->probe[family];
	const char *option = family == IPV4 ? "-4" : "-6";
	char evidence[FIB_TEXT_LEN], remedy[160], text[256];

	if (r)
		snprintf(evidence, sizeof(evidence), "priority %" PRIu32 ": %s", r->priority,
			 fib_rule_text(r, text, sizeof(text)));
	else
		snprintf(evidence, sizeof(evidence), "no rule applies");
	if (r && !is_kernels(r))
		snprintf(remedy, sizeof(remedy),
			 "give it a priority behind the tunnel's, or take it away: ip %s rule del priority %u",
			 option, r->priority);
	else
		snprintf(remedy, sizeof(remedy), "let the rule of the tunnel's table come first, and see what it asks for: ip %s rule",
			 option);
	return found(f, SEVERITY_ERROR, t, "%s does not go into the tunnel, as another rule comes first\n"
		     "%s; so packets %s%s\n"
		     "%s", family_name(family), evidence, a->err ? "are refused: " : "leave by ",
		     a->err ? strerror(-a->err) : machine_device(m, a->ifindex), remedy);
}

int check_rule_order(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	static const uint32_t families[IP_FAMILIES] = { WGMARK_FAMILY_IPV4, WGMARK_FAMILY_IPV6 };
	const struct fib_rule *r;
	uint32_t table;
	int i, err = 0;

	for (i = 0; i < IP_FAMILIES && !err; i++) {
		if (!(t->full & families[i]) || !goes_past(m, i))
			continue;
		err = deciding_rule(m, i, &r, &table);
		/* of a table that leads into the tunnel, another route is meant */
		if (!err && !(table && full_by(&m->fib, t->v->link.ifindex, table) & families[i]))
			err = tell_order(m, t, f, i, r);
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
	if (a->err || a->type != RTN_UNICAST || machine_tunnel(m, a->ifindex) ||
	    m->probe_lost[other])
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

/* Tailscale's server, which it answers itself on every machine */
static bool is_tailscale(const char *addr)
{
	return strcmp(addr, "100.100.100.100") == 0 || strcmp(addr, "fd7a:115c:a1e0::53") == 0;
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
		if (is_tailscale(addr))
			continue;
		err = found(f, SEVERITY_WARNING, t, "names are asked for outside of the tunnel\n"
			    "%s: %s; ip route get %s: dev %s\n"
			    "write DNS = SERVER into the file of %s, a server that the tunnel leads to; then wgmarkctl reload %s",
			    d->from, addr, addr, machine_device(m, d->out.ifindex),
			    full->v->link.name, full->v->link.name);
	}
	return err;
}
