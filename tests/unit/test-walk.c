// SPDX-License-Identifier: GPL-2.0
/*
 * The walk over the rules: each reason, each outcome, and how the kernel chooses a route.
 * That the kernel does so is for tests/netns/62-walk.sh to say.
 */
#include "walk_case.h"

#define ADDR_OWN "local local 10.0.0.1 dev eth0 kernel\n"
#define LAN "main 10.0.0.0/24 dev eth0 kernel\n"
#define VIA_ETH0 "main default via 10.0.0.254 dev eth0\n"

static const struct walk_case cases[] = {
	{ "a full tunnel of wg-quick: into the tunnel",
	  .rules = "0 lookup local\n32764 lookup main suppress_prefixlength 0\n"
		   "32765 not fwmark 0xca6c lookup 51820\n32766 lookup main\n",
	  .routes = LAN VIA_ETH0 "51820 default dev wg0\n",
	  .flow = "1.1.1.1",
	  .out = "0: nothing\n32764: suppressed default 0\n32765: found default 0\n= 0\n" },
	{ "a full tunnel of wg-quick: WireGuard's own packets",
	  .rules = "0 lookup local\n32764 lookup main suppress_prefixlength 0\n"
		   "32765 not fwmark 0xca6c lookup 51820\n32766 lookup main\n",
	  .routes = LAN VIA_ETH0 "51820 default dev wg0\n",
	  .flow = "1.1.1.1 mark 0xca6c",
	  .out = "0: nothing\n32764: suppressed default 0\n32765: inverted\n32766: found default 0\n= 0\n" },
	{ "a full tunnel of wg-quick: to the network of the machine",
	  .rules = "32764 lookup main suppress_prefixlength 0\n32765 not fwmark 0xca6c lookup 51820\n",
	  .routes = LAN VIA_ETH0 "51820 default dev wg0\n",
	  .flow = "10.0.0.7",
	  .out = "32764: found 10.0.0.0/24 0\n= 0\n" },

	{ "reasons: iif",
	  .rules = "1 iif eth0 lookup main\n2 iif nodev lookup main\n3 iif lo lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1",
	  .out = "1: iif\n2: iif\n3: found default 0\n= 0\n" },
	{ "reasons: oif",
	  .rules = "1 oif eth1 lookup main\n2 oif eth0 lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1 oif eth0",
	  .out = "1: oif\n2: found default 0\n= 0\n" },
	{ "reasons: mark and mask",
	  .rules = "1 fwmark 0x3/0x3 lookup main\n2 fwmark 0x2 lookup main\n3 fwmark 0/0x1 lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1 mark 0xf2",
	  .out = "1: mark\n2: mark\n3: found default 0\n= 0\n" },
	{ "reasons: uid",
	  .rules = "1 uidrange 5-9 lookup main\n2 uidrange 10-10 lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1 uid 10",
	  .out = "1: uid\n2: found default 0\n= 0\n" },
	{ "reasons: an unknown uid is in no range",
	  .rules = "1 uidrange 0-4294967294 lookup main\n2 not uidrange 0-9 lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1",
	  .out = "1: uid\n2: found default 0\n= 0\n" },
	{ "reasons: what comes in is root's",
	  .rules = "1 uidrange 0-0 lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1 from 2.2.2.2 iif eth1 uid 5",
	  .out = "1: found default 0\n= 0\n" },
	{ "reasons: protocol and ports",
	  .rules = "1 ipproto 6 lookup main\n2 sport 1-52 lookup main\n3 dport 54 lookup main\n"
		   "4 ipproto 17 sport 53 dport 50-60 lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1 proto 17 sport 53 dport 53",
	  .out = "1: proto\n2: sport\n3: dport\n4: found default 0\n= 0\n" },
	{ "reasons: IPv4's unknown protocol is UDP",
	  .rules = "1 ipproto 17 lookup main\n", .routes = VIA_ETH0, .flow = "1.1.1.1",
	  .out = "1: found default 0\n= 0\n" },
	{ "reasons: IPv6's is none",
	  .rules = "1 ipproto 17 lookup main\n", .routes = "main default dev eth0\n",
	  .flow = "2001:db8::1", .out = "1: proto\n= ENETUNREACH\n" },
	{ "reasons: unknown ports are in no range",
	  .rules = "1 sport 1-65535 lookup main\n2 not dport 1-65535 lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1", .out = "1: sport\n2: found default 0\n= 0\n" },
	{ "reasons: source and destination",
	  .rules = "1 from 10.1.0.0/16 lookup main\n2 to 1.1.1.0/32 lookup main\n"
		   "3 from 10.0.0.0/8 to 1.1.0.0/16 lookup main\n",
	  .routes = ADDR_OWN VIA_ETH0, .flow = "1.1.1.1 from 10.0.0.1",
	  .out = "1: src\n2: dst\n3: found default 0\n= 0\n" },
	{ "reasons: no source yet",
	  .rules = "1 from 10.0.0.0/8 lookup main\n2 not from 10.0.0.0/8 lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1", .out = "1: src\n2: found default 0\n= 0\n" },
	{ "reasons: no source yet is 0.0.0.0",
	  .rules = "1 from 0.0.0.0/8 lookup main\n", .routes = VIA_ETH0, .flow = "1.1.1.1",
	  .out = "1: found default 0\n= 0\n" },
	{ "reasons: no source yet, IPv6, is in no prefix",
	  .rules = "1 from ::/8 lookup main\n2 not from ::/8 lookup main\n",
	  .routes = "main default dev eth0\n", .flow = "2001:db8::1",
	  .out = "1: src\n2: found default 0\n= 0\n" },
	{ "reasons: tos",
	  .rules = "1 tos 0x10 lookup main\n", .routes = VIA_ETH0, .flow = "1.1.1.1",
	  .out = "1: tos\n= ENETUNREACH\n" },
	{ "reasons: something unknown, and another reason where there is one",
	  .rules = "1 [unknown] lookup main\n2 fwmark 0x1 [unknown] lookup main\n"
		   "3 not fwmark 0x1 [unknown] lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1",
	  .out = "1: unknown\n2: mark\n3: found default 0\n= 0\n" },

	{ "VRF: by its device, by a device in it, by none",
	  .rules = "1000 l3mdev\n", .routes = "77 default dev eth2\n",
	  .flow = "1.1.1.1 oif eth2", .out = "1000: found default 0\n= 0\n" },
	{ "VRF: bound to the VRF itself, any device in it will do",
	  .rules = "1 oif vrf0 lookup main\n1000 l3mdev\n", .routes = "77 default dev eth2\n",
	  .flow = "1.1.1.1 oif vrf0", .out = "1: oif\n1000: found default 0\n= 0 unsure\n" },
	{ "VRF: whether a rule by its device is for what leaves by one in it, kernels differ",
	  .rules = "1 oif vrf0 lookup main\n2 oif eth2 lookup 77\n", .routes = "77 default dev eth2\n",
	  .flow = "1.1.1.1 oif eth2", .out = "1: oif\n2: found default 0\n= 0 unsure\n" },
	{ "VRF: not in one",
	  .rules = "1000 l3mdev\n1001 not l3mdev\n", .routes = "77 default dev eth2\n" VIA_ETH0,
	  .flow = "1.1.1.1", .out = "1000: l3mdev\n1001: found default 0\n= 0\n" },

	{ "VRF: where the mark decides first, nobody has asked for it",
	  .rules = "1 not fwmark 0x1 l3mdev\n", .routes = "77 unreachable default\n" VIA_ETH0,
	  .flow = "1.1.1.1 from 2.2.2.2 iif eth2", .out = "1: found default 0\n= 0\n" },
	{ "VRF: where the port decides after it, somebody has",
	  .rules = "1 not dport 1-2 l3mdev\n", .routes = "77 unreachable default\n" VIA_ETH0,
	  .flow = "1.1.1.1 from 2.2.2.2 iif eth2", .out = "1: refused default 0\n= EHOSTUNREACH\n" },

	{ "goto: the rules between are skipped",
	  .rules = "1 goto 3\n2 lookup main\n3 nop\n4 lookup main\n", .routes = VIA_ETH0,
	  .flow = "1.1.1.1", .out = "1: jump\n2: skipped\n3: jump\n4: found default 0\n= 0\n" },
	{ "goto: the first of its priority",
	  .rules = "1 goto 3\n3 prohibit\n3 lookup main\n", .routes = VIA_ETH0,
	  .flow = "1.1.1.1", .out = "1: jump\n3: refused\n= EACCES\n" },
	{ "goto: to nowhere",
	  .rules = "1 goto 3\n2 lookup main\n", .routes = VIA_ETH0,
	  .flow = "1.1.1.1", .out = "1: jump\n2: found default 0\n= 0\n" },
	{ "actions: unreachable", .rules = "1 unreachable\n", .flow = "1.1.1.1",
	  .out = "1: refused\n= ENETUNREACH\n" },
	{ "actions: prohibit", .rules = "1 prohibit\n", .flow = "1.1.1.1",
	  .out = "1: refused\n= EACCES\n" },
	{ "actions: blackhole", .rules = "1 blackhole\n", .flow = "1.1.1.1",
	  .out = "1: refused\n= EINVAL\n" },
	{ "no rules at all", .rules = "", .flow = "1.1.1.1", .out = "= ENETUNREACH\n" },

	{ "suppress_prefixlength: as long is not longer",
	  .rules = "1 lookup main suppress_prefixlength 8\n2 lookup main suppress_prefixlength 7\n",
	  .routes = "main 10.0.0.0/8 dev eth0\n", .flow = "10.1.1.1",
	  .out = "1: suppressed 10.0.0.0/8 0\n2: found 10.0.0.0/8 0\n= 0\n" },
	{ "suppress_prefixlength: not of a refusal",
	  .rules = "1 lookup main suppress_prefixlength 8\n",
	  .routes = "main prohibit default\n", .flow = "10.1.1.1",
	  .out = "1: refused default 0\n= EACCES\n" },
	{ "suppress_ifgroup",
	  .rules = "1 lookup main suppress_ifgroup 7\n2 lookup main suppress_ifgroup 6\n",
	  .routes = "main default dev eth1\n", .flow = "10.1.1.1",
	  .out = "1: suppressed default 0\n2: found default 0\n= 0\n" },
	{ "suppress_ifgroup: IPv4 looks at the first way",
	  .rules = "1 lookup main suppress_ifgroup 7\n",
	  .routes = "main default nexthop dev eth1 dead nexthop dev eth0\n", .flow = "10.1.1.1",
	  .out = "1: suppressed default 1\n= ENETUNREACH\n" },
	{ "suppress_ifgroup: IPv6 at that of the packet, which may be any",
	  .rules = "1 lookup main suppress_ifgroup 7\n",
	  .routes = "main default nexthop via fe80::1 dev eth0 nexthop via fe80::1 dev eth1\n",
	  .flow = "2001:db8::1", .out = "1: found default 0\n= 0 several unsure\n" },

	{ "routes: the longest prefix",
	  .rules = "1 lookup main\n",
	  .routes = "main default dev eth0\nmain 10.1.0.0/16 dev eth1\nmain 10.0.0.0/8 dev wg0\n",
	  .flow = "10.1.1.1", .out = "1: found 10.1.0.0/16 0\n= 0\n" },
	{ "routes: the lowest metric, and of two the first",
	  .rules = "1 lookup main\n",
	  .routes = "main 10.0.0.0/8 dev eth0 metric 5\nmain 10.0.0.0/8 dev eth1 metric 4\n"
		    "main 10.0.0.0/8 dev wg0 metric 4\n",
	  .flow = "10.1.1.1", .out = "1: found 10.0.0.0/8 0 eth1\n= 0\n" },
	{ "routes: with a tos, not for this packet",
	  .rules = "1 lookup main\n",
	  .routes = "main 10.0.0.0/8 dev eth0 tos 0x10\nmain default dev eth1\n",
	  .flow = "10.1.1.1", .out = "1: found default 0\n= 0\n" },
	{ "routes: throw goes on with the next rule, not with a shorter prefix",
	  .rules = "1 lookup 7\n2 lookup main\n",
	  .routes = "7 throw 10.0.0.0/8\n7 default dev wg0\n" VIA_ETH0, .flow = "10.1.1.1",
	  .out = "1: thrown 10.0.0.0/8 0\n2: found default 0\n= 0\n" },
	{ "routes: unreachable", .rules = "1 lookup main\n", .routes = "main unreachable default\n",
	  .flow = "1.1.1.1", .out = "1: refused default 0\n= EHOSTUNREACH\n" },
	{ "routes: prohibit", .rules = "1 lookup main\n", .routes = "main prohibit default\n",
	  .flow = "1.1.1.1", .out = "1: refused default 0\n= EACCES\n" },
	{ "routes: blackhole", .rules = "1 lookup main\n", .routes = "main blackhole default\n",
	  .flow = "1.1.1.1", .out = "1: refused default 0\n= EINVAL\n" },
	{ "routes: dead ones do not count",
	  .rules = "1 lookup main\n",
	  .routes = "main 10.0.0.0/8 dev eth0 dead\nmain default nexthop dev eth0 dead nexthop dev eth1\n",
	  .flow = "10.1.1.1", .out = "1: found default 1\n= 0\n" },
	{ "routes: several ways",
	  .rules = "1 lookup main\n",
	  .routes = "main default nexthop via 10.0.0.2 dev eth0 nexthop via 10.0.0.3 dev eth1\n",
	  .flow = "10.1.1.1", .out = "1: found default 0\n= 0 several\n" },
	{ "routes: several ways, but bound to one",
	  .rules = "1 lookup main\n",
	  .routes = "main default nexthop via 10.0.0.2 dev eth0 nexthop via 10.0.0.3 dev eth1\n",
	  .flow = "10.1.1.1 oif eth1", .out = "1: found default 1\n= 0\n" },
	{ "routes: default routes that are alike",
	  .rules = "1 lookup main\n", .routes = VIA_ETH0 "main default via 10.0.0.253 dev eth1\n",
	  .flow = "10.1.1.1", .out = "1: found default 0\n= 0 several\n" },
	{ "routes: by the device that the socket is bound to",
	  .rules = "1 lookup main\n",
	  .routes = "main 10.0.0.0/8 dev eth0\n" "main default dev eth1\n",
	  .flow = "10.1.1.1 oif eth1", .out = "1: found default 0\n= 0\n" },

	{ "routes: a nexthop object without a way hides what begins with the same address",
	  .rules = "1 lookup main\n",
	  .routes = "main 10.0.0.0/8 dev eth0 nhid 9\nmain 10.0.0.0/8 dev eth1 metric 5\n"
		    "main 10.0.0.0/7 dev eth1\nmain 8.0.0.0/5 dev eth1\n",
	  .flow = "10.1.1.1 oif eth1", .out = "1: found 8.0.0.0/5 0\n= 0\n" },

	{ "merged: the longer prefix of main is before local",
	  .untouched = true,
	  .routes = "local local 10.0.0.0/8 dev lo\nmain 10.1.0.0/16 dev eth0\n",
	  .flow = "10.1.1.1", .out = "0: nothing\n32766: found 10.1.0.0/16 0\n= 0 merged\n" },
	{ "merged: of two that are as long, that of local",
	  .untouched = true,
	  .routes = "main 10.0.0.0/8 dev eth0\nlocal local 10.0.0.0/8 dev lo\n",
	  .flow = "10.1.1.1", .out = "0: found 10.0.0.0/8 0\n= 0 merged\n" },
	{ "not merged: local is before main",
	  .rules = "0 lookup local\n32766 lookup main\n",
	  .routes = "local local 10.0.0.0/8 dev lo\nmain 10.1.0.0/16 dev eth0\n",
	  .flow = "10.1.1.1", .out = "0: found 10.0.0.0/8 0\n= 0\n" },

	{ "beside: a foreign source", .rules = "1 lookup main\n", .routes = ADDR_OWN VIA_ETH0,
	  .flow = "1.1.1.1 from 10.0.0.2", .out = "= ENETUNREACH foreign\n" },
	{ "beside: a device that is not up", .rules = "1 lookup main\n", .routes = VIA_ETH0,
	  .flow = "1.1.1.1 oif eth3", .out = "= ENETUNREACH no-device\n" },
	{ "beside: no source that a packet may come with", .rules = "1 lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1 from 224.0.0.1 iif eth0",
	  .out = "= EINVAL martian\n" },
	{ "beside: a packet to a group, which the rules lead elsewhere", .rules = "1 lookup main\n",
	  .routes = VIA_ETH0, .flow = "224.0.0.251 from 10.0.0.9 iif eth0", .out = "= 0 group\n" },
	{ "beside: bound to a device, and no route", .rules = "1 lookup main\n",
	  .routes = "main 10.0.0.0/8 dev eth0\n", .flow = "1.1.1.1 oif eth0",
	  .out = "1: nothing\n= 0 on-link\n" },
	{ "beside: a device that does not forward", .rules = "1 lookup main\n",
	  .routes = VIA_ETH0, .flow = "1.1.1.1 from 10.0.0.9 iif eth4",
	  .out = "1: found default 0\n= EHOSTUNREACH no-forward\n" },
	{ "beside: but what is for this machine comes in", .rules = "1 lookup local\n",
	  .routes = ADDR_OWN, .flow = "10.0.0.1 from 10.0.0.9 iif eth4",
	  .out = "1: found 10.0.0.1/32 0\n= 0 rp 1\n" },

	{ "IPv6: the longest prefix, then the lowest metric",
	  .rules = "1 lookup main\n",
	  .routes = "main default dev eth0\nmain 2001:db8::/32 dev eth1 metric 1024\n"
		    "main 2001:db8::/32 dev wg0 metric 256\n",
	  .flow = "2001:db8::1", .out = "1: found 2001:db8::/32 0 wg0\n= 0\n" },
	{ "IPv6: of routers, the preferred one",
	  .rules = "1 lookup main\n",
	  .routes = "main default via fe80::1 dev eth0 metric 1024 pref 3\n"
		    "main default via fe80::2 dev eth1 metric 1024 pref 1\n",
	  .flow = "2001:db8::1", .out = "1: found default 0 eth1\n= 0\n" },
	{ "IPv6: of routers that are alike, any",
	  .rules = "1 lookup main\n",
	  .routes = "main default via fe80::1 dev eth0 metric 1024\n"
		    "main default via fe80::2 dev eth1 metric 1024\n",
	  .flow = "2001:db8::1", .out = "1: found default 0 eth0\n= 0 several\n" },
	{ "IPv6: a dead one gives way to a higher metric, then to a shorter prefix",
	  .rules = "1 lookup main\n2 lookup 7\n",
	  .routes = "main 2001:db8::/32 dev eth0 metric 1 dead\nmain 2001:db8::/32 dev eth1 metric 2\n",
	  .flow = "2001:db8::1", .out = "1: found 2001:db8::/32 0 eth1\n= 0\n" },
	{ "IPv6: bound to a device without a source, no other one will do",
	  .rules = "1 lookup main\n",
	  .routes = "main 2001:db8::/32 dev eth0\nmain default dev eth1\n",
	  .flow = "2001:db8::1 oif eth1", .out = "1: found default 0\n= 0\n" },
	{ "IPv6: with a source, it is a wish",
	  .rules = "1 lookup main\n",
	  .routes = "main 2001:db8::/32 dev eth0\nmain default dev eth1\n",
	  .flow = "2001:db8::1 from fd00::1 oif eth1",
	  .out = "1: found 2001:db8::/32 0\n= 0\n" },
	{ "IPv6: by source",
	  .rules = "1 lookup main\n",
	  .routes = "main default dev eth0\nmain default from fd00::/8 dev eth1\n"
		    "main default from fd00::/16 dev wg0\n",
	  .flow = "2001:db8::1 from fd00:1::1", .out = "1: found default 0 wg0\n= 0\n" },
	{ "IPv6: by source, and there is no such source",
	  .rules = "1 lookup main\n",
	  .routes = "main default dev eth0\nmain default from fd00::/8 dev eth1\n",
	  .flow = "2001:db8::1 from fc00::1", .out = "1: found default 0 eth0\n= 0\n" },
	{ "IPv6: a longer prefix of other sources alone hides its own route",
	  .rules = "1 lookup main\n",
	  .routes = "main default dev eth0\nmain 2001:db8::/32 dev eth1\n"
		    "main 2001:db8::/32 from fd00::/8 dev wg0\n",
	  .flow = "2001:db8::1 from fc00::1", .out = "1: found default 0 eth0\n= 0\n" },
	{ "IPv6: by source, between longer prefixes and without its own route: the kernel may lose it",
	  .rules = "1 lookup main\n",
	  .routes = "main 2001:db8::/32 from fd00::/8 dev wg0\nmain 2001:db8:1::/48 dev eth0\n",
	  .flow = "2001:db8::1 from fd00::1",
	  .out = "1: found 2001:db8::/32 0 wg0\n= 0 unsure\n" },
	{ "IPv6: but where that of the source is dead, it does not",
	  .rules = "1 lookup main\n",
	  .routes = "main default dev eth0\nmain 2001:db8::/32 dev eth1\n"
		    "main 2001:db8::/32 from fd00::/8 dev wg0 dead\n",
	  .flow = "2001:db8::1 from fd00::1",
	  .out = "1: found 2001:db8::/32 0 eth1\n= 0\n" },
	{ "IPv6: a blackhole nexthop is before all of its metric",
	  .rules = "1 lookup main\n",
	  .routes = "main default dev eth0 metric 5\nmain blackhole default nhid 9 dev lo metric 5\n",
	  .flow = "2001:db8::1 oif eth0", .out = "1: refused default 0\n= EINVAL\n" },

	{ "rp_filter: strict, by the same device",
	  .rules = "0 lookup local\n1 lookup main\n", .routes = ADDR_OWN LAN VIA_ETH0,
	  .flow = "10.0.0.1 from 1.1.1.1 iif eth0", .rp_filter = 1,
	  .out = "0: found 10.0.0.1/32 0\n= 0 rp 1\n" },
	{ "rp_filter: strict, by another device",
	  .rules = "0 lookup local\n1 lookup main\n",
	  .routes = ADDR_OWN LAN "local local 10.9.9.9 dev eth1 kernel\n" VIA_ETH0,
	  .flow = "10.0.0.1 from 1.1.1.1 iif eth1", .rp_filter = 1,
	  .out = "0: found 10.0.0.1/32 0\n= 0 rp 0\n" },
	{ "rp_filter: loose, by another device",
	  .rules = "0 lookup local\n1 lookup main\n",
	  .routes = ADDR_OWN LAN "local local 10.9.9.9 dev eth1 kernel\n" VIA_ETH0,
	  .flow = "10.0.0.1 from 1.1.1.1 iif eth1", .rp_filter = 2,
	  .out = "0: found 10.0.0.1/32 0\n= 0 rp 1\n" },
	{ "rp_filter: strict, the reply to WireGuard, its mark not looked at",
	  .rules = "0 lookup local\n1 not fwmark 0xca6c lookup 51820\n2 lookup main\n",
	  .routes = ADDR_OWN LAN VIA_ETH0 "51820 default dev wg0\n",
	  .flow = "10.0.0.1 from 1.1.1.1 iif eth0 mark 0xca6c", .rp_filter = 1,
	  .out = "0: found 10.0.0.1/32 0\n= 0 rp 0\n" },
	{ "rp_filter: strict, the reply to WireGuard, by its mark",
	  .rules = "0 lookup local\n1 not fwmark 0xca6c lookup 51820\n2 lookup main\n",
	  .routes = ADDR_OWN LAN VIA_ETH0 "51820 default dev wg0\n",
	  .flow = "10.0.0.1 from 1.1.1.1 iif eth0 mark 0xca6c", .rp_filter = 1,
	  .src_valid_mark = 1, .out = "0: found 10.0.0.1/32 0\n= 0 rp 1 marked\n" },
	{ "rp_filter: off, and one of this machine's own addresses",
	  .untouched = true, .routes = ADDR_OWN LAN VIA_ETH0,
	  .flow = "10.0.0.1 from 10.0.0.1 iif eth0",
	  .out = "0: found 10.0.0.1/32 0\n= 0 merged rp 0\n" },
};

static const char *const reasons[] = {
	"applies", "iif", "oif", "mark", "l3mdev", "uid", "proto", "sport", "dport", "src", "dst",
	"tos", "inverted", "skipped", "unknown",
};

static const char *const outcomes[] = {
	"next", "nothing", "suppressed", "thrown", "jump", "found", "refused",
};

static const char *const besides[] = {
	"", " foreign", " no-device", " martian", " group", " on-link", " no-forward",
};

static void put_step(FILE *out, const struct fib *f, const struct walk_step *s, bool device)
{
	char text[PREFIX_TEXT_LEN];

	fprintf(out, "%u: %s", s->rule->priority,
		s->reason ? reasons[s->reason] : outcomes[s->outcome]);
	if (s->route) {
		fprintf(out, " %s %zu", s->route->dst.len ? prefix_text(&s->route->dst, text) : "default",
			s->hop);
		if (device)
			fprintf(out, " %s", fib_link(f, s->route->hops[s->hop].ifindex)->name);
	}
	fputc('\n', out);
}

static void run_case(const struct walk_case *c)
{
	struct flow flow = read_flow(c->flow);
	struct case_room room;
	struct walk w, back;
	struct tap_text t;
	bool marked, device;
	int mode, passes;
	char *text;
	size_t i;

	read_case(&room, c, flow.family);
	tap_text_begin(&t);
	if (walk_rules(&room.fib, &flow, &w))
		abort();
	/* the device too, where the case names it */
	device = strstr(c->out, " eth") || strstr(c->out, " wg0");
	for (i = 0; i < w.len; i++)
		put_step(t.out, &room.fib, &w.steps[i], device && w.steps[i].outcome == WALK_FOUND);
	/* whose number is not the same on all CPUs */
	fprintf(t.out, "= %s%s%s%s%s", w.err ? strerrorname_np(-w.err) : "0", besides[w.beside], w.several ? " several" : "",
		w.unsure ? " unsure" : "", w.merged ? " merged" : "");
	if (flow.iif && !w.err && strstr(c->out, "rp")) {
		passes = walk_rp_filter(&room.fib, &flow, &mode, &marked, &back);
		fprintf(t.out, " rp %d%s", passes, marked ? " marked" : "");
		walk_free(&back);
	}
	fputc('\n', t.out);
	text = tap_text_end(&t);
	tap_same(text, c->out, c->name);
	free(text);
	walk_free(&w);
}

/**
 * struct agree_case - an answer of the kernel beside the walk over two routes
 * @name: says what the case is about
 * @routes: see struct walk_case
 * @a: the answer
 * @agrees: it is the same
 */
static const struct agree_case {
	const char *name;
	const char *routes;
	struct fib_answer a;
	const char *dst;
	const char *via;
	bool agrees;
} agree_cases[] = {
	{ "the same", VIA_ETH0, { .type = RTN_UNICAST, .ifindex = 2, .table = 254 },
	  "0.0.0.0/0", "10.0.0.254", true },
	{ "another device", VIA_ETH0, { .type = RTN_UNICAST, .ifindex = 3, .table = 254 },
	  "0.0.0.0/0", "10.0.0.254", false },
	{ "another table", VIA_ETH0, { .type = RTN_UNICAST, .ifindex = 2, .table = 7 },
	  "0.0.0.0/0", "10.0.0.254", false },
	{ "another prefix", VIA_ETH0, { .type = RTN_UNICAST, .ifindex = 2, .table = 254 },
	  "1.0.0.0/8", "10.0.0.254", false },
	{ "another gateway", VIA_ETH0, { .type = RTN_UNICAST, .ifindex = 2, .table = 254 },
	  "0.0.0.0/0", "10.0.0.253", false },
	{ "another type", VIA_ETH0, { .type = RTN_LOCAL, .ifindex = 1, .table = 254 },
	  "0.0.0.0/0", NULL, false },
	{ "an error", VIA_ETH0, { .err = -ENETUNREACH }, NULL, NULL, false },
	{ "the same error", "main prohibit default\n", { .err = -EACCES }, NULL, NULL, true },
	{ "another error", "main prohibit default\n", { .err = -EINVAL }, NULL, NULL, false },
	{ "the other of two ways",
	  "main default nexthop via 10.0.0.2 dev eth0 nexthop via 10.0.0.3 dev eth1\n",
	  { .type = RTN_UNICAST, .ifindex = 3, .table = 254 }, "0.0.0.0/0", "10.0.0.3", true },
	{ "none of two ways",
	  "main default nexthop via 10.0.0.2 dev eth0 nexthop via 10.0.0.3 dev eth1\n",
	  { .type = RTN_UNICAST, .ifindex = 3, .table = 254 }, "0.0.0.0/0", "10.0.0.2", false },
};

static void run_agree_case(const struct agree_case *c)
{
	const struct walk_case routing = { .rules = "1 lookup main\n", .routes = c->routes };
	struct flow flow = read_flow("1.1.1.1");
	struct fib_answer a = c->a;
	struct case_room room;
	struct walk w;

	if ((c->dst && prefix_parse(&a.dst, c->dst)) || (c->via && prefix_parse(&a.via, c->via)))
		abort();
	read_case(&room, &routing, AF_INET);
	if (walk_rules(&room.fib, &flow, &w))
		abort();
	tap_ok(walk_agrees(&w, &a) == c->agrees, "agrees or not: %s", c->name);
	walk_free(&w);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(cases); i++)
		run_case(&cases[i]);
	for (i = 0; i < TAP_LEN(agree_cases); i++)
		run_agree_case(&agree_cases[i]);
	return tap_done();
}
