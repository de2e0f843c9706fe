// SPDX-License-Identifier: GPL-2.0
/*
 * Rulesets in each shape, and a plan as JSON; commands are in test-plan.c
 */
#include "plan_case.h"

#define TUNNEL_ADDRESSES "[Interface]\nAddress = 10.2.0.2/24, fd00::2, 169.254.1.1, fe80::1/64, 10.2.0.3\n"

/* Chains that several rulesets have */
#define RAW4 \
	"  chain preraw {\n" \
	"    type filter hook prerouting priority raw; policy accept;\n" \
	"    iif \"wg0\" ip daddr != @guarded ip daddr != 169.254.0.0/16 fib daddr . iif type local add @guarded { ip daddr }\n" \
	"    iif != \"wg0\" ip daddr @guarded fib daddr type local fib saddr type != local counter drop\n" \
	"  }\n" \
	"  chain postraw {\n" \
	"    type filter hook postrouting priority raw; policy accept;\n" \
	"    oif \"wg0\" ip saddr != @guarded ip saddr != 169.254.0.0/16 fib saddr . oif type local add @guarded { ip saddr }\n" \
	"  }\n"

#define PREMANGLE \
	"  chain premangle {\n" \
	"    type filter hook prerouting priority mangle; policy accept;\n" \
	"    meta l4proto udp ct mark 0xca6c meta mark != 0xca6c counter meta mark set 0xca6c\n" \
	"  }\n"

#define POSTMANGLE \
	"  chain postmangle {\n" \
	"    type filter hook postrouting priority mangle; policy accept;\n" \
	"    meta l4proto udp meta mark 0xca6c ct mark != 0xca6c counter ct mark set 0xca6c\n" \
	"  }\n"

static const struct {
	const char *name;
	const char *config;
	struct tunnel_params tunnel;
	const char *out;
} ruleset_cases[] = {
	{ "both families, guard and restore; link-local addresses are not guarded",
	  TUNNEL_ADDRESSES,
	  { .fwmark = 0xca6c, .mask = UINT32_MAX, .restore = WGMARK_RESTORE_CONNTRACK,
	    .guard = true, .families = 3 },
	  "table ip wgmark-wg0 {\n"
	  "  set guarded {\n"
	  "    type ipv4_addr\n"
	  "    size 1029\n"
	  "    flags dynamic\n"
	  "    elements = { 10.2.0.2, 10.2.0.3 }\n"
	  "  }\n"
	  RAW4 PREMANGLE POSTMANGLE
	  "}\n"
	  "table ip6 wgmark-wg0 {\n"
	  "  set guarded {\n"
	  "    type ipv6_addr\n"
	  "    size 1029\n"
	  "    flags dynamic\n"
	  "    elements = { fd00::2 }\n"
	  "  }\n"
	  "  chain preraw {\n"
	  "    type filter hook prerouting priority raw; policy accept;\n"
	  "    iif \"wg0\" ip6 daddr != @guarded ip6 daddr != fe80::/10 fib daddr . iif type local add @guarded { ip6 daddr }\n"
	  "    iif != \"wg0\" ip6 daddr @guarded fib daddr type local fib saddr type != local counter drop\n"
	  "  }\n"
	  "  chain postraw {\n"
	  "    type filter hook postrouting priority raw; policy accept;\n"
	  "    oif \"wg0\" ip6 saddr != @guarded ip6 saddr != fe80::/10 fib saddr . oif type local add @guarded { ip6 saddr }\n"
	  "  }\n"
	  PREMANGLE POSTMANGLE
	  "}\n" },
	{ "a mask, no guard",
	  TUNNEL_ADDRESSES,
	  { .fwmark = 0xca00, .mask = 0xff00, .restore = WGMARK_RESTORE_CONNTRACK,
	    .families = WGMARK_FAMILY_IPV4 },
	  "table ip wgmark-wg0 {\n"
	  "  chain premangle {\n"
	  "    type filter hook prerouting priority mangle; policy accept;\n"
	  "    meta l4proto udp ct mark & 0xff00 == 0xca00 meta mark & 0xff00 != 0xca00 counter meta mark set meta mark & 0xffff00ff | 0xca00\n"
	  "  }\n"
	  "  chain postmangle {\n"
	  "    type filter hook postrouting priority mangle; policy accept;\n"
	  "    meta l4proto udp meta mark & 0xff00 == 0xca00 ct mark & 0xff00 != 0xca00 counter ct mark set ct mark & 0xffff00ff | 0xca00\n"
	  "  }\n"
	  "}\n" },
	{ "compat, IPv6 alone",
	  TUNNEL_ADDRESSES,
	  { .fwmark = 0xca6c, .mask = UINT32_MAX, .restore = WGMARK_RESTORE_CONNTRACK,
	    .compat = true, .families = WGMARK_FAMILY_IPV6 },
	  "table ip6 wgmark-wg0 {\n"
	  "  chain premangle {\n"
	  "    type filter hook prerouting priority mangle; policy accept;\n"
	  "    meta l4proto udp ct mark 0xca6c meta mark != 0xca6c counter\n"
	  "    meta l4proto udp meta mark set ct mark\n"
	  "  }\n"
	  POSTMANGLE
	  "}\n" },
	{ "guard alone, without an address",
	  "[Interface]\nAddress = fd00::2\n",
	  { .fwmark = 0xca6c, .mask = UINT32_MAX, .restore = WGMARK_RESTORE_NONE,
	    .guard = true, .families = WGMARK_FAMILY_IPV4 },
	  "table ip wgmark-wg0 {\n"
	  "  set guarded {\n"
	  "    type ipv4_addr\n"
	  "    size 1025\n"
	  "    flags dynamic\n"
	  "  }\n"
	  RAW4
	  "}\n" },
};

static const char plan_config[] =
	"[Interface]\n"
	"Address = 10.2.0.2/32\n"
	"#wgmark Backend = nft\n"
	"#wgmark Restore = none\n"
	"[Peer]\n"
	"PublicKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
	"AllowedIPs = 0.0.0.0/0\n";

static const char plan_json[] =
	"{\n"
	"\t\"interface\": \"wg0\",\n"
	"\t\"steps\": [\n"
	"\t\t{\n"
	"\t\t\t\"type\": \"link-add\",\n"
	"\t\t\t\"command\": \"ip link add dev wg0 type wireguard\"\n"
	"\t\t},\n"
	"\t\t{\n"
	"\t\t\t\"type\": \"wg-set\",\n"
	"\t\t\t\"command\": \"wg setconf wg0 /dev/stdin\"\n"
	"\t\t},\n"
	"\t\t{\n"
	"\t\t\t\"type\": \"wg-fwmark\",\n"
	"\t\t\t\"command\": \"wg set wg0 fwmark 51820\",\n"
	"\t\t\t\"fwmark\": 51820\n"
	"\t\t},\n"
	"\t\t{\n"
	"\t\t\t\"type\": \"nft-add\",\n"
	"\t\t\t\"command\": \"nft -f -\",\n"
	"\t\t\t\"ruleset\": \"table ip wgmark-wg0 {\\n  set guarded {\\n"
	"    type ipv4_addr\\n    size 1025\\n    flags dynamic\\n"
	"    elements = { 10.2.0.2 }\\n  }\\n"
	"  chain preraw {\\n    type filter hook prerouting priority raw; policy accept;\\n"
	"    iif \\\"wg0\\\" ip daddr != @guarded ip daddr != 169.254.0.0/16 fib daddr . iif type local add @guarded { ip daddr }\\n"
	"    iif != \\\"wg0\\\" ip daddr @guarded fib daddr type local fib saddr type != local counter drop\\n"
	"  }\\n  chain postraw {\\n    type filter hook postrouting priority raw; policy accept;\\n"
	"    oif \\\"wg0\\\" ip saddr != @guarded ip saddr != 169.254.0.0/16 fib saddr . oif type local add @guarded { ip saddr }\\n"
	"  }\\n}\\n\",\n"
	"\t\t\t\"fwmark\": 51820,\n"
	"\t\t\t\"mask\": 4294967295,\n"
	"\t\t\t\"restore\": \"none\",\n"
	"\t\t\t\"notrack\": false,\n"
	"\t\t\t\"compat\": false,\n"
	"\t\t\t\"guard\": true,\n"
	"\t\t\t\"families\": [\n"
	"\t\t\t\t\"ipv4\"\n"
	"\t\t\t]\n"
	"\t\t},\n"
	"\t\t{\n"
	"\t\t\t\"type\": \"addr-add\",\n"
	"\t\t\t\"command\": \"ip -4 address add 10.2.0.2/32 dev wg0\",\n"
	"\t\t\t\"address\": \"10.2.0.2/32\"\n"
	"\t\t},\n"
	"\t\t{\n"
	"\t\t\t\"type\": \"link-up\",\n"
	"\t\t\t\"command\": \"ip link set mtu 1420 up dev wg0\",\n"
	"\t\t\t\"mtu\": 1420\n"
	"\t\t},\n"
	"\t\t{\n"
	"\t\t\t\"type\": \"sysctl-set\",\n"
	"\t\t\t\"command\": \"sysctl -q net.ipv4.conf.all.src_valid_mark=1\",\n"
	"\t\t\t\"name\": \"src_valid_mark\",\n"
	"\t\t\t\"dev\": \"all\",\n"
	"\t\t\t\"value\": 1,\n"
	"\t\t\t\"old\": 0\n"
	"\t\t},\n"
	"\t\t{\n"
	"\t\t\t\"type\": \"rule-add\",\n"
	"\t\t\t\"command\": \"ip -4 rule add not fwmark 51820 table 51820 priority 32765 protocol kernel\",\n"
	"\t\t\t\"family\": \"ipv4\",\n"
	"\t\t\t\"priority\": 32765,\n"
	"\t\t\t\"table\": 51820,\n"
	"\t\t\t\"not\": true,\n"
	"\t\t\t\"fwmark\": 51820,\n"
	"\t\t\t\"fwmask\": 4294967295,\n"
	"\t\t\t\"protocol\": 2\n"
	"\t\t},\n"
	"\t\t{\n"
	"\t\t\t\"type\": \"rule-add\",\n"
	"\t\t\t\"command\": \"ip -4 rule add table main suppress_prefixlength 0 priority 32764 protocol kernel\",\n"
	"\t\t\t\"family\": \"ipv4\",\n"
	"\t\t\t\"priority\": 32764,\n"
	"\t\t\t\"table\": 254,\n"
	"\t\t\t\"suppress_prefixlength\": 0,\n"
	"\t\t\t\"protocol\": 2\n"
	"\t\t},\n"
	"\t\t{\n"
	"\t\t\t\"type\": \"route-add\",\n"
	"\t\t\t\"command\": \"ip -4 route add 0.0.0.0/0 dev wg0 table 51820\",\n"
	"\t\t\t\"dst\": \"0.0.0.0/0\",\n"
	"\t\t\t\"table\": 51820\n"
	"\t\t}\n"
	"\t],\n"
	"\t\"notes\": [\n"
	"\t\t\"the nft table `x\\\"y' of another tool is there too; wgmark works beside it\"\n"
	"\t]\n"
	"}\n";

static void test_ruleset(size_t i)
{
	const struct step step = {
		.type = STEP_NFT_ADD,
		.tunnel = ruleset_cases[i].tunnel,
	};
	struct plan plan = { .ifname = "wg0" };
	struct config c;
	struct tap_text t;
	char *text;

	test_config(&c, "wg0", ruleset_cases[i].config);
	plan.config = &c;
	tap_text_begin(&t);
	render_ruleset(t.out, "", &plan, &step);
	text = tap_text_end(&t);
	tap_same(text, ruleset_cases[i].out, ruleset_cases[i].name);
	free(text);
	config_free(&c);
}

static char *json_of(const struct plan *plan)
{
	struct tap_text t;

	tap_text_begin(&t);
	render_plan_json(t.out, plan);
	return tap_text_end(&t);
}

static void test_json(void)
{
	const struct snapshot s = {
		.has_nft = true,
		.foreign_table = "x\"y",
		.free_table = 51820,
		.endpoint_mtu = 1500,
	};
	struct plan_error err;
	struct plan plan;
	struct config c;
	char *text;
	int ret;

	test_config(&c, "wg0", plan_config);
	ret = plan_up(&plan, &c, &s, &err);
	text = json_of(&plan);
	tap_same(ret ? err.text : text, plan_json, "a plan as JSON");
	free(text);
	plan_free(&plan);
	config_free(&c);
}

/* The steps of "down", and those that only a walk back has */
static void test_json_others(void)
{
	static const char *const want[] = {
		"link-del", "nft-del", "sysctl-restore", "rule-del",
		"route-del", "route-keep", "kmod-add",
	};
	struct step steps[] = {
		{ .type = STEP_LINK_DEL },
		{ .type = STEP_NFT_DEL, .tunnel = { .families = 3 } },
		{ .type = STEP_SYSCTL_RESTORE, .sysctl = { { 0, "all", 0 }, 1 } },
		{ .type = STEP_RULE_DEL, .rule = { .family = AF_INET } },
		{ .type = STEP_ROUTE_DEL, .route = { { .family = AF_INET6 }, 5 } },
		{ .type = STEP_ROUTE_KEEP, .route = { { .family = AF_INET6 }, 5 } },
		{ .type = STEP_KMOD_ADD, .tunnel = { .families = 3 } },
	};
	struct plan plan = { .ifname = "wg0", .len = 1 };
	char member[64];
	char *text;
	size_t i;

	for (i = 0; i < TAP_LEN(steps); i++) {
		plan.steps = &steps[i];
		text = json_of(&plan);
		snprintf(member, sizeof(member), "\"type\": \"%s\",", want[i]);
		tap_ok(strstr(text, member) && strstr(text, "\"notes\": []"),
		       "%s as JSON", want[i]);
		free(text);
	}
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(ruleset_cases); i++)
		test_ruleset(i);
	test_json();
	test_json_others();
	return tap_done();
}
