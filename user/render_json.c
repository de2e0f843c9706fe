// SPDX-License-Identifier: GPL-2.0
/*
 * A plan as JSON
 */
#include <stdlib.h>

#include "json.h"
#include "render.h"
#include "save_value.h"
#include "wg_diff.h"

static const char *const type_names[] = {
	[STEP_LINK_ADD]	      = "link-add",
	[STEP_LINK_DEL]	      = "link-del",
	[STEP_WG_SET]	      = "wg-set",
	[STEP_WG_FWMARK]      = "wg-fwmark",
	[STEP_WG_SYNC]	      = "wg-sync",
	[STEP_WG_KEEPALIVE]   = "wg-keepalive",
	[STEP_KMOD_ADD]	      = "kmod-add",
	[STEP_KMOD_SET]	      = "kmod-set",
	[STEP_KMOD_DEL]	      = "kmod-del",
	[STEP_NFT_ADD]	      = "nft-add",
	[STEP_NFT_DEL]	      = "nft-del",
	[STEP_NFT_SET]	      = "nft-set",
	[STEP_GUARD_ADD]      = "guard-add",
	[STEP_GUARD_DEL]      = "guard-del",
	[STEP_ADDR_ADD]	      = "addr-add",
	[STEP_ADDR_DEL]	      = "addr-del",
	[STEP_LINK_UP]	      = "link-up",
	[STEP_LINK_MTU]	      = "link-mtu",
	[STEP_SYSCTL_SET]     = "sysctl-set",
	[STEP_SYSCTL_RESTORE] = "sysctl-restore",
	[STEP_RULE_ADD]	      = "rule-add",
	[STEP_RULE_DEL]	      = "rule-del",
	[STEP_ROUTE_ADD]      = "route-add",
	[STEP_ROUTE_DEL]      = "route-del",
	[STEP_ROUTE_KEEP]     = "route-keep",
	[STEP_DNS_SET]	      = "dns-set",
	[STEP_DNS_DEL]	      = "dns-del",
	[STEP_HOOK]	      = "hook",
	[STEP_SAVE]	      = "save",
};

static const char *const hook_names[] = {
	[HOOK_PRE_UP]	 = "PreUp",
	[HOOK_POST_UP]	 = "PostUp",
	[HOOK_PRE_DOWN]	 = "PreDown",
	[HOOK_POST_DOWN] = "PostDown",
};

static const char *family_name(sa_family_t family)
{
	return family == AF_INET ? "ipv4" : "ipv6";
}

/* What another function writes to a stream, as a string; null without memory */
static void json_rendered(struct json *j, const char *name,
			  const struct plan *plan, const struct step *step,
			  bool ruleset)
{
	char *text = NULL;
	size_t len;
	FILE *f;

	f = open_memstream(&text, &len);
	if (f && ruleset)
		render_ruleset(f, "", plan, step);
	else if (f)
		render_command(f, plan, step);

	if (f && !fclose(f))
		json_string(j, name, text);
	else
		json_null(j, name);
	free(text);
}

static void json_families(struct json *j, uint32_t families)
{
	json_array(j, "families");
	if (families & WGMARK_FAMILY_IPV4)
		json_string(j, NULL, family_name(AF_INET));
	if (families & WGMARK_FAMILY_IPV6)
		json_string(j, NULL, family_name(AF_INET6));
	json_end(j);
}

static void json_strings(struct json *j, const char *name, char *const *list,
			 size_t len)
{
	size_t i;

	json_array(j, name);
	for (i = 0; i < len; i++)
		json_string(j, NULL, list[i]);
	json_end(j);
}

static void json_tunnel(struct json *j, const struct tunnel_params *t)
{
	json_uint(j, "fwmark", t->fwmark);
	json_uint(j, "mask", t->mask);
	json_string(j, "restore", restore_name(t->restore));
	json_bool(j, "notrack", t->notrack);
	json_bool(j, "compat", t->compat);
	json_bool(j, "guard", t->guard);
	json_families(j, t->families);
}

static void json_rule(struct json *j, const struct rule *r)
{
	json_string(j, "family", family_name(r->family));
	json_uint(j, "priority", r->priority);
	if (r->unreachable)
		json_bool(j, "unreachable", true);
	else
		json_uint(j, "table", r->table);
	if (r->fwmark) {
		json_bool(j, "not", r->invert);
		json_uint(j, "fwmark", r->fwmark);
		json_uint(j, "fwmask", r->fwmask);
	}
	if (r->suppress >= 0)
		json_int(j, "suppress_prefixlength", r->suppress);
	json_uint(j, "protocol", r->protocol);
}

/* Which peers come, change and go; no keys but the public ones */
static void json_peers(struct json *j, const struct step *step)
{
	const struct wg_peer_diff *p;
	char *text = NULL;
	struct wg_diff d;
	size_t len;
	FILE *f;

	json_array(j, "peers");
	if (wg_diff(&d, step->sync.from, step->sync.to))
		d.len = 0;
	for (p = d.peers; p < d.peers + d.len; p++) {
		json_object(j, NULL);
		f = open_memstream(&text, &len);
		if (f)
			save_write_key(f, p->to ? p->to->public_key : p->from->public_key);
		if (f && !fclose(f))
			json_string(j, "public_key", text);
		free(text);
		text = NULL;
		json_string(j, "change", !p->from ? "add" : p->to ? "change" : "remove");
		json_end(j);
	}
	wg_diff_free(&d);
	json_end(j);
}

static void json_members(struct json *j, const struct plan *plan,
			 const struct step *step)
{
	char text[PREFIX_TEXT_LEN];
	struct dns dns;

	switch (step->type) {
	case STEP_WG_FWMARK:
		json_uint(j, "fwmark", step->fwmark);
		break;
	case STEP_WG_SYNC:
		json_peers(j, step);
		break;
	case STEP_KMOD_ADD:
	case STEP_KMOD_SET:
	case STEP_NFT_ADD:
	case STEP_NFT_SET:
		json_tunnel(j, &step->tunnel);
		break;
	case STEP_NFT_DEL:
		json_families(j, step->nft.families);
		break;
	case STEP_GUARD_ADD:
	case STEP_GUARD_DEL:
	case STEP_ADDR_ADD:
	case STEP_ADDR_DEL:
		json_string(j, "address", prefix_text(&step->prefix, text));
		break;
	case STEP_LINK_UP:
	case STEP_LINK_MTU:
		json_uint(j, "mtu", step->mtu);
		break;
	case STEP_SYSCTL_SET:
	case STEP_SYSCTL_RESTORE:
		json_string(j, "name", "src_valid_mark");
		json_string(j, "dev", step->sysctl.mark.dev);
		json_int(j, "value", step->sysctl.mark.value);
		json_int(j, "old", step->sysctl.old);
		break;
	case STEP_RULE_ADD:
	case STEP_RULE_DEL:
		json_rule(j, &step->rule);
		break;
	case STEP_ROUTE_ADD:
	case STEP_ROUTE_DEL:
	case STEP_ROUTE_KEEP:
		json_string(j, "dst", prefix_text(&step->route.dst, text));
		json_uint(j, "table", step->route.table);
		break;
	case STEP_DNS_SET:
		dns = step_dns(plan, step);
		json_strings(j, "servers", dns.servers, dns.servers_len);
		json_strings(j, "search", dns.search, dns.search_len);
		break;
	case STEP_HOOK:
		json_string(j, "key", hook_names[step->hook.when]);
		break;
	case STEP_LINK_ADD:
	case STEP_LINK_DEL:
	case STEP_WG_SET:
	case STEP_WG_KEEPALIVE:
	case STEP_KMOD_DEL:
	case STEP_DNS_DEL:
	case STEP_SAVE:
		break;
	}
}

void render_plan_json(FILE *out, const struct plan *plan)
{
	struct json j = { .out = out };
	const struct step *step;
	char **note;

	json_object(&j, NULL);
	json_string(&j, "interface", plan->ifname);

	json_array(&j, "steps");
	for (step = plan->steps; step < plan->steps + plan->len; step++) {
		json_object(&j, NULL);
		json_string(&j, "type", type_names[step->type]);
		json_rendered(&j, "command", plan, step, false);
		if (step->type == STEP_NFT_ADD || step->type == STEP_NFT_DEL ||
		    step->type == STEP_NFT_SET)
			json_rendered(&j, "ruleset", plan, step, true);
		json_members(&j, plan, step);
		json_end(&j);
	}
	json_end(&j);

	json_array(&j, "notes");
	for (note = plan->notes; note && *note; note++)
		json_string(&j, NULL, *note);
	json_end(&j);
	json_end(&j);
}
