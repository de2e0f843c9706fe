// SPDX-License-Identifier: GPL-2.0
/*
 * What "explain" tells of packets that matter to the doctor
 */
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include "doctor.h"
#include "journey.h"

static void take_machine(struct journey_machine *jm, const struct machine *m, struct kernel *k)
{
	*jm = (struct journey_machine){
		.fib = m->fib, .views = m->views, .views_len = m->len, .rules = m->ruleset,
	};
	journey_machine_ask(jm, k);
}

static int tell(const struct machine *m, struct kernel *k, const struct flow *f, struct journey *j)
{
	struct journey_machine jm;

	take_machine(&jm, m, k);
	return journey_tell(j, &jm, f, NULL);
}

int machine_take_lost(struct machine *m, struct kernel *k, const struct flow *f)
{
	struct journey j;
	int err;

	err = tell(m, k, f, &j);
	/* what may be otherwise for some protocols is not lost for all */
	m->probe_lost[prefix_index(&f->to)] = !err && j.is_lost && !j.is_open && !j.is_back &&
					      !j.hint;
	journey_free(&j);
	return err;
}

static int take_back(struct machine *m, struct kernel *k, const struct view *v,
		     struct doctor_peer *p)
{
	uint32_t mask = v->params.mask ?: UINT32_MAX;
	struct flow out = machine_out(v, p);
	struct journey j;
	int err;

	err = tell(m, k, &out, &j);
	if (!err) {
		p->back_lost = j.is_back && j.is_rp_filter;
		p->back_restored = (j.back_mark & mask) == v->dev.fwmark;
		p->back_unsure = j.may_mark;
	}
	journey_free(&j);
	return err;
}

int machine_take_back(struct machine *m, struct kernel *k)
{
	size_t i, j;
	int err = 0;

	for (i = 0; i < m->len; i++) {
		for (j = 0; j < m->tunnels[i].peers_len && !err; j++) {
			struct doctor_peer *p = &m->tunnels[i].peers[j];

			if (is_dropped(&p->back))
				err = take_back(m, k, &m->views[i], p);
		}
	}
	return err;
}

/* For struct journey_machine: whatever it is, it is part of one that was there */
static void established(void *data, const struct flow *flow, struct conn *conn)
{
	(void)data;
	(void)flow;
	conn->is_known = true;
	conn->nat_done = true;
	conn->is_answered = true;
}

/* What CVE-2019-14899 sends: a firewall that has connections' packets in lets it in, too. A
 * guard that cannot be judged is taken for one.
 */
static int take_reached(const struct machine *m, struct kernel *k, struct doctor_tunnel *t,
			const struct prefix *own, uint32_t by)
{
	struct flow f = {
		.family = own->family,
		.to = *own,
		.from = guard_neighbour(&m->fib, by, own->family),
		.iif = by,
		.proto = IPPROTO_TCP,
		.sport = 443,
		.dport = 50000,
	};
	struct journey_machine jm;
	struct journey j;
	int err;

	if (!f.from.family)
		return 0;
	take_machine(&jm, m, k);
	jm.track = established;
	err = journey_tell(&j, &jm, &f, NULL);
	if (!err && (!j.is_lost || j.is_back) && !j.is_partial && !j.hint) {
		t->reached = *own;
		t->reached_from = f.from;
		t->reached_by = by;
	}
	journey_free(&j);
	return err;
}

/* The device by which a tunnel's own packets leave this machine, or 0 */
static uint32_t outside_of(const struct machine *m, const struct doctor_tunnel *t)
{
	const struct doctor_peer *p;

	for (p = t->peers; p < t->peers + t->peers_len; p++) {
		if (p->endpoint.family && !p->out.err && p->out.type == RTN_UNICAST &&
		    !machine_tunnel(m, p->out.ifindex))
			return p->out.ifindex;
	}
	return 0;
}

static bool is_own(const struct fib_route *r, const struct doctor_tunnel *t)
{
	uint32_t bit = r->dst.family == AF_INET ? WGMARK_FAMILY_IPV4 : WGMARK_FAMILY_IPV6;

	return r->type == RTN_LOCAL && t->full & bit && leads_to(r, t->v->link.ifindex) &&
	       !(r->dst.family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&r->dst.v6));
}

int machine_take_reached(struct machine *m, struct kernel *k)
{
	const struct fib_route *r;
	struct doctor_tunnel *t;
	int err = 0;

	for (t = m->tunnels; t < m->tunnels + m->len; t++) {
		uint32_t by = t->chosen ? outside_of(m, t) : 0;

		for (r = m->fib.routes; by && r < m->fib.routes + m->fib.routes_len; r++) {
			if (is_own(r, t) && !t->reached.family)
				err = take_reached(m, k, t, &r->dst, by);
			if (err)
				return err;
		}
	}
	return 0;
}
