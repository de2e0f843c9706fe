// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration file written anew: what stays, what the machine changes
 */
#include "config_case.h"
#include "resolve.h"
#include "save_text.h"

#define KEY_C "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define NEW "PrivateKey = " KEY_B "\n"

static const struct {
	const char *name;
	const char *old;
	const char *live;	/* the machine, as a file with addresses alone */
	const char *want;	/* NULL: as old */
} cases[] = {
	{ "nothing has changed: every byte stays",
	  "# top\n\n[Interface] # me\n"
	  "  privatekey=" KEY_A "   # mine\n"
	  "ListenPort = 51820\nFwMark = 51820\n"
	  "Address = 10.0.0.1/24,fd00::1/64 # both\n"
	  "DNS = 10.0.0.53, example.org\nMTU = 1400\nTable = vpn\nSaveConfig = true\n"
	  "#wgmark Mask = 0xffff\n# wgmark is fine\n"
	  "PostUp = echo '%i' & a \\& b \"#\" [Interface]\n"
	  "\n# Bob\n[Peer]\n# his\nPublicKey = " KEY_B "\nPresharedKey = " KEY_A "\n"
	  "AllowedIPs = 10.1.0.0/16\nAllowedIPs = 10.2.3.4/16, fd00::/8\n"
	  "Endpoint = 192.0.2.1:51820\nPersistentKeepalive = 25\n\n# end\n",
	  "[Interface]\nPrivateKey = " KEY_A "\nListenPort = 51820\nFwMark = 0xca6c\n"
	  "Address = fd00::1/64, 10.0.0.1/24\nMTU = 1400\n"
	  "[Peer]\nPublicKey = " KEY_B "\nPresharedKey = " KEY_A "\n"
	  "AllowedIPs = fd00::/8, 10.2.0.0/16, 10.1.0.0/16\nEndpoint = 192.0.2.1:51820\n"
	  "PersistentKeepalive = 25\n", NULL },
	{ "all has changed: each value where it stood, with its comment",
	  "[Interface]\nPrivateKey = " KEY_A " # mine\nAddress = 10.0.0.1/24 # old\n"
	  "MTU = 1400\nListenPort = 1\nPostUp = x & y\nFwMark = 1\n"
	  "[Peer]\nAllowedIPs = 10.1.0.0/16\nAllowedIPs = 10.2.0.0/16 # all\n"
	  "PublicKey = " KEY_B "\nPresharedKey = " KEY_A "\nEndpoint = 192.0.2.1:51820\n"
	  "PersistentKeepalive = 25\n",
	  "[Interface]\nPrivateKey = " KEY_B "\nAddress = 10.0.0.2/24\nMTU = 1300\n"
	  "ListenPort = 2\nFwMark = 0xca6c\n"
	  "[Peer]\nPublicKey = " KEY_B "\nPresharedKey = " KEY_C "\n"
	  "AllowedIPs = 10.1.0.0/16, fd00::/8\nEndpoint = [2001:db8::1]:500\n"
	  "PersistentKeepalive = 5\n",
	  "[Interface]\nPrivateKey = " KEY_B " # mine\nAddress = 10.0.0.2/24\n"
	  "MTU = 1300\nListenPort = 2\nPostUp = x & y\nFwMark = 0xca6c\n"
	  "[Peer]\nAllowedIPs = 10.1.0.0/16, fd00::/8 # all\n"
	  "PublicKey = " KEY_B "\nPresharedKey = " KEY_C "\nEndpoint = [2001:db8::1]:500\n"
	  "PersistentKeepalive = 5\n" },
	{ "what the machine has no more goes",
	  "[Interface]\nPrivateKey = " KEY_B "\nFwMark = 1\nAddress = 10.0.0.1\nAddress = 10.0.0.2\n"
	  "[Peer]\nPublicKey = " KEY_B "\nPresharedKey = " KEY_A "\nAllowedIPs = 10.1.0.0/16\n"
	  "Endpoint = 192.0.2.1:51820\nPersistentKeepalive = 25\n"
	  "# Alice\n[Peer]\n# hers\nPublicKey = " KEY_A "\n\n# Carl\n[Peer]\nPublicKey = " KEY_C "\n",
	  "[Interface]\n" NEW "Address = 10.0.0.2\n"
	  "[Peer]\nPublicKey = " KEY_B "\n[Peer]\nPublicKey = " KEY_C "\n",
	  "[Interface]\nPrivateKey = " KEY_B "\nAddress = 10.0.0.2\n"
	  "[Peer]\nPublicKey = " KEY_B "\n"
	  "# Carl\n[Peer]\nPublicKey = " KEY_C "\n" },
	{ "what is new comes at the end of its section",
	  "[Interface]\nSaveConfig = true\n\n# one\n[Peer]\nPublicKey = " KEY_B "\n\n# end\n",
	  "[Interface]\n" NEW "ListenPort = 7\nFwMark = 1\nAddress = 10.0.0.1/24, fd00::1/64\n"
	  "[Peer]\nPublicKey = " KEY_A "\nAllowedIPs = 10.0.0.0/8\nEndpoint = 192.0.2.1:1\n"
	  "[Peer]\nPublicKey = " KEY_B "\nPresharedKey = " KEY_A "\nAllowedIPs = 0.0.0.0/0\n"
	  "PersistentKeepalive = 9\n",
	  "[Interface]\nSaveConfig = true\nAddress = 10.0.0.1/24\nAddress = fd00::1/64\n"
	  "ListenPort = 7\nFwMark = 0x1\n" NEW
	  "\n# one\n[Peer]\nPublicKey = " KEY_B "\nPresharedKey = " KEY_A "\n"
	  "AllowedIPs = 0.0.0.0/0\nPersistentKeepalive = 9\n\n# end\n"
	  "\n[Peer]\nPublicKey = " KEY_A "\nAllowedIPs = 10.0.0.0/8\nEndpoint = 192.0.2.1:1\n" },
	{ "addresses come and go",
	  "[Interface]\n" NEW "Address = 10.0.0.1/24, 10.0.0.2, fd00::1 # a\n"
	  "Address =\nAddress = 10.0.0.3\nDNS = x\n",
	  "[Interface]\n" NEW "Address = fd00::1/128, 10.0.0.2/32, 10.0.0.4/32\n",
	  "[Interface]\n" NEW "Address = 10.0.0.2, fd00::1 # a\nAddress =\n"
	  "Address = 10.0.0.4/32\nDNS = x\n" },
	{ "a host's name stays, an address follows the peer",
	  "[Interface]\n" NEW "[Peer]\nPublicKey = " KEY_A "\nEndpoint = vpn.example:51820 # name\n"
	  "[Peer]\nPublicKey = " KEY_B "\nEndpoint = [2001:DB8:0::1]:51820\n"
	  "[Peer]\nPublicKey = " KEY_C "\nEndpoint = 192.0.2.1:51820\n",
	  "[Interface]\n" NEW "[Peer]\nPublicKey = " KEY_A "\nEndpoint = 192.0.2.9:1\n"
	  "[Peer]\nPublicKey = " KEY_B "\nEndpoint = [2001:db8::1]:51820\n"
	  "[Peer]\nPublicKey = " KEY_C "\nEndpoint = 192.0.2.2:51820\n",
	  "[Interface]\n" NEW "[Peer]\nPublicKey = " KEY_A "\nEndpoint = vpn.example:51820 # name\n"
	  "[Peer]\nPublicKey = " KEY_B "\nEndpoint = [2001:DB8:0::1]:51820\n"
	  "[Peer]\nPublicKey = " KEY_C "\nEndpoint = 192.0.2.2:51820\n" },
	{ "of a key that comes twice the last line stays",
	  "[Interface]\nMTU = 1500\nMTU = 1400\nListenPort = 1\n" NEW "[Interface]\nListenPort = 2\n",
	  "[Interface]\n" NEW "ListenPort = 2\nMTU = 1400\n",
	  "[Interface]\nMTU = 1400\n" NEW "[Interface]\nListenPort = 2\n" },
	{ "of a peer that comes twice the last section stays",
	  "[Interface]\n" NEW "[Peer]\nPublicKey = " KEY_A "\nEndpoint = a.example:1\nAllowedIPs = 10.0.0.0/8\n"
	  "[Peer]\nPublicKey = " KEY_A "\nAllowedIPs = +11.0.0.0/8\n",
	  "[Interface]\n" NEW "[Peer]\nPublicKey = " KEY_A "\nEndpoint = 192.0.2.1:1\n"
	  "AllowedIPs = 10.0.0.0/8, 11.0.0.0/8\n",
	  "[Interface]\n" NEW "[Peer]\nPublicKey = " KEY_A "\nAllowedIPs = 10.0.0.0/8, 11.0.0.0/8\n"
	  "Endpoint = a.example:1\n" },
	{ "a service as ListenPort stays while it is that port",
	  "[Interface]\n" NEW "ListenPort = isakmp # IKE\n", "[Interface]\n" NEW "ListenPort = 500\n", NULL },
	{ "MTU is written only where there was one", "[Interface]\n" NEW,
	  "[Interface]\n" NEW "MTU = 1420\n", NULL },
	{ "an empty MTU and FwMark = off stay",
	  "[Interface]\n" NEW "MTU =\nFwMark = off\n[Peer]\nPublicKey = " KEY_A "\nPersistentKeepalive = off\n",
	  "[Interface]\n" NEW "MTU = 1420\n[Peer]\nPublicKey = " KEY_A "\n", NULL },
	{ "CRLF stays CRLF",
	  "[Interface]\r\nPrivateKey = " KEY_B "\r\nListenPort = 1 # a\r\n",
	  "[Interface]\n" NEW "ListenPort = 2\n[Peer]\nPublicKey = " KEY_A "\n",
	  "[Interface]\r\nPrivateKey = " KEY_B "\r\nListenPort = 2 # a\r\n"
	  "\r\n[Peer]\r\nPublicKey = " KEY_A "\r\n" },
	{ "no newline at the end", "[Interface]\nPrivateKey = " KEY_B,
	  "[Interface]\n" NEW "Address = 10.0.0.1\n",
	  "[Interface]\n" NEW "Address = 10.0.0.1/32\n" },
	{ "an empty file", "", "[Interface]\n" NEW "ListenPort = 1\n[Peer]\nPublicKey = " KEY_A "\n",
	  "[Interface]\nListenPort = 1\n" NEW "\n[Peer]\nPublicKey = " KEY_A "\n" },
	{ "no [Interface]", "# top\n\n[Peer]\nPublicKey = " KEY_A "\n",
	  "[Interface]\n" NEW "[Peer]\nPublicKey = " KEY_A "\n",
	  "# top\n\n[Interface]\n" NEW "\n[Peer]\nPublicKey = " KEY_A "\n" },
	{ "[Interface] after [Peer], comments between",
	  "[Peer]\nPublicKey = " KEY_A "\n# about me\n[Interface]\n" NEW "#wgmark Guard = no\n[Peer]\n"
	  "PublicKey = " KEY_B "\n",
	  "[Interface]\n" NEW "[Peer]\nPublicKey = " KEY_B "\n",
	  "# about me\n[Interface]\n" NEW "#wgmark Guard = no\n[Peer]\nPublicKey = " KEY_B "\n" },
};

/* What the kernel would say: endpoints as addresses */
static bool read_live(struct config *live, const char *text)
{
	struct config_error err = {};

	if (parse(live, &err, text, strlen(text)) || resolve_endpoints(live, &err)) {
		printf("# line %u: %s\n", err.line, err.text);
		return false;
	}
	return true;
}

static char *save(const struct config *live, const char *old)
{
	struct config_error err = {};
	struct config was;
	struct tap_text t;

	if (parse(&was, &err, old, strlen(old)))
		printf("# line %u: %s\n", err.line, err.text);
	/* as of services(5), which need not be here */
	if (was.listen_service)
		was.listen_port = 500;
	tap_text_begin(&t);
	if (save_text(t.out, live, old, strlen(old), &was))
		fputs("no memory", t.out);
	config_free(&was);
	return tap_text_end(&t);
}

static void test_case(size_t i)
{
	const char *want = cases[i].want ? cases[i].want : cases[i].old;
	struct config live;
	char *text, *again;

	if (tap_ok(read_live(&live, cases[i].live), "the machine, case %zu", i)) {
		text = save(&live, cases[i].old);
		tap_same(text, want, cases[i].name);
		again = save(&live, text);
		tap_same(again, text, "and a second time changes nothing");
		free(again);
		free(text);
	}
	config_free(&live);
}

static bool is_in_list(const struct prefix *a, size_t a_len, const struct prefix *b,
			 size_t b_len)
{
	size_t i, j;

	for (i = 0; i < a_len; i++) {
		for (j = 0; j < b_len && !prefix_equal(&a[i], &b[j]); j++)
			;
		if (j == b_len)
			return false;
	}
	return true;
}

/* The machine's part of @a is in @b too; networks may come twice in a file */
static bool is_in_machine(const struct config *a, const struct config *b)
{
	const struct peer *p, *q;
	size_t i, j;

	if (memcmp(a->private_key, b->private_key, WG_KEY_LEN) || a->fwmark != b->fwmark ||
	    a->listen_port != b->listen_port || a->peers_len != b->peers_len ||
	    !is_in_list(a->address, a->address_len, b->address, b->address_len))
		return false;
	for (i = 0; i < a->peers_len; i++) {
		p = &a->peers[i];
		q = NULL;
		for (j = 0; j < b->peers_len; j++) {
			if (!memcmp(p->public_key, b->peers[j].public_key, WG_KEY_LEN))
				q = &b->peers[j];
		}
		if (!q || memcmp(p->preshared_key, q->preshared_key, WG_KEY_LEN) ||
		    p->keepalive != q->keepalive ||
		    memcmp(&p->endpoint, &q->endpoint, sizeof(p->endpoint)) ||
		    !is_in_list(p->allowed, p->allowed_len, q->allowed, q->allowed_len))
			return false;
	}
	return true;
}

static const char *pick(const char *const *from, size_t len)
{
	return from[tap_random() % len];
}

/* A good file of random lines, in any order */
static char *random_file(bool comments)
{
	static const char *const interface[] = {
		"ListenPort = 1\n", "ListenPort = 2 # b\n", "FwMark = 1\n", "FwMark = off\n",
		NEW, "PrivateKey = " KEY_A "\n", "MTU = 1400\n", "MTU=\n", "PostUp = a & b # c\n",
		"#wgmark Guard = no\n", "# c\n", "\n", "DNS = 1.1.1.1, x\n",
	};
	static const char *const address[] = {
		"Address = 10.0.0.1/24\n", "Address = 10.0.0.2, fd00::1 # x\n", "Address = fd00::2\n",
	};
	static const char *const peer[] = {
		"AllowedIPs = 10.0.0.0/8\n", "AllowedIPs = +11.0.0.0/8, -10.0.0.0/8\n",
		"AllowedIPs = ::/0, 12.0.0.0/8 # all\n", "Endpoint = 192.0.2.1:1\n",
		"Endpoint = [2001:db8::1]:2 # e\n", "PersistentKeepalive = 5\n",
		"PersistentKeepalive = off\n", "PresharedKey = " KEY_A "\n", "# p\n", "\n",
	};
	static const char *const keys[] = { KEY_A, KEY_B, KEY_C };
	struct tap_text t;
	unsigned int i, n;

	tap_text_begin(&t);
	fputs("# top\n[Interface]\n", t.out);
	for (i = 0; i < TAP_LEN(address); i++) {
		if (tap_random() % 2)
			fputs(address[i], t.out);
	}
	for (n = tap_random() % 8; n; n--)
		fputs(pick(interface, TAP_LEN(interface)), t.out);
	for (i = tap_random() % 5; i; i--) {
		fprintf(t.out, "%s[Peer]\nPublicKey = %s\n", comments ? "# next\n" : "",
			pick(keys, TAP_LEN(keys)));
		for (n = tap_random() % 5; n; n--)
			fputs(pick(peer, TAP_LEN(peer)), t.out);
	}
	return tap_text_end(&t);
}

/* Whatever the old file and the machine: what is written says what the machine does */
static void test_random(void)
{
	unsigned int i, bad = 0, changed = 0;
	char *old, *now, *text, *again;
	struct config live, back;

	for (i = 0; i < 3000; i++) {
		old = random_file(true);
		now = random_file(false);
		if (!read_live(&live, now))
			abort();
		text = save(&live, old);
		changed += strcmp(text, old) != 0;
		again = save(&live, text);
		if (!read_live(&back, text) || !is_in_machine(&live, &back) ||
		    !is_in_machine(&back, &live) || strcmp(text, again)) {
			if (!bad++) {
				tap_lines("old", old);
				tap_lines("machine", now);
				tap_lines("written", text);
			}
		}
		config_free(&live);
		config_free(&back);
		free(old);
		free(now);
		free(text);
		free(again);
	}
	tap_ok(!bad, "3000 random files and machines: what is written is the machine");
	tap_ok(changed > 2000, "most of them had to be changed");
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(cases); i++)
		test_case(i);
	test_random();
	return tap_done();
}
