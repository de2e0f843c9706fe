// SPDX-License-Identifier: GPL-2.0
/*
 * The journey of a packet on machines that are made here: that of the first document,
 * with something changed or missing. tests/netns/63-explain.sh has the real ones.
 */
#include "journey_changes.h"

#define TUNNEL "1.1.1.1 leaves through wg0 to peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 185.159.157.129:51820, by lan"

/* What a peer sends, from one of its ports */
#define REPLY_OPTIONS(port) { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129", \
	[FLOW_IIF] = "lan", [FLOW_PROTO] = "udp", [FLOW_SPORT] = port, [FLOW_DPORT] = "51821" }

/* The last sentence, and words of the story that are in it or, after "!", are not */
static const struct {
	const char *name;
	void (*change)(void);
	const char *options[FLOW_OPTIONS];
	const char *end;
	const char *words;
} journeys[] = {
	{ "wg-quick", nothing, { "1.1.1.1" }, TUNNEL ".",
	  "that is why it gets the mark" },
	{ "the module", kmod, { "1.1.1.1" }, TUNNEL ".", "wg0: postmangle" },
	{ "the module, learn", learn, { "1.1.1.1" }, TUNNEL ".", "wg0: outraw" },
	{ "the module, masked", masked, { "1.1.1.1" }, TUNNEL ".",
	  "that is why it gets the mark" },
	{ "made in another namespace", elsewhere, { "1.1.1.1" },
	  "1.1.1.1 is reached or not: what carries it leaves from another network namespace, where wg0 was made, and cannot be followed there.",
	  "no socket of this one has port 51821" },
	{ "iptables-legacy", legacy, { "1.1.1.1" },
	  TUNNEL ", as far as can be told without the rules of iptables-legacy.",
	  "wg0" },
	{ "iptables-legacy, which may restore", legacy_alone, { "1.1.1.1" },
	  TUNNEL ", but no reply arrives: the reverse path check of lan drops it, as the way back is by wg0, as far as can be told without the rules of iptables-legacy.",
	  "wg0" },
	{ "nobody restores", no_restore, { "1.1.1.1" },
	  TUNNEL ", but no reply arrives: the reverse path check of lan drops it, as the way back is by wg0.",
	  "By the routing rules it is by wg0, so the kernel drops it" },
	{ "nobody restores, no handshake", no_handshake, { "1.1.1.1" },
	  "1.1.1.1 is not reached: it waits in wg0 for a handshake, the answer to which does not arrive: the reverse path check of lan drops it, as the way back is by wg0.",
	  "the packet waits until one succeeds" },
	{ "nobody restores, an old handshake", old_session, { "1.1.1.1" },
	  "1.1.1.1 is not reached: it waits in wg0 for a handshake, the answer to which does not arrive: the reverse path check of lan drops it, as the way back is by wg0.",
	  "so there is no session now" },
	{ "nobody restores, loose", loose, { "1.1.1.1" }, TUNNEL ".", "Loose" },
	{ "src_valid_mark is off", no_src_valid_mark, { "1.1.1.1" },
	  TUNNEL ", but no reply arrives: the reverse path check of lan drops it, as src_valid_mark is 0.",
	  "asked without it" },
	{ "the kernel has another way", otherwise, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel, but no reply arrives: the reverse path check of lan drops it, as the way back is by wg0.",
	  "this machine only.) ! default dev wg0 scope link The kernel says otherwise than the rules above, and that is what counts." },
	{ "the kernel takes a reply", taken, { "1.1.1.1" }, TUNNEL ".",
	  "The reverse path check of lan, against spoofed senders ! The kernel says otherwise than the rules would: it takes the packet." },
	{ "a reply of the tunnel's", tracked, REPLY_OPTIONS("51820"),
	  "192.168.44.2 is this machine itself: the packet does not leave it.",
	  "each can have a mark, too.) > nft, table ip wg-quick-wg0, chain premangle" },
	{ "a reply of the tunnel's, the module", kmod_tracked, REPLY_OPTIONS("51820"),
	  "192.168.44.2 is this machine itself: the packet does not leave it.",
	  "each can have a mark, too.) > module wgmark, wg0: premangle" },
	{ "what carries it is of a new connection", tracked_before, { "1.1.1.1" }, TUNNEL ".",
	  "chain postmangle: meta l4proto udp meta mark 0x0000ca6c ct mark != 0x0000ca6c ct mark set 0x0000ca6c Its connection" },
	{ "a reply of no connection", tracked, REPLY_OPTIONS("51822"),
	  "192.168.44.2 is not reached: the reverse path check of lan drops it, as the way back is by wg0.",
	  "!say --" },
	{ "a reply without a port", tracked, REPLY_OPTIONS(NULL),
	  "192.168.44.2 is not reached: the reverse path check of lan drops it, as the way back is by wg0.",
	  "say --sport and --dport" },
	{ "a reply without a port, the module", kmod_tracked, REPLY_OPTIONS(NULL),
	  "192.168.44.2 is not reached: the reverse path check of lan drops it, as the way back is by wg0.",
	  "say --sport and --dport" },
	{ "a loop", no_fwmark, { "1.1.1.1" },
	  "1.1.1.1 is not reached: WireGuard's own packets are routed into wg0 itself, a loop.",
	  "none ever leaves this machine" },
	{ "no peer", no_peer, { "1.1.1.1" },
	  "1.1.1.1 is not reached: no peer of wg0 has it in its AllowedIPs.", "ENOKEY" },
	{ "two peers", two_peers, { "1.1.1.1" },
	  "1.1.1.1 leaves through wg0 to peer BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 185.159.157.129:51820, by lan.",
	  "Its AllowedIPs have 1.1.1.0/24" },
	{ "two peers, the other", two_peers, { "8.8.8.8" },
	  "8.8.8.8 leaves through wg0 to peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 185.159.157.129:51820, by lan.",
	  "Its AllowedIPs have 0.0.0.0/0" },
	{ "out of the tunnel", two_peers,
	  { [FLOW_TO] = "10.2.0.2", [FLOW_FROM] = "1.1.1.1", [FLOW_IIF] = "wg0" },
	  "10.2.0.2 is this machine itself: the packet does not leave it.",
	  "> peer BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= Its AllowedIPs have 1.1.1.0/24, which is the longest prefix around 1.1.1.1: from this peer alone it comes." },
	{ "out of the tunnel, of no peer", no_peer,
	  { [FLOW_TO] = "10.2.0.2", [FLOW_FROM] = "1.1.1.1", [FLOW_IIF] = "wg0" },
	  "10.2.0.2 is not reached: no peer of wg0 has its source in its AllowedIPs.",
	  "WireGuard drops it, whichever peer it comes from" },
	{ "no router", nothing,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "1.1.1.1 is not reached: it is not for this machine, and the device that it comes in by does not forward (ip_forward).",
	  "Table 51820 (the mark in decimal, not a port) has a route to 1.1.1.1." },
	{ "a source of another machine", nothing,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3" },
	  "1.1.1.1 is not reached: its source is no address of this machine.",
	  "So the kernel says \"Network is unreachable\"." },
	{ "a source of another machine, and no rule is asked", nothing,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3" },
	  "1.1.1.1 is not reached: its source is no address of this machine.",
	  "!no routing rules" },
	{ "chains of a device", device_chain, { "1.1.1.1" },
	  TUNNEL ", as far as can be told without nft's chains at ingress and egress.", "wg0" },
	{ "a chain of a device that does nothing", device_chain_empty, { "1.1.1.1" }, TUNNEL ".", "wg0" },
	{ "TCP connects with a source", source_rule,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp", [FLOW_DPORT] = "80" },
	  TUNNEL ", but no reply arrives: the reverse path check of lan drops it, as the way back is by wg0.",
	  "once more, as TCP connects from the source that they led to, 192.168.44.2" },
	{ "who does not connect has none", source_rule, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel, but no reply arrives: the reverse path check of lan drops it, as the way back is by wg0.",
	  "for which they lead elsewhere: say --from 192.168.44.2." },
	{ "no endpoint", no_endpoint, { "1.1.1.1" },
	  "1.1.1.1 is not reached: the peer has no endpoint.", "EDESTADDRREQ" },
	{ "LeakGuard", leak_guard, { "1.1.1.1" },
	  "1.1.1.1 is not reached: routing rule 32765 refuses it (\"Network is unreachable\"), so that nothing goes past the tunnel (LeakGuard).",
	  "The rule itself refuses the packet" },
	{ "unreachable", nothing, { "198.51.100.1" },
	  "198.51.100.1 is not reached: a route of table main refuses it (\"No route to host\").",
	  "198.51.100.0/24" },
	{ "the LAN", nothing, { "192.168.44.3" },
	  "192.168.44.3 leaves by lan, through no tunnel.", "rp_filter = 1" },
	{ "this machine", nothing, { "10.2.0.2" },
	  "10.2.0.2 is this machine itself: the packet does not leave it.", "!BACK" },
	{ "an endpoint here", local_endpoint, { "1.1.1.1" },
	  "1.1.1.1 leaves through wg0 to peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 192.168.44.2:51820, which is this machine itself.",
	  "it is for this machine itself" },
	{ "marked", nothing, { [FLOW_TO] = "1.1.1.1", [FLOW_MARK] = "0xca6c" },
	  "1.1.1.1 leaves by lan, through no tunnel, but no reply arrives: the reverse path check of lan drops it, as the way back is by wg0.",
	  "This one is one of those, so the rule is not for it" },
	{ "a neighbour's", nothing,
	  { [FLOW_TO] = "10.2.0.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "10.2.0.2 is not reached: a rule of nftables in table wg-quick-wg0, chain preraw, has it dropped.",
	  "who is not in the tunnel" },
	{ "a neighbour's, the module", kmod,
	  { [FLOW_TO] = "10.2.0.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "10.2.0.2 is not reached: the guard of wg0 drops what comes for its address by lan.",
	  "wg0: preraw" },
	{ "its own address", kmod,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "10.2.0.2", [FLOW_IIF] = "lan" },
	  "192.168.44.2 is not reached: it has a source that nothing from outside has.",
	  "Nothing that comes from outside has 10.2.0.2 as its source" },
	{ "a firewall", firewall, { "1.1.1.1" }, TUNNEL ".", "it may pass" },
	{ "a firewall, DNS", firewall,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "udp", [FLOW_DPORT] = "53" },
	  "1.1.1.1 is not reached: a rule of nftables in table firewall, chain output, has it refused.",
	  "udp dport 53 reject" },
	{ "a firewall, the LAN", firewall, { "192.168.44.3" },
	  "192.168.44.3 is reached or not: whether it passes cannot be told, as rules of nftables in table firewall, chain output, cannot be judged.",
	  "Whether the rule is for this packet cannot be told here" },
	{ "a firewall with a map", mapped, { "192.168.44.3" },
	  "192.168.44.3 is reached or not: whether it passes cannot be told, as rules of nftables in table firewall, chain output, cannot be judged.",
	  "chain more: [lookup] Whether the rule is for this packet, or what it does, cannot be told here" },
	{ "a firewall with a map that lets all pass", mapped_open, { "192.168.44.3" },
	  "192.168.44.3 leaves by lan, through no tunnel, as far as the rules of nftables can be judged.",
	  "chain more: [lookup] Whether the rule is for this packet, or what it does, cannot be told here" },
	{ "all is said of the protocol", nothing, { "1.1.1.1" }, TUNNEL ".", "!say --" },
	{ "a firewall, no protocol", firewall, { "1.1.1.1" }, TUNNEL ".",
	  "udp dport 53 reject Whether this rule is for the packet depends on its protocol, which is not known; taken as not." },
	{ "a firewall, no protocol, a hint", firewall, { "1.1.1.1" }, TUNNEL ".",
	  "say --proto, and with it --sport and --dport. 1.1.1.1 leaves" },
	{ "a firewall, another protocol", firewall,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp" }, TUNNEL ".", "!say --" },
	{ "a rule for UDP that cannot be judged, no protocol", udp_maybe, { "192.168.44.3" },
	  "192.168.44.3 leaves by lan, through no tunnel, as far as the rules of nftables can be judged.",
	  "say --proto, and with it --sport and --dport. 192.168.44.3 leaves" },
	{ "a rule for UDP that cannot be judged, and it is", udp_maybe,
	  { [FLOW_TO] = "192.168.44.3", [FLOW_PROTO] = "udp", [FLOW_DPORT] = "53" },
	  "192.168.44.3 leaves by lan, through no tunnel, as far as the rules of nftables can be judged.",
	  "!say --" },
	{ "for where the tunnel's packets leave from", learned,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129", [FLOW_IIF] = "lan",
	    [FLOW_PROTO] = "udp", [FLOW_DPORT] = "51821" },
	  "192.168.44.2 is this machine itself: the packet does not leave it.",
	  "this one is for there, so it gets the mark 0xca6c" },
	{ "for where the tunnel's packets leave from, another port", learned,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129", [FLOW_IIF] = "lan",
	    [FLOW_PROTO] = "udp", [FLOW_DPORT] = "53" },
	  "192.168.44.2 is not reached: the reverse path check of lan drops it, as the way back is by wg0.",
	  "!say --" },
	{ "for where the tunnel's packets leave from, no port", learned,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129", [FLOW_IIF] = "lan",
	    [FLOW_PROTO] = "udp" },
	  "192.168.44.2 is not reached: the reverse path check of lan drops it, as the way back is by wg0.",
	  "wg0: preraw Whether this is for the packet depends on its ports, which are not known" },
	{ "for where the tunnel's packets leave from, no protocol", learned,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129", [FLOW_IIF] = "lan" },
	  "192.168.44.2 is not reached: the reverse path check of lan drops it, as the way back is by wg0.",
	  "say --proto, and with it --sport and --dport. 192.168.44.2 is not reached" },
	{ "for where the tunnel's packets leave from, TCP", learned,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129", [FLOW_IIF] = "lan",
	    [FLOW_PROTO] = "tcp" },
	  "192.168.44.2 is not reached: the reverse path check of lan drops it, as the way back is by wg0.",
	  "!say --" },
	{ "a rule for HTTPS, no protocol", https_rule, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel.",
	  "For packets of TCP to port 443. Whether this one is one of them depends on its protocol, which is not known: taken as none." },
	{ "a rule for HTTPS, no protocol, a hint", https_rule, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel.",
	  "For some protocols it may be otherwise, as rules ask for them: say --proto," },
	{ "a rule for HTTPS, no port", https_rule, { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "its ports, which are not known" },
	{ "a rule for HTTPS, no port, a hint", https_rule,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "For some ports it may be otherwise" },
	{ "a rule for HTTPS, and it is", https_rule,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp", [FLOW_DPORT] = "443" },
	  TUNNEL ".", "!not known" },
	{ "a rule for HTTPS, and it is another port", https_rule,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "tcp", [FLOW_DPORT] = "80" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "!not known" },
	{ "a rule for HTTPS, and it is a ping", https_rule,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_PROTO] = "icmp" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "!not known" },
	{ "a rule for all but HTTPS, no protocol", not_https_rule, { "1.1.1.1" },
	  "1.1.1.1 is not reached: WireGuard's own packets are routed into wg0 itself, a loop.",
	  "taken as none. Table 51820 has a route" },
	{ "a rule for UDP, no protocol", udp_rule, { "1.1.1.1" },
	  "1.1.1.1 is not reached: WireGuard's own packets are routed into wg0 itself, a loop.",
	  "taken as one. Table 51820 has a route" },
	{ "a rule for UDP of others", other_udp_rule, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "!not known" },
	{ "the module, a marked packet", kmod, { [FLOW_TO] = "1.1.1.1", [FLOW_MARK] = "0xca6c" },
	  "1.1.1.1 leaves by lan, through no tunnel, but no reply arrives: the reverse path check of lan drops it, as the way back is by wg0.",
	  "wg0: postmangle Whether this is for the packet depends on its protocol" },
	{ "the module, a marked packet of UDP", kmod,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_MARK] = "0xca6c", [FLOW_PROTO] = "udp" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "!say --" },
	{ "a router of one port", port_router,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "1.1.1.1 is reached or not: whether it passes cannot be told, as rules of nftables in table router, chain forward, cannot be judged.",
	  "say --proto" },
	{ "a mark for TCP alone, no protocol", tcp_mark, { "192.168.44.3" },
	  "192.168.44.3 leaves by lan, through no tunnel.",
	  "For some protocols it may be otherwise" },
	{ "two marks of one priority", two_marks, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel.", "as it now has the mark 0xca6c" },
	{ "two marks of one priority, two tables", two_tables, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel, as far as the rules of nftables can be judged.",
	  "with the same priority has it first cannot be told, and it matters" },
	{ "a mark that is set before what is not for the packet", marked_on_the_way, { "1.1.1.1" },
	  "1.1.1.1 leaves by lan, through no tunnel, but no reply arrives: the guard of wg0 drops what comes for its address by lan.",
	  "drop The packet gets the mark 0xca6c" },
	{ "conntrack may be kept from it", notrack_maybe, { "192.168.44.3" },
	  "192.168.44.3 leaves by lan, through no tunnel, as far as the rules of nftables can be judged.",
	  "notrack Whether the rule is for this packet cannot be told" },
	{ "a mark that is looked up", mark_looked_up, { "1.1.1.1" },
	  TUNNEL ", as far as the rules of nftables can be judged.", "[lookup] [meta] accept Whether the rule is for this packet, or what it does, cannot be told" },
	{ "a chain of NAT drops, and nothing is tracked", nat_drop_alone, { "192.168.44.3" },
	  "192.168.44.3 leaves by lan, through no tunnel.", "!drop" },
	{ "the module, or a chain first", kmod_first_or_not, { "1.1.1.1" },
	  TUNNEL ", but no reply arrives: a rule of nftables in table beside, chain chain, has it dropped, as far as the rules of nftables can be judged.",
	  "cannot be told, and it matters" },
	{ "the module, or a chain first, which is the same", kmod_first_or_not_alike, { "1.1.1.1" },
	  TUNNEL ".", "!cannot be told" },
	{ "the guard, or a chain first, which is lost either way", kmod_guards,
	  { [FLOW_TO] = "10.2.0.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "10.2.0.2 is not reached: the guard of wg0 drops what comes for its address by lan.",
	  "!cannot be told" },
	{ "another destination", dnat, { "1.1.1.1" },
	  TUNNEL ", as far as the rules of nftables can be judged.",
	  "chain chain: ip daddr 1.1.1.1 counter [nat] The packet gets another destination (NAT)" },
	{ "another destination for a protocol", dnat_port, { "1.1.1.1" }, TUNNEL ".",
	  "redirect to :5353 Whether this rule is for the packet depends on its protocol" },
	{ "another destination, or not", dnat_maybe, { "1.1.1.1" },
	  TUNNEL ", as far as the rules of nftables can be judged.",
	  "[target DNAT] Whether the rule is for this packet, or what it does, cannot be told here" },
	{ "a jump to where another destination may be", dnat_elsewhere, { "1.1.1.1" },
	  TUNNEL ", as far as the rules of nftables can be judged.",
	  "jump DOCKER Whether the rule is for this packet cannot be told here" },
	{ "to this machine itself, with its mark", input_drop,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_MARK] = "7" },
	  "192.168.44.2 is not reached: a rule of nftables in table beside, chain chain, has it dropped.",
	  "before a program of this machine gets it" },
	{ "to this machine itself, without it", input_drop, { "192.168.44.2" },
	  "192.168.44.2 is this machine itself: the packet does not leave it.", "!chain chain" },
	{ "to this machine itself: its connection is the same", marked_on_the_way_out,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "192.168.44.2", [FLOW_PROTO] = "udp",
	    [FLOW_SPORT] = "5", [FLOW_DPORT] = "6" },
	  "192.168.44.2 is not reached: a rule of nftables in table marks, chain input, has it dropped.",
	  "chain output: ct mark set 0x00000007" },
	{ "to this machine itself: NAT was asked when it left", nat_drop_lo, { "192.168.44.2" },
	  "192.168.44.2 is this machine itself: the packet does not leave it.", "!chain chain" },
	{ "to the tunnel's own address", nothing, { "10.2.0.2" },
	  "10.2.0.2 is this machine itself: the packet does not leave it.",
	  "It comes in again by lo nft, table ip wg-quick-wg0, chain preraw" },
	{ "an endpoint here: the mark is not lost, and not given back", local_endpoint_kmod,
	  { "1.1.1.1" },
	  "1.1.1.1 leaves through wg0 to peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 192.168.44.2:51820, which is this machine itself.",
	  "!premangle" },
	{ "a mark that it came with", kmod,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129", [FLOW_IIF] = "lan",
	    [FLOW_MARK] = "0xca6c" },
	  "192.168.44.2 is this machine itself: the packet does not leave it, and its reply leaves by wg0, not by lan, unless its program or a setting has it otherwise.",
	  "that the packet came with" },
	{ "a mark that it came with may be the reply's, too", kmod,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129", [FLOW_IIF] = "lan",
	    [FLOW_MARK] = "0xca6c" },
	  "192.168.44.2 is this machine itself: the packet does not leave it, and its reply leaves by wg0, not by lan, unless its program or a setting has it otherwise.",
	  "With the mark of the packet" },
	{ "somebody beside this machine, and the reply", kmod,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "192.168.44.2 is this machine itself: the packet does not leave it.",
	  "The reply, as a program of this machine sends it A packet from 192.168.44.2 for 192.168.44.3, with no mark." },
	{ "somebody beside this machine, and the reply is dropped", replies_drop,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "192.168.44.2 is this machine itself: the packet does not leave it, but no reply arrives: a rule of nftables in table beside, chain chain, has it dropped.",
	  "ct state established drop" },
	{ "a verdict map of what is not understood", vmap_of_others, { "1.1.1.1" },
	  TUNNEL ", as far as the rules of nftables can be judged.", "or what it does" },
	{ "a verdict map that leads to a chain that came later", vmap_to_nowhere, { "1.1.1.1" },
	  TUNNEL ", as far as the rules of nftables can be judged.",
	  "oifname vmap @says It leads to the chain web, which was not there" },
	{ "a set that may be another one by now", unknown_set_changes, { "1.1.1.1" },
	  TUNNEL ", as far as the rules of nftables can be judged.",
	  "ip daddr @have drop Whether the rule is for this packet" },
	{ "a source port that is not known, and NAT gives one", masquerade_unsaid,
	  { "1.1.1.1", [FLOW_PROTO] = "udp" },
	  TUNNEL ", as far as the rules of nftables can be judged.",
	  "ct status snat drop Whether the rule is for this packet" },
	{ "a reply that no peer may have", replies_not_allowed,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129", [FLOW_IIF] = "lan",
	    [FLOW_MARK] = "0xca6c" },
	  "192.168.44.2 is this machine itself: the packet does not leave it, and its reply leaves by wg0, not by lan, but no reply arrives: no peer of wg0 has it in its AllowedIPs, unless its program or a setting has it otherwise.",
	  "WireGuard refuses the packet" },
	{ "a reply that a peer may have", kmod,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "185.159.157.129", [FLOW_IIF] = "lan",
	    [FLOW_MARK] = "0xca6c" },
	  "192.168.44.2 is this machine itself: the packet does not leave it, and its reply leaves by wg0, not by lan, unless its program or a setting has it otherwise.",
	  "Its AllowedIPs have 0.0.0.0/0, which is the longest prefix around 185.159.157.129" },
	{ "a port that is not known may be the one that NAT gives", redirected_unsaid,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan",
	    [FLOW_PROTO] = "tcp" },
	  "192.168.44.2 is this machine itself: the packet does not leave it, as far as the rules of nftables can be judged.",
	  "ct status dnat drop Whether the rule is for this packet" },
	{ "what WireGuard takes it does not answer", kmod,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan",
	    [FLOW_PROTO] = "udp", [FLOW_SPORT] = "51820", [FLOW_DPORT] = "51821" },
	  "192.168.44.2 is this machine itself: the packet does not leave it.",
	  "!The reply, as a program" },
	{ "to this machine itself, and it does not leave", output_drop_lo, { "192.168.44.2" },
	  "192.168.44.2 is not reached: a rule of nftables in table beside, chain chain, has it dropped.",
	  "chain chain" },
	{ "chains of NAT with other priorities than NAT's", nat_first, { "192.168.44.3" },
	  "192.168.44.3 is not reached: a rule of nftables in table nat, chain filter, has it dropped.",
	  "chain early: meta mark set 0x00000002" },
	{ "NAT, or a chain first", nat_first_or_not, { "192.168.44.3" },
	  "192.168.44.3 is not reached: a rule of nftables in table nat, chain filter, has it dropped, as far as the rules of nftables can be judged.",
	  "cannot be told, and it matters" },
	{ "one chain of NAT changes an address, and no other is asked", nat_once, { "192.168.44.3" },
	  "192.168.44.3, which NAT makes 10.0.0.1, leaves through wg0 to peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 185.159.157.129:51820, by lan.",
	  "!chain late" },
	{ "another destination that is known, by whose route it leaves", dnat_to_lan,
	  { "1.1.1.1" },
	  "1.1.1.1, which NAT makes 192.168.44.3, leaves by lan, through no tunnel, but no reply arrives: the guard of wg0 drops what comes for its address by lan.",
	  "The routing rules once more, as it now is for 192.168.44.3" },
	{ "and its reply, which is from there until a program has it", dnat_to_lan,
	  { "1.1.1.1", [FLOW_FROM] = "192.168.44.2" },
	  "1.1.1.1, which NAT makes 192.168.44.3, leaves by lan, through no tunnel.",
	  "A packet from 192.168.44.3 for 192.168.44.2, with no mark" },
	{ "and is undone then", dnat_to_lan, { "1.1.1.1", [FLOW_FROM] = "192.168.44.2" },
	  "1.1.1.1, which NAT makes 192.168.44.3, leaves by lan, through no tunnel.",
	  "has NAT, which is undone: its source is 1.1.1.1 again" },
	{ "to this machine itself instead", redirected, { "1.1.1.1" },
	  "1.1.1.1, which NAT makes 127.0.0.1, is this machine itself: the packet does not leave it.",
	  "The packet gets the destination 127.0.0.1 (NAT): it goes there instead" },
	{ "to a port of this machine", redirected_port, { "1.1.1.1" },
	  "1.1.1.1, which NAT makes 127.0.0.1, is this machine itself: the packet does not leave it.",
	  "The packet gets the destination 127.0.0.1, port 53 (NAT)" },
	{ "to a port that is not known", redirected_ports, { "1.1.1.1" },
	  "1.1.1.1, which NAT makes 127.0.0.1, is this machine itself: the packet does not leave it, as far as the rules of nftables can be judged.",
	  "It may change the port, too" },
	{ "another destination on the way in", dnat_router,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "192.168.44.2, which NAT makes 1.1.1.1, leaves through wg0 to peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 185.159.157.129:51820, by lan.",
	  "has NAT, which is undone: its source is 192.168.44.2 again" },
	{ "a router with the tunnel's address for all behind it", masquerade,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ".", "The packet gets the source 10.2.0.2 (NAT)" },
	{ "and the reply, which is for that", masquerade,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ".", "A packet from 1.1.1.1 for 10.2.0.2" },
	{ "until it is undone", masquerade,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ".", "has NAT, which is undone: its destination is 192.168.44.3 again" },
	{ "a rule at raw still has it for the tunnel's address", masquerade_raw_drop,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ", but no reply arrives: a rule of nftables in table beside, chain other, has it dropped.",
	  "!undone" },
	{ "a port that may be another one", masquerade_random,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ".",
	  "!It may change" },
	{ "a port that may be another one, and more", masquerade_random_persistent,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ".",
	  "!It may change" },
	{ "of a connection that was masqueraded, by another device now", masquerade_known_moved,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan",
	    [FLOW_PROTO] = "udp", [FLOW_SPORT] = "5", [FLOW_DPORT] = "6" },
	  TUNNEL ", as far as the rules of nftables can be judged.",
	  "if masquerade gave it that for another device, the kernel drops it" },
	{ "of a connection without NAT, where others are masqueraded", masquerade_known_plain,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan",
	    [FLOW_PROTO] = "udp", [FLOW_SPORT] = "5", [FLOW_DPORT] = "6" },
	  TUNNEL ".", "!masquerade gave it" },
	{ "a map of ports for NAT", nat_vmap, { "1.1.1.1" }, TUNNEL ".",
	  "Whether this rule is for the packet depends on its protocol" },
	{ "a port that may be another one, by iptables", masquerade_xt,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ".",
	  "!It may change" },
	{ "another source, of the other family", snat_other_family,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ".", "!NAT" },
	{ "another source, which is nobody's here", snat_nobody,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ".", "the reply is for that, which is no address of this machine" },
	{ "nothing is undone at forward", dnat_router_forward,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "192.168.44.2, which NAT makes 1.1.1.1, leaves through wg0 to peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= at 185.159.157.129:51820, by lan.",
	  "its source is 192.168.44.2 again" },
	{ "nor done, of a connection that is there", masquerade_known_forward,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan",
	    [FLOW_PROTO] = "udp", [FLOW_SPORT] = "5", [FLOW_DPORT] = "6" },
	  TUNNEL ".", "has NAT: it gets the source 10.2.0.2" },
	{ "another destination is routed by the mark of then", dnat_marked_later, { "1.1.1.1",
	    [FLOW_FROM] = "192.168.44.2" },
	  "1.1.1.1, which NAT makes 192.168.44.3, leaves by lan, through no tunnel.",
	  "The packet gets the mark 0xca6c" },
	{ "a map that may drop, behind what may accept", vmap_jumps, { "1.1.1.1" },
	  "1.1.1.1 is reached or not: whether it passes cannot be told, as rules of nftables in table beside, chain chain, cannot be judged.",
	  "is lost here, if no rule above that could not be judged lets it pass" },
	{ "which of two addresses cannot be told", masquerade_two,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ", as far as the rules of nftables can be judged.",
	  "The packet gets another source address (NAT)" },
	{ "of a connection that is there, the source", nat_before_from, REPLY_OPTIONS("51820"),
	  "192.168.44.2 is this machine itself: the packet does not leave it.",
	  "has NAT: it gets the source 10.9.9.9" },
	{ "of a connection that is there, and the chains are not", nat_before_gone,
	  REPLY_OPTIONS("51820"),
	  "192.168.44.2 is this machine itself: the packet does not leave it.", "!has NAT" },
	{ "of a connection that is there, the destination", nat_before_to, REPLY_OPTIONS("51820"),
	  "192.168.44.2, which NAT makes 10.2.0.2, is this machine itself: the packet does not leave it.",
	  "has NAT: it gets the destination 10.2.0.2" },
	{ "NAT on the way out comes late", nat_last, { "192.168.44.3" },
	  "192.168.44.3 leaves by lan, through no tunnel.", "!chain filter" },
	{ "the source that it has", snat, { "1.1.1.1" }, TUNNEL ".",
	  "masquerade NAT gives it the source 192.168.44.2, which it has anyway" },
	{ "another source, where the module does not know the reply", snat_learn, { "1.1.1.1" },
	  TUNNEL ", but no reply arrives: the reverse path check of lan drops it, as the way back is by wg0.",
	  "The packet gets the source 192.168.44.9 (NAT)" },
	{ "a chain of NAT drops, and replies do not meet it", nat_drop, { "1.1.1.1" },
	  TUNNEL ".", "!chain chain" },
	{ "a chain of NAT drops, and the packet meets it", nat_drop,
	  { [FLOW_TO] = "192.168.44.2", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  "192.168.44.2 is not reached: a rule of nftables in table beside, chain chain, has it dropped.",
	  "chain chain" },
	{ "a chain of NAT drops, and what has been tracked before does not meet it",
	  nat_drop_waiting, REPLY_OPTIONS("51820"),
	  "192.168.44.2 is this machine itself: the packet does not leave it.", "!chain chain" },
	{ "a chain of NAT drops, which was not there before", nat_drop_later,
	  REPLY_OPTIONS("51820"),
	  "192.168.44.2 is not reached: a rule of nftables in table beside, chain chain, has it dropped.",
	  "chain chain" },
	{ "a chain of NAT that was not there before changes nothing", dnat_later,
	  REPLY_OPTIONS("51820"),
	  "192.168.44.2 is this machine itself: the packet does not leave it.", "!(NAT)" },
	{ "of a connection that has NAT", nat_before, REPLY_OPTIONS("51820"),
	  "192.168.44.2 is this machine itself: the packet does not leave it.",
	  "has NAT: it gets the source port 1024" },
	{ "a chain of NAT drops, and what is not tracked does not meet it", nat_drop_untracked,
	  { "1.1.1.1" }, TUNNEL ".", "!chain chain" },
	{ "a router", router,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ".", "chain forward: ct state established accept The rule is for this packet" },
	{ "a router that lets no reply pass", deaf_router,
	  { [FLOW_TO] = "1.1.1.1", [FLOW_FROM] = "192.168.44.3", [FLOW_IIF] = "lan" },
	  TUNNEL ", but no reply arrives: no rule of nftables in table router, chain forward, lets it pass.",
	  "chain forward: policy drop" },
};

static char *tell(const struct flow *flow, char **end)
{
	struct journey j;
	char *text = NULL;
	size_t size;
	FILE *out;

	*end = NULL;
	if (journey_tell(&j, &m, flow, NULL) == 0) {
		*end = strdup(j.end);
		out = open_memstream(&text, &size);
		journey_print(out, &j, false);
		fclose(out);
	}
	journey_free(&j);
	return text;
}

/* The words, without regard to where lines end */
static bool has_words(const char *text, const char *words)
{
	const char *at, *w;

	for (; *text; text++) {
		for (at = text, w = words; *w; w++) {
			if (*w == ' ') {
				if (*at != ' ' && *at != '\n')
					break;
				at += strspn(at, " \n");
			} else if (*at++ != *w) {
				break;
			}
		}
		if (!*w)
			return true;
	}
	return false;
}

static void test_journeys(void)
{
	char *text, *end, wrong[FLOW_TEXT_LEN];
	struct flow_options o;
	struct flow flow;
	bool absent;
	size_t i;

	for (i = 0; i < TAP_LEN(journeys); i++) {
		machine();
		journeys[i].change();
		memcpy(o.value, journeys[i].options, sizeof(o.value));
		if (flow_read(&flow, &o, &m.fib, wrong)) {
			tap_ok(false, "%s: %s", journeys[i].name, wrong);
			continue;
		}
		/* the user is of no matter here */
		flow.uid = 0;
		text = tell(&flow, &end);
		tap_same(end ?: "", journeys[i].end, journeys[i].name);
		absent = journeys[i].words[0] == '!';
		if (!tap_ok(has_words(text ?: "", journeys[i].words + absent) == !absent,
			    "%s: \"%s\"", journeys[i].name, journeys[i].words))
			tap_lines("text", text ?: "");
		free(text);
		free(end);
	}
}

/* What a rule keeps packets from is in the picture too, where it lets this one pass */
static void test_picture(void)
{
	static const char *const words[] = {
		">32764: from all lookup main suppress_prefixlength 0<", "So the search goes on.<",
		">The guard: it drops", "!Table local has the addresses",
	};
	struct flow flow = { .family = AF_INET, .to = prefix("1.1.1.1") };
	struct tap_text out;
	struct journey j;
	bool absent;
	char *text;
	size_t i;

	machine();
	if (!tap_ok(journey_tell(&j, &m, &flow, NULL) == 0, "a journey for the picture"))
		return;
	tap_text_begin(&out);
	journey_print_svg(out.out, &j, 1);
	text = tap_text_end(&out);
	for (i = 0; i < TAP_LEN(words); i++) {
		absent = words[i][0] == '!';
		tap_ok(!strstr(text, words[i] + absent) == absent, "the picture: \"%s\"", words[i]);
	}
	free(text);
	journey_free(&j);
}

int main(void)
{
	test_journeys();
	test_picture();
	return tap_done();
}
