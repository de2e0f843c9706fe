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
	return config_allowed_ips(p, last_peer(p), value);
}

/* The host goes up to the last colon, as in wg(8), and may stand in brackets */
static int set_endpoint(struct parser *p, char *value)
{
	struct peer *peer = last_peer(p);
	char *colon, *host = value, *end;
	uint32_t port;
	int err;

	config_join(value, ":]", ":[");
	colon = strrchr(value, ':');
	end = colon;
	if (colon && *host == '[') {
		host++;
		end--;
		if (end <= host || strchr(host, ']') != end)
			colon = NULL;
	}
	if (!colon || end <= host || value[strcspn(value, CONFIG_BLANKS)])
		return config_bad_value(p, value, "HOST:PORT, or [ADDRESS]:PORT for IPv6");
	if (!config_is_service(colon + 1) &&
	    (!config_number(&port, colon + 1, UINT16_MAX) || !port))
		return config_bad_value(p, value, "a port from 1 to 65535 after the colon");

	err = config_string(&peer->host, host, end - host);
	if (err)
		return err;
	return config_string(&peer->service, colon + 1, strlen(colon + 1));
}

static int set_keepalive(struct parser *p, char *value)
{
	uint32_t n = 0;

	/* wg(8) takes decimal digits alone */
	if (strcasecmp(value, "off") &&
	    (value[strspn(value, "0123456789")] || !config_number(&n, value, UINT16_MAX)))
		return config_bad_value(p, value, "off, or seconds from 0 to 65535");

	last_peer(p)->keepalive = n;
	last_peer(p)->has_keepalive = true;
	return 0;
}

const struct key config_peer_keys[] = {
	{ "PublicKey",		 0,		   set_public_key },
	{ "PresharedKey",	 0,		   set_preshared_key },
	{ "AllowedIPs",		 KEY_MAY_BE_EMPTY, set_allowed_ips },
	{ "Endpoint",		 0,		   set_endpoint },
	{ "PersistentKeepalive", 0,		   set_keepalive },
	{}
};

void config_peer_free(struct peer *peer)
{
	free(peer->allowed);
	free(peer->removed);
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
 * than AllowedIPs: this is what "wg setconf" leaves in the kernel. It keeps
 * those too where its own are changes, with + and -.
 */
static int merge_peer(struct peer *later, struct peer *earlier)
{
	int err = 0;

	if (later->incremental)
		err = config_prepend_allowed(later, earlier);
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
	return err;
}

/* Sections of one key, each merged into the next */
static int merge_same(struct config *c)
{
	struct peer **order;
	int err = 0;
	size_t i;

	order = calloc(c->peers_len + 1, sizeof(*order));
	if (!order)
		return -ENOMEM;

	for (i = 0; i < c->peers_len; i++)
		order[i] = &c->peers[i];
	qsort(order, c->peers_len, sizeof(*order), compare_keys);
	for (i = 1; i < c->peers_len && !err; i++) {
		if (!memcmp(order[i - 1]->public_key, order[i]->public_key, WG_KEY_LEN))
			err = merge_peer(order[i], order[i - 1]);
	}

	free(order);
	return err;
}

int config_merge_peers(struct config *c)
{
	size_t i, n = 0;
	int err;

	err = merge_same(c);
	if (err)
		return err;

	/* An earlier section is all zero now */
	for (i = 0; i < c->peers_len; i++) {
		if (!c->peers[i].line)
			continue;
		c->peers[n] = c->peers[i];
		if (n < i)
			explicit_bzero(&c->peers[i], sizeof(c->peers[i]));
		n++;
	}
	c->peers_len = n;

	for (i = 0; i < n; i++)
		config_remove_allowed(&c->peers[i]);
	return 0;
}
