// SPDX-License-Identifier: GPL-2.0
/*
 * The rules, chains and tables that are known, and what they are for
 *
 * Of wg-quick (linux.bash), NetworkManager (nm-firewall-utils.c), Mullvad's client
 * (talpid-core/src/firewall/linux.rs) and wgmark itself.
 */
#include "ruleset_purpose.h"

#define ANY OWNER_UNKNOWN

const struct shape rule_shapes[] = {
	/* wg-quick's guard of an address has this one's shape */
	{ "iif != $d; ip daddr @$s; fib saddr type != local; drop", ANY, ROLE_GUARD, {
		"Drops what comes for an address of the tunnel (the set \"$s\") by another device than $d.",
		"Otherwise anybody on the same network could reach it from outside of the tunnel (CVE-2019-14899).",
		"What the machine sends to itself passes (fib saddr type != local).",
	} },
	/* wg-quick's three, and those of others that do the same */
	{ "iif != $d; ip daddr $a; fib saddr type != local; drop", ANY, ROLE_GUARD, {
		"Drops what comes for $a, the tunnel's own address, by another device than $d.",
		"Otherwise anybody on the same network could reach that address from outside of the tunnel, find out with which servers it talks, and even slip data into its connections (CVE-2019-14899).",
		"What this machine sends to itself comes by another device too, by lo; its sender is an address of this machine, and \"fib saddr type != local\" lets that pass.",
	} },
	{ "meta l4proto udp; meta mark set ct mark", ANY, ROLE_RESTORE, {
		"Gives every UDP packet that comes in the mark of its connection, before its route is looked up.",
		"An answer to WireGuard's own packets gets WireGuard's mark this way, which the rule \"ct mark set meta mark\" wrote to the connection.",
		"4:What it is needed for is the check for spoofed senders (the kernel's setting rp_filter): the kernel looks up where it would send to the address that the answer came from, and with the setting src_valid_mark=1 it does so with the mark.",
		"4:\"ip rule not fwmark\" then leaves the tunnel's routing table out, and the way back is the device that the answer came by.",
		"4:Without the mark it would be the tunnel, and a strict rp_filter (1) would drop the answer; a loose one (2) or none (0) lets it in without the mark too.",
		"4:It is not for delivery: the routing table local, which is asked first, has this machine's addresses.",
		"6:IPv6 has no rp_filter: the mark matters to a firewall's own check of that kind alone, such as firewalld's.",
		"The whole mark is copied, and not only for WireGuard: a UDP packet of any other connection gets the mark of that, most often 0, and loses what another program (Docker, Kubernetes, Tailscale, a firewall) had marked it with before.",
	} },
	{ "meta l4proto udp; meta mark $m; ct mark set meta mark", ANY, ROLE_SAVE, {
		"Writes the mark $m to the connection (the entry in the kernel's conntrack table) of each UDP packet that leaves with it.",
		"These are WireGuard's own packets, the encrypted ones: WireGuard marks them, so that \"ip rule not fwmark\" does not send them into the tunnel again.",
		"The answers come without a mark, but they belong to the same connection, from which they get it.",
		"It is done after routing, when the packet is about to leave.",
	} },
	/* wgmark's */
	{ "iif != $d; ip daddr @$s; fib daddr type local; fib saddr type != local; drop",
	  ANY, ROLE_GUARD, {
		"Drops what comes for an address of the tunnel (the set \"$s\") by another device than $d.",
		"Otherwise anybody on the same network could reach it from outside of the tunnel (CVE-2019-14899).",
		"An address that is gone from this machine is not guarded any more (fib daddr type local), and what the machine sends to itself passes (fib saddr type != local).",
	} },
	{ "iif $d; ip daddr != @$s; ip daddr != $n; fib daddr . iif type local; add @$s { ip daddr }",
	  ANY, ROLE_OTHER, {
		"Guards an address that $d got after the tunnel was brought up, from the first packet on that comes to it out of the tunnel.",
		"Link-local addresses ($n) are not guarded: every network has them.",
	} },
	{ "oif $d; ip saddr != @$s; ip saddr != $n; fib saddr . oif type local; add @$s { ip saddr }",
	  ANY, ROLE_OTHER, {
		"Guards an address that $d got after the tunnel was brought up, from the first packet on that leaves from it into the tunnel.",
	} },
	{ "meta l4proto udp; ct mark $m; meta mark != $m; meta mark set $m", ANY, ROLE_RESTORE, {
		"Gives the answers to WireGuard's own packets its mark $m back before their route is looked up: UDP whose connection has that mark.",
		"4:With src_valid_mark=1 the check for spoofed senders (rp_filter) then looks for the way back with the mark, and finds it outside of the tunnel.",
		"6:IPv6 has no rp_filter: the mark matters to a firewall's own check of that kind alone, such as firewalld's.",
		"The marks of all other packets stay as they are.",
	} },
	{ "meta l4proto udp; ct mark & $k == $m; meta mark & $k != $m; meta mark set meta mark & $o | $m",
	  ANY, ROLE_RESTORE, {
		"Gives the answers to WireGuard's own packets its mark $m back before their route is looked up: UDP whose connection has it.",
		"Only the bits $k count and are changed; the others belong to somebody else.",
		"4:With src_valid_mark=1 the check for spoofed senders (rp_filter) then looks for the way back with the mark, and finds it outside of the tunnel.",
		"6:IPv6 has no rp_filter: the mark matters to a firewall's own check of that kind alone, such as firewalld's.",
	} },
	{ "meta l4proto udp; meta mark $m; ct mark != $m; ct mark set $m", ANY, ROLE_SAVE, {
		"Writes the mark $m of WireGuard's own packets to their connection, once, when they leave.",
		"The answers belong to the same connection, from which they get it.",
	} },
	{ "meta l4proto udp; meta mark & $k == $m; ct mark & $k != $m; ct mark set ct mark & $o | $m",
	  ANY, ROLE_SAVE, {
		"Writes the mark $m of WireGuard's own packets to their connection, once, when they leave.",
		"Only the bits $k count and are changed.",
		"The answers belong to the same connection, from which they get it.",
	} },
	{ "meta l4proto udp; ct mark $m; meta mark != $m", OWNER_WGMARK, ROLE_OTHER, {
		"Counts the packets whose mark the next rule will change to $m.",
		"It does nothing else.",
	} },
	/* Mullvad's; 0xf41 is the ct mark of programs that are excluded from the tunnel */
	{ "iif != $d; ct mark 0x00000f41; meta mark set $m", OWNER_MULLVAD, ROLE_SET_MARK, {
		"Gives WireGuard's mark $m to answers for programs that are excluded from the tunnel (their connections have ct mark 0xf41), if they come by another device than $d.",
		"With src_valid_mark=1 the check for spoofed senders (rp_filter) then looks for the way back outside of the tunnel, and lets them in.",
	} },
	{ "ip saddr $a; udp sport $p; meta mark set $m", OWNER_MULLVAD, ROLE_SET_MARK, {
		"Gives WireGuard's mark $m to what comes from the VPN server $a, port $p, before its route is looked up.",
		"With src_valid_mark=1 a strict rp_filter then looks for the way back outside of the tunnel, and lets it in.",
		"wg-quick does the same by way of the connection's mark; here it is by address, and nothing is copied.",
	} },
	{ "meta cgroup 5087041; ct mark set 0x00000f41; meta mark set $m",
	  OWNER_MULLVAD, ROLE_SET_CTMARK, {
		"Takes programs that are excluded from the tunnel (control group 5087041, net_cls) around it.",
		"Their packets get WireGuard's mark $m, with which \"ip rule not fwmark\" does not send them into the tunnel, and their connections ct mark 0xf41, by which the other chains know them.",
	} },
	{ "socket cgroupv2 level $l $g; ct mark set 0x00000f41; meta mark set $m",
	  OWNER_MULLVAD, ROLE_SET_CTMARK, {
		"Takes programs that are excluded from the tunnel (control group $g) around it.",
		"Their packets get WireGuard's mark $m, with which \"ip rule not fwmark\" does not send them into the tunnel, and their connections ct mark 0xf41, by which the other chains know them.",
	} },
	{ "ct mark 0x00000f41; accept", OWNER_MULLVAD, ROLE_ACCEPT, {
		"Accepts the traffic of programs that are excluded from the tunnel (ct mark 0xf41).",
	} },
	{ "oif $d; ct mark 0x00000f41; drop", OWNER_MULLVAD, ROLE_DROP, {
		"Drops what belongs to an excluded program (ct mark 0xf41) and would leave by $d after all, as its ping of the tunnel's own name server would if the routing table main itself has a route to that by $d.",
	} },
	{ "oif != lo; ct mark 0x00000f41; masquerade", OWNER_MULLVAD, ROLE_MASQUERADE, {
		"Gives packets of excluded programs (ct mark 0xf41) the address of the device that they leave by.",
		"They were rerouted after the kernel had chosen the tunnel's address for them, to which no answer would come outside of the tunnel.",
	} },
	{ "ip daddr $a; udp dport $p; meta mark $m; accept", OWNER_MULLVAD, ROLE_ACCEPT, {
		"Accepts WireGuard's own packets, the encrypted ones, to the VPN server $a, port $p.",
		"They have the mark $m; what does not have it gets there by the tunnel alone.",
	} },
	{ "ip saddr $a; udp sport $p; ct state established; accept", OWNER_MULLVAD, ROLE_ACCEPT, {
		"Accepts answers of the VPN server $a, port $p, to packets that were sent to it.",
	} },
	{ "oif $d; udp dport 53; ip daddr $a; accept", OWNER_MULLVAD, ROLE_ACCEPT, {
		"Accepts questions (DNS) to $a, the name server inside of the tunnel, if they leave by $d.",
	} },
	{ "oif $d; tcp dport 53; ip daddr $a; accept", OWNER_MULLVAD, ROLE_ACCEPT, {
		"The same by TCP: questions (DNS) to $a, if they leave by $d.",
	} },
	{ "udp dport 53; reject", OWNER_MULLVAD, ROLE_REJECT, {
		"Refuses all other questions to name servers (DNS by UDP).",
		"What a rule before has accepted does not get here.",
	} },
	{ "tcp dport 53; reject with tcp reset", OWNER_MULLVAD, ROLE_REJECT, {
		"Refuses all other questions to name servers (DNS by TCP).",
	} },
	{ "iif $d; ct state established; accept", ANY, ROLE_ACCEPT, {
		"Accepts what comes by $d and belongs to a connection that was begun from this side.",
	} },
	{ "reject", OWNER_MULLVAD, ROLE_REJECT, {
		"Refuses all that no rule before has accepted: the kill switch.",
		"Outside of the tunnel nothing leaves but what the rules above accept, also while the tunnel is down, as long as this table is there; so the local network, too, is reached only if one of them is for it.",
		"Programs are told so, and need not wait.",
	} },
	/* what every host has to do, in Mullvad's words and in most others' */
	{ "oif lo; accept", ANY, ROLE_ACCEPT, {
		"Accepts what this machine sends to itself.",
	} },
	{ "iif lo; accept", ANY, ROLE_ACCEPT, {
		"Accepts what this machine sends to itself.",
	} },
	{ "oif $d; accept", ANY, ROLE_ACCEPT, {
		"Accepts all that leaves by $d.",
	} },
	{ "iif $d; accept", ANY, ROLE_ACCEPT, {
		"Accepts all that comes by $d.",
	} },
	{ "udp sport 68; udp dport 67; ip daddr 255.255.255.255; accept", ANY, ROLE_ACCEPT, {
		"Accepts requests for an IPv4 address (DHCP) to the local network.",
	} },
	{ "udp sport 67; udp dport 68; accept", ANY, ROLE_ACCEPT, {
		"Accepts answers of a DHCP server.",
	} },
	{ "ip saddr fe80::/10; udp sport 546; ip daddr $a; udp dport 547; accept",
	  ANY, ROLE_ACCEPT, {
		"Accepts requests for an IPv6 address (DHCPv6) to the servers of the network, $a.",
	} },
	{ "ip saddr fe80::/10; udp sport 547; ip daddr fe80::/10; udp dport 546; accept",
	  ANY, ROLE_ACCEPT, {
		"Accepts answers of a DHCPv6 server of the local network.",
	} },
	{ "ip daddr ff02::2; icmpv6 type nd-router-solicit; icmpv6 code no-route; accept",
	  ANY, ROLE_ACCEPT, {
		"Accepts the question of who is a router here (IPv6 neighbour discovery).",
		"Code no-route is nft's word for code 0.",
	} },
	{ "ip saddr fe80::/10; icmpv6 type nd-router-advert; icmpv6 code no-route; accept",
	  ANY, ROLE_ACCEPT, {
		"Accepts routers' answers: IPv6 routes and prefixes come this way.",
	} },
	{ "ip saddr fe80::/10; icmpv6 type nd-redirect; icmpv6 code no-route; accept",
	  ANY, ROLE_ACCEPT, {
		"Accepts a router's word that another one is nearer (IPv6).",
	} },
	{ "ip daddr ff02::1:ff00:0/104; icmpv6 type nd-neighbor-solicit; icmpv6 code no-route; accept",
	  ANY, ROLE_ACCEPT, {
		"Accepts the question for a neighbour's hardware address (IPv6 neighbour discovery, as ARP for IPv4), to all that may have the address.",
	} },
	{ "ip daddr fe80::/10; icmpv6 type nd-neighbor-solicit; icmpv6 code no-route; accept",
	  ANY, ROLE_ACCEPT, {
		"Accepts the question to one neighbour whether it is still there (IPv6).",
	} },
	{ "ip saddr fe80::/10; icmpv6 type nd-neighbor-solicit; icmpv6 code no-route; accept",
	  ANY, ROLE_ACCEPT, {
		"Accepts neighbours' questions for a hardware address (IPv6).",
	} },
	{ "ip daddr fe80::/10; icmpv6 type nd-neighbor-advert; icmpv6 code no-route; accept",
	  ANY, ROLE_ACCEPT, {
		"Accepts the answer to a neighbour's question for a hardware address (IPv6).",
	} },
	{ "icmpv6 type nd-neighbor-advert; icmpv6 code no-route; accept", ANY, ROLE_ACCEPT, {
		"Accepts neighbours' answers to the question for their hardware address (IPv6).",
	} },
	{}
};

const struct place_purpose place_purposes[] = {
	{ OWNER_WG_QUICK, NULL, {
		"Made by wg-quick for the full tunnel $d.",
		"Routing rules send all packets into the tunnel but those with WireGuard's mark; these rules make sure that answers to WireGuard get that mark, and that nobody outside of the tunnel reaches its address.",
	} },
	{ OWNER_NETWORKMANAGER, NULL, {
		"Made by NetworkManager for the full tunnel $d, after wg-quick's example.",
		"Routing rules send all packets into the tunnel but those with WireGuard's mark; these rules make sure that answers to WireGuard get that mark, and that nobody outside of the tunnel reaches its address.",
	} },
	{ OWNER_WGMARK, NULL, {
		"Made by wgmarkctl, with its backend nft, for the tunnel $d.",
		"Routing rules send all packets into the tunnel but those with WireGuard's mark; these rules make sure that answers to WireGuard get that mark, and that nobody outside of the tunnel reaches its address.",
	} },
	{ OWNER_MULLVAD, NULL, {
		"Made by Mullvad's client.",
		"d:Everything is forbidden but what these chains accept: the tunnel, the encrypted packets to the VPN server, and what a machine needs to be on a network at all.",
	} },
	{ OWNER_WG_QUICK, "preraw", {
		"Packets that come in, before all else.",
	} },
	{ OWNER_NETWORKMANAGER, "preraw", {
		"Packets that come in, before all else.",
	} },
	{ OWNER_WGMARK, "preraw", {
		"Packets that come in, before all else.",
	} },
	{ OWNER_WGMARK, "postraw", {
		"Packets that leave.",
	} },
	{ OWNER_WG_QUICK, "premangle", {
		"Packets that come in, once their connection is known, before their route is looked up.",
	} },
	{ OWNER_NETWORKMANAGER, "premangle", {
		"Packets that come in, once their connection is known, before their route is looked up.",
	} },
	{ OWNER_WGMARK, "premangle", {
		"Packets that come in, once their connection is known, before their route is looked up.",
	} },
	{ OWNER_WG_QUICK, "postmangle", {
		"Packets that leave, after routing.",
	} },
	{ OWNER_NETWORKMANAGER, "postmangle", {
		"Packets that leave, after routing.",
	} },
	{ OWNER_WGMARK, "postmangle", {
		"Packets that leave, after routing.",
	} },
	{ OWNER_MULLVAD, "prerouting", {
		"Packets that come in, just after their connection is known: marks the wanted ones of those that come in outside of the tunnel. With the mark the check for spoofed senders lets them in (the kernel's settings rp_filter and src_valid_mark=1).",
	} },
	{ OWNER_MULLVAD, "output", {
		"Packets of this machine: first what is needed to be on a network, then WireGuard's own packets, then DNS inside of the tunnel and no other DNS but that of excluded programs, then all that goes into the tunnel.",
		"d:The rest is refused.",
	} },
	{ OWNER_MULLVAD, "input", {
		"Packets for this machine: answers to what the chain output accepts, what neighbours and routers of the network ask and tell (IPv6), and all that comes out of the tunnel.",
		"d:The rest is dropped.",
	} },
	{ OWNER_MULLVAD, "forward", {
		"Packets of others that this machine passes on, such as those of virtual machines: as in output and input, but without a way to the VPN server outside of the tunnel.",
		"What is for the local network alone (DHCP, neighbours) is not passed on; it comes here only where this machine is a bridge and br_netfilter shows it to nftables.",
	} },
	{ OWNER_MULLVAD, "mangle", {
		"Packets of this machine, before they come to the chain output: a chain of type route, after which a packet with a new mark is routed anew.",
		"Takes excluded programs around the tunnel, except for what they ask the tunnel's own name server: accept says here only that the rules below are skipped.",
	} },
	{ OWNER_MULLVAD, "nat", {
		"Packets that leave: gives those that went around the tunnel a source address to which answers can come. Only the first packet of each connection comes here.",
	} },
	{}
};
