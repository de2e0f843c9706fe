// SPDX-License-Identifier: GPL-2.0
/*
 * What changes of a WireGuard device, as "wg set" would be told
 */
#include <arpa/inet.h>
#include <inttypes.h>

#include "render.h"
#include "save_value.h"
#include "wg_diff.h"

static void render_endpoint(FILE *out, const struct sockaddr_storage *endpoint)
{
	const struct sockaddr_in6 *v6 = (const void *)endpoint;
	const struct sockaddr_in *v4 = (const void *)endpoint;
	char text[INET6_ADDRSTRLEN];

	if (endpoint->ss_family == AF_INET)
		fprintf(out, " endpoint %s:%u",
			inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text)),
			ntohs(v4->sin_port));
	else
		fprintf(out, " endpoint [%s]:%u",
			inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text)),
			ntohs(v6->sin6_port));
}

/* Signs as wg(8) has them */
static void render_list(FILE *out, char sign, const struct prefix *list, size_t len,
			const char **comma)
{
	char text[PREFIX_TEXT_LEN];
	size_t i;

	for (i = 0; i < len; i++) {
		fprintf(out, "%s%c%s", *comma, sign, prefix_text(&list[i], text));
		*comma = ",";
	}
}

static void render_peer(FILE *out, const struct wg_peer_diff *p)
{
	const char *comma = " allowed-ips ";

	fputs("peer ", out);
	save_write_key(out, p->to ? p->to->public_key : p->from->public_key);
	if (!p->to) {
		fputs(" remove\n", out);
		return;
	}
	if (p->preshared_key)
		fputs(" preshared-key (hidden)", out);
	if (p->endpoint)
		render_endpoint(out, &p->to->endpoint);
	if (p->keepalive)
		fprintf(out, " persistent-keepalive %u", p->to->keepalive);
	render_list(out, '+', p->gained, p->gained_len, &comma);
	render_list(out, '-', p->lost, p->lost_len, &comma);
	fputc('\n', out);
}

void render_keepalive(FILE *out, const struct plan *plan, const struct step *step)
{
	const struct wg_device *d = step->sync.from;
	const struct wg_peer *p;

	fprintf(out, "wg set %s", plan->ifname);
	for (p = d->peers; p < d->peers + d->peers_len; p++) {
		if (!p->handshake)
			continue;
		fputs(" peer ", out);
		save_write_key(out, p->public_key);
		fputs(" persistent-keepalive 1", out);
	}
}

void render_peers(FILE *out, const char *prefix, const struct step *step)
{
	struct wg_diff d;
	size_t i;

	if (step->type != STEP_WG_SYNC)
		return;
	if (!wg_diff(&d, step->sync.from, step->sync.to)) {
		if (d.private_key)
			fprintf(out, "%sprivate-key (hidden)\n", prefix);
		if (d.listen_port)
			fprintf(out, "%slisten-port %u\n", prefix, step->sync.to->listen_port);
		for (i = 0; i < d.len; i++) {
			fputs(prefix, out);
			render_peer(out, &d.peers[i]);
		}
	}
	wg_diff_free(&d);
}
