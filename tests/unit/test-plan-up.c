// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "up": for each configuration and machine, all that it would do
 */
#include "plan_case.h"

static const char first_tunnel[] =
	"4 32764 254 0 0 2 0 0 1\n"
	"4 32765 51820 51820 ffffffff 2 1 -1 1\n"
	"6 32764 254 0 0 2 0 0 1\n"
	"6 32765 51820 51820 ffffffff 2 1 -1 1\n";

static const char second_tunnel[] =
	"4 32762 254 0 0 2 0 0 1\n"
	"4 32763 51821 51821 ffffffff 2 1 -1 1\n";

static const char two_tunnels[] =
	"4 10 768 768 ff00 2 1 -1 1\n"
	"4 11 768 768 ff00 2 1 -1 1\n"
	"4 12 51821 51821 ffffffff 3 1 -1 1\n"
	"6 9 51823 51823 ffffffff 3 1 -1 1\n";

static const char crowded_tunnel[] = "4 3 7 7 ffffffff 3 1 -1 1\n";

static const char crowded[] = "4 2 7 0 0 3 0 -1 1\n";

static const char least_room[] = "4 3 7 0 0 3 0 -1 1\n";

static const char marked[] = "4 32765 51820 51820 ffffffff 2 0 -1 1\n";

#define INTERFACE "[Interface]\n"
#define V4 "Address = 10.2.0.2/32\n"
#define V6 "Address = fd00::2/128\n"
#define PEER "[Peer]\nPublicKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define ENDPOINT "Endpoint = 192.0.2.1:51820\n"
#define FULL "AllowedIPs = 0.0.0.0/0, ::/0\n"
#define FULL_V4 "AllowedIPs = 0.0.0.0/0\n"
#define FULL_V6 "AllowedIPs = ::/0\n"

#define LINK_ADD "[#] ip link add dev wg0 type wireguard\n[#] wg setconf wg0 /dev/stdin\n"
#define WG_FWMARK "[#] wg set wg0 fwmark 51820\n"
#define TUNNEL_NEW "[#] wgmark tunnel-new wg0 fwmark 0xca6c mask 0xffffffff " \
	"restore conntrack guard yes families "
#define KMOD(families) TUNNEL_NEW families "\n"
#define ADDR_V4 "[#] ip -4 address add 10.2.0.2/32 dev wg0\n"
#define ADDR_V6 "[#] ip -6 address add fd00::2/128 dev wg0\n"
#define LINK_UP "[#] ip link set mtu 1420 up dev wg0\n"
#define SYSCTL "[#] sysctl -q net.ipv4.conf.all.src_valid_mark=1\n"
#define RULES_V4 \
	"[#] ip -4 rule add not fwmark 51820 table 51820 priority 32765 protocol kernel\n" \
	"[#] ip -4 rule add table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
#define RULES_V6 \
	"[#] ip -6 rule add not fwmark 51820 table 51820 priority 32765 protocol kernel\n" \
	"[#] ip -6 rule add table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
#define ROUTE_V4 "[#] ip -4 route add 0.0.0.0/0 dev wg0 table 51820\n"
#define ROUTE_V6 "[#] ip -6 route add ::/0 dev wg0 table 51820\n"

#define NFT_MANGLE \
	"[#]     chain premangle {\n" \
	"[#]       type filter hook prerouting priority mangle; policy accept;\n" \
	"[#]       meta l4proto udp ct mark 0xca6c meta mark != 0xca6c counter meta mark set 0xca6c\n" \
	"[#]     }\n" \
	"[#]     chain postmangle {\n" \
	"[#]       type filter hook postrouting priority mangle; policy accept;\n" \
	"[#]       meta l4proto udp meta mark 0xca6c ct mark != 0xca6c counter ct mark set 0xca6c\n" \
	"[#]     }\n" \
	"[#]   }\n"
#define NFT_GUARD_V4 \
	"[#]   table ip wgmark-wg0 {\n" \
	"[#]     set guarded {\n" \
	"[#]       type ipv4_addr\n" \
	"[#]       size 1026\n" \
	"[#]       flags dynamic\n" \
	"[#]       elements = { 10.2.0.2 }\n" \
	"[#]     }\n" \
	"[#]     chain preraw {\n" \
	"[#]       type filter hook prerouting priority raw; policy accept;\n" \
	"[#]       iif \"wg0\" ip daddr != @guarded ip daddr != 169.254.0.0/16 fib daddr . iif type local add @guarded { ip daddr }\n" \
	"[#]       iif != \"wg0\" ip daddr @guarded fib daddr type local fib saddr type != local counter drop\n" \
	"[#]     }\n" \
	"[#]     chain postraw {\n" \
	"[#]       type filter hook postrouting priority raw; policy accept;\n" \
	"[#]       oif \"wg0\" ip saddr != @guarded ip saddr != 169.254.0.0/16 fib saddr . oif type local add @guarded { ip saddr }\n" \
	"[#]     }\n"
#define NFT_GUARD_V6 \
	"[#]   table ip6 wgmark-wg0 {\n" \
	"[#]     set guarded {\n" \
	"[#]       type ipv6_addr\n" \
	"[#]       size 1026\n" \
	"[#]       flags dynamic\n" \
	"[#]       elements = { fd00::2 }\n" \
	"[#]     }\n" \
	"[#]     chain preraw {\n" \
	"[#]       type filter hook prerouting priority raw; policy accept;\n" \
	"[#]       iif \"wg0\" ip6 daddr != @guarded ip6 daddr != fe80::/10 fib daddr . iif type local add @guarded { ip6 daddr }\n" \
	"[#]       iif != \"wg0\" ip6 daddr @guarded fib daddr type local fib saddr type != local counter drop\n" \
	"[#]     }\n" \
	"[#]     chain postraw {\n" \
	"[#]       type filter hook postrouting priority raw; policy accept;\n" \
	"[#]       oif \"wg0\" ip6 saddr != @guarded ip6 saddr != fe80::/10 fib saddr . oif type local add @guarded { ip6 saddr }\n" \
	"[#]     }\n"

static const struct plan_case up_cases[] = {
	{ "IPv4 and IPv6 full tunnel",
	  .config = INTERFACE V4 V6 PEER FULL,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4,ipv6") ADDR_V4 ADDR_V6 LINK_UP SYSCTL
		 RULES_V6 RULES_V4 ROUTE_V6 ROUTE_V4 },
	{ "IPv4 full tunnel",
	  .config = INTERFACE V4 PEER FULL_V4,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "IPv6 full tunnel: no sysctl",
	  .config = INTERFACE V6 PEER FULL_V6,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv6") ADDR_V6 LINK_UP RULES_V6 ROUTE_V6 },
	{ "full tunnel over two peers",
	  .config = INTERFACE V4 "[Peer]\nPublicKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=\n"
		    FULL_V6 PEER FULL_V4,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4,ipv6") ADDR_V4 LINK_UP SYSCTL
		 RULES_V6 RULES_V4 ROUTE_V6 ROUTE_V4 },
	{ "no peers",
	  .config = INTERFACE V4,
	  .out = LINK_ADD ADDR_V4 LINK_UP },
	{ "some networks: no mark, no backend, no rules; longest first",
	  .config = INTERFACE V4 PEER "AllowedIPs = 10.0.0.0/8, 192.168.1.0/24, fd00:1::/64, 192.168.2.0/24\n"
		    "AllowedIPs = 10.9.9.9, 192.168.1.0/24\n",
	  .machine = NO_BACKEND | STRICT,
	  .out = LINK_ADD ADDR_V4 LINK_UP
		 "[#] ip -6 route add fd00:1::/64 dev wg0\n"
		 "[#] ip -4 route add 10.9.9.9/32 dev wg0\n"
		 "[#] ip -4 route add 192.168.2.0/24 dev wg0\n"
		 "[#] ip -4 route add 192.168.1.0/24 dev wg0\n"
		 "[#] ip -4 route add 10.0.0.0/8 dev wg0\n" },
	{ "networks that an address brings with it need no route",
	  .config = INTERFACE "Address = 10.2.0.2/24, 10.3.0.1, fd00::2/64, fd01::1\n" PEER
		    "AllowedIPs = 10.2.0.0/24, 10.2.0.128/25, 10.2.0.0/16, 10.3.0.1\n"
		    "AllowedIPs = fd00::/64, fd00::1, fd01::1, fd01::2\n",
	  .out = LINK_ADD "[#] ip -4 address add 10.2.0.2/24 dev wg0\n"
		 "[#] ip -4 address add 10.3.0.1/32 dev wg0\n"
		 "[#] ip -6 address add fd00::2/64 dev wg0\n"
		 "[#] ip -6 address add fd01::1/128 dev wg0\n"
		 LINK_UP
		 "[#] ip -6 route add fd01::2/128 dev wg0\n"
		 "[#] ip -4 route add 10.3.0.1/32 dev wg0\n"
		 "[#] ip -4 route add 10.2.0.0/16 dev wg0\n" },
	{ "an IPv4 address with a length of 0 brings no route with it",
	  .config = INTERFACE "Address = 10.2.0.2/0\n" PEER "AllowedIPs = 10.2.0.0/24\n",
	  .out = LINK_ADD "[#] ip -4 address add 10.2.0.2/0 dev wg0\n" LINK_UP
		 "[#] ip -4 route add 10.2.0.0/24 dev wg0\n" },
	{ "full tunnel with more: /0 comes last and alone goes into the table",
	  .config = INTERFACE V4 PEER "AllowedIPs = 0.0.0.0/0, 10.0.0.0/8, 0.0.0.0/0\n",
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP SYSCTL RULES_V4
		 "[#] ip -4 route add 10.0.0.0/8 dev wg0\n" ROUTE_V4 },
	{ "Table = off",
	  .config = INTERFACE V4 "Table = off\n" PEER FULL,
	  .out = LINK_ADD ADDR_V4 LINK_UP },
	{ "Table = 123: every route goes there, no rules, no mark, no backend",
	  .config = INTERFACE "Address = 10.2.0.2/24\nTable = 123\n" PEER
		    "AllowedIPs = ::/0, 0.0.0.0/0, 10.2.0.0/24\n",
	  .out = LINK_ADD "[#] ip -4 address add 10.2.0.2/24 dev wg0\n" LINK_UP
		 "[#] ip -4 route add 10.2.0.0/24 dev wg0 table 123\n"
		 "[#] ip -6 route add ::/0 dev wg0 table 123\n"
		 "[#] ip -4 route add 0.0.0.0/0 dev wg0 table 123\n" },
	{ "Table = 254 is main",
	  .config = INTERFACE "Table = 254\n" PEER "AllowedIPs = 10.0.0.0/8\n",
	  .out = LINK_ADD LINK_UP "[#] ip -4 route add 10.0.0.0/8 dev wg0\n" },
	{ "FwMark given: not set again",
	  .config = INTERFACE V4 "FwMark = 0x1000\n" PEER FULL_V4,
	  .out = LINK_ADD
		 "[#] wgmark tunnel-new wg0 fwmark 0x1000 mask 0xffffffff restore conntrack guard yes families ipv4\n"
		 ADDR_V4 LINK_UP SYSCTL
		 "[#] ip -4 rule add not fwmark 4096 table 4096 priority 32765 protocol kernel\n"
		 "[#] ip -4 rule add table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
		 "[#] ip -4 route add 0.0.0.0/0 dev wg0 table 4096\n" },
	{ "FwMark given with a mask",
	  .config = INTERFACE V4 "FwMark = 0x1200\n#wgmark Mask = 0xff00\n" PEER FULL_V4,
	  .out = LINK_ADD
		 "[#] wgmark tunnel-new wg0 fwmark 0x1200 mask 0xff00 restore conntrack guard yes families ipv4\n"
		 ADDR_V4 LINK_UP SYSCTL
		 "[#] ip -4 rule add not fwmark 0x1200/0xff00 table 4608 priority 32765 protocol kernel\n"
		 "[#] ip -4 rule add table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
		 "[#] ip -4 route add 0.0.0.0/0 dev wg0 table 4608\n" },
	{ "FwMark given without a full tunnel: wg setconf has it",
	  .config = INTERFACE V4 "FwMark = 254\n" PEER "AllowedIPs = 10.0.0.0/8\n",
	  .out = LINK_ADD ADDR_V4 LINK_UP "[#] ip -4 route add 10.0.0.0/8 dev wg0\n" },
	{ "a mask that holds the chosen mark",
	  .config = INTERFACE V4 "#wgmark Mask = 0xffff\n" PEER FULL_V4,
	  .out = LINK_ADD WG_FWMARK
		 "[#] wgmark tunnel-new wg0 fwmark 0xca6c mask 0xffff restore conntrack guard yes families ipv4\n"
		 ADDR_V4 LINK_UP SYSCTL
		 "[#] ip -4 rule add not fwmark 0xca6c/0xffff table 51820 priority 32765 protocol kernel\n"
		 "[#] ip -4 rule add table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
		 ROUTE_V4 },
	{ "a second tunnel beside the first",
	  .config = INTERFACE V4 V6 PEER FULL,
	  .machine = MARK_SAVED, .rules = first_tunnel, .free_table = 51821,
	  .out = LINK_ADD "[#] wg set wg0 fwmark 51821\n"
		 "[#] wgmark tunnel-new wg0 fwmark 0xca6d mask 0xffffffff restore conntrack guard yes families ipv4,ipv6\n"
		 ADDR_V4 ADDR_V6 LINK_UP
		 "[#] ip -6 rule add not fwmark 51821 table 51821 priority 32763 protocol kernel\n"
		 "[#] ip -6 rule add table main suppress_prefixlength 0 priority 32762 protocol kernel\n"
		 "[#] ip -6 rule add fwmark 51820 table main priority 32761 protocol kernel\n"
		 "[#] ip -4 rule add not fwmark 51821 table 51821 priority 32763 protocol kernel\n"
		 "[#] ip -4 rule add table main suppress_prefixlength 0 priority 32762 protocol kernel\n"
		 "[#] ip -4 rule add fwmark 51820 table main priority 32761 protocol kernel\n"
		 "[#] ip -6 route add ::/0 dev wg0 table 51821\n"
		 "[#] ip -4 route add 0.0.0.0/0 dev wg0 table 51821\n" },
	{ "the first tunnel's place is free, the second's is not",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = MARK_SAVED, .rules = second_tunnel,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP
		 "[#] ip -4 rule add not fwmark 51820 table 51820 priority 32761 protocol kernel\n"
		 "[#] ip -4 rule add table main suppress_prefixlength 0 priority 32760 protocol kernel\n"
		 "[#] ip -4 rule add fwmark 51821 table main priority 32759 protocol kernel\n"
		 ROUTE_V4 },
	{ "a third tunnel beside two, of which one has a mask and one is there twice",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = MARK_SAVED, .rules = two_tunnels,
	  .free_table = 51822,
	  .out = LINK_ADD "[#] wg set wg0 fwmark 51822\n"
		 "[#] wgmark tunnel-new wg0 fwmark 0xca6e mask 0xffffffff restore conntrack guard yes families ipv4\n"
		 ADDR_V4 LINK_UP
		 "[#] ip -4 rule add not fwmark 51822 table 51822 priority 9 protocol kernel\n"
		 "[#] ip -4 rule add table main suppress_prefixlength 0 priority 8 protocol kernel\n"
		 "[#] ip -4 rule add fwmark 0x300/0xff00 table main priority 7 protocol kernel\n"
		 "[#] ip -4 rule add fwmark 51821 table main priority 7 protocol kernel\n"
		 "[#] ip -4 route add 0.0.0.0/0 dev wg0 table 51822\n" },
	{ "no room for the rule of another tunnel's packets",
	  .config = INTERFACE V4 PEER FULL_V4, .rules = crowded_tunnel,
	  .out = "EEXIST: there is no room for 3 IPv4 rules before the one of priority 3: give that one a higher priority with ip-rule(8)\n" },
	{ "just enough room for the rules",
	  .config = INTERFACE V4 PEER FULL_V4, .rules = least_room,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP SYSCTL
		 "[#] ip -4 rule add not fwmark 51820 table 51820 priority 2 protocol kernel\n"
		 "[#] ip -4 rule add table main suppress_prefixlength 0 priority 1 protocol kernel\n"
		 ROUTE_V4 },
	{ "src_valid_mark is 1 already",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = MARK_VALID,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP RULES_V4 ROUTE_V4 },
	{ "/proc/sys is read-only: the devices on the way",
	  .config = INTERFACE V4 PEER FULL_V4 ENDPOINT, .machine = READ_ONLY, .outer_len = 3,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP
		 "[#] sysctl -q net.ipv4.conf.eth0.src_valid_mark=1\n"
		 "[#] sysctl -q net.ipv4.conf.br/7.src_valid_mark=1\n"
		 RULES_V4 ROUTE_V4
		 "note: /proc/sys is read-only: src_valid_mark is set on the devices that lead to the endpoints now; should the way move to another one, strict rp_filter drops the peers' packets\n"
	},
	{ "/proc/sys is read-only: no way to the endpoint",
	  .config = INTERFACE V4 PEER FULL_V4 ENDPOINT, .machine = READ_ONLY,
	  .out = "EOPNOTSUPP: /proc/sys is read-only, and no IPv4 route leads to an endpoint, whose device could be set instead: set net.ipv4.conf.all.src_valid_mark to 1 where /proc/sys can be written, as with podman run --sysctl\n"
	},
	{ "/proc/sys is read-only: no endpoint by IPv4",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = READ_ONLY,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP RULES_V4 ROUTE_V4 },
	{ "/proc/sys is read-only: nothing to set",
	  .config = INTERFACE V4 PEER FULL_V4 ENDPOINT, .machine = READ_ONLY | MARK_VALID,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP RULES_V4 ROUTE_V4 },
	{ "src_valid_mark is some other number",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = MARK_TWO,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "two halves are no full tunnel, and a note says so",
	  .config = INTERFACE V4 PEER "AllowedIPs = 0.0.0.0/1, 128.0.0.0/1, 8000::/1, ::/1\n",
	  .out = LINK_ADD ADDR_V4 LINK_UP
		 "[#] ip -6 route add ::/1 dev wg0\n"
		 "[#] ip -6 route add 8000::/1 dev wg0\n"
		 "[#] ip -4 route add 128.0.0.0/1 dev wg0\n"
		 "[#] ip -4 route add 0.0.0.0/1 dev wg0\n"
		 "note: AllowedIPs = ::/1, 8000::/1 is no full tunnel: without a route to the endpoint WireGuard's own packets go into it too; write ::/0\n"
		 "note: AllowedIPs = 0.0.0.0/1, 128.0.0.0/1 is no full tunnel: without a route to the endpoint WireGuard's own packets go into it too; write 0.0.0.0/0\n"
	},
	{ "one half has no note",
	  .config = INTERFACE PEER "AllowedIPs = 128.0.0.0/1, ::/1\n",
	  .out = LINK_ADD LINK_UP "[#] ip -6 route add ::/1 dev wg0\n"
		 "[#] ip -4 route add 128.0.0.0/1 dev wg0\n" },
	{ "MTU from the file",
	  .config = INTERFACE "MTU = 1280\n", .endpoint_mtu = 1400,
	  .out = LINK_ADD "[#] ip link set mtu 1280 up dev wg0\n" },
	{ "MTU from the route to the endpoint",
	  .config = INTERFACE, .endpoint_mtu = 1400,
	  .out = LINK_ADD "[#] ip link set mtu 1320 up dev wg0\n" },
	{ "MTU where the route has nearly none",
	  .config = INTERFACE, .endpoint_mtu = 100,
	  .out = LINK_ADD "[#] ip link set mtu 68 up dev wg0\n" },
	/* backends */
	{ "auto without the module: nft",
	  .config = INTERFACE V4 V6 PEER FULL, .machine = NO_KMOD | STRICT,
	  .out = LINK_ADD WG_FWMARK "[#] nft -f -\n"
		 NFT_GUARD_V4 NFT_MANGLE
		 NFT_GUARD_V6 NFT_MANGLE
		 ADDR_V4 ADDR_V6 LINK_UP SYSCTL RULES_V6 RULES_V4 ROUTE_V6 ROUTE_V4 },
	{ "nft when told so, only for the full family",
	  .config = INTERFACE V4 V6 "#wgmark Backend = nft\n" PEER FULL_V4,
	  .out = LINK_ADD WG_FWMARK "[#] nft -f -\n" NFT_GUARD_V4 NFT_MANGLE
		 ADDR_V4 ADDR_V6 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "kmod when told so",
	  .config = INTERFACE V4 "#wgmark Backend = kmod\n" PEER FULL_V4, .machine = NO_NFT,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "kmod when told so, and it is not there",
	  .config = INTERFACE V4 "#wgmark Backend = kmod\n" PEER FULL_V4, .machine = NO_KMOD,
	  .out = "EOPNOTSUPP: the backend kmod needs the module wgmark: load it with modprobe or insmod, or choose the backend auto or nft\n"
	},
	{ "nft when told so, and it is not there",
	  .config = INTERFACE V4 "#wgmark Backend = nft\n" PEER FULL_V4, .machine = NO_NFT,
	  .out = "EOPNOTSUPP: the backend nft needs nf_tables, which is not there: load it with modprobe, or choose the backend auto or kmod\n"
	},
	{ "a backend that is not there is no matter without a full tunnel",
	  .config = INTERFACE V4 "#wgmark Backend = kmod\n", .machine = NO_BACKEND,
	  .out = LINK_ADD ADDR_V4 LINK_UP },
	{ "no backend and strict rp_filter",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = NO_BACKEND | STRICT,
	  .out = "EOPNOTSUPP: neither the module wgmark nor nf_tables is there, and strict rp_filter would drop the peer's replies: load one of them, or set rp_filter to 2, or write #wgmark Restore = none\n"
	},
	{ "no backend, no strict rp_filter",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = NO_BACKEND,
	  .out = LINK_ADD WG_FWMARK ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4
		 "note: neither the module wgmark nor nf_tables is there: replies do not get their mark back, and others can reach the tunnel's addresses; load one of them\n"
	},
	{ "no backend, strict rp_filter, but IPv6 alone has none",
	  .config = INTERFACE V6 "#wgmark Guard = no\n" PEER FULL_V6,
	  .machine = NO_BACKEND | STRICT,
	  .out = LINK_ADD WG_FWMARK ADDR_V6 LINK_UP RULES_V6 ROUTE_V6
		 "note: neither the module wgmark nor nf_tables is there: replies do not get their mark back; load one of them\n"
	},
	{ "no backend, strict rp_filter, nothing to restore",
	  .config = INTERFACE V4 "#wgmark Restore = none\n" PEER FULL_V4,
	  .machine = NO_BACKEND | STRICT,
	  .out = LINK_ADD WG_FWMARK ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4
		 "note: neither the module wgmark nor nf_tables is there: others can reach the tunnel's addresses; load one of them\n"
	},
	{ "nothing for a backend to do",
	  .config = INTERFACE V4 "#wgmark Restore = none\n#wgmark Guard = no\n#wgmark Backend = nft\n"
		    PEER FULL_V4,
	  .machine = NO_BACKEND | STRICT,
	  .out = LINK_ADD WG_FWMARK ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "guard alone keeps the mark",
	  .config = INTERFACE V4 "#wgmark Restore = none\n" PEER FULL_V4,
	  .out = LINK_ADD WG_FWMARK
		 "[#] wgmark tunnel-new wg0 fwmark 0xca6c mask 0xffffffff restore none guard yes families ipv4\n"
		 ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "compat",
	  .config = INTERFACE V4 "#wgmark Compat = yes\n#wgmark Guard = no\n" PEER FULL_V4,
	  .out = LINK_ADD WG_FWMARK
		 "[#] wgmark tunnel-new wg0 fwmark 0xca6c mask 0xffffffff restore conntrack guard no compat yes families ipv4\n"
		 ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "restore learn",
	  .config = INTERFACE V4 "#wgmark Restore = learn\n" PEER FULL_V4,
	  .out = LINK_ADD WG_FWMARK
		 "[#] wgmark tunnel-new wg0 fwmark 0xca6c mask 0xffffffff restore learn guard yes families ipv4\n"
		 ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "restore learn without tracking",
	  .config = INTERFACE V4 "#wgmark Restore = learn\n#wgmark NoTrack = yes\n" PEER FULL_V4,
	  .out = LINK_ADD WG_FWMARK
		 "[#] wgmark tunnel-new wg0 fwmark 0xca6c mask 0xffffffff restore learn guard yes notrack yes families ipv4\n"
		 ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "restore learn needs the module",
	  .config = INTERFACE V4 "#wgmark Restore = learn\n" PEER FULL_V4, .machine = NO_KMOD,
	  .out = "EOPNOTSUPP: Restore = learn needs the backend kmod, which is the module wgmark: load it and choose the backend auto or kmod, or write Restore = conntrack\n"
	},
	{ "restore learn is not nft's, though the module is there",
	  .config = INTERFACE V4 "#wgmark Restore = learn\n#wgmark Backend = nft\n" PEER FULL_V4,
	  .out = "EOPNOTSUPP: Restore = learn needs the backend kmod, which is the module wgmark: load it and choose the backend auto or kmod, or write Restore = conntrack\n"
	},
	{ "another tunnel's nft table guards the address: nft",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = NO_KMOD | SHARED,
	  .out = "EEXIST: the nft table `wgmark-wg9' guards the address 10.2.0.2 for another tunnel and would drop what comes in through this one: give this tunnel another address, or use the backend kmod for both\n"
	},
	{ "another tunnel's nft table guards the address: kmod",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = SHARED,
	  .out = "EEXIST: the nft table `wgmark-wg9' guards the address 10.2.0.2 for another tunnel and would drop what comes in through this one: give this tunnel another address, or use the backend kmod for both\n"
	},
	{ "another tool's nft table",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = FOREIGN,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4
		 "note: the nft table `wg-quick-wg0' of another tool is there too; wgmark works beside it\n"
	},
	{ "rules and nft tables left behind",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = MARK_SAVED, .nft_gone = "wg0",
	  .gone = "4 32764 254 0 0 2 0 0 1\n"
		  "4 32765 51820 51820 ffffffff 2 1 -1 1\n",
	  .out = "[#] ip -4 rule delete table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
		 "[#] ip -4 rule delete not fwmark 51820 table 51820 priority 32765 protocol kernel\n"
		 "[#] nft -f -\n[#]   delete table ip wgmark-wg0\n[#]   delete table ip6 wgmark-wg0\n"
		 "[#] sysctl -q net.ipv4.conf.all.src_valid_mark=0\n"
		 LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4
		 "note: a tunnel is gone without wgmarkctl down; what it left behind is removed\n"
	},
	{ "the name's nft tables are another's, which was renamed: nft",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = NO_KMOD | RENAMED,
	  .out = "EEXIST: the nft table `wgmark-wg0' is that of `tun7', which had that name before; take it down first, or give the file another name\n"
	},
	{ "the name's nft tables are another's, which was renamed: kmod",
	  .config = INTERFACE V4 PEER FULL_V4, .machine = RENAMED,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "hooks: PreUp has the device, PostUp has all",
	  .config = INTERFACE V4 "PreUp = echo %i\nPostUp = a # b\nPostUp = c; d\nPreDown = no\n"
		    PEER "AllowedIPs = 10.0.0.0/8\n",
	  .out = "[#] ip link add dev wg0 type wireguard\n[#] echo wg0\n[#] wg setconf wg0 /dev/stdin\n"
		 ADDR_V4 LINK_UP "[#] ip -4 route add 10.0.0.0/8 dev wg0\n[#] a # b\n[#] c; d\n" },
	{ "DNS is set before the routes",
	  .config = INTERFACE V4 "DNS = 10.2.0.1, fd00::1, example.org\n" PEER FULL_V4,
	  .machine = RESOLVECTL,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP
		 "[#] resolvectl dns wg0 10.2.0.1 fd00::1 && resolvectl domain wg0 example.org ~.\n"
		 SYSCTL RULES_V4 ROUTE_V4 },
	{ "DNS without a program for it",
	  .config = INTERFACE "DNS = 10.2.0.1\n",
	  .out = LINK_ADD LINK_UP
		 "note: DNS is not set, as there is neither resolvconf nor a systemd-resolved that runs; install openresolv for it\n"
	},
	{ "RequireDNS without a program for it",
	  .config = INTERFACE "DNS = 10.2.0.1\n#wgmark RequireDNS = yes\n",
	  .out = "EOPNOTSUPP: DNS cannot be set, as there is neither resolvconf nor a systemd-resolved that runs: install openresolv, or write #wgmark RequireDNS = no\n"
	},
	{ "LeakGuard: IPv6 ends where IPv4 has the tunnel",
	  .config = INTERFACE V4 "#wgmark LeakGuard = yes\n" PEER FULL_V4,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4,ipv6") ADDR_V4 LINK_UP SYSCTL
		 "[#] ip -6 rule add not fwmark 51820 unreachable priority 32765 protocol kernel\n"
		 "[#] ip -6 rule add table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
		 RULES_V4 ROUTE_V4 },
	{ "LeakGuard: IPv4 ends where IPv6 has the tunnel",
	  .config = INTERFACE V6 "#wgmark LeakGuard = yes\n" PEER FULL_V6,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4,ipv6") ADDR_V6 LINK_UP SYSCTL RULES_V6
		 "[#] ip -4 rule add not fwmark 51820 unreachable priority 32765 protocol kernel\n"
		 "[#] ip -4 rule add table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
		 ROUTE_V6 },
	{ "LeakGuard without a full tunnel",
	  .config = INTERFACE V4 "#wgmark LeakGuard = yes\n" PEER "AllowedIPs = 10.0.0.0/8\n",
	  .out = LINK_ADD ADDR_V4 LINK_UP "[#] ip -4 route add 10.0.0.0/8 dev wg0\n" },
	/* what is in the way */
	{ "the way to the endpoint is too narrow for IPv6",
	  .config = INTERFACE V6 PEER FULL_V6, .endpoint_mtu = 1359,
	  .out = "EOPNOTSUPP: the MTU would be 1279, and IPv6 needs 1280: write MTU = 1280 if the way to the endpoint is wide enough, or take IPv6 out of AllowedIPs\n"
	},
	{ "the MTU is too small for IPv6",
	  .config = INTERFACE "MTU = 1200\n" PEER "AllowedIPs = fd00::/64\n",
	  .out = "EOPNOTSUPP: the MTU would be 1200, and IPv6 needs 1280: write MTU = 1280 if the way to the endpoint is wide enough, or take IPv6 out of AllowedIPs\n"
	},
	{ "the MTU is too small for IPv6, which has no route",
	  .config = INTERFACE "MTU = 1200\nTable = off\n" PEER "AllowedIPs = fd00::/64\n",
	  .out = LINK_ADD "[#] ip link set mtu 1200 up dev wg0\n" },
	{ "an IPv6 address, and no IPv6",
	  .config = INTERFACE V4 V6 PEER FULL_V4, .machine = NO_IPV6,
	  .out = "EOPNOTSUPP: there is no IPv6 here (ipv6.disable=1, or a kernel without it): take IPv6 out of Address\n"
	},
	{ "IPv6 is allowed, and there is none",
	  .config = INTERFACE V4 PEER FULL, .machine = NO_IPV6,
	  .out = "EOPNOTSUPP: there is no IPv6 here (ipv6.disable=1, or a kernel without it): take IPv6 out of AllowedIPs\n"
	},
	{ "LeakGuard, and no IPv6 that could leak",
	  .config = INTERFACE V4 "#wgmark LeakGuard = yes\n" PEER FULL_V4, .machine = NO_IPV6,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv4") ADDR_V4 LINK_UP SYSCTL RULES_V4 ROUTE_V4 },
	{ "the tunnel is up", .config = INTERFACE, .machine = LINK,
	  .out = "EEXIST: `wg0' already exists; take it down first with wgmarkctl down wg0\n" },
	{ "another device has the name", .config = INTERFACE, .machine = LINK_OTHER,
	  .out = "EEXIST: `wg0' already exists and is not a WireGuard interface; give the file another name\n"
	},
	{ "FwMark is main's number", .config = INTERFACE "FwMark = 254\n" PEER FULL_V4,
	  .out = "EINVAL: FwMark = 254 is also the number of the routing table main; choose another one\n"
	},
	{ "FwMark is local's number", .config = INTERFACE "FwMark = 255\n" PEER FULL_V6,
	  .out = "EINVAL: FwMark = 255 is also the number of the routing table local; choose another one\n"
	},
	{ "FwMark is default's number", .config = INTERFACE "FwMark = 253\n" PEER FULL_V4,
	  .out = "EINVAL: FwMark = 253 is also the number of the routing table default; choose another one\n"
	},
	{ "a mask that does not hold the chosen mark",
	  .config = INTERFACE "#wgmark Mask = 0xff00\n" PEER FULL_V4,
	  .out = "EINVAL: Mask = 0xff00 does not hold the mark 0xca6c that a full tunnel would get; write a FwMark within the mask\n"
	},
	{ "a mask matters only to a full tunnel",
	  .config = INTERFACE "#wgmark Mask = 0xff00\n" PEER "AllowedIPs = 10.0.0.0/8\n",
	  .out = LINK_ADD LINK_UP "[#] ip -4 route add 10.0.0.0/8 dev wg0\n" },
	{ "FwMark of another tunnel", .config = INTERFACE "FwMark = 51820\n" PEER FULL_V6,
	  .rules = first_tunnel,
	  .out = "EEXIST: another tunnel's rule `not fwmark 51820 lookup 51820' is there: choose another FwMark, or take that tunnel down (if it is gone, ip -4 rule delete priority 32765)\n"
	},
	{ "a rule that is not a full tunnel's may have the mark",
	  .config = INTERFACE V4 "FwMark = 51820\n" PEER FULL_V4, .rules = marked,
	  .out = LINK_ADD KMOD("ipv4") ADDR_V4 LINK_UP SYSCTL
		 "[#] ip -4 rule add not fwmark 51820 table 51820 priority 32764 protocol kernel\n"
		 "[#] ip -4 rule add table main suppress_prefixlength 0 priority 32763 protocol kernel\n"
		 ROUTE_V4 },
	{ "no room for the rules", .config = INTERFACE V4 PEER FULL, .rules = crowded,
	  .out = "EEXIST: there is no room for 2 IPv4 rules before the one of priority 2: give that one a higher priority with ip-rule(8)\n"
	},
	{ "no room is needed in the other family",
	  .config = INTERFACE V6 PEER FULL_V6, .rules = crowded,
	  .out = LINK_ADD WG_FWMARK KMOD("ipv6") ADDR_V6 LINK_UP RULES_V6 ROUTE_V6 },
};

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(up_cases); i++)
		test_plan(&up_cases[i]);
	return tap_done();
}
