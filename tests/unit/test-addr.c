// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses and prefixes: text in, text out, and how they relate
 */
#include "addr.h"
#include "tap.h"

/* What prefix_parse() makes of a text, and that without its host bits */
static const struct {
	const char *in;
	const char *out;	/* NULL: refused */
	const char *masked;
} parse_cases[] = {
	{ "10.2.0.2", "10.2.0.2/32", "10.2.0.2/32" },
	{ "10.2.0.2/32", "10.2.0.2/32", "10.2.0.2/32" },
	{ "10.2.0.2/24", "10.2.0.2/24", "10.2.0.0/24" },
	{ "255.255.255.255/1", "255.255.255.255/1", "128.0.0.0/1" },
	{ "255.255.255.255/31", "255.255.255.255/31", "255.255.255.254/31" },
	{ "255.255.255.255/9", "255.255.255.255/9", "255.128.0.0/9" },
	{ "10.2.0.2/0", "10.2.0.2/0", "0.0.0.0/0" },
	{ "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0" },
	{ "::", "::/128", "::/128" },
	{ "::/0", "::/0", "::/0" },
	{ "fd00::1/64", "fd00::1/64", "fd00::/64" },
	{ "FD00:0:0::1/65", "fd00::1/65", "fd00::/65" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127" },
	{ "ffff::/1", "ffff::/1", "8000::/1" },
	{ "fd00::1.2.3.4", "fd00::102:304/128", "fd00::102:304/128" },
	{ "::ffff:10.0.0.1/96", "::ffff:10.0.0.1/96", "::ffff:0.0.0.0/96" },
	{ "", NULL, NULL },
	{ "/", NULL, NULL },
	{ "/24", NULL, NULL },
	{ "10.2.0", NULL, NULL },
	{ "10.2.0.256", NULL, NULL },
	{ "10.2.0.2.3", NULL, NULL },
	{ "010.2.0.2", NULL, NULL },
	{ "10.2.0.2/", NULL, NULL },
	{ "10.2.0.2/33", NULL, NULL },
	{ "10.2.0.2/-1", NULL, NULL },
	{ "10.2.0.2/+1", NULL, NULL },
	{ "10.2.0.2/024", NULL, NULL },
	{ "10.2.0.2/00", NULL, NULL },
	{ "10.2.0.2/24x", NULL, NULL },
	{ "10.2.0.2/24/24", NULL, NULL },
	{ "10.2.0.2/4294967296", NULL, NULL },
	{ "10.2.0.2/255.255.255.0", NULL, NULL },
	{ " 10.2.0.2", NULL, NULL },
	{ "10.2.0.2 ", NULL, NULL },
	{ "fd00::1::", NULL, NULL },
	{ "fd00::1/129", NULL, NULL },
	{ "fd00::g", NULL, NULL },
	{ "fe80::1%eth0", NULL, NULL },
	{ "[fd00::1]", NULL, NULL },
	{ ":", NULL, NULL },
	{ "host.example", NULL, NULL },
	{ "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", NULL, NULL },
};

static const struct {
	const char *outer;
	const char *inner;
	bool covers;
} cover_cases[] = {
	{ "0.0.0.0/0", "10.2.0.2/32", true },
	{ "0.0.0.0/0", "::/0", false },
	{ "::/0", "0.0.0.0/0", false },
	{ "::/0", "fd00::/8", true },
	{ "10.0.0.0/8", "10.255.0.0/16", true },
	{ "10.0.0.0/8", "11.0.0.0/16", false },
	{ "10.255.0.0/16", "10.0.0.0/8", false },
	{ "10.2.0.2/24", "10.2.0.0/24", true },
	{ "10.2.0.0/24", "10.2.0.0/24", true },
	{ "10.2.0.0/25", "10.2.0.128/25", false },
	{ "10.2.0.2/32", "10.2.0.3/32", false },
	{ "fd00::/63", "fd00:0:0:1::/64", true },
	{ "fd00::/63", "fd00:0:0:2::/64", false },
};

static const struct {
	const char *addr;
	bool linklocal;
} linklocal_cases[] = {
	{ "169.254.0.0", true },
	{ "169.254.255.255", true },
	{ "169.253.255.255", false },
	{ "169.255.0.0", false },
	{ "10.2.0.2", false },
	{ "fe80::1", true },
	{ "febf::1", true },
	{ "fec0::1", false },
	{ "fd00::1", false },
};

static struct prefix parsed(const char *text)
{
	struct prefix p;

	if (prefix_parse(&p, text))
		abort();
	return p;
}

static void test_parse(size_t i)
{
	char buf[PREFIX_TEXT_LEN] = "refused";
	char masked[PREFIX_TEXT_LEN] = "refused";
	struct prefix p;

	if (!prefix_parse(&p, parse_cases[i].in)) {
		prefix_text(&p, buf);
		prefix_mask(&p);
		prefix_text(&p, masked);
	}

	tap_same(buf, parse_cases[i].out ? parse_cases[i].out : "refused",
		 parse_cases[i].in);
	tap_same(masked, parse_cases[i].masked ? parse_cases[i].masked : "refused",
		 "the same without host bits");
}

static void test_cover(size_t i)
{
	struct prefix outer = parsed(cover_cases[i].outer);
	struct prefix inner = parsed(cover_cases[i].inner);

	tap_ok(prefix_covers(&outer, &inner) == cover_cases[i].covers,
	       "%s %s %s", cover_cases[i].outer,
	       cover_cases[i].covers ? "covers" : "does not cover",
	       cover_cases[i].inner);
}

static void test_facts(void)
{
	struct prefix a = parsed("10.2.0.2/24");
	struct prefix b = parsed("10.2.0.2/25");
	struct prefix c = parsed("10.2.0.3/24");
	struct prefix v6 = parsed("a02:2::/24");
	char buf[PREFIX_TEXT_LEN];

	tap_ok(prefix_equal(&a, &a), "a prefix equals itself");
	tap_ok(!prefix_equal(&a, &b), "another length is not equal");
	tap_ok(!prefix_equal(&a, &c), "another address is not equal");
	tap_ok(!prefix_equal(&a, &v6), "another family is not equal");
	tap_ok(prefix_bytes(&a) == 4 && prefix_bytes(&v6) == 16, "bytes of an address");
	tap_ok(prefix_index(&a) == IPV4 && prefix_index(&v6) == IPV6, "index of a family");
	tap_same(addr_text(&a, buf), "10.2.0.2", "the address alone");

	tap_ok(prefix_is_valid(&a) && prefix_is_valid(&v6), "valid prefixes");
	b.len = 33;
	tap_ok(!prefix_is_valid(&b), "IPv4 has no /33");
	v6.len = 129;
	tap_ok(!prefix_is_valid(&v6), "IPv6 has no /129");
	c.family = AF_UNSPEC;
	c.len = 0;
	tap_ok(!prefix_is_valid(&c), "an address has a family");

	/* The longest text that there is has to fit */
	a = parsed("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128");
	tap_same(prefix_text(&a, buf), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		 "the longest prefix");
}

/* Masked once is masked, and covers what it came from */
static void test_random(void)
{
	struct prefix p = {}, masked, again;
	char buf[PREFIX_TEXT_LEN];
	unsigned int bad = 0;
	size_t i, j;

	for (i = 0; i < 10000; i++) {
		p.family = i % 2 ? AF_INET : AF_INET6;
		p.len = tap_random() % (prefix_bytes(&p) * 8 + 1);
		for (j = 0; j < 16; j++)
			p.v6.s6_addr[j] = tap_random();

		masked = p;
		prefix_mask(&masked);
		again = masked;
		prefix_mask(&again);
		bad += !prefix_equal(&masked, &again);
		bad += !prefix_covers(&masked, &p);
		bad += !prefix_covers(&p, &masked);
		bad += prefix_parse(&again, prefix_text(&p, buf)) ||
		       !prefix_equal(&again, &p);
	}

	tap_ok(!bad, "10000 random prefixes: text and mask come back the same");
}

int main(void)
{
	struct prefix p;
	size_t i;

	for (i = 0; i < TAP_LEN(parse_cases); i++)
		test_parse(i);
	for (i = 0; i < TAP_LEN(cover_cases); i++)
		test_cover(i);
	for (i = 0; i < TAP_LEN(linklocal_cases); i++) {
		p = parsed(linklocal_cases[i].addr);
		tap_ok(prefix_is_linklocal(&p) == linklocal_cases[i].linklocal,
		       "%s is %slink-local", linklocal_cases[i].addr,
		       linklocal_cases[i].linklocal ? "" : "not ");
	}
	test_facts();
	test_random();
	return tap_done();
}
