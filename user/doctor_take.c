// SPDX-License-Identifier: GPL-2.0
/*
 * Read what the doctor looks at, and ask the kernel for its decisions
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "genl.h"
#include "rtnl.h"

/* REJECT_AFTER_TIME of the WireGuard paper, section 6.1: a session is used no longer */
#define REJECT_AFTER_TIME 180

/* REKEY_TIMEOUT is five seconds, and up to a third of one is added */
#define LOOK_SECONDS 6

static void take_endpoint(struct doctor_peer *p)
{
	const struct sockaddr_in6 *v6 = (const void *)&p->peer->endpoint;
	const struct sockaddr_in *v4 = (const void *)&p->peer->endpoint;
	struct prefix *e = &p->endpoint;

	*e = (struct prefix){ .family = p->peer->endpoint.ss_family };
	if (e->family == AF_INET)
		e->v4 = v4->sin_addr;
	else if (e->family == AF_INET6)
		e->v6 = v6->sin6_addr;
	e->len = e->family ? 8 * prefix_bytes(e) : 0;
}

struct flow machine_out(const struct view *v, const struct doctor_peer *p)
{
	/* of both families at the same place */
	const struct sockaddr_in *endpoint = (const void *)&p->peer->endpoint;

	return (struct flow){
		.family = p->endpoint.family,
		.to = p->endpoint,
		.mark = v->dev.fwmark,
		/* the module's socket is nobody's, which rules take for root's */
		.has_uid = true,
		.proto = IPPROTO_UDP,
		.sport = v->dev.listen_port,
		.dport = ntohs(endpoint->sin_port),
	};
}

/* The way of WireGuard's packets to the endpoint, and that of the answers */
static int take_way(struct kernel *k, const struct view *v, struct doctor_peer *p)
{
	struct flow out, back;
	int err;

	take_endpoint(p);
	if (!p->endpoint.family || v->elsewhere)
		return 0;
	out = machine_out(v, p);
	err = fib_ask(&k->rtnl, &out, &p->out);
	if (err || p->out.err)
		return err;
	/* there is none where the kernel has just decided otherwise */
	if (rtnl_route_mtu(&k->rtnl, &p->endpoint, v->dev.fwmark, &p->path_mtu))
		p->path_mtu = 0;
	/* what comes by lo has not come from outside */
	if (p->endpoint.family != AF_INET || !p->out.prefsrc.family || p->out.type == RTN_LOCAL)
		return 0;

	back = out;
	back.has_uid = false;
	back.to = p->out.prefsrc;
	back.from = p->endpoint;
	back.iif = p->out.ifindex;
	back.sport = out.dport;
	back.dport = out.sport;
	err = fib_ask(&k->rtnl, &back, &p->back_marked);
	back.mark = 0;
	return err ?: fib_ask(&k->rtnl, &back, &p->back);
}

static int take_tunnel(struct machine *m, struct kernel *k, struct doctor_tunnel *t)
{
	struct doctor_peer *peers;
	size_t i;
	int err;

	t->full = full_by(&m->fib, t->v->link.ifindex, 0);
	peers = calloc(t->v->dev.peers_len + 1, sizeof(*peers));
	if (!peers)
		return -ENOMEM;
	t->peers = peers;
	for (i = 0; i < t->v->dev.peers_len; i++) {
		t->peers[i].peer = &t->v->dev.peers[i];
		t->peers_len++;
		err = take_way(k, t->v, &t->peers[i]);
		if (err)
			return err;
	}
	return 0;
}

static bool is_old(const struct machine *m, const struct wg_peer *p)
{
	return p->handshake && !p->keepalive && m->now - p->handshake > REJECT_AFTER_TIME;
}

/* A handshake is old too where nothing is sent. Return: 0 or -errno */
static int look_again(struct kernel *k, struct doctor_tunnel *t)
{
	struct wg_device d;
	size_t i, j;
	int err;

	err = wg_get(k, t->v->link.ifindex, &d);
	for (i = 0; i < t->peers_len && !err; i++) {
		const struct wg_peer *p = t->peers[i].peer;

		for (j = 0; j < d.peers_len; j++) {
			if (memcmp(d.peers[j].public_key, p->public_key, WG_KEY_LEN) == 0)
				t->peers[i].sends = d.peers[j].handshake == p->handshake &&
						    d.peers[j].tx > p->tx;
		}
	}
	wg_device_free(&d);
	/* it went while we looked */
	return err == -ENODEV ? 0 : err;
}

static int take_sends(struct machine *m, struct kernel *k)
{
	bool any = false;
	size_t i, j;
	int err = 0;

	for (i = 0; i < m->len; i++) {
		for (j = 0; j < m->tunnels[i].peers_len; j++)
			any |= m->tunnels[i].chosen && is_old(m, m->tunnels[i].peers[j].peer);
	}
	if (!any)
		return 0;
	sleep(LOOK_SECONDS);
	for (i = 0; i < m->len && !err; i++)
		err = look_again(k, &m->tunnels[i]);
	return err;
}

static int take_tunnels(struct machine *m, struct kernel *k, const char *ifname)
{
	bool is_there = !ifname;
	size_t i;
	int err;

	err = view_take(k, NULL, &m->views, &m->len);
	if (err)
		return err;
	view_find_sockets(m->views, m->len);
	m->tunnels = calloc(m->len + 1, sizeof(*m->tunnels));
	if (!m->tunnels)
		return -ENOMEM;
	for (i = 0; i < m->len && !err; i++) {
		struct doctor_tunnel *t = &m->tunnels[i];

		t->v = &m->views[i];
		t->chosen = !ifname || strcmp(t->v->link.name, ifname) == 0;
		is_there |= t->chosen;
		err = take_tunnel(m, k, t);
	}
	if (!err)
		err = is_there ? take_sends(m, k) : -ENODEV;
	return err;
}

struct flow machine_probe(sa_family_t family)
{
	struct flow f = { .family = family };

	prefix_parse(&f.to, family == AF_INET ? "1.1.1.1" : "2606:4700:4700::1111");
	return f;
}

static int take_probe(struct machine *m, struct kernel *k, sa_family_t family)
{
	struct flow f = machine_probe(family);
	int err, i = prefix_index(&f.to);

	err = fib_ask(&k->rtnl, &f, &m->probe[i]);
	return err || m->probe[i].err ? err : machine_take_lost(m, k, &f);
}

static int take_dns(struct machine *m, struct kernel *k)
{
	size_t i;
	int err;

	err = system_take_dns(m);
	for (i = 0; i < m->dns_len && !err; i++) {
		struct doctor_dns *d = &m->dns[i];
		struct flow f = {
			.family = d->server.family,
			.to = d->server,
			.proto = IPPROTO_UDP,
			.dport = 53,
		};

		err = fib_ask(&k->rtnl, &f, &d->out);
	}
	return err;
}

int machine_take(struct machine *m, struct kernel *k, const char *ifname)
{
	struct genl_family family;
	int err;

	*m = (struct machine){
		.now = time(NULL),
		.has_nft = k->has_nft,
		.has_kmod = k->wgmark,
	};
	if (m->has_kmod && genl_get(&k->genl, &family, WGMARK_FAMILY_NAME, NULL) == 0)
		m->kmod_version = family.version;
	err = fib_take(&k->rtnl, &m->fib);
	if (!err)
		err = ruleset_take(k, &m->ruleset);
	if (!err)
		err = take_tunnels(m, k, ifname);
	if (!err)
		err = machine_take_back(m, k);
	if (!err)
		err = machine_take_reached(m, k);
	if (!err)
		err = take_probe(m, k, AF_INET);
	if (!err)
		err = take_probe(m, k, AF_INET6);
	if (!err)
		err = take_dns(m, k);
	if (!err)
		err = system_take_managers(m);
	if (!err)
		conntrack_take(m, k);
	return err;
}

void machine_free(struct machine *m)
{
	size_t i;

	for (i = 0; m->tunnels && i < m->len; i++)
		free(m->tunnels[i].peers);
	free(m->tunnels);
	view_free(m->views, m->len);
	fib_free(&m->fib);
	ruleset_free(&m->ruleset);
	free(m->dns);
	for (i = 0; i < m->nm_profiles_len; i++)
		free(m->nm_profiles[i]);
	free(m->nm_profiles);
	*m = (struct machine){ 0 };
}

const struct doctor_tunnel *machine_tunnel(const struct machine *m, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < m->len; i++) {
		if (m->tunnels[i].v->link.ifindex == ifindex)
			return &m->tunnels[i];
	}
	return NULL;
}

const char *machine_device(const struct machine *m, uint32_t ifindex)
{
	const struct fib_link *l = fib_link(&m->fib, ifindex);

	return l ? l->name : "no device";
}

bool machine_has_mark(const struct machine *m, uint32_t mark)
{
	size_t i;

	for (i = 0; i < m->len; i++) {
		if (mark && m->views[i].dev.fwmark == mark)
			return true;
	}
	return false;
}
