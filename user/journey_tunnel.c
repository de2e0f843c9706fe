// SPDX-License-Identifier: GPL-2.0
/*
 * A packet goes into a tunnel, for a peer, or comes out of one
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "journey_story.h"

/** Seconds that WireGuard uses a session for, REJECT_AFTER_TIME of its paper, section 6.1. */
#define SESSION_TIME 180

/* As WireGuard looks it up: the longest prefix, of all peers (allowedips.c) */
static const struct wg_peer *find_peer(const struct view *tunnel, const struct prefix *addr,
				       const struct prefix **allowed)
{
	const struct wg_device *d = &tunnel->dev;
	const struct wg_peer *p, *found = NULL;
	size_t i;

	for (p = d->peers; p < d->peers + d->peers_len; p++) {
		for (i = 0; i < p->allowed_len; i++) {
			if (!prefix_covers(&p->allowed[i], addr) ||
			    (found && p->allowed[i].len < (*allowed)->len))
				continue;
			found = p;
			*allowed = &p->allowed[i];
		}
	}
	return found;
}

static void tell_peer(struct story *s, const struct wg_peer *p, const struct prefix *allowed,
		      const struct prefix *addr, const char *so)
{
	char what[KEY_TEXT_LEN + sizeof("peer ")], key[KEY_TEXT_LEN];
	char prefix[PREFIX_TEXT_LEN], text[PREFIX_TEXT_LEN];

	snprintf(what, sizeof(what), "peer %s", key_text(p->public_key, key));
	story_fact(s, FACT_DECIDES, what, "Its AllowedIPs have %s, which is the longest prefix around %s%s.",
		   prefix_text(allowed, prefix), addr_text(addr, text), so);
}

/* A peer sends from its AllowedIPs: wg_packet_consume_data_done() (receive.c) */
int tell_unpacked(struct story *s, const struct flow *flow)
{
	const struct view *tunnel = view_of(s->m, flow->iif);
	const struct prefix *allowed;
	const struct wg_peer *peer;
	char addr[PREFIX_TEXT_LEN];

	if (!tunnel)
		return 0;
	story_station(s, "Out of the tunnel %s: WireGuard looks up whose packet it may be",
		      tunnel->link.name);
	peer = find_peer(tunnel, &flow->from, &allowed);
	if (peer) {
		tell_peer(s, peer, allowed, &flow->from, ": from this peer alone it comes");
		return 0;
	}
	story_fact(s, FACT_LOST, NULL, "No peer of %s has %s in its AllowedIPs: WireGuard drops it, whichever peer it comes from.",
		   tunnel->link.name, addr_text(&flow->from, addr));
	return story_lost(s, "no peer of %s has its source in its AllowedIPs", tunnel->link.name);
}

static struct prefix endpoint_addr(const struct sockaddr_storage *ss)
{
	struct prefix p = { .family = ss->ss_family };

	if (ss->ss_family == AF_INET)
		p.v4 = ((const struct sockaddr_in *)ss)->sin_addr;
	else
		p.v6 = ((const struct sockaddr_in6 *)ss)->sin6_addr;
	p.len = 8 * prefix_bytes(&p);
	return p;
}

/* WireGuard routes as user 0, whoever sent the packet inside */
static struct flow outer_flow(const struct layer *l)
{
	const struct sockaddr_in *in = (const void *)&l->peer->endpoint;

	return (struct flow){
		.family = l->peer->endpoint.ss_family,
		.to = endpoint_addr(&l->peer->endpoint),
		.mark = l->tunnel->dev.fwmark,
		.has_uid = true,
		.proto = IPPROTO_UDP,
		.sport = l->tunnel->dev.listen_port,
		/* at the same place in both families */
		.dport = ntohs(in->sin_port),
	};
}

bool has_session(const struct story *s, const struct wg_peer *p)
{
	return s->m->now - p->handshake <= SESSION_TIME;
}

static void tell_session(struct story *s, const struct wg_peer *p)
{
	int64_t age = s->m->now - p->handshake;

	if (!p->handshake)
		story_fact(s, FACT_PLAIN, NULL,
			   "There was no handshake with it yet: the packet waits until one succeeds.");
	else if (!has_session(s, p))
		story_fact(s, FACT_PLAIN, NULL,
			   "The latest handshake was %lld seconds ago, so there is no session now: the packet waits until the next one succeeds.",
			   (long long)age);
	else
		story_fact(s, FACT_PLAIN, NULL,
			   "There is a session: the latest handshake was %lld seconds ago.",
			   (long long)age);
}

int tell_tunnel(struct story *s, struct layer *l, struct layer *outer)
{
	char endpoint[ENDPOINT_TEXT_LEN], addr[PREFIX_TEXT_LEN], mark[WORDS_LEN];
	const struct wg_device *d = &l->tunnel->dev;
	const char *name = l->tunnel->link.name;

	story_station(s, "In the tunnel %s: WireGuard looks up whose packet it is", name);
	l->peer = find_peer(l->tunnel, &l->flow.to, &l->allowed);
	if (!l->peer) {
		story_fact(s, FACT_LOST, NULL, "No peer of %s has %s in its AllowedIPs: WireGuard refuses the packet, and the program gets the error \"Required key not available\" (ENOKEY).",
			   name, addr_text(&l->flow.to, addr));
		return story_lost(s, "no peer of %s has it in its AllowedIPs", name);
	}
	tell_peer(s, l->peer, l->allowed, &l->flow.to, "");
	if (!l->peer->endpoint.ss_family) {
		story_fact(s, FACT_LOST, NULL, "It is not known where this peer is, as it has no Endpoint and has not been heard of: the program gets the error \"Destination address required\" (EDESTADDRREQ).");
		return story_lost(s, "the peer has no endpoint");
	}
	tell_session(s, l->peer);
	story_fact(s, FACT_DECIDES, NULL, "%s, from port %u to %s, with %s%s.",
		   has_session(s, l->peer) ?
		   "WireGuard encrypts the packet and sends it inside of a UDP packet of its own" :
		   "WireGuard sends the handshake, and then the encrypted packet, in UDP packets of its own",
		   d->listen_port, endpoint_text(&l->peer->endpoint, endpoint),
		   mark_words(d->fwmark, mark),
		   d->fwmark ?
		   ", by which the rules tell WireGuard's own packets from all others" : "");
	if (l->tunnel->elsewhere) {
		s->open = true;
		story_fact(s, FACT_DECIDES, NULL, "It does so in another network namespace, where %s was made before it was moved here: no socket of this one has port %u. What that packet meets there cannot be seen from here.",
			   name, d->listen_port);
		return story_lost(s, "what carries it leaves from another network namespace, where %s was made, and cannot be followed there",
				  name);
	}
	*outer = (struct layer){ .flow = outer_flow(l) };
	return 0;
}
