// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of a tunnel's peers and the way to them
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "doctor.h"

/* Section 6.1 of the WireGuard paper: REJECT_AFTER_TIME, in seconds */
#define REJECT_AFTER_TIME 180

/* Bytes of a handshake's first message, section 5.4.2; the next comes five seconds later */
#define INITIATION_LEN 148

/* An IP header, that of UDP, and WireGuard's own of a data packet: 16 and a tag of 16 */
#define OVERHEAD_IPV4 (20 + 8 + 32)
#define OVERHEAD_IPV6 (40 + 8 + 32)

/* IPv6 does without a device of less (RFC 8200, section 5) */
#define MTU_IPV6 1280

/* A peer that much depends on. Of several, one may just be away */
static enum severity peer_severity(const struct doctor_tunnel *t, const struct doctor_peer *p)
{
	size_t i;

	for (i = 0; i < p->peer->allowed_len; i++) {
		if (p->peer->allowed[i].len <= 1)
			return SEVERITY_ERROR;
	}
	return t->peers_len == 1 ? SEVERITY_ERROR : SEVERITY_NOTE;
}

static int never_answered(const struct doctor_tunnel *t, const struct doctor_peer *p,
			  struct findings *f)
{
	char key[KEY_TEXT_LEN], endpoint[ENDPOINT_TEXT_LEN];

	return found(f, peer_severity(t, p), t, "the peer %s has never answered\n"
		     "no handshake, %" PRIu64 " bytes sent to %s, %" PRIu64 " received\n"
		     "compare both sides' keys and the endpoint, and see that UDP gets there: tcpdump -n udp and host %.*s",
		     key_text(p->peer->public_key, key), p->peer->tx,
		     endpoint_text(&p->peer->endpoint, endpoint), p->peer->rx,
		     (int)(strrchr(endpoint, ':') ? strrchr(endpoint, ':') - endpoint : 0),
		     endpoint);
}

int check_handshake(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	char key[KEY_TEXT_LEN];
	size_t i;
	int err = 0;

	for (i = 0; i < t->peers_len && !err; i++) {
		const struct doctor_peer *p = &t->peers[i];
		int64_t age = m->now - p->peer->handshake;

		/* the first one may just be on its way */
		if (!p->peer->handshake && p->peer->tx > INITIATION_LEN && p->endpoint.family)
			err = never_answered(t, p, f);
		/* the next one is due when a keepalive finds the session too old */
		if (!p->peer->handshake || age <= REJECT_AFTER_TIME + p->peer->keepalive ||
		    !(p->peer->keepalive || p->sends))
			continue;
		err = found(f, peer_severity(t, p), t, "the peer %s does not answer any more\n"
			    "latest handshake %" PRId64 " seconds ago, though %s\n"
			    "see whether the peer is up, and whether its address or port is another one now: wgmarkctl reload %s resolves the endpoint anew",
			    key_text(p->peer->public_key, key), age,
			    p->peer->keepalive ? "there is a keepalive" : "packets are sent",
			    t->v->link.name);
	}
	return err;
}

int check_endpoint(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	char endpoint[ENDPOINT_TEXT_LEN], addr[PREFIX_TEXT_LEN];
	size_t i;
	int err = 0;

	for (i = 0; i < t->peers_len && !err; i++) {
		const struct doctor_peer *p = &t->peers[i];

		if (!p->endpoint.family)
			continue;
		endpoint_text(&p->peer->endpoint, endpoint);
		addr_text(&p->endpoint, addr);
		if (p->out.err)
			err = found(f, SEVERITY_ERROR, t, "there is no way to the endpoint %s\n"
				    "ip route get %s mark 0x%" PRIx32 ": %s\n"
				    "see the routes: ip route show table main",
				    endpoint, addr, t->v->dev.fwmark, strerror(-p->out.err));
		else if (p->out.ifindex == t->v->link.ifindex)
			err = found(f, SEVERITY_ERROR, t, "the way to the endpoint %s leads into the tunnel itself\n"
				    "ip route get %s mark 0x%" PRIx32 ": dev %s, table %" PRIu32 "\n"
				    "let wgmarkctl make the routes (AllowedIPs = 0.0.0.0/0, ::/0 without Table), or add one to the endpoint: ip route add %s via GATEWAY",
				    endpoint, addr, t->v->dev.fwmark,
				    machine_device(m, p->out.ifindex), p->out.table, addr);
	}
	return err;
}

int check_nested(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	char endpoint[ENDPOINT_TEXT_LEN], addr[PREFIX_TEXT_LEN];
	size_t i;
	int err = 0;

	for (i = 0; i < t->peers_len && !err; i++) {
		const struct doctor_peer *p = &t->peers[i];
		const struct doctor_tunnel *other = machine_tunnel(m, p->out.ifindex);

		if (!p->endpoint.family || p->out.err || !other || other == t || !other->full)
			continue;
		err = found(f, SEVERITY_WARNING, t, "its packets travel inside of the full tunnel %s\n"
			    "ip route get %s mark 0x%" PRIx32 ": dev %s, table %" PRIu32 "\n"
			    "if that is not meant: wgmarkctl down %s; or send the endpoint %s past it: ip rule add to %s lookup main priority 100",
			    other->v->link.name, addr_text(&p->endpoint, addr),
			    t->v->dev.fwmark, other->v->link.name, p->out.table,
			    other->v->link.name, endpoint_text(&p->peer->endpoint, endpoint), addr);
	}
	return err;
}

static bool has_ipv6(const struct doctor_tunnel *t)
{
	size_t i;

	for (i = 0; i < t->peers_len; i++) {
		if (prefix_has_family(t->peers[i].peer->allowed, t->peers[i].peer->allowed_len,
				      AF_INET6))
			return true;
	}
	return false;
}

int check_mtu(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	uint32_t mtu = t->v->link.mtu;
	char addr[PREFIX_TEXT_LEN];
	int err = 0;
	size_t i;

	if (mtu < MTU_IPV6 && has_ipv6(t))
		err = found(f, SEVERITY_ERROR, t, "IPv6 does not work with this MTU\n"
			    "MTU %" PRIu32 ", and IPv6 needs %u; AllowedIPs have IPv6\n"
			    "ip link set %s mtu %u, or leave IPv6 out of Address and AllowedIPs",
			    mtu, MTU_IPV6, t->v->link.name, MTU_IPV6);
	for (i = 0; i < t->peers_len && !err; i++) {
		const struct doctor_peer *p = &t->peers[i];
		uint32_t overhead = p->endpoint.family == AF_INET ? OVERHEAD_IPV4 :
								    OVERHEAD_IPV6;

		if (!p->path_mtu || mtu + overhead <= p->path_mtu)
			continue;
		err = found(f, SEVERITY_WARNING, t, "its largest packets do not fit into the way to the endpoint\n"
			    "MTU %" PRIu32 " and %" PRIu32 " bytes of headers, but %" PRIu32 " on the way to %s by %s\n"
			    "ip link set %s mtu %" PRIu32 ", or MTU in the file", mtu, overhead,
			    p->path_mtu, addr_text(&p->endpoint, addr),
			    machine_device(m, p->out.ifindex), t->v->link.name,
			    p->path_mtu - overhead);
	}
	return err;
}
