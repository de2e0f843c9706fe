// SPDX-License-Identifier: GPL-2.0
/*
 * The reply comes in by the device that the packet left by, and out of the tunnel
 */
#include <linux/rtnetlink.h>

#include "journey_story.h"

static void tell_begin(struct story *s, const struct layer *l, const struct layer *outer,
		       const struct flow *reply)
{
	char from[PREFIX_TEXT_LEN], to[PREFIX_TEXT_LEN];
	bool carries = l != s->j->layers;

	story_station(s, outer ? "The reply itself comes in by %s" : "The reply comes in by %s",
		      l->dev->name);
	story_fact(s, FACT_PLAIN, NULL, "%s from %s for %s, with no mark: %s.",
		   carries ? "A UDP packet" : "A packet", addr_text(&reply->from, from),
		   addr_text(&reply->to, to),
		   outer ? "what WireGuard unpacks has none" :
		   "marks do not leave a machine");
}

/* WireGuard has it */
static int tell_delivered(struct story *s, const struct layer *l)
{
	/* the tunnel whose packet this layer carries, and the packet in it */
	const struct layer *inner = l - 1;
	char allowed[PREFIX_TEXT_LEN], addr[PREFIX_TEXT_LEN], key[KEY_TEXT_LEN];
	char what[KEY_TEXT_LEN + sizeof("peer ")];

	story_station(s, "To WireGuard, which opens it");
	snprintf(what, sizeof(what), "peer %s", key_text(inner->peer->public_key, key));
	story_fact(s, FACT_DECIDES, what, "It is for UDP port %u, where %s listens, and its session says which peer sent it.",
		   l->flow.sport, inner->dev->name);
	story_fact(s, FACT_PLAIN, NULL, "The packet inside is from %s, which has to be in the AllowedIPs of this peer: it is, in %s.",
		   addr_text(&inner->flow.to, addr), prefix_text(inner->allowed, allowed));
	return 0;
}

int tell_back(struct story *s, struct layer *l, const struct layer *outer)
{
	struct fib_answer a;
	struct flow reply;

	if (l->answer.type != RTN_UNICAST || !l->dev || !l->flow.from.family)
		return 0;
	reply = flow_reply(&l->flow, l->dev->ifindex);
	l->conn.is_answered = !l->conn.untracked;
	l->conn.is_unasked = l->conn.untracked;
	tell_begin(s, l, outer, &reply);
	if (tell_arrive(s, &reply, &l->conn, l != s->j->layers, &a))
		return -1;
	if (l != s->j->layers)
		return tell_delivered(s, l);
	story_station(s, "The end");
	if (is_for_us(&reply, &a))
		story_fact(s, FACT_DECIDES, NULL, "It is for this machine: the program that asked gets it.");
	else
		story_fact(s, FACT_DECIDES, NULL, "It goes on by %s, to whom it is for.",
			   dev_name(s->m, a.ifindex));
	return 0;
}
