// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration file: each way to get it wrong, with line and message
 */
#include "config_case.h"
#include "escape.h"

/* Files that are refused: the line to blame and the whole message */
static const struct {
	const char *in;
	unsigned int line;
	const char *text;
} bad_cases[] = {
	/* lines and sections */
	{ "[Interface]\nnonsense\n", 2,
	  "this line is neither KEY = VALUE nor a section" },
	{ "[Interface]\n= 5\n", 2, "this line has no key before the `='" },
	{ "[Interface]\n" KEY_A "\n", 2, "this line has no key before the `='" },
	{ "\n\n[Interfaces]\n", 3,
	  "unknown section `[Interfaces]'; there are [Interface] and [Peer]" },
	{ "[Interface\n", 1,
	  "unknown section `[Interface'; there are [Interface] and [Peer]" },
	{ "[Interface] MTU = 1400\n", 1,
	  "unknown section `[Interface] MTU = 1400'; there are [Interface] and [Peer]" },
	{ "[\x1b[31m]\n", 1,
	  "unknown section `[\\x1b[31m]'; there are [Interface] and [Peer]" },
	{ "[Interface]\nMtuu = 1400\n", 2, "unknown key `Mtuu' in [Interface]" },
	{ "[Interface]\nM\x1bTU = 1400\n", 2, "unknown key `M\\x1bTU' in [Interface]" },
	{ PEER "Address6 = 1\n", 3, "unknown key `Address6' in [Peer]" },
	{ "Nothing = 1\n", 1, "unknown key `Nothing' before [Interface]" },
	{ "MTU = 1400\n[Interface]\n", 1, "MTU belongs below [Interface]" },
	{ "[Interface]\nAllowedIPs = 10.0.0.0/8\n", 2, "AllowedIPs belongs below [Peer]" },
	{ PEER "Address = 10.0.0.1\n", 3, "Address belongs below [Interface]" },
	{ "[Interface]\nMask = 0xff\n", 2,
	  "Mask is wgmark's own: write #wgmark Mask = VALUE, below [Interface]" },
	{ "[Interface]\n[Peer]\nAllowedIPs = 10.0.0.0/8\n\n" PEER, 2,
	  "this [Peer] has no PublicKey" },
	{ PEER "[Interface]\n\n[Peer]\n", 5, "this [Peer] has no PublicKey" },
	/* [Interface] */
	{ "[Interface]\nPrivateKey =\n", 2, "PrivateKey has no value" },
	{ "[Interface]\nPrivateKey = # mine\n", 2, "PrivateKey has no value" },
	{ "[Interface]\nPrivateKey = abc\n", 2,
	  "PrivateKey is not a key: write the 44 base64 characters that wg(8) prints" },
	{ "[Interface]\nListenPort =\n", 2, "ListenPort has no value" },
	{ "[Interface]\nListenPort = 65536\n", 2,
	  "ListenPort = 65536: write a port from 0 to 65535, or the name of a service" },
	{ "[Interface]\nListenPort = -1\n", 2,
	  "ListenPort = -1: write a port from 0 to 65535, or the name of a service" },
	{ "[Interface]\nListenPort = 5 1\n", 2,
	  "ListenPort = 5 1: write a port from 0 to 65535, or the name of a service" },
	{ "[Interface]\nListenPort = 18446744073709551617\n", 2,
	  "ListenPort = 18446744073709551617: write a port from 0 to 65535, or the name of a service" },
	{ "[Interface]\nFwMark =\n", 2, "FwMark has no value" },
	{ "[Interface]\nFwMark = 0x\n", 2,
	  "FwMark = 0x: write off, or a mark up to 0xffffffff" },
	{ "[Interface]\nFwMark = ca6c\n", 2,
	  "FwMark = ca6c: write off, or a mark up to 0xffffffff" },
	{ "[Interface]\nFwMark = 4294967296\n", 2,
	  "FwMark = 4294967296: write off, or a mark up to 0xffffffff" },
	{ "[Interface]\nAddress = 10.0.0.1, 10.0.0.300\n", 2,
	  "Address = 10.0.0.300: write an address, such as 10.2.0.2/32 or fd00::2/128" },
	{ "[Interface]\nAddress = 10.0.0.1/33\n", 2,
	  "Address = 10.0.0.1/33: write an address, such as 10.2.0.2/32 or fd00::2/128" },
	{ "[Interface]\nAddress = 10.0.0.1/24, fd00::1/64\nAddress = 10.0.0.1/24\n", 3,
	  "Address = 10.0.0.1/24 is there twice; take one of them out" },
	{ "[Interface]\nAddress = fd00::1/64, FD00:0::1/128\n", 2,
	  "Address = fd00::1/128 is there twice; take one of them out" },
	{ "[Interface]\nAddress = fd00::1/64\nAddress = 10.0.0.1\nAddress = fd00::1/80\nAddress = fd00::1/48\n"
	  "Address = 10.0.0.1\n", 4,
	  "Address = fd00::1/80 is there twice; take one of them out" },
	{ "[Interface]\nMTU = 67\n", 2, "MTU = 67: write a size from 68 to 65535" },
	{ "[Interface]\nMTU = 65536\n", 2, "MTU = 65536: write a size from 68 to 65535" },
	{ "[Interface]\nMTU = big\n", 2, "MTU = big: write a size from 68 to 65535" },
	{ "[Interface]\nMTU = 0\n", 2, "MTU = 0: write a size from 68 to 65535" },
	{ "[Interface]\nTable = 4294967296\n", 2,
	  "Table = 4294967296: write auto, off, a number up to 4294967295, or a name of rt_tables" },
	{ "[Interface]\nTable = 010\n", 2,
	  "Table = 010: write auto, off, a number up to 4294967295, or a name of rt_tables" },
	{ "[Interface]\nTable = 0x100000000\n", 2,
	  "Table = 0x100000000: write auto, off, a number up to 4294967295, or a name of rt_tables" },
	{ "[Interface]\nSaveConfig = maybe\n", 2, "SaveConfig = maybe: write true or false" },
	{ "[Interface]\nSaveConfig = yes\n", 2, "SaveConfig = yes: write true or false" },
	{ "[Interface]\nSaveConfig =\n", 2, "SaveConfig has no value" },
	{ "[Interface]\nPreUp # = true\n", 2,
	  "this line is neither KEY = VALUE nor a section" },
	{ "[Interface]\nDNS = 10.0.0.1, 10.0.0.300\n", 2,
	  "DNS = 10.0.0.300: write a name server's address, or a search domain" },
	{ "[Interface]\nDNS = 10.0.0.1, x'y\n", 2,
	  "DNS = x'y: write a name server's address, or a search domain" },
	{ "[Interface]\nDNS = 10.0.0\n", 2,
	  "DNS = 10.0.0: write a name server's address, or a search domain" },
	{ "[Interface]\nDNS = 1.1.1.1:53\n", 2,
	  "DNS = 1.1.1.1:53: write a name server's address, or a search domain" },
	{ "[Interface]\nDNS = fd00::1/64\n", 2,
	  "DNS = fd00::1/64: write a name server's address, or a search domain" },
	{ "[Interface]\nDNS = fe80::1%\n", 2,
	  "DNS = fe80::1%: write a name server's address, or a search domain" },
	{ "[Interface]\nDNS = example.org, --revert\n", 2,
	  "DNS = --revert: write a name server's address, or a search domain" },
	{ "[Interface]\nDNS = a.-b\n", 2,
	  "DNS = a.-b: write a name server's address, or a search domain" },
	{ "[Interface]\nDNS = fe80::1%a$b\n", 2,
	  "DNS = fe80::1%a$b: write a name server's address, or a search domain" },
	{ "[Interface]\nDNS = a\x1b[31m\n", 2,
	  "DNS = a\\x1b[31m: write a name server's address, or a search domain" },
	/* other kinds of WireGuard */
	{ "[Interface]\nJc = 4\n", 2,
	  "Jc is a key of AmneziaWG, not of wg-quick(8): take the line out, or use that program" },
	{ "[Interface]\nh4 = 4\n", 2,
	  "h4 is a key of AmneziaWG, not of wg-quick(8): take the line out, or use that program" },
	{ "[Interface]\nI1 = <b 0xf6ab><r 10>\n", 2,
	  "I1 is a key of AmneziaWG, not of wg-quick(8): take the line out, or use that program" },
	{ PEER "AdvancedSecurity = on\n", 3,
	  "AdvancedSecurity is a key of AmneziaWG, not of wg-quick(8): take the line out, or use that program" },
	{ "[Interface]\nExcludedApplications = a.b\n", 2,
	  "ExcludedApplications is a key of WireGuard for Android, not of wg-quick(8): take the line out, or use that program"
	},
	{ PEER "Reserved = 1,2,3\n", 3,
	  "Reserved is a key of Cloudflare WARP, not of wg-quick(8): take the line out, or use that program" },
	{ "[Interface]\nAllowedApps = a\n", 2,
	  "AllowedApps is a key of WireSock, not of wg-quick(8): take the line out, or use that program" },
	{ "[Interface]\n[Socks5]\n", 2,
	  "[Socks5] is a section of wireproxy, not of wg-quick(8): take it out, or use that program" },
	{ "[NetDev]\n", 1,
	  "[NetDev] is a section of systemd.netdev(5), not of wg-quick(8): take it out, or use that program" },
	{ "[Interface]\nH = 4\n", 2, "unknown key `H' in [Interface]" },
	{ "[Interface]\nS1 S2 = 4\n", 2, "unknown key `S1 S2' in [Interface]" },
	/* [Peer] */
	{ "[Peer]\nPublicKey =\n", 2, "PublicKey has no value" },
	{ "[Peer]\nPublicKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh=\n", 2,
	  "PublicKey is not a key: write the 44 base64 characters that wg(8) prints" },
	{ "[Peer]\nPublicKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A\n", 2,
	  "PublicKey is not a key: write the 44 base64 characters that wg(8) prints" },
	{ "[Peer]\nPublicKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n", 2,
	  "PublicKey is not a key: write the 44 base64 characters that wg(8) prints" },
	{ "[Peer]\nPublicKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+=\n", 2,
	  "PublicKey is not a key: write the 44 base64 characters that wg(8) prints" },
	{ "[Peer]\nPublicKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBka-xwdHh8=\n", 2,
	  "PublicKey is not a key: write the 44 base64 characters that wg(8) prints" },
	{ "[Peer]\nPublicKey = " KEY_A "=\n", 2,
	  "PublicKey is not a key: write the 44 base64 characters that wg(8) prints" },
	{ PEER "PresharedKey = x\n", 3,
	  "PresharedKey is not a key: write the 44 base64 characters that wg(8) prints" },
	{ PEER "AllowedIPs = 10.0.0.0/8, all\n", 3,
	  "AllowedIPs = all: write a network, such as 10.0.0.0/8 or fd00::/8" },
	{ PEER "AllowedIPs = ++10.0.0.0/8\n", 3,
	  "AllowedIPs = ++10.0.0.0/8: write a network, such as 10.0.0.0/8 or fd00::/8" },
	{ PEER "AllowedIPs = -\n", 3,
	  "AllowedIPs = -: write a network, such as 10.0.0.0/8 or fd00::/8" },
	{ PEER "Endpoint =\n", 3, "Endpoint has no value" },
	{ PEER "Endpoint = vpn.example\n", 3,
	  "Endpoint = vpn.example: write HOST:PORT, or [ADDRESS]:PORT for IPv6" },
	{ PEER "Endpoint = :51820\n", 3,
	  "Endpoint = :51820: write HOST:PORT, or [ADDRESS]:PORT for IPv6" },
	{ PEER "Endpoint = []:51820\n", 3,
	  "Endpoint = []:51820: write HOST:PORT, or [ADDRESS]:PORT for IPv6" },
	{ PEER "Endpoint = [fd00::1]51820\n", 3,
	  "Endpoint = [fd00::1]51820: write HOST:PORT, or [ADDRESS]:PORT for IPv6" },
	{ PEER "Endpoint = [fd00::1:51820\n", 3,
	  "Endpoint = [fd00::1:51820: write HOST:PORT, or [ADDRESS]:PORT for IPv6" },
	{ PEER "Endpoint = [fd00::1]]:51820\n", 3,
	  "Endpoint = [fd00::1]]:51820: write HOST:PORT, or [ADDRESS]:PORT for IPv6" },
	{ PEER "Endpoint = a b:51820\n", 3,
	  "Endpoint = a b:51820: write HOST:PORT, or [ADDRESS]:PORT for IPv6" },
	{ PEER "Endpoint = vpn.example:\n", 3,
	  "Endpoint = vpn.example:: write a port from 1 to 65535 after the colon" },
	{ PEER "Endpoint = vpn.example:0\n", 3,
	  "Endpoint = vpn.example:0: write a port from 1 to 65535 after the colon" },
	{ PEER "Endpoint = vpn.example:65536\n", 3,
	  "Endpoint = vpn.example:65536: write a port from 1 to 65535 after the colon" },
	{ PEER "PersistentKeepalive =\n", 3, "PersistentKeepalive has no value" },
	{ PEER "PersistentKeepalive = 65536\n", 3,
	  "PersistentKeepalive = 65536: write off, or seconds from 0 to 65535" },
	{ PEER "PersistentKeepalive = 0x10\n", 3,
	  "PersistentKeepalive = 0x10: write off, or seconds from 0 to 65535" },
	{ PEER "PersistentKeepalive = 25s\n", 3,
	  "PersistentKeepalive = 25s: write off, or seconds from 0 to 65535" },
	/* #wgmark */
	{ "#wgmark Mask = 1\n[Interface]\n", 1,
	  "#wgmark lines belong below [Interface]" },
	{ PEER "#wgmark Guard = no\n", 3, "#wgmark lines belong below [Interface]" },
	{ "[Interface]\n#wgmark\n", 2, "write #wgmark KEY = VALUE" },
	{ "[Interface]\n#wgmark Guard no\n", 2, "write #wgmark KEY = VALUE" },
	{ "[Interface]\n#wgmark Guard # = no\n", 2, "write #wgmark KEY = VALUE" },
	{ "[Interface]\n#wgmark = no\n", 2, "this line has no key before the `='" },
	{ "[Interface]\n#wgmark Guardd = no\n", 2,
	  "unknown key `Guardd' after #wgmark; there are Mask, Backend, Restore, NoTrack, Compat, Guard, LeakGuard and RequireDNS"
	},
	{ "[Interface]\n#wgmark MTU = 1400\n", 2,
	  "unknown key `MTU' after #wgmark; there are Mask, Backend, Restore, NoTrack, Compat, Guard, LeakGuard and RequireDNS" },
	{ "[Interface]\n#wgmark Mask =\n", 2, "Mask has no value" },
	{ "[Interface]\n#wgmark Mask = 0\n", 2,
	  "Mask = 0: write the mark's bits, from 1 to 0xffffffff" },
	{ "[Interface]\n#wgmark Mask = 0x100000000\n", 2,
	  "Mask = 0x100000000: write the mark's bits, from 1 to 0xffffffff" },
	{ "[Interface]\n#wgmark Backend = iptables\n", 2,
	  "Backend = iptables: write auto, kmod or nft" },
	{ "[Interface]\n#wgmark Restore = port\n", 2,
	  "Restore = port: write none, conntrack or learn" },
	{ "[Interface]\n#wgmark NoTrack = 1\n", 2, "NoTrack = 1: write yes or no" },
	{ "[Interface]\n#wgmark Compat = 1\n", 2, "Compat = 1: write yes or no" },
	{ "[Interface]\n#wgmark LeakGuard = 1\n", 2, "LeakGuard = 1: write yes or no" },
	{ "[Interface]\n#wgmark RequireDNS = 1\n", 2, "RequireDNS = 1: write yes or no" },
	{ "[Interface]\n# wgmark Mask = 0xff\n", 2,
	  "write #wgmark without the blank; # wgmark is a comment" },
	{ "#\tWGMARK  guard=no\n", 1,
	  "write #wgmark without the blank; # wgmark is a comment" },
	{ "\xef\xbb\xbf[Interface]\n", 1,
	  "the file begins with a UTF-8 byte order mark, which wg(8) does not read; save it without one" },
	{ "[Interface]\n#wgmark Guard = true\n", 2, "Guard = true: write yes or no" },
	/* what no line can tell alone */
	{ "[Interface]\nFwMark = 0xca6c\n#wgmark Mask = 0xff00\n", 2,
	  "FwMark = 0xca6c has bits outside of Mask = 0xff00; change one of them" },
	{ "[Interface]\n#wgmark Compat = yes\n#wgmark Mask = 0xff00\n", 2,
	  "Compat = yes takes whole marks; take out Mask = 0xff00" },
	{ "[Interface]\n#wgmark Restore = none\n#wgmark Compat = yes\n", 3,
	  "Compat = yes restores; it needs Restore = conntrack" },
	{ "[Interface]\n#wgmark Restore = learn\n#wgmark Compat = yes\n", 3,
	  "Compat = yes restores; it needs Restore = conntrack" },
	{ "[Interface]\n\n#wgmark NoTrack = yes\n", 3,
	  "NoTrack = yes hides the tunnel's packets from conntrack; it needs Restore = learn" },
};

static void test_bad(const char *in, size_t len, unsigned int line, const char *text)
{
	struct config_error err;
	struct tap_text t;
	char want[320];
	struct config c;
	char *got;
	int ret;

	ret = parse(&c, &err, in, len);
	tap_text_begin(&t);
	fprintf(t.out, "%d: line %u: ", ret, err.line);
	escape_put(t.out, err.text);
	got = tap_text_end(&t);
	snprintf(want, sizeof(want), "%d: line %u: %s", -EINVAL, line, text);
	tap_same(got, want, text);
	free(got);
	config_free(&c);
}

static void test_nul(void)
{
	static const char text[] = "this line has a NUL byte; a configuration is plain text";

	test_bad("\0", 1, 1, text);
	test_bad("[Interface]\nMTU = 1400\0\n", 24, 2, text);
	test_bad("[Interface]\n# a\0b\n", 18, 2, text);
}

/* A secret must not get into a message, however wrong it is */
static void test_secrets(void)
{
	static const char *const cases[] = {
		"[Interface]\nPrivateKey = SECRETSECRETSECRETSECRETSECRETSECRETSECRETS\n",
		"[Interface]\nPrivateKey = SECRETSECRETSECRETSECRETSECRETSECRETSECRET=x\n",
		"[Peer]\nPresharedKey = SECRET\n",
		"[Interface]\nSECRETSECRETSECRETSECRETSECRETSECRETSECRETS=\n",
		"[Interface]\nSECRETSECRETSECRETSECRETSECRETSECRETSECRETS\n",
	};
	struct config_error err;
	struct config c;
	size_t i;
	int ret;

	for (i = 0; i < TAP_LEN(cases); i++) {
		ret = parse(&c, &err, cases[i], strlen(cases[i]));
		tap_ok(ret == -EINVAL && err.text[0] && !strstr(err.text, "SECRET"),
		       "no secret in the message: %s", err.text);
		config_free(&c);
	}
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(bad_cases); i++)
		test_bad(bad_cases[i].in, strlen(bad_cases[i].in),
			 bad_cases[i].line, bad_cases[i].text);
	test_nul();
	test_secrets();
	return tap_done();
}
