// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration file: thousands of addresses, peers and networks
 */
#include "config_case.h"

/* A key for each number; all begin alike, as the worst for comparing them */
static void print_public_key(FILE *out, unsigned int i)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	fprintf(out, "PublicKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd%c%c%c=\n",
		digits[i / 1024 % 64], digits[i / 16 % 64], digits[i % 16 * 4]);
}

/* Files with n of something; the time for them has to grow as n does */
static void write_addresses(FILE *out, unsigned int n)
{
	unsigned int i;

	fputs("[Interface]\n", out);
	for (i = 0; i < n; i++)
		fprintf(out, "Address = 10.%u.%u.1/24, fd00::%x/64\n", i >> 8, i & 255, i);
}

static void write_peers(FILE *out, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		fputs("[Peer]\n", out);
		print_public_key(out, i);
		fprintf(out, "AllowedIPs = 10.%u.%u.1, fd00::%x/64\n", i >> 8, i & 255, i);
	}
}

static void write_one_peer(FILE *out, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		fprintf(out, PEER "AllowedIPs = +10.%u.%u.0/24, -10.%u.%u.0/24\n",
			i >> 8, i & 255, i >> 9, i >> 1 & 255);
}

static void write_networks(FILE *out, unsigned int n)
{
	unsigned int i;

	fputs(PEER "AllowedIPs = ", out);
	for (i = 0; i < n; i++)
		fprintf(out, "10.%u.%u.0/24,", i >> 8, i & 255);
	for (i = 0; i < n; i += 2)
		fprintf(out, "-10.%u.%u.0/24,", i >> 8, i & 255);
}

static const struct {
	const char *name;
	void (*write)(FILE *out, unsigned int n);
	unsigned int address, peers, allowed;	/* of 10000 */
} large_cases[] = {
	{ "addresses",			write_addresses, 20000, 0, 0 },
	{ "peers",			write_peers, 0, 10000, 20000 },
	{ "sections of one peer",	write_one_peer, 0, 1, 5000 },
	{ "networks, half taken out",	write_networks, 0, 1, 5000 },
};

/* CPU seconds for a file with n, the least of three; *c is to be freed */
static double time_of(size_t i, unsigned int n, struct config *c)
{
	double start, least = 1e9;
	struct config_error err;
	struct tap_text t;
	unsigned int run;
	char *text;

	tap_text_begin(&t);
	large_cases[i].write(t.out, n);
	text = tap_text_end(&t);
	*c = (struct config){};
	for (run = 0; run < 3; run++) {
		config_free(c);
		start = tap_seconds();
		if (config_parse(c, text, strlen(text), &err))
			printf("# line %u: %s\n", err.line, err.text);
		start = tap_seconds() - start;
		least = start < least ? start : least;
	}
	free(text);
	return least;
}

static void test_large(size_t i)
{
	unsigned int allowed = 0, tries = 3;
	double small, large;
	struct config c;
	bool is_linear;
	size_t j;

	/* 4 if linear, 16 if it is the square; a busy machine's clock may be off for once */
	do {
		small = time_of(i, 2500, &c);
		config_free(&c);
		large = time_of(i, 10000, &c);
		is_linear = large < 9 * small + 0.01;
		if (!is_linear && --tries)
			config_free(&c);
	} while (!is_linear && tries);
	for (j = 0; j < c.peers_len; j++)
		allowed += c.peers[j].allowed_len;
	tap_ok(c.address_len == large_cases[i].address &&
	       c.peers_len == large_cases[i].peers && allowed == large_cases[i].allowed,
	       "10000 %s are all read", large_cases[i].name);
	config_free(&c);

	tap_ok(is_linear, "10000 %s take little more than 4 times as long as 2500",
	       large_cases[i].name);
	printf("# %.1f ms, %.1f ms\n", small * 1000, large * 1000);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(large_cases); i++)
		test_large(i);
	return tap_done();
}
