// SPDX-License-Identifier: GPL-2.0
/*
 * Live tunnels as text and as JSON
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "json.h"
#include "view.h"

const char *key_text(const uint8_t key[static WG_KEY_LEN],
		     char text[static KEY_TEXT_LEN])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits;
	char *to = text;
	size_t i;

	/* 32 bytes are ten groups of three, and one of two */
	for (i = 0; i < WG_KEY_LEN; i += 3) {
		bits = key[i] << 16 | key[i + 1] << 8;
		if (i + 2 < WG_KEY_LEN)
			bits |= key[i + 2];
		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = digits[bits >> 6 & 63];
		*to++ = digits[bits & 63];
	}
	to[-1] = '=';
	*to = '\0';
	return text;
}

const char *endpoint_text(const struct sockaddr_storage *ss,
			  char text[static ENDPOINT_TEXT_LEN])
{
	const struct sockaddr_in6 *v6 = (const void *)ss;
	const struct sockaddr_in *v4 = (const void *)ss;
	char addr[INET6_ADDRSTRLEN];

	text[0] = '\0';
	if (ss->ss_family == AF_INET)
		snprintf(text, ENDPOINT_TEXT_LEN, "%s:%u",
			 inet_ntop(AF_INET, &v4->sin_addr, addr, sizeof(addr)),
			 ntohs(v4->sin_port));
	else if (ss->ss_family == AF_INET6)
		snprintf(text, ENDPOINT_TEXT_LEN, "[%s]:%u",
			 inet_ntop(AF_INET6, &v6->sin6_addr, addr, sizeof(addr)),
			 ntohs(v6->sin6_port));
	return text;
}

static bool has_key(const struct wg_device *d)
{
	static const uint8_t none[WG_KEY_LEN];

	return memcmp(d->public_key, none, sizeof(none)) != 0;
}

/* A mark with its mask; wg_device has the one that WireGuard gives. */
static void print_mark(FILE *out, const struct view *v)
{
	if (!v->dev.fwmark)
		fputs("off", out);
	else
		fprintf(out, "0x%" PRIx32, v->dev.fwmark);
	if (v->params.mask)
		fprintf(out, "/0x%" PRIx32, v->params.mask);
	/* changed under the backend's feet, as with "wg set" */
	if (v->params.mask && v->params.fwmark != v->dev.fwmark)
		fprintf(out, " (but the backend works for 0x%" PRIx32 ")",
			v->params.fwmark);
}

static void print_addrs(FILE *out, const char *name, const struct prefix *list,
			size_t len)
{
	char addr[PREFIX_TEXT_LEN];
	size_t i;

	if (!len)
		return;
	fprintf(out, "  %s:", name);
	for (i = 0; i < len; i++)
		fprintf(out, "%s %s", i ? "," : "", addr_text(&list[i], addr));
	fputc('\n', out);
}

static void print_bytes(FILE *out, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = bytes / 1024.0;
	size_t i = 0;

	if (bytes < 1024) {
		fprintf(out, "%" PRIu64 " B", bytes);
		return;
	}
	for (; value >= 1024 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		value /= 1024;
	fprintf(out, "%.2f %s", value, units[i]);
}

static void print_peer(FILE *out, const struct wg_peer *p)
{
	char text[ENDPOINT_TEXT_LEN], key[KEY_TEXT_LEN], prefix[PREFIX_TEXT_LEN];
	size_t i;

	fprintf(out, "  peer: %s\n", key_text(p->public_key, key));
	if (p->endpoint.ss_family)
		fprintf(out, "    endpoint: %s\n", endpoint_text(&p->endpoint, text));
	fputs("    allowed ips:", out);
	for (i = 0; i < p->allowed_len; i++)
		fprintf(out, "%s %s", i ? "," : "", prefix_text(&p->allowed[i], prefix));
	fputs(p->allowed_len ? "\n" : " (none)\n", out);
	if (p->handshake)
		fprintf(out, "    latest handshake: %" PRId64 " seconds ago\n",
			(int64_t)time(NULL) - p->handshake);
	else
		fputs("    latest handshake: none\n", out);
	fputs("    transfer: ", out);
	print_bytes(out, p->rx);
	fputs(" received, ", out);
	print_bytes(out, p->tx);
	fputs(" sent\n", out);
	if (p->keepalive)
		fprintf(out, "    keepalive: every %u seconds\n", p->keepalive);
}

static const char *yes_no(bool value)
{
	return value ? "yes" : "no";
}

static void print_sources(FILE *out, const struct view *v)
{
	char text[ENDPOINT_TEXT_LEN];
	size_t i;

	if (v->params.restore != WGMARK_RESTORE_LEARN)
		return;
	fprintf(out, "  learned:%s", v->sources_len ? "" : " nothing yet");
	for (i = 0; i < v->sources_len; i++)
		fprintf(out, " %s", endpoint_text(&v->sources[i], text));
	fputc('\n', out);
}

void view_print(FILE *out, const struct view *v)
{
	const struct tunnel_params *p = &v->params;
	char key[KEY_TEXT_LEN];
	size_t i;

	fputs("interface: ", out);
	escape_put(out, v->link.name);
	fputc('\n', out);
	if (has_key(&v->dev))
		fprintf(out, "  public key: %s\n", key_text(v->dev.public_key, key));
	fprintf(out, "  listening port: %u\n", v->dev.listen_port);
	fputs("  fwmark: ", out);
	print_mark(out, v);
	if (v->table)
		fprintf(out, "\n  table: %" PRIu32, v->table);
	fprintf(out, "\n  backend: %s\n", v->backend);
	if (p->families) {
		fprintf(out, "  restore: %s%s, compat: %s, guard: %s, families:%s%s\n",
			restore_name(p->restore), p->notrack ? " without tracking" : "",
			yes_no(p->compat), yes_no(p->guard),
			p->families & WGMARK_FAMILY_IPV4 ? " ipv4" : "",
			p->families & WGMARK_FAMILY_IPV6 ? " ipv6" : "");
		print_sources(out, v);
		print_addrs(out, "guarded", v->guarded, v->guarded_len);
		print_addrs(out, "NOT guarded", v->unguarded,
			    v->unguarded_len);
		fprintf(out, "  packets: %" PRIu64 " spoofed and dropped, %" PRIu64
			" restored, %" PRIu64 " saved\n", v->counters.spoofed,
			v->counters.restored, v->counters.saved);
	}
	for (i = 0; i < v->dev.peers_len; i++)
		print_peer(out, &v->dev.peers[i]);
}

static void json_prefixes(struct json *j, const char *name,
			  const struct prefix *list, size_t len, bool whole)
{
	char text[PREFIX_TEXT_LEN];
	size_t i;

	json_array(j, name);
	for (i = 0; i < len; i++)
		json_string(j, NULL, whole ? prefix_text(&list[i], text) :
					     addr_text(&list[i], text));
	json_end(j);
}

static void json_peer(struct json *j, const struct wg_peer *p)
{
	char text[ENDPOINT_TEXT_LEN], key[KEY_TEXT_LEN];

	json_object(j, NULL);
	json_string(j, "public_key", key_text(p->public_key, key));
	if (p->endpoint.ss_family)
		json_string(j, "endpoint", endpoint_text(&p->endpoint, text));
	else
		json_null(j, "endpoint");
	json_prefixes(j, "allowed_ips", p->allowed, p->allowed_len, true);
	json_int(j, "latest_handshake", p->handshake);
	json_uint(j, "rx_bytes", p->rx);
	json_uint(j, "tx_bytes", p->tx);
	json_uint(j, "keepalive", p->keepalive);
	json_end(j);
}

static void json_sources(struct json *j, const struct view *v)
{
	char text[ENDPOINT_TEXT_LEN];
	size_t i;

	json_array(j, "learned");
	for (i = 0; i < v->sources_len; i++)
		json_string(j, NULL, endpoint_text(&v->sources[i], text));
	json_end(j);
}

static void json_backend(struct json *j, const struct view *v)
{
	const struct tunnel_params *p = &v->params;

	json_string(j, "backend", v->backend);
	if (!p->families)
		return;
	json_uint(j, "backend_fwmark", p->fwmark);
	json_uint(j, "mask", p->mask);
	json_string(j, "restore", restore_name(p->restore));
	json_bool(j, "notrack", p->notrack);
	json_sources(j, v);
	json_bool(j, "compat", p->compat);
	json_bool(j, "guard", p->guard);
	json_array(j, "families");
	if (p->families & WGMARK_FAMILY_IPV4)
		json_string(j, NULL, "ipv4");
	if (p->families & WGMARK_FAMILY_IPV6)
		json_string(j, NULL, "ipv6");
	json_end(j);
	json_prefixes(j, "guarded", v->guarded, v->guarded_len, false);
	json_prefixes(j, "unguarded", v->unguarded, v->unguarded_len, false);
	json_uint(j, "spoofed", v->counters.spoofed);
	json_uint(j, "restored", v->counters.restored);
	json_uint(j, "saved", v->counters.saved);
}

static void json_view(struct json *j, const struct view *v)
{
	char key[KEY_TEXT_LEN];
	size_t i;

	json_object(j, NULL);
	json_string(j, "interface", v->link.name);
	json_uint(j, "ifindex", v->link.ifindex);
	json_uint(j, "mtu", v->link.mtu);
	if (has_key(&v->dev))
		json_string(j, "public_key", key_text(v->dev.public_key, key));
	else
		json_null(j, "public_key");
	json_uint(j, "listen_port", v->dev.listen_port);
	json_uint(j, "fwmark", v->dev.fwmark);
	json_uint(j, "table", v->table);
	json_backend(j, v);
	json_array(j, "peers");
	for (i = 0; i < v->dev.peers_len; i++)
		json_peer(j, &v->dev.peers[i]);
	json_end(j);
	json_end(j);
}

void view_print_json(FILE *out, const struct view *list, size_t len)
{
	struct json j = { .out = out };
	size_t i;

	json_array(&j, NULL);
	for (i = 0; i < len; i++)
		json_view(&j, &list[i]);
	json_end(&j);
}
