// SPDX-License-Identifier: GPL-2.0
/*
 * Words that not everybody knows, each told where it first is in a journey
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "journey_story.h"

static const struct {
	const char *word;
	const char *meaning;
} terms[] = {
	{
		"Table ",
		"A table is a list of routes, and a rule says for which packets one is asked.",
	},
	{
		"default route",
		"A default route is for all that no other route of its table is for.",
	},
	{
		"gateway",
		"A gateway is a router of this network, which passes packets on to others.",
	},
	{
		"metric",
		"Of a table's routes to the same addresses the one with the lowest metric counts.",
	},
	{
		" mark",
		"A mark is a number that the kernel keeps beside a packet, on this machine only.",
	},
	{
		"AllowedIPs",
		"A peer is the other end of a tunnel, known by its public key; its AllowedIPs are the addresses that are behind it.",
	},
	{
		"handshake",
		"In a handshake both ends prove who they are and agree on keys, for a session; after two minutes the next one begins, if there is something to send.",
	},
	{
		"conntrack",
		"Conntrack is the kernel's list of connections, by addresses and ports; each can have a mark, too.",
	},
	{
		"control group",
		"A control group is a set of programs; net_cls gives such a set a number.",
	},
	{
		", chain ",
		"A chain is a list of nft's rules that packets meet at one point of their way; nft's tables hold chains, and no routes.",
	},
};

char *story_terms(struct story *s, const char *what, char *text)
{
	char *longer;
	size_t i;

	for (i = 0; i < sizeof(terms) / sizeof(terms[0]) && text; i++) {
		if (s->terms & 1 << i ||
		    (!strstr(text, terms[i].word) && !(what && strstr(what, terms[i].word))))
			continue;
		s->terms |= 1 << i;
		if (asprintf(&longer, "%s (%s)", text, terms[i].meaning) < 0) {
			longer = NULL;
			s->err = -ENOMEM;
		}
		free(text);
		text = longer;
	}
	return text;
}
