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

static const uint32_t families[IP_FAMILIES] = { WGMARK_FAMILY_IPV4, WGMARK_FAMILY_IPV6 };

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

static bool is_allowed(const struct doctor_tunnel *t, const struct prefix *p)
{
	const struct wg_peer *peer;
	size_t i;

	for (peer = t->v->dev.peers; peer < t->v->dev.peers + t->v->dev.peers_len; peer++) {
		for (i = 0; i < peer->allowed_len; i++) {
			if (prefix_covers(&peer->allowed[i], p))
				return true;
		}
	}
	return false;
}

/* By a device, or any if that is 0 */
static bool has_route(const struct fib *f, uint32_t table, const struct prefix *dst,
		      uint32_t ifindex)
{
	const struct fib_route *r;

	for (r = f->routes; r < f->routes + f->routes_len; r++) {
		if (r->table == table && prefix_equal(&r->dst, dst) &&
		    (!ifindex || leads_to(r, ifindex)))
			return true;
	}
	return false;
}

/* By which device a public address of a half is reached past every tunnel, or 0. Of IPv6 all
 * of them are in ::/1.
 */
static int past_by(const struct machine *m, const struct prefix *half, uint32_t *ifindex)
{
	struct flow flow = machine_probe(half->family);
	const struct walk_step *end;
	struct walk w;
	int err;

	*ifindex = 0;
	if (half->family == AF_INET)
		flow.to.v4.s_addr |= half->v4.s_addr;
	else if (!prefix_covers(half, &flow.to))
		return 0;
	err = walk_rules(&m->fib, &flow, &w);
	end = err ? NULL : walk_end(&w);
	if (end && end->outcome == WALK_FOUND && end->route->type == RTN_UNICAST &&
	    !machine_tunnel(m, end->route->hops[end->hop].ifindex))
		*ifindex = end->route->hops[end->hop].ifindex;
	walk_free(&w);
	return err;
}

/* 0.0.0.0/1 without 128.0.0.0/1 */
int check_half(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	char has[PREFIX_TEXT_LEN], lacks[PREFIX_TEXT_LEN];
	const struct fib *fib = &m->fib;
	const struct fib_route *r;
	uint32_t own = t->v->link.ifindex, past, said = 0;
	struct prefix other, all;
	int err = 0;

	for (r = fib->routes; r < fib->routes + fib->routes_len && !err; r++) {
		if (r->dst.len != 1 || !leads_to(r, own) ||
		    !(full_by(fib, own, r->table) & families[prefix_index(&r->dst)]))
			continue;
		other = r->dst;
		/* the first bit, at the same place in both families */
		other.v6.s6_addr[0] ^= 0x80;
		all = (struct prefix){ .family = r->dst.family };
		if (has_route(fib, r->table, &other, 0) || has_route(fib, r->table, &all, own) ||
		    !is_allowed(t, &other))
			continue;
		err = past_by(m, &other, &past);
		/* of one half there may be two routes */
		if (err || !past || said & families[prefix_index(&other)])
			continue;
		said |= families[prefix_index(&other)];
		err = found(f, SEVERITY_ERROR, t, "half of %s goes past the tunnel\n"
			    "table %" PRIu32 " has a route to %s by it, and none to %s, which leaves by %s\n"
			    "wgmarkctl reload %s, or ip route add %s dev %s table %" PRIu32,
			    family_name(prefix_index(&r->dst)), r->table,
			    prefix_text(&r->dst, has), prefix_text(&other, lacks),
			    machine_device(m, past), t->v->link.name,
			    prefix_text(&other, lacks), t->v->link.name, r->table);
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
