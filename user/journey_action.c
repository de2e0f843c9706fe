// SPDX-License-Identifier: GPL-2.0
/*
 * What a rule of nft does with a packet, by its text: verdicts, NAT, sets, and what is of no matter
 */
#include <stdlib.h>
#include <string.h>

#include "journey_match.h"

bool match_does(struct match *x, bool *what)
{
	if (x->result == NO)
		return false;
	x->unsure |= x->result != YES || x->open;
	*what = true;
	return true;
}

/* How it is refused is of no matter, but for what nft(8) does not write before it: to whom
 * it can be said so
 */
static void reject(struct match *x)
{
	if (match_word(x, "with")) {
		if (match_word(x, "tcp"))
			match_proto(x, IPPROTO_TCP);
		else if (match_word(x, "icmp"))
			match_family(x, AF_INET);
		else if (match_word(x, "icmpv6"))
			match_family(x, AF_INET6);
	}
	x->at += strlen(x->at);
}

/* What changes an address or a port */
static const char *const nats[] = {
	"dnat", "masquerade", "redirect", "snat", "[masq]", "[nat]", "[redir]",
	"[target DNAT]", "[target MASQUERADE]", "[target NETMAP]",
	"[target REDIRECT]", "[target SNAT]",
};

static bool is_nat_word(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(nats) / sizeof(nats[0]); i++) {
		if (strcmp(word, nats[i]) == 0)
			return true;
	}
	return false;
}

bool rule_has_nat(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(nats) / sizeof(nats[0]); i++) {
		if (strstr(text, nats[i]))
			return true;
	}
	return false;
}

/* "192.0.2.1", "192.0.2.1:80", ":80", "[2001:db8::1]:80"; of some, none is known */
static void nat_to(struct effect *e, char *text)
{
	char *port = *text == '[' ? strstr(text, "]:") : strchr(text, ':');
	unsigned long number;
	char *end;

	if (prefix_parse(&e->nat_addr, text) == 0)
		return;
	e->nat_addr.family = 0;
	e->nat_port = port;
	if (!port)
		return;
	*port = '\0';
	number = strtoul(port + (*text == '[' ? 2 : 1), &end, 10);
	if (!*end && number <= UINT16_MAX) {
		e->nat_to_port = number;
		e->nat_port = false;
	}
	if (*text && prefix_parse(&e->nat_addr, text + (*text == '[')))
		e->nat_addr.family = 0;
}

/* "masquerade random", "snat ip to 192.0.2.1" */
static void nat(struct match *x, const char *word)
{
	static const char *const own[] = {
		"masquerade", "redirect", "[masq]", "[redir]", "[target MASQUERADE]",
		"[target REDIRECT]",
	};
	char to[TOKEN_LEN];
	size_t i, len;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		x->e->nat_own |= strcmp(word, own[i]) == 0;
	/* in a table of both, the other one goes on */
	if (match_word(x, "ip"))
		match_family(x, AF_INET);
	else if (match_word(x, "ip6"))
		match_family(x, AF_INET6);
	if (match_word(x, "to")) {
		/* brackets make no word of an address */
		x->at += strspn(x->at, " ");
		len = strcspn(x->at, " ");
		snprintf(to, sizeof(to), "%.*s", (int)len, x->at);
		x->at += len;
		nat_to(x->e, to);
	}
	/* a port of a range or any */
	x->e->nat_port |= *word == '[';
	while (*match_next(x) && strcmp(x->token, "comment"))
		x->e->nat_port |= !!strstr(x->token, "random");
	x->at += strlen(x->at);
}

bool match_action(struct match *x, const char *word)
{
	if (match_verdict(x, word, x->e)) {
		if (x->e->verdict == VERDICT_REJECT)
			reject(x);
		return true;
	}
	if (is_nat_word(word)) {
		x->e->nat = true;
		x->e->verdict = VERDICT_ACCEPT;
		nat(x, word);
		return true;
	}
	if (strcmp(word, "notrack") != 0)
		return false;
	match_does(x, &x->e->notrack);
	return true;
}

/* What a set gets has to be there: "{ ip saddr }"; whether it has room for it is not known */
static void has_key(struct match *x, const char *key)
{
	if (strncmp(key, "{ ip ", strlen("{ ip ")) == 0)
		match_family(x, AF_INET);
	else if (strncmp(key, "{ ip6 ", strlen("{ ip6 ")) == 0)
		match_family(x, AF_INET6);
	else
		match_also(x, MAYBE);
}

/* From now on the set may have the packet, or not; "@name {", of which the name is kept */
static void change_set(struct match *x)
{
	struct conn *conn = x->p->conn;
	const char *name = x->at + strspn(x->at, " ") + 1;

	match_next(x);
	if (x->result == NO)
		return;
	if (conn->changed_len < CHANGED_MAX)
		conn->changed[conn->changed_len] = name;
	conn->changed_len++;
}

bool match_aside(struct match *x, const char *word)
{
	if (strcmp(word, "counter") == 0) {
		if (match_word(x, "name")) {
			match_next(x);
		} else if (match_word(x, "packets")) {
			match_next(x);
			match_word(x, "bytes");
			match_next(x);
		}
	} else if (strcmp(word, "log") == 0) {
		while (match_word(x, "prefix") || match_word(x, "level") ||
		       match_word(x, "flags") || match_word(x, "group")) {
			/* flags tcp sequence */
			if (!match_word(x, "tcp"))
				match_word(x, "ip");
			match_next(x);
		}
	} else if (strcmp(word, "comment") == 0) {
		match_next(x);
	} else if (strcmp(word, "[dynset]") == 0) {
		x->p->conn->changed_others |= x->result != NO;
		match_also(x, MAYBE);
	} else if (strcmp(word, "add") == 0 || strcmp(word, "update") == 0 ||
		   strcmp(word, "delete") == 0) {
		change_set(x);
		has_key(x, match_next(x));
		if (*word != 'd')
			match_also(x, MAYBE);
	} else {
		return false;
	}
	return true;
}

bool match_is_harmless(const char *word)
{
	static const char *const harmless[] = {
		"[match ", "[cmp]", "[dscp]", "[dynset]", "[exthdr]", "[limit]", "[log]",
		"[quota]", "[range]", "[target AUDIT]", "[target CHECKSUM]", "[target CLASSIFY]",
		"[target DSCP]", "[target HL]", "[target LOG]", "[target NFLOG]", "[target SET]",
		"[target TCPMSS]", "[target TOS]", "[target TRACE]", "[target TTL]",
	};
	size_t i;

	for (i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		if (strncmp(word, harmless[i], strlen(harmless[i])) == 0)
			return true;
	}
	return false;
}
