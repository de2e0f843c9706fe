// SPDX-License-Identifier: GPL-2.0
/*
 * [Peer]: its keys, all of wg(8), and peers that come twice
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_keys.h"

static struct peer *last_peer(struct parser *p)
{
	return &p->c->peers[p->c->peers_len - 1];
}

static int set_public_key(struct parser *p, char *value)
{
	p->has_public_key = true;
	return config_wg_key(p, last_peer(p)->public_key, value);
}

static int set_preshared_key(struct parser *p, char *value)
{
	last_peer(p)->has_preshared_key = true;
	return config_wg_key(p, last_peer(p)->preshared_key, value);
}

static int set_allowed_ips(struct parser *p, char *value)
{
	struct peer *peer = last_peer(p);
	size_t i = peer->allowed_len;
	int err;

	err = config_prefixes(p, &peer->allowed, &peer->allowed_len, value,
			      "a network, such as 10.0.0.0/8 or fd00::/8");
	for (; i < peer->allowed_len; i++)
		prefix_mask(&peer->allowed[i]);

	return err;
}

/* Digits alone have to be a port's number, anything else is a service's name */
static bool is_service(const char *text)
{
	uint32_t n;

	if (text[strspn(text, "0123456789")])
		return true;
	return config_number(&n, text, UINT16_MAX) && n;
}

/* The host goes up to the last colon, as in wg(8), and may stand in brackets */
static int set_endpoint(struct parser *p, char *value)
{
	struct peer *peer = last_peer(p);
	char *colon = strrchr(value, ':');
	char *host = value;
	char *end = colon;
	int err;

	if (colon && *host == '[') {
		host++;
		end--;
		if (end <= host || strchr(host, ']') != end)
			colon = NULL;
	}
	if (!colon || end <= host || value[strcspn(value, CONFIG_BLANKS)])
		return config_bad_value(p, value, "HOST:PORT, or [ADDRESS]:PORT for IPv6");
	if (!is_service(colon + 1))
		return config_bad_value(p, value, "a port from 1 to 65535 after the colon");

	err = config_string(&peer->host, host, end - host);
	if (err)
		return err;
	return config_string(&peer->service, colon + 1, strlen(colon + 1));
}

static int set_keepalive(struct parser *p, char *value)
{
	uint32_t n = 0;

	if (strcasecmp(value, "off") && !config_number(&n, value, UINT16_MAX))
		return config_bad_value(p, value, "off, or seconds from 0 to 65535");

	last_peer(p)->keepalive = n;
	last_peer(p)->has_keepalive = true;
	return 0;
}

const struct key config_peer_keys[] = {
	{ "PublicKey",		 false,	set_public_key },
	{ "PresharedKey",	 false,	set_preshared_key },
	{ "AllowedIPs",		 true,	set_allowed_ips },
	{ "Endpoint",		 false,	set_endpoint },
	{ "PersistentKeepalive", false,	set_keepalive },
	{}
};

void config_peer_free(struct peer *peer)
{
	free(peer->allowed);
	free(peer->host);
	free(peer->service);
	explicit_bzero(peer, sizeof(*peer));
}

static int compare_keys(const void *a, const void *b)
{
	const struct peer *x = *(const struct peer *const *)a;
	const struct peer *y = *(const struct peer *const *)b;
	int diff = memcmp(x->public_key, y->public_key, WG_KEY_LEN);

	return diff ? diff : (x->line > y->line) - (x->line < y->line);
}

/* The later section keeps what the earlier one says and it does not, other
 * than AllowedIPs: this is what "wg setconf" leaves in the kernel.
 */
static void merge_peer(struct peer *later, struct peer *earlier)
{
	if (!later->has_preshared_key) {
		memcpy(later->preshared_key, earlier->preshared_key, WG_KEY_LEN);
		later->has_preshared_key = earlier->has_preshared_key;
	}
	if (!later->host) {
		later->host = earlier->host;
		later->service = earlier->service;
		earlier->host = NULL;
		earlier->service = NULL;
	}
	if (!later->has_keepalive) {
		later->keepalive = earlier->keepalive;
		later->has_keepalive = earlier->has_keepalive;
	}

	config_peer_free(earlier);
}

int config_merge_peers(struct config *c)
{
	struct peer **order;
	size_t i, n = 0;

	if (c->peers_len < 2)
		return 0;
	order = calloc(c->peers_len, sizeof(*order));
	if (!order)
		return -ENOMEM;

	for (i = 0; i < c->peers_len; i++)
		order[i] = &c->peers[i];
	qsort(order, c->peers_len, sizeof(*order), compare_keys);
	for (i = 1; i < c->peers_len; i++) {
		if (!memcmp(order[i - 1]->public_key, order[i]->public_key, WG_KEY_LEN))
			merge_peer(order[i], order[i - 1]);
	}
	free(order);

	/* An earlier section is all zero now */
	for (i = 0; i < c->peers_len; i++) {
		if (c->peers[i].line)
			c->peers[n++] = c->peers[i];
	}
	explicit_bzero(&c->peers[n], (c->peers_len - n) * sizeof(*c->peers));
	c->peers_len = n;
	return 0;
}
