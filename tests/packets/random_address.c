// SPDX-License-Identifier: GPL-2.0
/*
 * The addresses that random packets are from and to: the host's own, of which some of
 * the tunnels' come and go, others that lead somewhere, and odd ones
 */

#include <arpa/inet.h>

#include "random.h"

/* run.sh gives the host the former, and routes to 10.66.N.0/24 and fd66:N::/64 */
static const char *const own4[] = { "192.168.44.2", "192.168.55.2", "127.0.0.1" };

static const char *const own6[] = { "fd44::2", "fd55::2", "::1", "fe80::2" };

static const char *const others4[] = {
	"198.51.100.1", "198.51.100.2", "192.168.44.3", "192.168.55.3",
	"10.66.0.1", "10.66.1.1", "10.66.2.1", "10.66.3.1",
};

static const char *const others6[] = {
	"2001:db8::1", "2001:db8::2", "fd44::3", "fd55::3",
	"fd66:0::1", "fd66:1::1", "fd66:2::1", "fd66:3::1",
};

static const char *const odd4[] = {
	"0.0.0.0", "255.255.255.255", "224.0.0.1", "239.1.2.3", "127.0.0.2", "169.254.1.1",
	"192.168.44.255", "240.0.0.1", "0.1.2.3", "10.2.0.200",
};

static const char *const odd6[] = {
	"::", "ff02::1", "ff0e::1", "fe80::1", "fe80::3", "fd44::", "fd02:0::99",
	"::ffff:10.2.0.1", "64:ff9b::a02:1", "fc00::1",
};

static void put(struct packet *p, bool v6, const char *text)
{
	unsigned char address[16];

	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, address) == 1)
		packet_put(p, address, v6 ? 16 : 4);
}

#define ONE_OF(r, list) ((list)[random_below(r, sizeof(list) / sizeof((list)[0]))])

/**
 * random_address() - append an address
 * @r: random numbers
 * @v6: which kind
 * @to: it is the destination, more often a tunnel's then
 * @p: the packet
 */
void random_address(struct random *r, bool v6, bool to, struct packet *p)
{
	unsigned int kind = random_below(r, 100), tunnel = to ? 50 : 15;
	char text[32];

	if (kind < tunnel) {
		snprintf(text, sizeof(text), v6 ? "fd02:%u::%u" : "10.2.%u.%u",
			 random_below(r, TUNNELS), 1 + random_below(r, TUNNEL_ADDRS));
		put(p, v6, text);
	} else if (kind < tunnel + 10) {
		put(p, v6, v6 ? ONE_OF(r, own6) : ONE_OF(r, own4));
	} else if (kind < tunnel + 15) {
		put(p, v6, v6 ? ONE_OF(r, odd6) : ONE_OF(r, odd4));
	} else {
		put(p, v6, v6 ? ONE_OF(r, others6) : ONE_OF(r, others4));
	}
}
