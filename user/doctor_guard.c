// SPDX-License-Identifier: GPL-2.0
/*
 * Check of who reaches a tunnel's address from outside
 */
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include "doctor.h"

static bool is_network(const struct fib_route *r, uint32_t ifindex, sa_family_t family)
{
	return r->dst.family == family && r->type == RTN_UNICAST && r->dst.len &&
	       r->hops_len == 1 && r->hops[0].ifindex == ifindex && !r->hops[0].via.family &&
	       !(family == AF_INET6 ? IN6_IS_ADDR_MULTICAST(&r->dst.v6) :
				      IN_MULTICAST(ntohl(r->dst.v4.s_addr)));
}

struct prefix guard_neighbour(const struct fib *f, uint32_t ifindex, sa_family_t family)
{
	const struct fib_route *r;
	size_t i;

	for (r = f->routes; r < f->routes + f->routes_len; r++) {
		/* the last bits of an address: a network's first one is none */
		static const uint8_t hosts[] = { 1, 2, 0 };

		for (i = 0; is_network(r, ifindex, family) && i < sizeof(hosts); i++) {
			struct prefix addr = r->dst;
			size_t bytes = prefix_bytes(&addr);

			addr.len = 8 * bytes;
			addr.v6.s6_addr[bytes - 1] |= hosts[i];
			if (prefix_covers(&r->dst, &addr) && !fib_is_local(f, &addr))
				return addr;
		}
	}
	return (struct prefix){ 0 };
}

int check_guard(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	const char *name = t->v->link.name;
	const char *dev = machine_device(m, t->reached_by);
	char addr[PREFIX_TEXT_LEN], from[PREFIX_TEXT_LEN];
	bool is_v4 = t->reached.family == AF_INET;
	bool ours = t->v->params.families & (is_v4 ? WGMARK_FAMILY_IPV4 : WGMARK_FAMILY_IPV6);
	char remedy[512];

	if (!t->reached.family)
		return 0;
	addr_text(&t->reached, addr);
	if (ours && !t->v->params.guard)
		snprintf(remedy, sizeof(remedy), "write #wgmark Guard = yes into the file; then wgmarkctl reload %s",
			 name);
	else if (ours)
		snprintf(remedy, sizeof(remedy), "wgmarkctl reload %s", name);
	else
		snprintf(remedy, sizeof(remedy), "wgmarkctl up, with all of 0.0.0.0/0 and ::/0 in AllowedIPs, guards it; or nft 'table %s wg-guard { chain preraw { type filter hook prerouting priority raw; iifname != \"%s\" %s daddr %s fib saddr type != local drop; }; }'",
			 is_v4 ? "ip" : "ip6", name, is_v4 ? "ip" : "ip6", addr);
	/* who switched it off knows */
	return found(f, ours && !t->v->params.guard ? SEVERITY_NOTE : SEVERITY_WARNING, t,
		     "who is on the network of %s reaches the tunnel's address from outside, and can find out what it is connected to (CVE-2019-14899)\n"
		     "a packet of a connection to %s that comes from %s by %s is let in\n"
		     "%s", dev, addr, addr_text(&t->reached_from, from), dev, remedy);
}
