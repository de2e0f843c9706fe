// SPDX-License-Identifier: GPL-2.0
/*
 * A plan as commands
 */
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "escape.h"
#include "render.h"

static char ip_version(sa_family_t family)
{
	return family == AF_INET ? '4' : '6';
}

static const char *yes_no(bool value)
{
	return value ? "yes" : "no";
}

static void render_table(FILE *out, uint32_t table)
{
	if (table == RT_TABLE_MAIN)
		fputs(" table main", out);
	else
		fprintf(out, " table %" PRIu32, table);
}

/* With the whole mask as wg-quick(8) writes it, so that people can compare */
static void render_rule(FILE *out, const char *verb, const struct rule *r)
{
	fprintf(out, "ip -%c rule %s", ip_version(r->family), verb);
	if (r->invert)
		fputs(" not", out);
	if (r->fwmark && r->fwmask == UINT32_MAX)
		fprintf(out, " fwmark %" PRIu32, r->fwmark);
	else if (r->fwmark)
		fprintf(out, " fwmark 0x%" PRIx32 "/0x%" PRIx32, r->fwmark, r->fwmask);
	if (r->unreachable)
		fputs(" unreachable", out);
	else
		render_table(out, r->table);
	if (r->suppress >= 0)
		fprintf(out, " suppress_prefixlength %d", r->suppress);
	fprintf(out, " priority %" PRIu32, r->priority);
	if (r->protocol == RTPROT_KERNEL)
		fputs(" protocol kernel", out);
	else
		fprintf(out, " protocol %u", r->protocol);
}

static void render_route(FILE *out, const char *verb, const struct plan *plan,
			 const struct step *step)
{
	char dst[PREFIX_TEXT_LEN];

	fprintf(out, "ip -%c route %s %s dev %s", ip_version(step->route.dst.family),
		verb, prefix_text(&step->route.dst, dst), plan->ifname);
	if (step->route.table != RT_TABLE_MAIN)
		render_table(out, step->route.table);
}

/* The message to the generic netlink family, in the words of its specification */
static void render_kmod(FILE *out, const char *verb, const struct plan *plan,
			const struct tunnel_params *t)
{
	static const char *const families[] = {
		[WGMARK_FAMILY_IPV4] = "ipv4",
		[WGMARK_FAMILY_IPV6] = "ipv6",
		[WGMARK_FAMILY_IPV4 | WGMARK_FAMILY_IPV6] = "ipv4,ipv6",
	};

	fprintf(out, "wgmark tunnel-%s %s fwmark 0x%" PRIx32 " mask 0x%" PRIx32 " restore %s guard %s%s families %s",
		verb, plan->ifname, t->fwmark, t->mask,
		restore_name(t->restore), yes_no(t->guard),
		t->compat ? " compat yes" : t->notrack ? " notrack yes" : "",
		families[t->families]);
}

/* A dot in a device's name becomes a slash: sysctl(8) */
static void render_sysctl(FILE *out, const struct step *step)
{
	const char *c;

	fputs("sysctl -q net.ipv4.conf.", out);
	for (c = step->sysctl.mark.dev; *c; c++)
		fputc(*c == '.' ? '/' : *c, out);
	fprintf(out, ".src_valid_mark=%d", step->sysctl.mark.value);
}

static void render_dns(FILE *out, const struct plan *plan, const struct step *step)
{
	struct dns dns;

	if (step->type == STEP_DNS_SET)
		dns = step_dns(plan, step);
	dns_command(out, step->dns, step->dns_of[0] ? step->dns_of : plan->ifname,
		    step->type == STEP_DNS_SET ? &dns : NULL);
}

void render_command(FILE *out, const struct plan *plan, const struct step *step)
{
	const char *dev = plan->ifname;
	char addr[PREFIX_TEXT_LEN];

	switch (step->type) {
	case STEP_LINK_ADD:
		fprintf(out, "ip link add dev %s type wireguard", dev);
		break;
	case STEP_LINK_DEL:
		fprintf(out, "ip link delete dev %s", dev);
		break;
	case STEP_WG_SET:
		fprintf(out, "wg setconf %s /dev/stdin", dev);
		break;
	case STEP_WG_SYNC:
		fprintf(out, "wg syncconf %s /dev/stdin", dev);
		break;
	case STEP_WG_KEEPALIVE:
		render_keepalive(out, plan, step);
		break;
	case STEP_WG_FWMARK:
		fprintf(out, "wg set %s fwmark %" PRIu32, dev, step->fwmark);
		break;
	case STEP_KMOD_ADD:
		render_kmod(out, "new", plan, &step->tunnel);
		break;
	case STEP_KMOD_SET:
		render_kmod(out, "set", plan, &step->tunnel);
		break;
	case STEP_KMOD_DEL:
		fprintf(out, "wgmark tunnel-del %s", dev);
		break;
	case STEP_GUARD_ADD:
	case STEP_GUARD_DEL:
		fprintf(out, "nft %s element %s wgmark-%s guarded { %s }",
			step->type == STEP_GUARD_ADD ? "add" : "delete",
			step->prefix.family == AF_INET ? "ip" : "ip6", dev,
			addr_text(&step->prefix, addr));
		break;
	case STEP_NFT_ADD:
	case STEP_NFT_DEL:
	case STEP_NFT_SET:
		fputs("nft -f -", out);
		break;
	case STEP_ADDR_ADD:
	case STEP_ADDR_DEL:
		fprintf(out, "ip -%c address %s %s dev %s",
			ip_version(step->prefix.family),
			step->type == STEP_ADDR_ADD ? "add" : "delete",
			prefix_text(&step->prefix, addr), dev);
		break;
	case STEP_LINK_UP:
		fprintf(out, "ip link set mtu %" PRIu32 " up dev %s", step->mtu, dev);
		break;
	case STEP_LINK_MTU:
		fprintf(out, "ip link set mtu %" PRIu32 " dev %s", step->mtu, dev);
		break;
	case STEP_SYSCTL_SET:
	case STEP_SYSCTL_RESTORE:
		render_sysctl(out, step);
		break;
	case STEP_RULE_ADD:
		render_rule(out, "add", &step->rule);
		break;
	case STEP_RULE_DEL:
		render_rule(out, "delete", &step->rule);
		break;
	case STEP_ROUTE_ADD:
		render_route(out, "add", plan, step);
		break;
	case STEP_ROUTE_DEL:
		render_route(out, "delete", plan, step);
		break;
	case STEP_ROUTE_KEEP:
		render_route(out, "add", plan, step);
		fputs(" || true", out);
		break;
	case STEP_DNS_SET:
	case STEP_DNS_DEL:
		render_dns(out, plan, step);
		break;
	case STEP_HOOK:
		fputs(step->hook.command, out);
		break;
	case STEP_SAVE:
		fprintf(out, "wg showconf %s", dev);
		break;
	}
}

char *render_text(const struct plan *plan, const struct step *step)
{
	char *text = NULL;
	size_t len;
	FILE *out;

	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	render_command(out, plan, step);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

void render_step(FILE *out, const struct plan *plan, const struct step *step)
{
	char *text = NULL;
	size_t len;
	FILE *raw;

	raw = open_memstream(&text, &len);
	if (!raw)
		return;
	fputs("[#] ", raw);
	render_command(raw, plan, step);
	fputc('\n', raw);
	render_ruleset(raw, "[#]   ", plan, step);
	render_peers(raw, "[#]   ", step);
	if (!fclose(raw))
		escape_put(out, text);
	free(text);
}
