// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration file: each key, and files that nobody meant
 */
#include "config_case.h"

/* The keys as text_of() shows them */
#define HEX_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX_B "0000000000000000000000000000000000000000000000000000000000000001"

/* Files that are taken, with all that differs from an empty one */
static const struct {
	const char *name;
	const char *in;
	const char *out;
} good_cases[] = {
	{ "an empty file", "", "" },
	{ "blank lines and comments", "\n \t\n# a comment\n   # Address = 1.2.3.4\n#\n", "" },
	{ "the usual full tunnel",
	  "[Interface]\n"
	  "PrivateKey = " KEY_A "\n"
	  "Address = 10.2.0.2/32\n"
	  "DNS = 10.2.0.1\n"
	  "\n"
	  "[Peer]\n"
	  "PublicKey = " KEY_B "\n"
	  "AllowedIPs = 0.0.0.0/0\n"
	  "Endpoint = 185.159.157.129:51820\n",
	  "private-key " HEX_A "\n"
	  "address 10.2.0.2/32\n"
	  "dns 10.2.0.1\n"
	  "peer 6 " HEX_B "\n"
	  "  allowed 0.0.0.0/0\n"
	  "  endpoint 185.159.157.129 51820\n" },
	{ "every key",
	  "[Interface]\n"
	  "PrivateKey=" KEY_A "\n"
	  "ListenPort=51820\n"
	  "FwMark=0xca6c\n"
	  "Address=10.2.0.2/24\n"
	  "DNS=10.2.0.1\n"
	  "MTU=1380\n"
	  "Table=123\n"
	  "SaveConfig=true\n"
	  "PreUp=a\n"
	  "PostUp=b\n"
	  "PreDown=c\n"
	  "PostDown=d\n"
	  "#wgmark Mask=0xffff\n"
	  "#wgmark Backend=nft\n"
	  "#wgmark Restore=none\n"
	  "#wgmark Compat=no\n"
	  "#wgmark Guard=no\n"
	  "#wgmark LeakGuard=yes\n"
	  "#wgmark RequireDNS=yes\n"
	  "[Peer]\n"
	  "PublicKey=" KEY_B "\n"
	  "PresharedKey=" KEY_A "\n"
	  "AllowedIPs=10.0.0.0/8\n"
	  "Endpoint=vpn.example:500\n"
	  "PersistentKeepalive=25\n",
	  "private-key " HEX_A "\n"
	  "listen-port 51820\n"
	  "fwmark 51820\n"
	  "address 10.2.0.2/24\n"
	  "dns 10.2.0.1\n"
	  "mtu 1380\n"
	  "table 123\n"
	  "save-config 1\n"
	  "pre-up <a>\n"
	  "post-up <b>\n"
	  "pre-down <c>\n"
	  "post-down <d>\n"
	  "mask 0xffff\n"
	  "backend 2\n"
	  "restore 0\n"
	  "guard 0\n"
	  "leak-guard 1\n"
	  "require-dns 1\n"
	  "peer 21 " HEX_B "\n"
	  "  preshared-key " HEX_A "\n"
	  "  allowed 10.0.0.0/8\n"
	  "  endpoint vpn.example 500\n"
	  "  keepalive 25\n" },
	{ "any case, CRLF, blanks, no newline at the end",
	  "\t[interface]\r\n"
	  "  LISTENPORT\t=  7 \r\n"
	  "address =10.0.0.1 # the first\r\n"
	  "#WGMARK backend = KMOD # the module\r\n"
	  "[PEER]\r\n"
	  "publickey = " KEY_A "\r\n"
	  "persistentkeepalive = OFF",
	  "listen-port 7\n"
	  "address 10.0.0.1/32\n"
	  "backend 1\n"
	  "peer 5 " HEX_A "\n"
	  "  keepalive 0\n" },
	{ "lists with commas and blanks, over several lines",
	  "[Interface]\n"
	  "Address = 10.0.0.1/24, fd00::1/64 10.0.0.2\n"
	  "Address = ,fd00::2,,\n"
	  "DNS = 10.0.0.53, example.org\n"
	  "DNS = fd00::53,fe80::1%eth0 ~corp.example, 10.0.0.54\n"
	  PEER
	  "AllowedIPs = 10.0.0.0/8, fd00::/8\n"
	  "AllowedIPs = 192.168.0.0/16\n",
	  "address 10.0.0.1/24\n"
	  "address fd00::1/64\n"
	  "address 10.0.0.2/32\n"
	  "address fd00::2/128\n"
	  "dns 10.0.0.53\n"
	  "dns fd00::53\n"
	  "dns fe80::1%eth0\n"
	  "dns 10.0.0.54\n"
	  "search example.org\n"
	  "search ~corp.example\n"
	  "peer 6 " HEX_A "\n"
	  "  allowed 10.0.0.0/8\n"
	  "  allowed fd00::/8\n"
	  "  allowed 192.168.0.0/16\n" },
	{ "empty values where wg-quick has them",
	  "[Interface]\nAddress =\nDNS =\nMTU =\nTable =\nPreUp =\nPostUp =   \n"
	  "PreDown =\nPostDown =\n" PEER "AllowedIPs =\n",
	  "peer 10 " HEX_A "\n" },
	{ "host bits of AllowedIPs go, those of Address stay",
	  "[Interface]\nAddress = 10.1.2.3/8, fd00::1/8\n" PEER
	  "AllowedIPs = 10.1.2.3/8, fd00::1/8, 10.1.2.3, fd00::1, 1.2.3.4/0, 1::/0\n",
	  "address 10.1.2.3/8\n"
	  "address fd00::1/8\n"
	  "peer 3 " HEX_A "\n"
	  "  allowed 10.0.0.0/8\n"
	  "  allowed fd00::/8\n"
	  "  allowed 10.1.2.3/32\n"
	  "  allowed fd00::1/128\n"
	  "  allowed 0.0.0.0/0\n"
	  "  allowed ::/0\n" },
	{ "several [Interface]: the last scalar wins, lists grow",
	  "[Interface]\nMTU = 1300\nFwMark = 1\nTable = 7\nAddress = 10.0.0.1\n"
	  "[Interface]\nMTU = 1400\nFwMark = off\nTable = auto\nAddress = 10.0.0.2\n",
	  "address 10.0.0.1/32\naddress 10.0.0.2/32\nmtu 1400\n" },
	{ "[Interface] after [Peer]",
	  PEER "[Interface]\nListenPort = 1\n#wgmark Guard = no\n",
	  "listen-port 1\nguard 0\npeer 1 " HEX_A "\n" },
	{ "numbers at their ends",
	  "[Interface]\nListenPort = 65535\nFwMark = 4294967295\nMTU = 68\n"
	  "Table = 4294967295\n" PEER "PersistentKeepalive = 65535\n",
	  "listen-port 65535\nfwmark 4294967295\nmtu 68\ntable 4294967295\n"
	  "peer 6 " HEX_A "\n  keepalive 65535\n" },
	{ "numbers at their other ends",
	  "[Interface]\nListenPort = 0\nFwMark = 0x1\nMTU = 65535\nTable = 1\n"
	  PEER "PersistentKeepalive = 0\n",
	  "fwmark 1\nmtu 65535\ntable 1\npeer 6 " HEX_A "\n  keepalive 0\n" },
	{ "hexadecimal in either case, leading zeros are decimal",
	  "[Interface]\nFwMark = 0XfFfF\nListenPort = 0010\n",
	  "listen-port 10\nfwmark 65535\n" },
	{ "Table off, in any case", "[Interface]\nTable = Off\n", "table off\n" },
	{ "Endpoint with an IPv6 address",
	  PEER "Endpoint = [2001:db8::1]:51820\n",
	  "peer 1 " HEX_A "\n  endpoint 2001:db8::1 51820\n" },
	{ "Endpoint without brackets: the last colon counts",
	  PEER "Endpoint = 2001:db8::1:51820\n",
	  "peer 1 " HEX_A "\n  endpoint 2001:db8::1 51820\n" },
	{ "Endpoint with a service's name",
	  PEER "Endpoint = vpn.example:isakmp\n",
	  "peer 1 " HEX_A "\n  endpoint vpn.example isakmp\n" },
	{ "the last Endpoint of a peer wins",
	  PEER "Endpoint = a.example:1\nEndpoint = b.example:2\n",
	  "peer 1 " HEX_A "\n  endpoint b.example 2\n" },
	{ "FwMark within Mask",
	  "[Interface]\n#wgmark Mask = 0xff00\nFwMark = 0xca00\n",
	  "fwmark 51712\nmask 0xff00\n" },
	{ "Compat with what it needs",
	  "[Interface]\n#wgmark Compat = yes\n#wgmark Restore = conntrack\n"
	  "#wgmark Mask = 0xffffffff\n#wgmark Guard = yes\n#wgmark Backend = auto\n",
	  "compat 1\n" },
	{ "Restore = learn, with NoTrack",
	  "[Interface]\n#wgmark Restore = Learn\n#wgmark NoTrack = yes\n#wgmark Backend = kmod\n",
	  "backend 1\nrestore 2\nnotrack 1\n" },
	{ "other comments are nobody's keys",
	  "#wgmarkMask = 0\n# wgmark is fine = 0\n#wgmark-Mask = 0\n"
	  "# wgmark Mask\n# wgmarkMask = 0\n# wgmark\n# wgmark Maskk = 0\n## wgmark Mask = 0\n"
	  "[Interface]\n#wgmarks Mask = 0\nMTU = 1400 #wgmark Mask = 0\n",
	  "mtu 1400\n" },
	{ "a #wgmark line among others",
	  "[Interface]\n   #wgmark\tMask\t=\t255\nMTU=1400\n",
	  "mtu 1400\nmask 0xff\n" },
	{ "the same peer twice: AllowedIPs of the last, all else if only there",
	  "[Peer]\nPublicKey = " KEY_A "\nPresharedKey = " KEY_B "\n"
	  "AllowedIPs = 10.0.0.0/8\nEndpoint = a.example:1\nPersistentKeepalive = 5\n"
	  "[Peer]\nPublicKey = " KEY_B "\nAllowedIPs = 11.0.0.0/8\n"
	  "[Peer]\nPublicKey = " KEY_A "\nAllowedIPs = 12.0.0.0/8\n",
	  "peer 7 " HEX_B "\n"
	  "  allowed 11.0.0.0/8\n"
	  "peer 10 " HEX_A "\n"
	  "  preshared-key " HEX_B "\n"
	  "  allowed 12.0.0.0/8\n"
	  "  endpoint a.example 1\n"
	  "  keepalive 5\n" },
	{ "the same peer thrice: the last of each wins",
	  PEER "Endpoint = a.example:1\nPersistentKeepalive = 5\n"
	  PEER "Endpoint = b.example:2\n"
	  PEER "PersistentKeepalive = 0\n",
	  "peer 8 " HEX_A "\n  endpoint b.example 2\n  keepalive 0\n" },
	{ "hooks: all of the line, in order, trimmed",
	  "[Interface]\n"
	  "PostUp = iptables -A X -m comment --comment \"a # b = [c]\" # d\r\n"
	  "postup=\techo $x & echo '%i';  \n"
	  "PreUp = # only a comment\n"
	  "PreUp = a = b\n"
	  "[Interface]\n"
	  "PostUp = \\\n",
	  "pre-up <# only a comment>\n"
	  "pre-up <a = b>\n"
	  "post-up <iptables -A X -m comment --comment \"a # b = [c]\" # d>\n"
	  "post-up <echo $x & echo '%i';>\n"
	  "post-up <\\>\n" },
	{ "SaveConfig in any case, the last wins",
	  "[Interface]\nSaveConfig = true\nSaveConfig = FALSE\nSaveConfig = True\n",
	  "save-config 1\n" },
	{ "search domains alone", "[Interface]\nDNS = a.example, b.example\n",
	  "search a.example\nsearch b.example\n" },
	{ "Table is a name", "[Interface]\nTable = 7\nTable = vpn # mine\n",
	  "table 0\ntable name vpn, line 3\n" },
	{ "Table: the last wins, a number after a name", "[Interface]\nTable = vpn\nTable = 0x10\n",
	  "table 16\n" },
	{ "Table: the last wins, auto after a name", "[Interface]\nTable = vpn\nTable = auto\n", "" },
	{ "Table 0 is main, as for ip route add", "[Interface]\nTable = 0\n", "table 254\n" },
	{ "ListenPort is a service", "[Interface]\nListenPort = 5\nListenPort = isakmp\n",
	  "listen-service isakmp, line 3\n" },
	{ "ListenPort: the last wins", "[Interface]\nListenPort = isakmp\nListenPort = 5\n",
	  "listen-port 5\n" },
	{ "LeakGuard and RequireDNS are no by default",
	  "[Interface]\n#wgmark LeakGuard = no\n#wgmark requiredns = NO\n", "" },
	{ "blanks beside a separator, as wg takes them",
	  PEER "Endpoint = [ fd00::1 ] : 51820\nAllowedIPs = 10.0.0.0 / 8 , + fd00:: /8\n",
	  "peer 1 " HEX_A "\n  allowed 10.0.0.0/8\n  allowed fd00::/8\n  endpoint fd00::1 51820\n" },
	{ "AllowedIPs with + and -: in the order of the file",
	  PEER "AllowedIPs = 10.0.0.0/8, 11.0.0.0/8, 10.0.0.0/9, fd00::/8\n"
	  "AllowedIPs = -10.1.2.3/8, +12.0.0.0/8, -13.0.0.0/8\n"
	  "AllowedIPs = +10.0.0.0/8, 14.0.0.0/8, -14.0.0.0/8, -fd00::/8\n"
	  "AllowedIPs = -11.0.0.0/8, 13.0.0.0/8\n",
	  "peer 1 " HEX_A "\n"
	  "  allowed 10.0.0.0/9\n"
	  "  allowed 12.0.0.0/8\n"
	  "  allowed 10.0.0.0/8\n"
	  "  allowed 13.0.0.0/8\n" },
	{ "AllowedIPs with + and - in a later section of the peer change the earlier ones",
	  PEER "AllowedIPs = 10.0.0.0/8, 11.0.0.0/8\n"
	  PEER "AllowedIPs = -10.0.0.0/8\n"
	  PEER "AllowedIPs = +12.0.0.0/8\nAllowedIPs = -11.0.0.0/8, +10.0.0.0/8\n",
	  "peer 7 " HEX_A "\n  allowed 12.0.0.0/8\n  allowed 10.0.0.0/8\n" },
	{ "AllowedIPs: a last line without + and - replaces them",
	  PEER "AllowedIPs = 10.0.0.0/8\n"
	  PEER "AllowedIPs = +12.0.0.0/8\nAllowedIPs = 13.0.0.0/8\n",
	  "peer 4 " HEX_A "\n  allowed 12.0.0.0/8\n  allowed 13.0.0.0/8\n" },
	{ "one IPv4 address with two lengths",
	  "[Interface]\nAddress = 10.0.0.1/24, 10.0.0.1/32, 10.0.0.1\x2f" "16\n",
	  "address 10.0.0.1/24\naddress 10.0.0.1/32\naddress 10.0.0.1/16\n" },
};

static void print_key(FILE *out, const char *name, const uint8_t key[WG_KEY_LEN])
{
	size_t i;

	fputs(name, out);
	for (i = 0; i < WG_KEY_LEN; i++)
		fprintf(out, "%02x", key[i]);
	fputc('\n', out);
}

static void print_peer(FILE *out, const struct peer *peer)
{
	char buf[PREFIX_TEXT_LEN];
	size_t i;

	fprintf(out, "peer %u ", peer->line);
	print_key(out, "", peer->public_key);
	if (peer->has_preshared_key)
		print_key(out, "  preshared-key ", peer->preshared_key);
	for (i = 0; i < peer->allowed_len; i++)
		fprintf(out, "  allowed %s\n", prefix_text(&peer->allowed[i], buf));
	if (peer->host || peer->service)
		fprintf(out, "  endpoint %s %s\n", peer->host, peer->service);
	if (peer->has_keepalive)
		fprintf(out, "  keepalive %u\n", peer->keepalive);
	if (peer->endpoint.ss_family)
		fputs("  resolved\n", out);
	if (peer->removed || peer->removed_len || peer->incremental)
		fputs("  parser's\n", out);
}

static void print_hooks(FILE *out, const struct config *c)
{
	static const char *const names[HOOKS] = {
		"pre-up", "post-up", "pre-down", "post-down"
	};
	size_t i, j;

	for (i = 0; i < HOOKS; i++) {
		for (j = 0; j < c->hooks[i].len; j++)
			fprintf(out, "%s <%s>\n", names[i], c->hooks[i].cmd[j]);
	}
}

/* All of a configuration, to be compared; what is as in an empty file is left out */
static char *text_of(const struct config *c)
{
	char buf[PREFIX_TEXT_LEN];
	struct tap_text t;
	size_t i;

	tap_text_begin(&t);
	if (c->ifname[0])
		fprintf(t.out, "ifname %s\n", c->ifname);
	if (c->has_private_key)
		print_key(t.out, "private-key ", c->private_key);
	if (c->listen_port)
		fprintf(t.out, "listen-port %u\n", c->listen_port);
	if (c->listen_service)
		fprintf(t.out, "listen-service %s, line %u\n", c->listen_service,
			c->listen_line);
	if (c->fwmark)
		fprintf(t.out, "fwmark %u\n", c->fwmark);
	for (i = 0; i < c->address_len; i++)
		fprintf(t.out, "address %s\n", prefix_text(&c->address[i], buf));
	for (i = 0; i < c->dns_len; i++)
		fprintf(t.out, "dns %s\n", c->dns[i]);
	for (i = 0; i < c->search_len; i++)
		fprintf(t.out, "search %s\n", c->search[i]);
	if (c->mtu)
		fprintf(t.out, "mtu %u\n", c->mtu);
	if (c->table_mode == TABLE_OFF)
		fputs("table off\n", t.out);
	if (c->table_mode == TABLE_NUMBER || c->table)
		fprintf(t.out, "table %u\n", c->table);
	if (c->table_name)
		fprintf(t.out, "table name %s, line %u\n", c->table_name, c->table_line);
	if (c->save_config)
		fputs("save-config 1\n", t.out);
	print_hooks(t.out, c);
	if (c->mask != UINT32_MAX)
		fprintf(t.out, "mask 0x%x\n", c->mask);
	if (c->backend != BACKEND_AUTO)
		fprintf(t.out, "backend %d\n", c->backend);
	if (c->restore != WGMARK_RESTORE_CONNTRACK)
		fprintf(t.out, "restore %d\n", c->restore);
	if (c->notrack)
		fputs("notrack 1\n", t.out);
	if (c->compat)
		fputs("compat 1\n", t.out);
	if (!c->guard)
		fputs("guard 0\n", t.out);
	if (c->leak_guard)
		fputs("leak-guard 1\n", t.out);
	if (c->require_dns)
		fputs("require-dns 1\n", t.out);
	for (i = 0; i < c->peers_len; i++)
		print_peer(t.out, &c->peers[i]);

	return tap_text_end(&t);
}

static void test_good(size_t i)
{
	struct config_error err;
	struct config c;
	char *text;
	int ret;

	ret = parse(&c, &err, good_cases[i].in, strlen(good_cases[i].in));
	text = text_of(&c);
	tap_same(ret ? err.text : text, good_cases[i].out, good_cases[i].name);
	free(text);
	config_free(&c);
}

static void test_free(void)
{
	static const struct config zero;
	struct config_error err;
	struct config c;
	int ret;

	ret = parse(&c, &err, good_cases[3].in, strlen(good_cases[3].in));
	config_free(&c);
	tap_ok(!ret && !memcmp(&c, &zero, sizeof(c)),
	       "nothing of a configuration is left once freed");
	config_free(&c);
	tap_ok(true, "freeing twice does no harm");
}

/* Every beginning of a good file either is one or is refused with a reason */
static void test_cut(void)
{
	const char *in = good_cases[3].in;
	struct config_error err;
	unsigned int bad = 0;
	struct config c;
	size_t len;
	int ret;

	for (len = 0; len <= strlen(in); len++) {
		ret = parse(&c, &err, in, len);
		bad += ret ? ret != -EINVAL || !err.line || !err.text[0] :
			     err.line || err.text[0];
		config_free(&c);
	}

	tap_ok(!bad, "a file cut off anywhere");
}

/* Good files with bytes changed at random, under the sanitizers */
static void test_random(void)
{
	static const char bytes[] = "\n\r\t #=[],:/.0x9aZ\x1b\xff";
	unsigned int bad = 0, refused = 0;
	struct config_error err;
	struct config c;
	char buf[2048];
	size_t i, j, len;
	int ret;

	for (i = 0; i < 20000; i++) {
		len = strlen(good_cases[i % TAP_LEN(good_cases)].in);
		memcpy(buf, good_cases[i % TAP_LEN(good_cases)].in, len);
		for (j = tap_random() % 4; len && j < 4; j++)
			buf[tap_random() % len] = bytes[tap_random() % sizeof(bytes)];

		ret = parse(&c, &err, buf, len);
		refused += ret == -EINVAL;
		bad += ret ? ret != -EINVAL || !err.text[0] : err.text[0] != '\0';
		config_free(&c);
	}

	tap_ok(!bad, "20000 spoilt files are refused with a reason, or taken");
	tap_ok(refused > 5000 && refused < 20000, "of them some are refused and some are not");
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(good_cases); i++)
		test_good(i);
	test_free();
	test_cut();
	test_random();
	return tap_done();
}
