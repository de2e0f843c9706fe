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

static struct large_case {
	const char *name;
	void (*write)(FILE *out, unsigned int n);
	unsigned int address, peers, allowed;	/* of 10000 */
} large_cases[] = {
	{ "addresses",			write_addresses, 20000, 0, 0 },
	{ "peers",			write_peers, 0, 10000, 20000 },
	{ "sections of one peer",	write_one_peer, 0, 1, 5000 },
	{ "networks, half taken out",	write_networks, 0, 1, 5000 },
};

/* A file with n; *c is to be freed. Return: CPU seconds */
static double read_file(const struct large_case *l, unsigned int n, struct config *c)
{
	struct config_error err;
	struct tap_text t;
	double start;
	char *text;

	tap_text_begin(&t);
	l->write(t.out, n);
	text = tap_text_end(&t);
	*c = (struct config){};
	start = tap_seconds();
	if (config_parse(c, text, strlen(text), &err))
		printf("# line %u: %s\n", err.line, err.text);
	start = tap_seconds() - start;
	free(text);
	return start;
}

static double seconds_of(unsigned int n, void *data)
{
	struct config c;
	double seconds;

	seconds = read_file(data, n, &c);
	config_free(&c);
	return seconds;
}

static void test_large(struct large_case *l)
{
	unsigned int allowed = 0;
	struct config c;
	size_t j;

	read_file(l, 10000, &c);
	for (j = 0; j < c.peers_len; j++)
		allowed += c.peers[j].allowed_len;
	tap_ok(c.address_len == l->address && c.peers_len == l->peers && allowed == l->allowed,
	       "10000 %s are all read", l->name);
	config_free(&c);
	tap_linear(seconds_of, l, l->name);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(large_cases); i++)
		test_large(&large_cases[i]);
	return tap_done();
}
