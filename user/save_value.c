// SPDX-License-Identifier: GPL-2.0
/*
 * The values of a configuration file: the old ones, and the machine's
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_keys.h"
#include "save_value.h"
#include "view.h"

static int compare_prefixes(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int diff = config_compare_addresses(x, y);

	return diff ? diff : x->len - y->len;
}

struct prefix *save_sorted(const struct prefix *list, size_t len)
{
	struct prefix *copy = calloc(len + 1, sizeof(*copy));

	if (!copy)
		return NULL;
	if (!len)
		return copy;

	memcpy(copy, list, len * sizeof(*copy));
	qsort(copy, len, sizeof(*copy), compare_prefixes);
	return copy;
}

bool save_is_in(const struct prefix *p, const struct prefix *list, size_t len)
{
	return bsearch(p, list, len, sizeof(*p), compare_prefixes);
}

/* Each of one in the other, both ways: -ENOMEM, or whether it is so */
static int is_same_set(const struct peer *a, const struct peer *b)
{
	struct prefix *x = save_sorted(a->allowed, a->allowed_len);
	struct prefix *y = save_sorted(b->allowed, b->allowed_len);
	int same = x && y ? 1 : -ENOMEM;
	size_t i;

	for (i = 0; same > 0 && i < a->allowed_len; i++)
		same = save_is_in(&x[i], y, b->allowed_len);
	for (i = 0; same > 0 && i < b->allowed_len; i++)
		same = save_is_in(&y[i], x, a->allowed_len);

	free(x);
	free(y);
	return same;
}

/* Whether the host is an address; if so, @ss is the endpoint */
static bool read_endpoint(const struct peer *was, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	uint32_t port = 0;

	*ss = (struct sockaddr_storage){ 0 };
	config_number(&port, was->service, UINT16_MAX);
	if (inet_pton(AF_INET, was->host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
	} else if (inet_pton(AF_INET6, was->host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
	}

	return ss->ss_family;
}

/* A host's name stays, whatever its address is by now */
static bool is_same_endpoint(const struct peer *was, const struct peer *live)
{
	char a[ENDPOINT_TEXT_LEN], b[ENDPOINT_TEXT_LEN];
	struct sockaddr_storage ss;

	if (!was->host)
		return !live->endpoint.ss_family;
	if (!read_endpoint(was, &ss))
		return true;
	return !strcmp(endpoint_text(&ss, a), endpoint_text(&live->endpoint, b));
}

static bool is_same_key(bool has_a, const uint8_t a[static WG_KEY_LEN], bool has_b,
			const uint8_t b[static WG_KEY_LEN])
{
	return has_a == has_b && (!has_a || !memcmp(a, b, WG_KEY_LEN));
}

int save_is_same(const struct save_value *v)
{
	const struct peer *was = v->was_peer, *live = v->live_peer;

	switch (v->key) {
	case SAVE_MTU:
		return !v->was->mtu || v->was->mtu == v->live->mtu;
	case SAVE_LISTEN_PORT:
		return v->was->listen_port == v->live->listen_port;
	case SAVE_FWMARK:
		return v->was->fwmark == v->live->fwmark;
	case SAVE_PRIVATE_KEY:
		return is_same_key(v->was->has_private_key, v->was->private_key,
				   v->live->has_private_key, v->live->private_key);
	case SAVE_PRESHARED_KEY:
		return is_same_key(was->has_preshared_key, was->preshared_key,
				   live->has_preshared_key, live->preshared_key);
	case SAVE_ALLOWED_IPS:
		return is_same_set(was, live);
	case SAVE_ENDPOINT:
		return is_same_endpoint(was, live);
	case SAVE_KEEPALIVE:
		return was->keepalive == live->keepalive;
	default:
		return true;
	}
}

static void write_allowed(FILE *out, const struct peer *live)
{
	char text[PREFIX_TEXT_LEN];
	size_t i;

	for (i = 0; i < live->allowed_len; i++)
		fprintf(out, "%s%s", i ? ", " : "", prefix_text(&live->allowed[i], text));
}

/* @was is NULL for a new peer */
static void write_endpoint(FILE *out, const struct peer *was, const struct peer *live)
{
	char text[ENDPOINT_TEXT_LEN];
	struct sockaddr_storage ss;

	if (was && was->host && !read_endpoint(was, &ss))
		fprintf(out, "%s:%s", was->host, was->service);
	else
		fputs(endpoint_text(&live->endpoint, text), out);
}

void save_write_key(FILE *out, const uint8_t key[static WG_KEY_LEN])
{
	char text[KEY_TEXT_LEN];

	fputs(key_text(key, text), out);
	explicit_bzero(text, sizeof(text));
}

bool save_has_value(const struct save_value *v)
{
	const struct peer *was = v->was_peer, *live = v->live_peer;

	switch (v->key) {
	case SAVE_MTU:
		return v->was->mtu && v->live->mtu;
	case SAVE_LISTEN_PORT:
		return v->live->listen_port;
	case SAVE_FWMARK:
		return v->live->fwmark;
	case SAVE_PRIVATE_KEY:
		return v->live->has_private_key;
	case SAVE_PRESHARED_KEY:
		return live->has_preshared_key;
	case SAVE_ALLOWED_IPS:
		return live->allowed_len;
	case SAVE_ENDPOINT:
		return live->endpoint.ss_family ||
		       (was && was->host && is_same_endpoint(was, live));
	case SAVE_KEEPALIVE:
		return live->keepalive;
	default:
		return false;
	}
}

void save_write_value(FILE *out, const struct save_value *v)
{
	const struct peer *live = v->live_peer;

	fprintf(out, "%s = ", save_names[v->key]);
	switch (v->key) {
	case SAVE_MTU:
		fprintf(out, "%u", v->live->mtu);
		break;
	case SAVE_LISTEN_PORT:
		fprintf(out, "%u", v->live->listen_port);
		break;
	case SAVE_FWMARK:
		fprintf(out, "0x%x", v->live->fwmark);
		break;
	case SAVE_PRIVATE_KEY:
		save_write_key(out, v->live->private_key);
		break;
	case SAVE_PRESHARED_KEY:
		save_write_key(out, live->preshared_key);
		break;
	case SAVE_ALLOWED_IPS:
		write_allowed(out, live);
		break;
	case SAVE_ENDPOINT:
		write_endpoint(out, v->was_peer, live);
		break;
	case SAVE_KEEPALIVE:
		fprintf(out, "%u", live->keepalive);
		break;
	default:
		break;
	}
}
