// SPDX-License-Identifier: GPL-2.0
/*
 * match-any SENDER [-v] - do rules of nft count the packets that explain says they are for?
 *
 * Packets come from the network namespace SENDER into this one, by its eth0, and leave from
 * here. After each, every rule with a counter in a base chain that it met is compared with
 * rule_matches(): YES has to have counted it, and NO not. The first rule of a base chain
 * counts whatever comes.
 *
 * A packet comes three times: as the first of a connection; as the first in the other
 * direction, from here; and again, which is the answer to that.
 *
 * -v shows each rule and packet. Exit status 1 if one is wrong, or nothing was seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "journey_story.h"

#define DEV "eth0"

/** How often it is looked whether a packet has come, each 10 ms. */
#define TRIES 500

static const struct {
	uint8_t proto;
	const char *from;
	uint16_t sport;
	const char *to;
	uint16_t dport;
} packets[] = {
	{ IPPROTO_UDP, "10.0.1.5", 67, "10.5.0.5", 68 },
	{ IPPROTO_UDP, "10.2.0.2", 51820, "10.2.0.3", 53 },
	{ IPPROTO_UDP, "10.9.0.1", 1000, "192.0.2.9", 53 },
	{ IPPROTO_UDP, "10.0.0.1", 68, "255.255.255.255", 67 },
	{ IPPROTO_UDP, "10.0.0.1", 5353, "224.0.0.1", 53 },
	{ IPPROTO_TCP, "10.0.0.1", 1024, "10.2.0.2", 22 },
	{ IPPROTO_TCP, "10.2.0.9", 443, "10.9.0.1", 1443 },
	{ IPPROTO_ICMP, "10.0.0.1", 0, "10.2.0.2", 0 },
	{ IPPROTO_UDP, "fd00::1", 1000, "fd00::2", 53 },
	{ IPPROTO_UDP, "fe80::1", 67, "ff02::1:ff00:2", 68 },
	{ IPPROTO_TCP, "fd09::1", 2000, "fd00::2", 80 },
	{ IPPROTO_TCP, "fd00::2", 1500, "2001:db8::1", 22 },
	{ IPPROTO_ICMPV6, "fd09::1", 0, "fd00::2", 0 },
};

static int here, sender;
static bool verbose;

/* By what was said, and whether it was counted */
static unsigned int seen[YES + 1][2];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void enter(int ns)
{
	if (setns(ns, CLONE_NEWNET))
		die("setns");
}

static int netns(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static bool is_multicast(const struct prefix *p)
{
	return p->family == AF_INET ? ntohl(p->v4.s_addr) >= INADDR_UNSPEC_GROUP :
				      IN6_IS_ADDR_MULTICAST(&p->v6);
}

/* A link-local address is one of a device. Return: its length */
static socklen_t address(struct sockaddr_storage *sa, const struct prefix *p, uint16_t port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)sa;
	struct sockaddr_in *in = (struct sockaddr_in *)sa;

	*sa = (struct sockaddr_storage){ .ss_family = p->family };
	if (p->family == AF_INET) {
		in->sin_addr = p->v4;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	in6->sin6_addr = p->v6;
	in6->sin6_port = htons(port);
	if (prefix_is_linklocal(p) || is_multicast(p))
		in6->sin6_scope_id = if_nametoindex(DEV);
	return sizeof(*in6);
}

/* Before Linux 5.17 a raw socket of IPv4 is bound to no other machine's address */
static ssize_t send_raw4(int fd, const struct prefix *from, const uint8_t *echo, size_t len)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = {
		.head = { .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
			  .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO },
	};
	const struct in_pktinfo info = { .ipi_spec_dst = from->v4 };
	struct iovec data = { .iov_base = (void *)echo, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.head), &info, sizeof(info));
	return sendmsg(fd, &msg, 0);
}

/* TCP sends its SYN, and is closed before it would send another one */
static void send_one(const struct flow *flow)
{
	/* a request for an echo; the kernel puts the checksum of ICMPv6 in */
	static const uint8_t echo[8] = { 8, 0, 0xf7, 0xff }, echo6[8] = { 128 };
	bool is_tcp = flow->proto == IPPROTO_TCP, is_v4 = flow->family == AF_INET;
	bool is_raw4 = is_v4 && !is_tcp && flow->proto != IPPROTO_UDP;
	int type = is_tcp ? SOCK_STREAM | SOCK_NONBLOCK :
		   flow->proto == IPPROTO_UDP ? SOCK_DGRAM : SOCK_RAW;
	struct sockaddr_storage sa;
	const int yes = 1;
	socklen_t len;
	int fd;

	fd = socket(flow->family, type | SOCK_CLOEXEC, flow->proto);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof(yes)) ||
	    setsockopt(fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
		       is_v4 ? IP_TRANSPARENT : IPV6_TRANSPARENT, &yes, sizeof(yes)))
		die("socket");
	/* what is for many has to be told where */
	if (flow->iif && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, DEV, sizeof(DEV)))
		die(DEV);
	len = address(&sa, &flow->from, flow->sport);
	if (!is_raw4 && bind(fd, (struct sockaddr *)&sa, len))
		die("bind");
	len = address(&sa, &flow->to, flow->dport);
	if (connect(fd, (struct sockaddr *)&sa, len) && !is_tcp)
		die("connect");
	if (is_raw4 ? send_raw4(fd, &flow->from, echo, sizeof(echo)) < 0 :
	    !is_tcp && send(fd, is_v4 ? echo : echo6, sizeof(echo), 0) < 0)
		die("send");
	close(fd);
}

static void show(const char *what, const struct packet *p, const struct nft_ruleset_table *t,
		 const struct nft_chain *c, const struct nft_rule *r)
{
	const struct flow *f = p->flow;
	char from[PREFIX_TEXT_LEN], to[PREFIX_TEXT_LEN];

	printf("# %s: %u/%s: %s\n#   protocol %u from %s port %u to %s port %u by \"%s\" and \"%s\"%s%s\n",
	       what, t->family, c->name, r->text, f->proto, addr_text(&f->from, from), f->sport,
	       addr_text(&f->to, to), f->dport, p->iif, p->oif,
	       p->conn->has_ct ? ", tracked" : "", p->conn->is_answered ? ", an answer" : "");
}

static bool compare_chain(const struct journey_machine *m, const struct nft_ruleset_table *t,
			  const struct nft_chain *before, const struct nft_chain *after,
			  struct packet p)
{
	static const char *const words[] = { [NO] = "no", [MAYBE] = "maybe", [YES] = "yes" };
	bool same = true, counted, wrong;
	struct effect e;
	enum tri said;
	size_t i;

	p.conn->has_ct = before->hook != NF_INET_PRE_ROUTING ||
			 before->priority > NF_IP_PRI_CONNTRACK;
	for (i = 0; i < before->rules_len; i++) {
		const struct nft_rule *r = &before->rules[i];

		if (!r->has_counter)
			continue;
		counted = after->rules[i].packets != r->packets;
		/* this packet does not come here */
		if (!i && !counted)
			break;
		said = rule_matches(m, t, r->text, &p, &e);
		wrong = said == (counted ? NO : YES);
		seen[said][counted]++;
		if (wrong || verbose)
			show(words[said], &p, t, before, r);
		if (wrong)
			puts(counted ? "#   but it was counted" : "#   but it was not counted");
		same &= !wrong;
	}
	return same;
}

static bool compare(const struct journey_machine *m, const struct ruleset *after, uint32_t hook,
		    const struct packet *p)
{
	const struct nft_ruleset_table *t;
	bool same = true;
	size_t i, j;

	for (i = 0; i < m->rules.len; i++) {
		t = &m->rules.tables[i];
		for (j = 0; j < t->chains_len; j++) {
			if (t->chains[j].is_base && t->chains[j].hook == hook)
				same &= compare_chain(m, t, &t->chains[j],
						      &after->tables[i].chains[j], *p);
		}
	}
	return same;
}

/* Whether the packet has come to a hook */
static bool arrived(const struct ruleset *before, const struct ruleset *after, uint32_t hook)
{
	const struct nft_chain *c;
	size_t i, j;

	for (i = 0; i < before->len; i++) {
		for (j = 0; j < before->tables[i].chains_len; j++) {
			c = &before->tables[i].chains[j];
			if (c->is_base && c->hook == hook && c->rules_len &&
			    after->tables[i].chains[j].rules[0].packets != c->rules[0].packets)
				return true;
		}
	}
	return false;
}

static void take(struct kernel *k, struct ruleset *r)
{
	if (ruleset_take(k, r))
		die("ruleset_take");
}

/* Send it, and see what counted it */
static bool run_one(struct journey_machine *m, struct kernel *k, const struct flow *flow,
		    bool is_answered)
{
	uint32_t hook = flow->iif ? NF_INET_PRE_ROUTING : NF_INET_LOCAL_OUT;
	/* with a SYN of its own, which explain's answers do not have */
	struct conn conn = { .is_known = is_answered, .is_answered = is_answered };
	struct flow had = *flow;
	struct packet p = {
		.flow = &had, .conn = &conn, .iif = flow->iif ? DEV : "",
		.oif = flow->iif ? "" : is_local(m, &flow->to) ? "lo" : DEV,
	};
	int tries = TRIES;
	struct ruleset r;
	bool same;

	enter(flow->iif ? sender : here);
	send_one(flow);
	enter(here);
	for (take(k, &r); !arrived(&m->rules, &r, hook); take(k, &r)) {
		ruleset_free(&r);
		if (!tries--) {
			errno = ETIMEDOUT;
			die("a packet");
		}
		usleep(10000);
	}
	/* the chain is done with it by now */
	ruleset_free(&r);
	take(k, &r);
	same = compare(m, &r, hook, &p);
	if (flow->iif)
		same &= compare(m, &r, NF_INET_LOCAL_IN, &p);
	ruleset_free(&m->rules);
	m->rules = r;
	return same;
}

static bool run(struct journey_machine *m, struct kernel *k)
{
	struct flow in, out;
	bool same = true;
	size_t i;

	for (i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		in = (struct flow){
			.iif = if_nametoindex(DEV), .proto = packets[i].proto,
			.sport = packets[i].sport, .dport = packets[i].dport,
		};
		if (prefix_parse(&in.from, packets[i].from) || prefix_parse(&in.to, packets[i].to))
			abort();
		in.family = in.to.family;
		same &= run_one(m, k, &in, false);
		if (is_multicast(&in.to))
			continue;
		out = flow_reply(&in, 0);
		out.has_uid = true;
		same &= run_one(m, k, &out, false);
		/* one request for an echo is not the answer to another */
		same &= run_one(m, k, &in, packets[i].sport);
	}
	return same;
}

int main(int argc, char **argv)
{
	struct journey_machine m;
	struct kernel k;
	bool same;

	if (argc < 2)
		return 2;
	verbose = argc > 2;
	here = netns("/proc/self/ns/net");
	sender = netns(argv[1]);
	if (kernel_open(&k) || journey_machine_take(&m, &k))
		die("what there is cannot be read");
	same = run(&m, &k);
	printf("# yes %u; no %u; maybe %u, of which %u counted\n", seen[YES][1], seen[NO][0],
	       seen[MAYBE][0] + seen[MAYBE][1], seen[MAYBE][1]);
	journey_machine_free(&m);
	kernel_close(&k);
	return !same || !seen[YES][1] || !seen[NO][0];
}
