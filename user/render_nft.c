// SPDX-License-Identifier: GPL-2.0
/*
 * The nft backend's tables as nft(8) reads them
 */
#include <inttypes.h>
#include <stdarg.h>

#include "nft.h"
#include "render.h"

/* What the lines of one table have in common */
struct ruleset {
	FILE *out;
	const char *prefix;
	const char *ifname;
	const struct prefix *addrs;
	size_t addrs_len;
	const struct tunnel_params *tunnel;
	sa_family_t family;
};

static const char *family_name(const struct ruleset *r)
{
	return r->family == AF_INET ? "ip" : "ip6";
}

__attribute__((format(printf, 3, 4)))
static void line(const struct ruleset *r, unsigned int depth, const char *fmt, ...)
{
	va_list args;

	fputs(r->prefix, r->out);
	while (depth--)
		fputs("  ", r->out);
	va_start(args, fmt);
	vfprintf(r->out, fmt, args);
	va_end(args);
	fputc('\n', r->out);
}

static void chain_begin(const struct ruleset *r, const char *name,
			const char *hook, const char *priority)
{
	line(r, 1, "chain %s {", name);
	line(r, 2, "type filter hook %s priority %s; policy accept;", hook, priority);
}

/* Link-local addresses belong to each link, so they are not guarded */
static void guarded_set(const struct ruleset *r)
{
	char addr[PREFIX_TEXT_LEN];
	const char *comma = "";
	size_t i;

	line(r, 1, "set guarded {");
	line(r, 2, "type ipv%c_addr", r->family == AF_INET ? '4' : '6');
	if (!r->tunnel->compat) {
		line(r, 2, "size %zu", r->addrs_len + NFT_GUARDED_MORE);
		line(r, 2, "flags dynamic");
	}
	for (i = 0; i < r->addrs_len; i++) {
		if (r->addrs[i].family != r->family ||
		    prefix_is_linklocal(&r->addrs[i]))
			continue;
		if (!*comma)
			fprintf(r->out, "%s    elements = { ", r->prefix);
		fprintf(r->out, "%s%s", comma, addr_text(&r->addrs[i], addr));
		comma = ", ";
	}
	if (*comma)
		fputs(" }\n", r->out);
	line(r, 1, "}");
}

/* An address of the tunnel that is in use joins the set */
static void learn(const struct ruleset *r, const char *device, const char *addr)
{
	const char *ip = family_name(r);

	line(r, 2, "%s \"%s\" %s %s != @guarded %s %s != %s fib %s . %s type local add @guarded { %s %s }",
	     device, r->ifname, ip, addr, ip, addr,
	     r->family == AF_INET ? "169.254.0.0/16" : "fe80::/10", addr, device, ip, addr);
}

static void preraw(const struct ruleset *r)
{
	chain_begin(r, "preraw", "prerouting", "raw");
	if (!r->tunnel->compat)
		learn(r, "iif", "daddr");
	line(r, 2, "iif != \"%s\" %s daddr @guarded %sfib saddr type != local counter drop",
	     r->ifname, family_name(r), r->tunnel->compat ? "" : "fib daddr type local ");
	line(r, 1, "}");
}

static void postraw(const struct ruleset *r)
{
	chain_begin(r, "postraw", "postrouting", "raw");
	learn(r, "oif", "saddr");
	line(r, 1, "}");
}

/* From a packet's mark to its connection's, or back: counted where it is a change */
static void copy_mark(const struct ruleset *r, const char *from, const char *to)
{
	uint32_t f = r->tunnel->fwmark;
	uint32_t m = r->tunnel->mask;

	if (m == UINT32_MAX)
		line(r, 2, "meta l4proto udp %s mark 0x%" PRIx32 " %s mark != 0x%" PRIx32
		     " counter %s mark set 0x%" PRIx32, from, f, to, f, to, f);
	else
		line(r, 2, "meta l4proto udp %s mark & 0x%" PRIx32 " == 0x%" PRIx32
		     " %s mark & 0x%" PRIx32 " != 0x%" PRIx32
		     " counter %s mark set %s mark & 0x%" PRIx32 " | 0x%" PRIx32,
		     from, m, f, to, m, f, to, to, ~m, f);
}

static void premangle(const struct ruleset *r)
{
	uint32_t f = r->tunnel->fwmark;

	chain_begin(r, "premangle", "prerouting", "mangle");
	if (r->tunnel->compat) {
		/* Counted where it changes the mark, as without compat */
		line(r, 2, "meta l4proto udp ct mark 0x%" PRIx32
		     " meta mark != 0x%" PRIx32 " counter", f, f);
		line(r, 2, "meta l4proto udp meta mark set ct mark");
	} else {
		copy_mark(r, "ct", "meta");
	}
	line(r, 1, "}");
}

static void postmangle(const struct ruleset *r)
{
	chain_begin(r, "postmangle", "postrouting", "mangle");
	copy_mark(r, "meta", "ct");
	line(r, 1, "}");
}

static void full_table(const struct ruleset *r)
{
	line(r, 0, "table %s wgmark-%s {", family_name(r), r->ifname);
	if (r->tunnel->guard) {
		guarded_set(r);
		preraw(r);
		if (!r->tunnel->compat)
			postraw(r);
	}
	if (r->tunnel->restore == WGMARK_RESTORE_CONNTRACK) {
		premangle(r);
		postmangle(r);
	}
	line(r, 0, "}");
}

static const struct {
	uint32_t bit;
	sa_family_t family;
} families[] = {
	{ WGMARK_FAMILY_IPV4, AF_INET },
	{ WGMARK_FAMILY_IPV6, AF_INET6 },
};

void render_tables(FILE *out, const char *ifname, const struct tunnel_params *tunnel,
		   const struct prefix *addrs, size_t len)
{
	struct ruleset r = {
		.out = out,
		.prefix = "",
		.ifname = ifname,
		.addrs = addrs,
		.addrs_len = len,
		.tunnel = tunnel,
	};
	size_t i;

	for (i = 0; i < IP_FAMILIES; i++) {
		r.family = families[i].family;
		if (tunnel->families & families[i].bit)
			full_table(&r);
	}
}

void render_ruleset(FILE *out, const char *prefix, const struct plan *plan,
		    const struct step *step)
{
	struct ruleset r = {
		.out = out,
		.prefix = prefix,
		.ifname = plan->ifname,
		.addrs = plan->config ? plan->config->address : NULL,
		.addrs_len = plan->config ? plan->config->address_len : 0,
		.tunnel = &step->tunnel,
	};
	size_t i;

	for (i = 0; i < IP_FAMILIES; i++) {
		r.family = families[i].family;
		if (step->type == STEP_NFT_SET && step->old_tunnel.families & families[i].bit)
			line(&r, 0, "delete table %s wgmark-%s", family_name(&r), r.ifname);
		if ((step->type == STEP_NFT_ADD || step->type == STEP_NFT_SET) &&
		    step->tunnel.families & families[i].bit)
			full_table(&r);
		else if (step->type == STEP_NFT_DEL && step->nft.families & families[i].bit)
			line(&r, 0, "delete table %s wgmark-%s", family_name(&r),
			     step->nft.name);
	}
}
