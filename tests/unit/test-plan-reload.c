// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "reload": for an old file and a new one, the steps; that on a model of
 * the machine these make of the one's tunnel the other's; and that all is as before
 * when it fails anywhere
 */
#include "reload_model.h"

/**
 * struct reload_case - a change of a file
 * @name: says what it is about
 * @machine: flags of above
 * @old: the file that was brought up
 * @new: what it is now
 * @out: as plan_text() gives it; NULL to have the model checked alone
 */
struct reload_case {
	const char *name;
	unsigned int machine;
	const char *old;
	const char *new;
	const char *out;
};

#define KEY_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="
#define KEY_C "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA="
#define KEY_D "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDA="

#define IF(more) "[Interface]\nPrivateKey = " KEY_D "\nListenPort = 1\n" more
#define A4 "Address = 10.2.0.2/32\n"
#define A46 "Address = 10.2.0.2/32, fd02::2/128\n"
#define PEER(key, more) "[Peer]\nPublicKey = " key "\n" more
#define DNS(value) "DNS = " value "\n"
#define END "Endpoint = 203.0.113.1:51820\n"
#define SPLIT PEER(KEY_B, "AllowedIPs = 10.0.0.0/8\n" END)
#define FULL4 PEER(KEY_B, "AllowedIPs = 0.0.0.0/0\n" END)
#define FULL PEER(KEY_B, "AllowedIPs = 0.0.0.0/0, ::/0\n" END)

#define SYNC "[#] wg syncconf wg0 /dev/stdin\n"
#define P_B "[#]   peer " KEY_B
#define P_C "[#]   peer " KEY_C

/* The steps from FULL4 to SPLIT */
#define FULL4_TO_SPLIT \
	SYNC P_B " allowed-ips +10.0.0.0/8\n" \
	"[#] ip -4 route add 10.0.0.0/8 dev wg0\n" \
	"[#] ip -4 route delete 0.0.0.0/0 dev wg0 table 51820\n" \
	"[#] ip -4 rule delete table main suppress_prefixlength 0 priority 32764 protocol kernel\n" \
	"[#] ip -4 rule delete not fwmark 51820 table 51820 priority 32765 protocol kernel\n" \
	"[#] wg set wg0 fwmark 0\n" \
	"[#] sysctl -q net.ipv4.conf.all.src_valid_mark=0\n" \
	"[#] wgmark tunnel-del wg0\n" \
	SYNC P_B " allowed-ips -0.0.0.0/0\n"

static const struct reload_case cases[] = {
	{ "the same file: nothing", 0, IF(A46) FULL, IF(A46) FULL, "" },
	{ "the same file, nft: nothing", ONLY_NFT, IF(A46) FULL, IF(A46) FULL, "" },
	{ "the same file, no full tunnel: nothing", 0, IF(A46) SPLIT, IF(A46) SPLIT, "" },
	{ "the same file, the module is there now: nothing", ONLY_NFT | NOW_KMOD,
	  IF(A46) FULL, IF(A46) FULL, "" },
	{ "the same file, between other tunnels: nothing", OTHER | LATER,
	  IF(A46) FULL, IF(A46) FULL, "" },
	{ "what a hook may have set stays", FROM_HOOK,
	  "[Interface]\n" A4 SPLIT, "[Interface]\n" A4 SPLIT, "" },
	{ "a peer comes, with a route", 0, IF(A4) SPLIT,
	  IF(A4) SPLIT PEER(KEY_C, "AllowedIPs = 192.168.0.0/16\nPersistentKeepalive = 25\n"),
	  SYNC P_C " persistent-keepalive 25 allowed-ips +192.168.0.0/16\n"
	  "[#] ip -4 route add 192.168.0.0/16 dev wg0\n" },
	{ "a peer goes, after its route", 0,
	  IF(A4) SPLIT PEER(KEY_C, "AllowedIPs = 192.168.0.0/16\n"), IF(A4) SPLIT,
	  "[#] ip -4 route delete 192.168.0.0/16 dev wg0\n" SYNC P_C " remove\n" },
	{ "allowed IPs come and go; the rest stays", 0,
	  IF(A4) PEER(KEY_B, "AllowedIPs = 10.0.0.0/8, 10.9.0.0/16\n" END),
	  IF(A4) PEER(KEY_B, "AllowedIPs = 10.0.0.0/8, 10.8.0.0/16\n" END),
	  SYNC P_B " allowed-ips +10.8.0.0/16\n"
	  "[#] ip -4 route add 10.8.0.0/16 dev wg0\n"
	  "[#] ip -4 route delete 10.9.0.0/16 dev wg0\n"
	  SYNC P_B " allowed-ips -10.9.0.0/16\n" },
	{ "an allowed IP goes from one peer to another at once", 0,
	  IF(A4) PEER(KEY_B, "AllowedIPs = 10.8.0.0/16, 10.9.0.0/16\n")
		 PEER(KEY_C, "AllowedIPs = 10.7.0.0/16\n"),
	  IF(A4) PEER(KEY_B, "AllowedIPs = 10.8.0.0/16\n")
		 PEER(KEY_C, "AllowedIPs = 10.7.0.0/16, 10.9.0.0/16\n"),
	  SYNC P_C " allowed-ips +10.9.0.0/16\n" },
	{ "peers exchange their allowed IPs", 0,
	  IF(A4) PEER(KEY_B, "AllowedIPs = 10.8.0.0/16\n")
		 PEER(KEY_C, "AllowedIPs = 10.9.0.0/16\n"),
	  IF(A4) PEER(KEY_B, "AllowedIPs = 10.9.0.0/16\n")
		 PEER(KEY_C, "AllowedIPs = 10.8.0.0/16\n"),
	  SYNC P_B " allowed-ips +10.9.0.0/16\n" P_C " allowed-ips +10.8.0.0/16\n" },
	{ "a peer's successor gets all at once", 0, IF(A4) SPLIT,
	  IF(A4) PEER(KEY_C, "AllowedIPs = 10.0.0.0/8\n" END),
	  SYNC P_C " endpoint 203.0.113.1:0 allowed-ips +10.0.0.0/8\n"
	  SYNC P_B " remove\n" },
	{ "an allowed IP of two peers is the last one's", 0,
	  IF(A4) PEER(KEY_B, "AllowedIPs = 10.8.0.0/16\n")
		 PEER(KEY_C, "AllowedIPs = 10.8.0.0/16\n"),
	  IF(A4) PEER(KEY_C, "AllowedIPs = 10.8.0.0/16\n")
		 PEER(KEY_B, "AllowedIPs = 10.8.0.0/16\n"),
	  SYNC P_B " allowed-ips +10.8.0.0/16\n" },
	{ "a peer's values come", 0, IF(A4) SPLIT,
	  IF(A4) PEER(KEY_B, "AllowedIPs = 10.0.0.0/8\nEndpoint = 203.0.113.2:1\n"
			     "PersistentKeepalive = 5\nPresharedKey = " KEY_C "\n"),
	  SYNC P_B " preshared-key (hidden) endpoint 203.0.113.2:0 persistent-keepalive 5\n" },
	{ "a peer's values go, but for the endpoint", NOT_AS_UP,
	  IF(A4) PEER(KEY_B, "AllowedIPs = 10.0.0.0/8\nEndpoint = 203.0.113.2:1\n"
			     "PersistentKeepalive = 5\nPresharedKey = " KEY_C "\n"),
	  IF(A4) PEER(KEY_B, "AllowedIPs = 10.0.0.0/8\n"),
	  SYNC P_B " preshared-key (hidden) persistent-keepalive 0\n" },
	{ "key and port", 0, IF(A4) SPLIT,
	  "[Interface]\nPrivateKey = " KEY_C "\nListenPort = 2\n" A4 SPLIT,
	  SYNC "[#]   private-key (hidden)\n[#]   listen-port 2\n" },
	{ "addresses come and go", 0, IF(A46) SPLIT,
	  IF("Address = 10.2.0.3/32, fd02::3/128\n") SPLIT,
	  "[#] ip -4 address add 10.2.0.3/32 dev wg0\n"
	  "[#] ip -6 address add fd02::3/128 dev wg0\n"
	  "[#] ip -6 address delete fd02::2/128 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.2/32 dev wg0\n" },
	{ "another address of the same subnet never is the secondary one", 0,
	  IF("Address = 10.2.0.2/24\n") SPLIT, IF("Address = 10.2.0.3/24\n") SPLIT,
	  "[#] ip -4 address add 10.2.0.3/32 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.2/24 dev wg0\n"
	  "[#] ip -4 address add 10.2.0.3/24 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.3/32 dev wg0\n" },
	{ "a secondary address outlives its primary one", 0,
	  IF("Address = 10.2.0.2/24, 10.2.0.3/24\n") SPLIT,
	  IF("Address = 10.2.0.3/24\n") SPLIT,
	  "[#] ip -4 address add 10.2.0.3/32 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.3/24 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.2/24 dev wg0\n"
	  "[#] ip -4 address add 10.2.0.3/24 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.3/32 dev wg0\n" },
	{ "an address alone, and then with its subnet", 0,
	  IF("Address = 10.2.0.2/24, 10.2.0.3/32\n") SPLIT, IF("Address = 10.2.0.3/24\n") SPLIT,
	  "[#] ip -4 address delete 10.2.0.2/24 dev wg0\n"
	  "[#] ip -4 address add 10.2.0.3/24 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.3/32 dev wg0\n" },
	{ "the length of an address", 0,
	  IF("Address = 10.2.0.2/24\n") SPLIT, IF("Address = 10.2.0.2/32\n") SPLIT,
	  "[#] ip -4 address add 10.2.0.2/32 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.2/24 dev wg0\n" },
	{ "the length of an address, the other way", 0,
	  IF("Address = 10.2.0.2/32\n") SPLIT, IF("Address = 10.2.0.2/24\n") SPLIT,
	  "[#] ip -4 address add 10.2.0.2/24 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.2/32 dev wg0\n" },
	{ "the length of an IPv6 address, which is there once", 0,
	  IF("Address = fd02::2/128, fd02::3/64\n") SPLIT,
	  IF("Address = fd02::3/64, fd02::2/64\n") SPLIT,
	  "[#] ip -6 address delete fd02::2/128 dev wg0\n"
	  "[#] ip -6 address add fd02::2/64 dev wg0\n" },
	{ "a single address goes beside its subnet, which stays", 0,
	  IF("Address = 10.2.0.2/32, 10.2.0.2/24, 10.2.0.3/24\n") SPLIT,
	  IF("Address = 10.2.0.2/24\n") SPLIT,
	  "[#] ip -4 address delete 10.2.0.3/24 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.2/32 dev wg0\n" },
	{ "without an IPv4 address left, routes are made anew", 0, IF(A46) SPLIT,
	  IF("Address = fd02::2/128\n") SPLIT,
	  "[#] ip -4 route delete 10.0.0.0/8 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.2/32 dev wg0\n"
	  "[#] ip -4 route add 10.0.0.0/8 dev wg0\n" },
	{ "the first IPv4 address, without which routes end on the way back", 0,
	  IF("Address = fd02::2/128\n") SPLIT, IF(A46) SPLIT,
	  "[#] ip -4 route add 10.0.0.0/8 dev wg0 || true\n"
	  "[#] ip -4 address add 10.2.0.2/32 dev wg0\n" },
	{ "MTU, more", 0, IF(A46) SPLIT, IF(A46 "MTU = 1500\n") SPLIT,
	  "[#] ip link set mtu 1500 dev wg0\n" },
	{ "MTU, less, and computed", 0, IF(A46 "MTU = 1500\n") SPLIT, IF(A46) SPLIT,
	  "[#] ip link set mtu 1420 dev wg0\n" },
	{ "the same file, whose MTU is none for IPv6: nothing", 0,
	  IF(A46 "MTU = 1279\n") SPLIT, IF(A46 "MTU = 1279\n") SPLIT, "" },
	{ "IPv6 addresses go before the MTU gets too small for them", 0, IF(A46) SPLIT,
	  IF(A46 "MTU = 1279\n") SPLIT,
	  "[#] ip -6 address delete fd02::2/128 dev wg0\n"
	  "[#] ip link set mtu 1279 dev wg0\n"
	  "note: the MTU is 1279, and IPv6 needs 1280: the tunnel does not have its IPv6 addresses\n" },
	{ "IPv6 addresses come when the MTU is enough", 0, IF(A46 "MTU = 1279\n") SPLIT,
	  IF(A46 "MTU = 1280\n") SPLIT,
	  "[#] ip link set mtu 1280 dev wg0\n"
	  "[#] ip -6 address add fd02::2/128 dev wg0\n" },
	{ "Table = off", 0, IF(A46) FULL, IF(A46 "Table = off\n") FULL, NULL },
	{ "Table = off, no more", 0, IF(A46 "Table = off\n") FULL, IF(A46) FULL, NULL },
	{ "Table = 7", 0, IF(A46) SPLIT, IF(A46 "Table = 7\n") SPLIT,
	  "[#] ip -4 route add 10.0.0.0/8 dev wg0 table 7\n"
	  "[#] ip -4 route delete 10.0.0.0/8 dev wg0\n" },
	{ "Table = off: routes are a PostUp's", FROM_HOOK,
	  "[Interface]\nTable = off\n" PEER(KEY_B, "AllowedIPs = 172.16.0.0/12\n"),
	  "[Interface]\nTable = off\nMTU = 1400\n" PEER(KEY_B, "AllowedIPs = 172.16.0.0/12\n"),
	  "[#] ip link set mtu 1400 dev wg0\n" },
	{ "another table than the file's and the tunnel's is a PostUp's", FROM_HOOK,
	  "[Interface]\n" A4 SPLIT, "[Interface]\nMTU = 1400\n" A4 SPLIT,
	  "[#] ip link set mtu 1400 dev wg0\n" },
	{ "a full tunnel with Table = 7 is none", 0, IF(A46) FULL, IF(A46 "Table = 7\n") FULL,
	  NULL },
	{ "a tunnel becomes a full one", 0, IF(A4) SPLIT, IF(A4) FULL4,
	  "[#] wgmark tunnel-new wg0 fwmark 0xca6c mask 0xffffffff restore conntrack guard yes families ipv4\n"
	  SYNC P_B " allowed-ips +0.0.0.0/0\n"
	  "[#] sysctl -q net.ipv4.conf.all.src_valid_mark=1\n"
	  "[#] wg set wg0 fwmark 51820\n"
	  "[#] wg set wg0 peer " KEY_B " persistent-keepalive 1\n"
	  "[#] ip -4 rule add not fwmark 51820 table 51820 priority 32765 protocol kernel\n"
	  "[#] ip -4 rule add table main suppress_prefixlength 0 priority 32764 protocol kernel\n"
	  "[#] ip -4 route add 0.0.0.0/0 dev wg0 table 51820\n"
	  "[#] ip -4 route delete 10.0.0.0/8 dev wg0\n"
	  SYNC P_B " allowed-ips -10.0.0.0/8\n" },
	{ "a full tunnel is none any more", 0, IF(A4) FULL4, IF(A4) SPLIT, FULL4_TO_SPLIT },
	{ "a tunnel becomes a full one, between other tunnels", OTHER, IF(A46) SPLIT,
	  IF(A46) FULL, NULL },
	{ "a full tunnel between others is none any more", OTHER | LATER | VALID, IF(A46) FULL,
	  IF(A46) SPLIT, NULL },
	{ "src_valid_mark that was 1 before stays", VALID, IF(A4) FULL4, IF(A4) SPLIT, NULL },
	{ "IPv6 comes into the tunnel", 0, IF(A46) FULL4, IF(A46) FULL, NULL },
	{ "IPv6 comes into the tunnel, nft", ONLY_NFT, IF(A46) FULL4, IF(A46) FULL, NULL },
	{ "IPv6 leaves it", 0, IF(A46) FULL, IF(A46) FULL4, NULL },
	{ "IPv6 leaves it, nft", ONLY_NFT, IF(A46) FULL, IF(A46) FULL4, NULL },
	{ "LeakGuard comes", 0, IF(A46) FULL4, IF(A46 "#wgmark LeakGuard = yes\n") FULL4, NULL },
	{ "LeakGuard goes", 0, IF(A46 "#wgmark LeakGuard = yes\n") FULL4, IF(A46) FULL4, NULL },
	{ "LeakGuard becomes a way into the tunnel", 0, IF(A46 "#wgmark LeakGuard = yes\n") FULL4,
	  IF(A46 "#wgmark LeakGuard = yes\n") FULL, NULL },
	{ "the mark changes", 0, IF(A4) FULL4, IF(A4 "FwMark = 7\n") FULL4,
	  "[#] ip -4 rule add fwmark 51820 table main priority 32763 protocol kernel\n"
	  "[#] ip -4 rule add fwmark 7 table main priority 32763 protocol kernel\n"
	  "[#] wg set wg0 fwmark 7\n"
	  "[#] wgmark tunnel-set wg0 fwmark 0x7 mask 0xffffffff restore conntrack guard yes compat yes families ipv4\n"
	  "[#] wg set wg0 peer " KEY_B " persistent-keepalive 1\n"
	  "[#] wgmark tunnel-set wg0 fwmark 0x7 mask 0xffffffff restore conntrack guard yes families ipv4\n"
	  "[#] ip -4 rule add not fwmark 7 table 7 priority 32765 protocol kernel\n"
	  "[#] ip -4 route add 0.0.0.0/0 dev wg0 table 7\n"
	  "[#] ip -4 route delete 0.0.0.0/0 dev wg0 table 51820\n"
	  "[#] ip -4 rule delete not fwmark 51820 table 51820 priority 32765 protocol kernel\n"
	  "[#] ip -4 rule delete fwmark 51820 table main priority 32763 protocol kernel\n"
	  "[#] ip -4 rule delete fwmark 7 table main priority 32763 protocol kernel\n" },
	{ "FwMark goes", 0, IF(A4 "FwMark = 7\n") FULL4, IF(A4) FULL4, NULL },
	{ "the mark changes, without a session that has to stay", NOT_AS_UP,
	  IF(A4 "#wgmark Guard = no\n") PEER(KEY_B, "AllowedIPs = 0.0.0.0/0\n"),
	  IF(A4 "#wgmark Guard = no\n#wgmark Mask = 0xffff\nFwMark = 7\n") PEER(KEY_B, "AllowedIPs = 0.0.0.0/0\n"),
	  NULL },
	{ "the mark changes, nft", ONLY_NFT, IF(A46) FULL, IF(A46 "FwMark = 7\n") FULL, NULL },
	{ "the mark changes, between other tunnels", OTHER | LATER, IF(A46) FULL,
	  IF(A46 "FwMark = 7\n") FULL, NULL },
	{ "the mark of a tunnel that is not full", 0, IF(A4) SPLIT, IF(A4 "FwMark = 7\n") SPLIT,
	  "[#] wg set wg0 fwmark 7\n" },
	{ "a mark that a PostUp may have set stays", NOT_AS_UP,
	  IF(A4 "FwMark = 7\nTable = off\n") FULL4,
	  IF(A4 "PostUp = wg set %i fwmark 7\nTable = off\n") FULL4, "" },
	{ "the mark of a full tunnel that is none any more goes, hooks or not", NOT_AS_UP,
	  IF(A4) FULL4, IF(A4 "PostUp = true\n") SPLIT, FULL4_TO_SPLIT },
	{ "the mask", 0, IF(A4) FULL4, IF(A4 "#wgmark Mask = 0xffff\n") FULL4,
	  "[#] wgmark tunnel-set wg0 fwmark 0xca6c mask 0xffff restore conntrack guard yes families ipv4\n"
	  "[#] ip -4 rule add not fwmark 0xca6c/0xffff table 51820 priority 32765 protocol kernel\n"
	  "[#] ip -4 rule delete not fwmark 51820 table 51820 priority 32765 protocol kernel\n" },
	{ "mark and mask, nft", ONLY_NFT, IF(A46) FULL,
	  IF(A46 "FwMark = 7\n#wgmark Mask = 0xffff\n") FULL, NULL },
	{ "Guard", 0, IF(A4) FULL4, IF(A4 "#wgmark Guard = no\n") FULL4,
	  "[#] wgmark tunnel-set wg0 fwmark 0xca6c mask 0xffffffff restore conntrack guard no families ipv4\n" },
	{ "Guard, nft", ONLY_NFT, IF(A4 "#wgmark Guard = no\n") FULL4, IF(A4) FULL4, NULL },
	{ "Restore = none", ONLY_NFT, IF(A4) FULL4, IF(A4 "#wgmark Restore = none\n") FULL4, NULL },
	{ "Restore = conntrack", ONLY_NFT, IF(A4 "#wgmark Restore = none\n") FULL4, IF(A4) FULL4,
	  NULL },
	{ "neither guard nor restore", 0, IF(A4) FULL4,
	  IF(A4 "#wgmark Guard = no\n#wgmark Restore = none\n") FULL4,
	  "[#] wgmark tunnel-del wg0\n" },
	{ "Compat", 0, IF(A4) FULL4, IF(A4 "#wgmark Compat = yes\n") FULL4, NULL },
	{ "guarded addresses follow, nft", ONLY_NFT, IF(A4) FULL4,
	  IF("Address = 10.2.0.3/32\n") FULL4,
	  "[#] nft add element ip wgmark-wg0 guarded { 10.2.0.3 }\n"
	  "[#] ip -4 address add 10.2.0.3/32 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.2/32 dev wg0\n"
	  "[#] nft delete element ip wgmark-wg0 guarded { 10.2.0.2 }\n" },
	{ "an address with two lengths is guarded once, nft", ONLY_NFT, IF(A4) FULL4,
	  IF("Address = 10.2.0.3/32, 10.2.0.3/24\n") FULL4,
	  "[#] nft add element ip wgmark-wg0 guarded { 10.2.0.3 }\n"
	  "[#] ip -4 address add 10.2.0.3/32 dev wg0\n"
	  "[#] ip -4 address add 10.2.0.3/24 dev wg0\n"
	  "[#] ip -4 address delete 10.2.0.2/32 dev wg0\n"
	  "[#] nft delete element ip wgmark-wg0 guarded { 10.2.0.2 }\n" },
	{ "link-local addresses are not guarded, nft", ONLY_NFT, IF(A46) FULL,
	  IF("Address = 10.2.0.2/32, fd02::2/128, fe80::2/64, 169.254.1.1\n") FULL,
	  "[#] ip -6 address add fe80::2/64 dev wg0\n"
	  "[#] ip -4 address add 169.254.1.1/32 dev wg0\n" },
	{ "only families that have a table, nft", ONLY_NFT, IF(A4) FULL4, IF(A46) FULL4,
	  "[#] ip -6 address add fd02::2/128 dev wg0\n" },
	{ "address and family at once, nft", ONLY_NFT, IF(A4) FULL4,
	  IF("Address = 10.2.0.3/32, fd02::2/128\n") FULL, NULL },
	{ "another backend", 0, IF(A46) FULL, IF(A46 "#wgmark Backend = nft\n") FULL, NULL },
	{ "and back", 0, IF(A46 "#wgmark Backend = nft\n") FULL,
	  IF(A46 "#wgmark Backend = kmod\n") FULL, NULL },
	{ "the same DNS: nothing", NOT_AS_UP, IF(A4 DNS("10.2.0.1, fd02::1, corp.example")) SPLIT,
	  IF(A4 DNS("10.2.0.1, corp.example.") DNS("FD02:0::1")) SPLIT, "" },
	{ "DNS comes", 0, IF(A4) SPLIT, IF(A4 DNS("10.2.0.1, corp.example")) SPLIT,
	  "[#] resolvectl dns wg0 10.2.0.1 && resolvectl domain wg0 corp.example ~.\n" },
	{ "DNS goes", 0, IF(A4 DNS("10.2.0.1, corp.example")) SPLIT, IF(A4) SPLIT,
	  "[#] resolvectl revert wg0\n" },
	{ "DNS that a PostUp may have set stays", NOT_AS_UP,
	  IF(A4 DNS("10.2.0.1") "PostUp = resolvectl dns %i 10.2.0.1\n") SPLIT,
	  IF(A4 "PostUp = resolvectl dns %i 10.2.0.1\n") SPLIT, "" },
	{ "another server", 0, IF(A4 DNS("10.2.0.1, corp.example")) SPLIT,
	  IF(A4 DNS("10.2.0.2")) SPLIT,
	  "[#] resolvectl dns wg0 10.2.0.2 && resolvectl domain wg0 ~.\n" },
	{ "servers in another order", 0, IF(A4 DNS("10.2.0.1, 10.2.0.2")) SPLIT,
	  IF(A4 DNS("10.2.0.2, 10.2.0.1")) SPLIT, NULL },
	{ "domains, and no server any more", 0, IF(A4 DNS("10.2.0.1, corp.example")) SPLIT,
	  IF(A4 DNS("corp.example")) SPLIT,
	  "[#] resolvectl revert wg0\n[#] resolvectl domain wg0 corp.example\n" },
	{ "a server comes to domains, and goes again on the way back", 0,
	  IF(A4 DNS("corp.example")) SPLIT, IF(A4 DNS("10.2.0.1, corp.example")) SPLIT,
	  "[#] resolvectl revert wg0\n"
	  "[#] resolvectl dns wg0 10.2.0.1 && resolvectl domain wg0 corp.example ~.\n" },
	{ "nobody to tell of DNS", NO_DNS, IF(A4 "#wgmark RequireDNS = no\n") SPLIT,
	  IF(A4 DNS("10.2.0.1") "#wgmark RequireDNS = no\n") SPLIT, "" },
	{ "all at once", OTHER, IF(A46 DNS("10.2.0.1") "MTU = 1300\n") FULL4 PEER(KEY_C, "AllowedIPs = 10.9.0.0/16\n"),
	  IF("Address = 10.2.0.3/24, fd02::3/64\nDNS = a.example\nFwMark = 9\n#wgmark Backend = nft\n#wgmark Mask = 0xff\n")
	  PEER(KEY_A, "AllowedIPs = ::/0, 10.9.0.0/16\n") PEER(KEY_C, "AllowedIPs = 0.0.0.0/0\n" END),
	  NULL },
};

static void from_hook(struct model *m)
{
	struct step route = { .type = STEP_ROUTE_ADD, .route.table = RT_TABLE_MAIN };

	m->live.wg.private_key[0] = 1;
	m->live.wg.listen_port = 2;
	prefix_parse(&route.route.dst, "172.16.0.0/12");
	play_route(&m->live, &route);
	prefix_parse(&route.route.dst, "10.0.0.0/8");
	route.route.table = 99;
	play_route(&m->live, &route);
}

/* The machine is that of "up" with the new file */
static void check_target(struct model *m, const struct reload_case *c,
			 const struct config *new, const char *when)
{
	bool exact = !(c->machine & (OTHER | LATER));
	unsigned int machine = c->machine;
	char *is, *should;
	struct model up;

	model_up(&up, new, machine);
	if (machine & FROM_HOOK)
		from_hook(&up);
	is = model_text(m, exact);
	should = model_text(&up, exact);
	if (!tap_ok(!strcmp(is, should), "%s: %s all is as after up", c->name, when)) {
		tap_lines("is", is);
		tap_lines("should be", should);
	}
	free(is);
	free(should);
	model_free(&up);
}

/* The machine that the plan is made of; and the same, to play it on */
static void make_models(struct model *of, struct model *on, const struct reload_case *c,
			const struct config *old)
{
	model_up(of, old, c->machine);
	model_up(on, old, c->machine);
	if (c->machine & FROM_HOOK) {
		from_hook(of);
		from_hook(on);
	}
}

/* Killed after @n steps: the next one goes on from there, or says that it cannot. */
static void test_killed(const struct reload_case *c, const struct config *old,
			const struct config *new, const struct plan *p, size_t n)
{
	struct model of, on, left;
	struct plan_error err;
	struct snapshot s;
	char when[64];
	struct plan q;
	size_t i;
	int ret;

	make_models(&of, &on, c, old);
	model_free(&on);
	for (i = 0; i < n; i++)
		play(&of, p, &p->steps[i]);
	model_copy(&left, &of);
	s = model_snapshot(&of, c->machine, true);
	ret = plan_reload(&q, new, &s, &of.live, &err);
	snprintf(when, sizeof(when), "killed after %zu steps,", n);
	if (ret) {
		tap_ok(strstr(err.text, "was killed on the way"), "%s: %s it is refused",
		       c->name, when);
	} else {
		for (i = 0; i < q.len; i++)
			play(&left, &q, &q.steps[i]);
		check_target(&left, c, new, when);
	}
	plan_free(&q);
	model_free(&of);
	model_free(&left);
}

static void test_case(const struct reload_case *c)
{
	unsigned int now = c->machine & NOW_KMOD ? c->machine & ~ONLY_NFT : c->machine;
	struct config old = {}, new = {};
	struct plan_error err;
	struct model of, on;
	struct snapshot s;
	struct plan p;
	char *text;
	size_t n;
	int ret;

	read_file(&old, c->old);
	read_file(&new, c->new);
	make_models(&of, &on, c, &old);
	s = model_snapshot(&of, now, true);

	ret = plan_reload(&p, &new, &s, &of.live, &err);
	text = plan_text(&p, ret, &err);
	if (c->out)
		tap_same(text, c->out, c->name);
	if (!tap_ok(comes_back_anywhere(&on, &p) && !ret,
		    "%s: fails anywhere, and all is as before", c->name))
		tap_lines("plan", text);
	if (!(c->machine & NOT_AS_UP))
		check_target(&on, c, &new, "then");
	for (n = 1; n < p.len && !(c->machine & (NOT_AS_UP | ONLY_NFT)); n++)
		test_killed(c, &old, &new, &p, n);
	free(text);
	plan_free(&p);
	model_free(&of);
	model_free(&on);
	config_free(&old);
	config_free(&new);
}

/* What goes by the name that the device had before */
static void test_renamed(void)
{
	struct dns_record record = { .ifname = "wg1", .ifindex = IFINDEX };
	struct config c = {};
	struct plan_error err;
	struct snapshot s;
	struct model m;
	struct plan p;

	read_file(&c, IF(A4) FULL4);
	model_up(&m, &c, ONLY_NFT);
	s = model_snapshot(&m, ONLY_NFT, true);
	s.dns_stale = &record;
	s.dns_stale_len = 1;
	tap_ok(plan_reload(&p, &c, &s, &m.live, &err) == -EEXIST &&
	       strstr(err.text, "the device had the name `wg1'"),
	       "a record of name servers under another name: refused");
	plan_free(&p);
	record.ifindex++;
	tap_ok(!plan_reload(&p, &c, &s, &m.live, &err), "that of another device: nothing to it");
	plan_free(&p);
	s.dns_stale_len = 0;
	strcpy(s.nft.name, "wg1");
	tap_ok(plan_reload(&p, &c, &s, &m.live, &err) == -EEXIST &&
	       strstr(err.text, "the device had the name `wg1'"),
	       "nft tables under another name: refused");
	plan_free(&p);
	model_free(&m);
	config_free(&c);
}

/* @n allowed IPs, from the @first on */
static void many_allowed(struct config *c, unsigned int first, unsigned int n)
{
	struct tap_text t;
	unsigned int i;
	char *text;

	tap_text_begin(&t);
	fputs(IF(A4) "[Peer]\nPublicKey = " KEY_B "\nAllowedIPs =", t.out);
	for (i = first; i < first + n; i++)
		fprintf(t.out, "%s 10.%u.%u.0/24", i == first ? "" : ",", i >> 8, i & 0xff);
	fputs("\n", t.out);
	text = tap_text_end(&t);
	read_file(c, text);
	free(text);
}

/* Half of the allowed IPs of a tunnel change; @data: how many steps that takes */
static double seconds_of(unsigned int n, void *data)
{
	struct model m = { .live.mtu = 1420 };
	struct config old = {}, new = {};
	struct plan_error err;
	struct step *step;
	struct snapshot s;
	double start, took;
	size_t *len = data;
	struct plan p;

	many_allowed(&old, 0, n);
	many_allowed(&new, n / 2, n);
	prefix_append(&m.live.address, &m.live.address_len, &old.address[0]);
	s = model_snapshot(&m, 0, true);
	if (plan_reload(&p, &old, &s, &m.live, &err))
		abort();
	m.live.routes = calloc(n, sizeof(*m.live.routes));
	for (step = p.steps; step < p.steps + p.len; step++) {
		if (step->type == STEP_ROUTE_ADD)
			m.live.routes[m.live.routes_len++] =
				(struct route){ step->route.dst, step->route.table };
	}
	m.live.wg = p.wg[1];
	p.wg[1] = (struct wg_device){};
	plan_free(&p);

	start = tap_seconds();
	if (plan_reload(&p, &new, &s, &m.live, &err))
		abort();
	took = tap_seconds() - start;
	*len = p.len;
	plan_free(&p);
	live_free(&m.live);
	config_free(&old);
	config_free(&new);
	return took;
}

static void test_large(void)
{
	size_t len;

	tap_linear(seconds_of, &len, "allowed IPs");
	/* allowed IPs that come, their routes, old ones, and these */
	tap_ok(len == 10002, "10000 allowed IPs: %zu steps", len);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(cases); i++)
		test_case(&cases[i]);
	test_renamed();
	test_large();
	return tap_done();
}
