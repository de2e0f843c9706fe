// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "down", and what takes a step back
 */
#include "plan_case.h"

static const char first_tunnel[] =
	"4 32764 254 0 0 2 0 0 1\n"
	"4 32765 51820 51820 ffffffff 2 1 -1 1\n"
	"6 32764 254 0 0 2 0 0 1\n"
	"6 32765 51820 51820 ffffffff 2 1 -1 1\n";

static const char both_tunnels[] =
	"4 32762 254 0 0 2 0 0 1\n"
	"4 32763 51821 51821 ffffffff 2 1 -1 1\n"
	"4 32764 254 0 0 2 0 0 1\n"
	"4 32765 51820 51820 ffffffff 2 1 -1 1\n"
	"6 32762 254 0 0 2 0 0 1\n"
	"6 32763 51821 51821 ffffffff 2 1 -1 1\n"
	"6 32764 254 0 0 2 0 0 1\n"
	"6 32765 51820 51820 ffffffff 2 1 -1 1\n";

/* A third tunnel, whose own rule lets the first one's packets pass; the first
 * lets two tunnels' packets pass. The rest only looks like such rules.
 */
static const char exempting[] =
	"4 100 254 51821 ffffffff 2 0 -1 1\n"
	"4 101 254 51820 ffffffff 3 0 -1 1\n"
	"4 102 255 51820 ffffffff 2 0 -1 1\n"
	"4 103 254 51820 ffffffff 2 0 -1 0\n"
	"4 32759 254 51820 ffffffff 2 0 -1 1\n"
	"4 32760 254 0 0 2 0 0 1\n"
	"4 32761 51823 51823 ffffffff 2 1 -1 1\n"
	"4 32763 254 51821 ffffffff 2 0 -1 1\n"
	"4 32763 254 51822 ffffffff 2 0 -1 1\n"
	"4 32764 254 0 0 2 0 0 1\n"
	"4 32765 51820 51820 ffffffff 2 1 -1 1\n";

/* Each is in one point not a rule of ours, other than the last two */
static const char near_misses[] =
	"4 100 51820 51820 ffffffff 3 1 -1 1\n"
	"4 101 51820 51820 ffffffff 2 0 -1 1\n"
	"4 102 51820 51820 ffffffff 2 1 -1 0\n"
	"4 103 51821 51820 ffffffff 2 1 -1 1\n"
	"4 104 51820 51821 ffffffff 2 1 -1 1\n"
	"4 105 51820 51820 ffffffff 2 1 0 1\n"
	"4 32762 254 0 0 2 0 0 1\n"
	"6 32764 254 0 0 2 0 0 1\n"
	"4 32764 254 0 0 3 0 0 1\n"
	"4 32764 254 0 0 2 0 1 1\n"
	"4 32764 254 0 0 2 0 -1 1\n"
	"4 32764 254 0 0 2 0 0 0\n"
	"4 32764 254 0 0 2 1 0 1\n"
	"4 32764 254 7 ffffffff 2 0 0 1\n"
	"4 32764 51820 0 0 2 0 0 1\n"
	"4 32764 254 0 0 2 0 0 1\n"
	"4 32765 51820 51820 ffffffff 2 1 -1 1\n";

static const char no_mark[] = "4 32765 0 0 ffffffff 2 1 -1 1\n";

static const char wg_quick[] = "4 32765 9 9 ffffffff 3 1 -1 1\n";

static const char leak_guard[] =
	"4 32764 254 0 0 2 0 0 1\n"
	"4 32765 51820 51820 ffffffff 2 1 -1 1\n"
	"6 32764 254 0 0 2 0 0 1\n"
	"6 32765 0 51820 ffffffff 2 1 -1 1\n";

static const char masked[] =
	"4 32764 254 0 0 2 0 0 1\n"
	"4 32765 51820 51820 ffff 2 1 -1 1\n";

#define RULES_DEL_V4 \
	"[#] ip -4 rule delete table main suppress_prefixlength 0 priority 32764 protocol kernel\n" \
	"[#] ip -4 rule delete not fwmark 51820 table 51820 priority 32765 protocol kernel\n"
#define RULES_DEL_V6 \
	"[#] ip -6 rule delete table main suppress_prefixlength 0 priority 32764 protocol kernel\n" \
	"[#] ip -6 rule delete not fwmark 51820 table 51820 priority 32765 protocol kernel\n"
#define LINK_DEL "[#] ip link delete dev wg0\n"
#define GONE "note: a tunnel is gone without wgmarkctl down; what it left behind is removed\n"
#define NO_POST_DOWN "note: `wg0' is not there, and nothing that is left has its name: its PostDown is not run\n"
#define SYSCTL_RESTORE "[#] sysctl -q net.ipv4.conf.all.src_valid_mark=0\n"

static const struct plan_case down_cases[] = {
	{ "down: full tunnel, module", .down = true,
	  .machine = LINK | KMOD_TUNNEL | MARK_SAVED, .rules = first_tunnel,
	  .out = RULES_DEL_V4 RULES_DEL_V6 LINK_DEL SYSCTL_RESTORE },
	{ "down: full tunnel, nft", .down = true,
	  .machine = LINK | NFT_IPV4 | NFT_IPV6 | MARK_SAVED | NO_KMOD, .rules = first_tunnel,
	  .out = RULES_DEL_V4 RULES_DEL_V6
		 LINK_DEL
		 "[#] nft -f -\n[#]   delete table ip wgmark-wg0\n[#]   delete table ip6 wgmark-wg0\n"
		 SYSCTL_RESTORE },
	{ "down: one family by nft", .down = true,
	  .machine = LINK | NFT_IPV4, .rules = first_tunnel,
	  .out = RULES_DEL_V4 RULES_DEL_V6
		 LINK_DEL "[#] nft -f -\n[#]   delete table ip wgmark-wg0\n" },
	{ "down: the mark was valid before, and stays", .down = true,
	  .machine = LINK | KMOD_TUNNEL | MARK_VALID, .rules = first_tunnel,
	  .out = RULES_DEL_V4 RULES_DEL_V6 LINK_DEL },
	{ "down: no full tunnel", .down = true, .machine = LINK | NO_MARK, .out = LINK_DEL },
	{ "down: a mark but no rules", .down = true, .machine = LINK, .out = LINK_DEL },
	{ "down: the rules of another tunnel stay", .down = true,
	  .machine = LINK | KMOD_TUNNEL | MARK_SAVED, .rules = both_tunnels,
	  .out = RULES_DEL_V4 RULES_DEL_V6 LINK_DEL },
	{ "down: rules for others' packets go with those who made them", .down = true,
	  .machine = LINK | KMOD_TUNNEL | MARK_SAVED, .rules = exempting,
	  .out = "[#] ip -4 rule delete fwmark 51820 table main priority 32759 protocol kernel\n"
		 "[#] ip -4 rule delete fwmark 51821 table main priority 32763 protocol kernel\n"
		 "[#] ip -4 rule delete fwmark 51822 table main priority 32763 protocol kernel\n"
		 RULES_DEL_V4 LINK_DEL },
	{ "down: without a mark no rule is ours", .down = true,
	  .machine = LINK | NO_MARK | MARK_SAVED, .rules = first_tunnel,
	  .out = LINK_DEL },
	{ "down: another's rule with the mark of a tunnel that has none itself", .down = true,
	  .machine = LINK, .rules = "4 100 254 51820 ffffffff 2 0 -1 1\n", .out = LINK_DEL },
	{ "down: wg-quick's tunnel without an nft table", .down = true,
	  .machine = LINK, .rules = "4 32765 51820 51820 ffffffff 3 1 -1 1\n",
	  .out = "EEXIST: `wg0' was brought up by another tool, whose rule `not fwmark' is there; take it down with that one\n" },
	{ "down: SaveConfig of a device that is not up", .down = true,
	  .config = "[Interface]\nSaveConfig = true\n", .machine = LINK | NO_MARK | NOT_UP,
	  .out = LINK_DEL "note: `wg0' is not up and may not have all of its addresses and peers: its file stays as it is\n" },
	{ "down: a rule without mark and table is not ours either", .down = true,
	  .machine = LINK | NO_MARK, .rules = no_mark,
	  .out = LINK_DEL },
	{ "down: rules that look nearly like ours stay", .down = true,
	  .machine = LINK | MARK_VALID, .rules = near_misses,
	  .out = RULES_DEL_V4 LINK_DEL },
	{ "down: with LeakGuard", .down = true,
	  .machine = LINK | KMOD_TUNNEL | MARK_SAVED, .rules = leak_guard,
	  .out = RULES_DEL_V4
		 "[#] ip -6 rule delete table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
		 "[#] ip -6 rule delete not fwmark 51820 unreachable priority 32765 protocol kernel\n"
		 LINK_DEL SYSCTL_RESTORE },
	{ "down: rules with a mask", .down = true,
	  .machine = LINK | MARK_SAVED, .rules = masked,
	  .out = "[#] ip -4 rule delete table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
		 "[#] ip -4 rule delete not fwmark 0xca6c/0xffff table 51820 priority 32765 protocol kernel\n"
		 LINK_DEL SYSCTL_RESTORE },
	{ "down: wg-quick's tunnel needs the mark still", .down = true,
	  .machine = LINK | MARK_SAVED, .rules = wg_quick,
	  .out = LINK_DEL },
	{ "down: a renamed device has its tables under the old name", .down = true,
	  .machine = LINK | NFT_IPV4, .rules = first_tunnel, .ifname = "tun7",
	  .out = RULES_DEL_V4 RULES_DEL_V6 "[#] ip link delete dev tun7\n"
		 "[#] nft -f -\n[#]   delete table ip wgmark-wg0\n" },
	{ "down: the mark was changed, the rules are still ours", .down = true,
	  .machine = LINK | NO_MARK | ROUTED | MARK_SAVED, .rules = first_tunnel,
	  .out = RULES_DEL_V4 RULES_DEL_V6 LINK_DEL SYSCTL_RESTORE },
	{ "down: the device is gone, rules and nft tables are not", .down = true,
	  .machine = MARK_SAVED, .gone = first_tunnel, .nft_gone = "wg0",
	  .out = RULES_DEL_V4 RULES_DEL_V6
		 "[#] nft -f -\n[#]   delete table ip wgmark-wg0\n[#]   delete table ip6 wgmark-wg0\n"
		 SYSCTL_RESTORE GONE },
	{ "down: another tunnel is gone too", .down = true,
	  .machine = LINK | MARK_SAVED, .rules = first_tunnel, .nft_gone = "wg9",
	  .gone = "4 32763 51821 51821 ffffffff 2 1 -1 1\n",
	  .out = "[#] ip -4 rule delete not fwmark 51821 table 51821 priority 32763 protocol kernel\n"
		 "[#] nft -f -\n[#]   delete table ip wgmark-wg9\n[#]   delete table ip6 wgmark-wg9\n"
		 RULES_DEL_V4 RULES_DEL_V6 LINK_DEL SYSCTL_RESTORE GONE },
	{ "down: the setting of a device is put back", .down = true,
	  .machine = LINK | KMOD_TUNNEL | DEV_SAVED, .rules = first_tunnel,
	  .out = RULES_DEL_V4 RULES_DEL_V6 LINK_DEL
		 "[#] sysctl -q net.ipv4.conf.eth0.src_valid_mark=0\n" },
	{ "down: the file's commands and SaveConfig", .down = true,
	  .config = "[Interface]\nPreDown = echo %i\nPreDown = false\nPostDown = echo a#b\nSaveConfig = true\nPreUp = no\n",
	  .machine = LINK | NO_MARK | RESOLVECTL | DNS_RECORD,
	  .out = "[#] echo wg0\n[#] false\n[#] wg showconf wg0\n" LINK_DEL
		 "[#] resolvectl revert wg0\n[#] echo a#b\n" },
	{ "down: the device is gone, its name servers are not", .down = true,
	  .config = "[Interface]\nPreDown = echo %i\nPostDown = echo b\n",
	  .machine = RESOLVECTL | DNS_RECORD,
	  .out = "[#] resolvectl revert wg0\n[#] echo b\n" },
	{ "down: the device is gone, a table with its name is not", .down = true,
	  .config = "[Interface]\nPreDown = echo %i\nPostDown = echo b\n", .nft_gone = "wg0",
	  .out = "[#] nft -f -\n[#]   delete table ip wgmark-wg0\n[#]   delete table ip6 wgmark-wg0\n"
		 "[#] echo b\n" GONE },
	{ "down: only another tunnel's table is left", .down = true,
	  .config = "[Interface]\nPostDown = echo b\n", .nft_gone = "wg9",
	  .out = "[#] nft -f -\n[#]   delete table ip wgmark-wg9\n[#]   delete table ip6 wgmark-wg9\n"
		 GONE NO_POST_DOWN },
	{ "down: only rules of some tunnel are left", .down = true,
	  .config = "[Interface]\nPostDown = echo b\n", .machine = MARK_SAVED, .gone = first_tunnel,
	  .out = RULES_DEL_V4 RULES_DEL_V6 SYSCTL_RESTORE GONE NO_POST_DOWN },
	{ "down: the record of another device that is gone", .down = true,
	  .machine = LINK | NO_MARK | DNS_GONE, .out = "[#] resolvconf -d wg8 -f\n" LINK_DEL GONE },
	{ "down: a record by the name that the device had", .down = true,
	  .machine = LINK | NO_MARK | DNS_GONE | DNS_OLD,
	  .out = "[#] resolvconf -d wg8 -f\n" LINK_DEL "[#] resolvconf -d wg7 -f\n" GONE },
	{ "down: the device is gone, its record is not", .down = true, .ifname = "wg8",
	  .config = "[Interface]\nDNS = 10.2.0.1\nPostDown = echo b\n",
	  .machine = DNS_GONE | DNS_RECORD, .out = "[#] resolvconf -d wg8 -f\n[#] echo b\n" GONE },
	{ "down: only another's record is left", .down = true,
	  .config = "[Interface]\nDNS = 10.2.0.1\nPostDown = echo b\n",
	  .machine = DNS_GONE, .out = "[#] resolvconf -d wg8 -f\n" GONE NO_POST_DOWN },
	{ "down: the file has name servers", .down = true,
	  .config = "[Interface]\nDNS = example.org\n", .machine = LINK | NO_MARK | RESOLVECTL,
	  .out = LINK_DEL "[#] resolvectl revert wg0\n" },
	{ "down: the file has name servers, no program has them", .down = true,
	  .config = "[Interface]\nDNS = 10.2.0.1\n", .machine = LINK | NO_MARK,
	  .out = LINK_DEL },
	{ "down: the file has name servers, the device is gone", .down = true,
	  .config = "[Interface]\nDNS = 10.2.0.1\n", .machine = RESOLVECTL,
	  .out = "ENODEV: `wg0' is not a WireGuard interface; wgmarkctl show lists those there are\n" },
	{ "down: nothing there, no command is run", .down = true,
	  .config = "[Interface]\nPreDown = a\nPostDown = b\nSaveConfig = true\n",
	  .out = "ENODEV: `wg0' is not a WireGuard interface; wgmarkctl show lists those there are\n" },
	{ "down: only the sysctl is left", .down = true, .machine = MARK_SAVED, .out = SYSCTL_RESTORE },
	{ "down: nothing there", .down = true, .machine = MARK_VALID,
	  .out = "ENODEV: `wg0' is not a WireGuard interface; wgmarkctl show lists those there are\n"
	},
	{ "down: another tool's tunnel", .down = true, .machine = LINK | FOREIGN, .rules = wg_quick,
	  .out = "EEXIST: `wg0' was brought up by another tool, whose nft table `wg-quick-wg0' is there; take it down with that one\n" },
	{ "down: ours, beside another tool's table", .down = true,
	  .machine = LINK | KMOD_TUNNEL | FOREIGN, .out = LINK_DEL },
	{ "down: ours by its rules, beside another tool's table", .down = true,
	  .machine = LINK | FOREIGN | MARK_VALID, .rules = masked,
	  .out = "[#] ip -4 rule delete table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
		 "[#] ip -4 rule delete not fwmark 0xca6c/0xffff table 51820 priority 32765 protocol kernel\n"
		 LINK_DEL },
	{ "down: a device of another kind", .down = true, .machine = LINK_OTHER | NFT_IPV4,
	  .out = "ENODEV: `wg0' is a device, but not a WireGuard interface; it is left alone\n" },
};

/* Each type of step, what takes it back, and that nothing takes that back */
static const struct {
	struct step step;
	const char *undo;	/* NULL: none */
} undo_cases[] = {
	{ { .type = STEP_LINK_ADD }, "ip link delete dev wg0" },
	{ { .type = STEP_LINK_DEL }, NULL },
	{ { .type = STEP_WG_SET }, NULL },
	{ { .type = STEP_WG_FWMARK, .fwmark = 51820 }, NULL },
	{ { .type = STEP_WG_SYNC }, NULL },
	{ { .type = STEP_WG_KEEPALIVE }, NULL },
	{ { .type = STEP_KMOD_ADD, .tunnel = { .families = 3 } }, NULL },
	{ { .type = STEP_KMOD_SET, .tunnel = { .families = 3 } }, NULL },
	{ { .type = STEP_KMOD_DEL, .tunnel = { .families = 3 } }, NULL },
	{ { .type = STEP_NFT_ADD, .tunnel = { .families = 3 } },
	  "nft -f -\ndelete table ip wgmark-wg0\ndelete table ip6 wgmark-wg0" },
	{ { .type = STEP_NFT_DEL, .nft = { .families = 2 } }, NULL },
	{ { .type = STEP_NFT_SET, .tunnel = { .families = 3 } }, NULL },
	{ { .type = STEP_GUARD_ADD, .prefix = { .family = AF_INET } }, NULL },
	{ { .type = STEP_GUARD_DEL, .prefix = { .family = AF_INET } }, NULL },
	{ { .type = STEP_ADDR_ADD, .prefix = { .family = AF_INET, .len = 24 } },
	  "ip -4 address delete 0.0.0.0/24 dev wg0" },
	{ { .type = STEP_ADDR_DEL, .prefix = { .family = AF_INET } }, NULL },
	{ { .type = STEP_LINK_UP, .mtu = 1420 }, NULL },
	{ { .type = STEP_LINK_MTU, .mtu = 1420 }, NULL },
	{ { .type = STEP_SYSCTL_SET, .sysctl = { { 7, "a.b", 1 }, 2 } },
	  "sysctl -q net.ipv4.conf.a/b.src_valid_mark=2" },
	{ { .type = STEP_SYSCTL_RESTORE, .sysctl = { { 7, "a.b", 1 }, 2 } }, NULL },
	{ { .type = STEP_RULE_ADD, .rule = { .family = AF_INET6, .priority = 5, .table = 6,
					     .fwmark = 7, .fwmask = 0xff, .protocol = 3,
					     .invert = true, .suppress = 1 } },
	  "ip -6 rule delete not fwmark 0x7/0xff table 6 suppress_prefixlength 1 priority 5 protocol 3"
	},
	{ { .type = STEP_RULE_DEL, .rule = { .family = AF_INET } }, NULL },
	{ { .type = STEP_ROUTE_ADD, .route = { { .family = AF_INET6, .len = 64 }, 5 } },
	  "ip -6 route delete ::/64 dev wg0 table 5" },
	{ { .type = STEP_ROUTE_DEL, .route = { { .family = AF_INET }, 5 } }, NULL },
	{ { .type = STEP_ROUTE_KEEP, .route = { { .family = AF_INET }, 5 } }, NULL },
	{ { .type = STEP_DNS_SET, .dns = DNS_RESOLVECTL }, "resolvectl revert wg0" },
	{ { .type = STEP_DNS_DEL, .dns = DNS_RESOLVECTL }, NULL },
	{ { .type = STEP_HOOK, .hook = { HOOK_PRE_UP, "true" } }, NULL },
	{ { .type = STEP_SAVE }, NULL },
};

static void test_undo(size_t i)
{
	const struct plan plan = { .ifname = "wg0" };
	const struct step *step = &undo_cases[i].step;
	struct step undo, again;
	struct tap_text t;
	char *text;
	bool has;

	tap_text_begin(&t);
	has = step_undo(&plan, step, &undo);
	if (has) {
		render_command(t.out, &plan, &undo);
		if (undo.type == STEP_NFT_DEL) {
			fputc('\n', t.out);
			render_ruleset(t.out, "", &plan, &undo);
		}
	}
	text = tap_text_end(&t);
	if (t.len && text[t.len - 1] == '\n')
		text[t.len - 1] = '\0';
	tap_ok((size_t)step->type == i, "undo: case %zu is of that type", i);
	tap_same(has ? text : "none", undo_cases[i].undo ? undo_cases[i].undo : "none",
		 "undo: what it is");
	tap_ok(!has || !step_undo(&plan, &undo, &again), "undo: it has none itself");
	free(text);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(down_cases); i++)
		test_plan(&down_cases[i]);
	for (i = 0; i < TAP_LEN(undo_cases); i++)
		test_undo(i);
	return tap_done();
}
