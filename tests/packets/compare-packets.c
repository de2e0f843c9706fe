// SPDX-License-Identifier: GPL-2.0
/*
 * compare-packets MODULE RULES PACKETS SEED - is the module what the rules are?
 *
 * MODULE and RULES are two network namespaces of run.sh that differ in their names.
 * Again and again both get the same random configuration, MODULE as tunnels of wgmark,
 * RULES as nft rules; then both get the same random packets, of which some answer one
 * that went before. What is compared is how far each comes, with which mark, connection
 * and ct mark, and at the end of each configuration all connections. The first
 * difference ends it, and is shown.
 *
 * Exit status 1 if there is one, or too little was seen for the result to mean much.
 */

#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "random.h"

#define PACKETS_PER_CONFIG 500
#define PIECES_MAX 6

/* To be sure that a difference is not only a delay: tries, a millisecond apart */
#define TRIES 300

static const char *netns[2];
static struct host *host[2];

/**
 * struct sent - a packet of this configuration
 * @packet: whole
 * @way: how it came
 * @saved: it was seen to change its connection's mark
 */
struct sent {
	struct packet packet;
	enum way way;
	bool saved;
};

/* What was sent, and how. Which packet is answered depends on nothing that was seen, so
 * that the same seed is the same packets on any kernel.
 */
static struct config config;
static struct sent sent[PACKETS_PER_CONFIG];
static unsigned int sent_len;
static unsigned int own[2][PACKETS_PER_CONFIG];	/* the tunnels' own UDP, IPv4 and IPv6 */
static unsigned int own_len[2];
static const struct sent *answered;		/* by the last one; or NULL */
static struct packet pieces[PIECES_MAX];
static unsigned int pieces_len;
static uint32_t way_mark;
static struct outcome outcome[2];

/* What was seen on the module's side */
static struct {
	unsigned int packets, fragmented, arrived, forwarded, sent;
	unsigned int untracked, configs, exact, flows;
} seen;

/* Of it, what each of IPv4 and IPv6 has to have enough of */
enum thing {
	DROPPED,
	MARKED,
	SAVED,
	UNCHANGED,
	REPLIES,
	RESTORED,
	THINGS,
};

/**
 * struct thing_name - a thing that is counted
 * @what: in words
 * @share: one in so many packets at least, a third or less of what is usual: how often
 *	depends on a few configurations
 */
static const struct thing_name {
	const char *what;
	unsigned int share;
} things[THINGS] = {
	[DROPPED]	= { "dropped by the guard", 300 },
	[MARKED]	= { "let in with another mark", 100 },
	[SAVED]		= { "sent with another ct mark", 1000 },
	[UNCHANGED]	= { "let in as they were", 20 },
	[REPLIES]	= { "replies", 150 },
	[RESTORED]	= { "replies with the mark that was saved", 1000 },
};

static unsigned int counts[2][THINGS];

/* Give a program in a namespace what @put writes, on its standard input */
static void tell(const char *ns, const char *command,
		 void (*put)(FILE *f, const struct config *c))
{
	char line[256];
	FILE *f;

	snprintf(line, sizeof(line), "ip netns exec %s %s", ns, command);
	f = popen(line, "w");
	if (!f)
		exit((perror(line), 2));
	put(f, &config);
	if (pclose(f)) {
		fprintf(stderr, "compare-packets: %s failed, for:\n", line);
		put(stderr, &config);
		exit(2);
	}
}

static void configure(struct random *r)
{
	int i;

	config_random(r, &config);
	for (i = 0; i < TUNNELS; i++)
		config.tunnel[i].ifindex = host_ifindex(host[0], WAY_WG0 + i);
	for (i = 0; i < 2; i++) {
		tell(netns[i], "ip -batch -", config_put_addrs);
		tell(netns[i], "nft -f -", config_put_observe);
	}
	tell(netns[0], "wgmark-nl -c", config_put_module);
	tell(netns[1], "nft -f -", config_put_rules);
	sent_len = 0;
	own_len[0] = 0;
	own_len[1] = 0;
	seen.configs++;
	seen.exact += config.exact;
}

/* From the host itself, and looks like what some tunnel sends around itself */
static bool is_own(const struct packet *p)
{
	uint8_t family = p->data[0] >> 4 == 6 ? 2 : 1;
	const struct tunnel *t;

	if (packet_protocol(p) != IPPROTO_UDP)
		return false;
	for (t = config.tunnel; t < config.tunnel + TUNNELS; t++)
		if (t->on && t->restore && (t->families & family) &&
		    (way_mark & t->mask) == t->fwmark)
			return true;
	return false;
}

/* Most answers come in; some the host gives itself, to what came in */
static void draw_reply(struct random *r, uint16_t tag, struct sent *s)
{
	unsigned int v6 = random_below(r, 2);

	if (own_len[v6] && random_percent(r, 70))
		answered = &sent[own[v6][random_below(r, own_len[v6])]];
	else
		answered = &sent[random_below(r, sent_len)];
	random_reply(r, &answered->packet, tag, &s->packet);
	if (answered->way != WAY_OUT && random_percent(r, 50))
		s->way = WAY_OUT;
	else
		s->way = random_below(r, WAY_DEVICES);
}

static void draw(struct random *r, uint16_t tag)
{
	struct sent *s = &sent[sent_len];
	bool v6;

	answered = NULL;
	s->saved = false;
	if (sent_len && random_percent(r, 15)) {
		draw_reply(r, tag, s);
	} else {
		random_packet(r, tag, &s->packet);
		s->way = random_percent(r, 30) ? WAY_OUT : random_below(r, WAY_DEVICES);
	}
	way_mark = random_percent(r, 30) ? config.tunnel[random_below(r, TUNNELS)].fwmark :
					   config.marks[random_below(r, CONFIG_MARKS)];
	if (random_percent(r, 15)) {
		pieces_len = random_fragments(r, &s->packet, pieces, PIECES_MAX);
		seen.fragmented++;
	} else {
		pieces[0] = s->packet;
		pieces_len = 1;
	}
	if (s->way == WAY_OUT && is_own(&s->packet)) {
		v6 = s->packet.data[0] >> 4 == 6;
		own[v6][own_len[v6]++] = sent_len;
	}
	sent_len++;
}

/* The packet that was drawn last */
static struct sent *last(void)
{
	return &sent[sent_len - 1];
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct event));
}

/* In any order: of what the host sends to all, a copy comes back by lo, before the other one
 * leaves or after that
 */
static bool same(void)
{
	int i;

	for (i = 0; i < 2; i++)
		qsort(outcome[i].events, outcome[i].len, sizeof(struct event), by_bytes);
	return outcome[0].error == outcome[1].error && outcome[0].len == outcome[1].len &&
	       !memcmp(outcome[0].events, outcome[1].events,
		       outcome[0].len * sizeof(outcome[0].events[0]));
}

static bool compare(void)
{
	const struct timespec millisecond = { .tv_nsec = 1000000 };
	unsigned int i, piece, tries;

	for (i = 0; i < 2; i++) {
		outcome[i].error = 0;
		outcome[i].len = 0;
		for (piece = 0; piece < pieces_len; piece++)
			host_send(host[i], last()->way, way_mark, &pieces[piece], &outcome[i]);
		host_read(host[i], &outcome[i]);
	}
	for (tries = 0; tries < TRIES && !same(); tries++) {
		nanosleep(&millisecond, NULL);
		for (i = 0; i < 2; i++)
			host_read(host[i], &outcome[i]);
	}
	return same();
}

static const struct event *at_point(enum point point)
{
	const struct outcome *o = &outcome[0];
	unsigned int i;

	for (i = 0; i < o->len; i++)
		if (o->events[i].point == point)
			return &o->events[i];
	return NULL;
}

static bool is_reply(const struct event *e)
{
	return e && e->tracked && e->ctinfo >= IP_CT_IS_REPLY;
}

static void count(void)
{
	const struct event *arrived = at_point(POINT_ARRIVED);
	const struct event *in = at_point(POINT_IN), *out = at_point(POINT_OUT);
	struct sent *s = last();
	const unsigned char *ip = s->packet.data;
	bool v6 = ip[0] >> 4 == 6, marked, as_is;
	unsigned int ttl = ip[v6 ? 7 : 8], *n = counts[v6];

	seen.packets++;
	as_is = TTL_CTMARK(ttl) < CTMARK_AS_IS;
	marked = in && in->mark != config.marks[TTL_MARK(ttl)];
	s->saved = out && out->tracked && !as_is && out->ctmark != config.ctmarks[TTL_CTMARK(ttl)];
	seen.arrived += !!arrived;
	seen.untracked += in && !in->tracked;
	seen.forwarded += s->way != WAY_OUT && out;
	seen.sent += s->way == WAY_OUT && out;
	n[DROPPED] += arrived && !in;
	n[MARKED] += marked;
	n[SAVED] += s->way == WAY_OUT && s->saved;
	n[UNCHANGED] += in && !marked;
	n[REPLIES] += is_reply(in) || is_reply(out);
	n[RESTORED] += answered && answered->saved && is_reply(in) && as_is && marked;
}

static void show_outcome(int i)
{
	static const char *const points[POINTS] = { "", "arrived", "in", "out" };
	const struct outcome *o = &outcome[i];
	unsigned int n;

	printf("# %s:%s\n", i ? "rules" : "module", o->len ? "" : " nothing was seen");
	if (o->error)
		printf("#   error %d (%s)\n", o->error, strerror(o->error));
	for (n = 0; n < o->len; n++) {
		const struct event *e = &o->events[n];

		printf("#   %-8s mark 0x%x", e->point < POINTS ? points[e->point] : "?", e->mark);
		if (e->tracked)
			printf(", ct mark 0x%x, ctinfo %u", e->ctmark, e->ctinfo);
		printf(", packet %u\n", packet_tag(e->bytes));
	}
}

static void show_difference(uint16_t tag)
{
	unsigned int i, byte;

	printf("# packet %u of configuration %u, of which what came before is a part;\n", tag,
	       seen.configs);
	if (answered)
		printf("# (an answer to packet %u)\n", packet_tag(answered->packet.data));
	if (last()->way == WAY_OUT)
		printf("# from the host itself, with mark 0x%x:\n", way_mark);
	else
		printf("# in by %s:\n", host_devices[last()->way]);
	for (i = 0; i < pieces_len; i++) {
		fputs("#   ", stdout);
		for (byte = 0; byte < pieces[i].len; byte++)
			printf("%02x", pieces[i].data[byte]);
		putchar('\n');
	}
	show_outcome(0);
	show_outcome(1);
	puts("# the configuration:");
	config_put_addrs(stdout, &config);
	config_put_module(stdout, &config);
	config_put_rules(stdout, &config);
}

static bool same_flows(void)
{
	unsigned int count[2];
	uint64_t sum[2];
	int i;

	for (i = 0; i < 2; i++) {
		host_flows(host[i], &count[i], &sum[i]);
		host_forget_flows(host[i]);
	}
	seen.flows += count[0];
	if (count[0] == count[1] && sum[0] == sum[1])
		return true;
	printf("# the connections differ after configuration %u: module %u, rules %u; rules:\n",
	       seen.configs, count[0], count[1]);
	config_put_rules(stdout, &config);
	return false;
}

static bool run(struct random *r, unsigned int packets)
{
	uint16_t tag = 0;

	while (seen.packets < packets) {
		if (seen.packets % PACKETS_PER_CONFIG == 0)
			configure(r);
		if (!++tag)
			tag = 1;
		draw(r, tag);
		if (!compare()) {
			show_difference(tag);
			return false;
		}
		count();
		if ((seen.packets % PACKETS_PER_CONFIG == 0 || seen.packets == packets) &&
		    !same_flows())
			return false;
	}
	return true;
}

static bool suffices(unsigned int n, unsigned int share, const char *family, const char *what)
{
	unsigned int min = seen.packets / share;

	if (!min)
		min = 1;
	if (n >= min)
		return true;
	printf("# too few to say anything: %u %s%s; of %u packets it has to be %u at least\n", n,
	       what, family, seen.packets, min);
	return false;
}

/* All that the module does has to have been seen, else that the two are the same means
 * little
 */
static bool enough(void)
{
	static const char *const family[] = { ", IPv4", ", IPv6" };
	int v6, thing;
	bool all;

	all = suffices(seen.fragmented, 100, "", "fragmented");
	all &= suffices(seen.forwarded, 100, "", "forwarded");
	all &= suffices(seen.sent, 100, "", "sent");
	all &= suffices(seen.flows, 100, "", "connections");
	for (v6 = 0; v6 < 2; v6++)
		for (thing = 0; thing < THINGS; thing++)
			all &= suffices(counts[v6][thing], things[thing].share, family[v6],
					things[thing].what);
	if (!seen.exact || seen.exact == seen.configs) {
		puts("# too few configurations to say anything: both kinds have to be among them");
		all = false;
	}
	return all;
}

static void show_counts(void)
{
	int thing;

	printf("# %u fragmented, %u arrived, %u untracked, %u forwarded, %u sent,\n"
	       "# %u connections, %u configurations, %u of them wg-quick's; IPv4 + IPv6:\n",
	       seen.fragmented, seen.arrived, seen.untracked, seen.forwarded, seen.sent,
	       seen.flows, seen.configs, seen.exact);
	for (thing = 0; thing < THINGS; thing++)
		printf("#   %u + %u %s\n", counts[0][thing], counts[1][thing],
		       things[thing].what);
}

int main(int argc, char **argv)
{
	const char *result = "the same";
	unsigned long packets, seed;
	struct utsname uts;
	struct random r;
	bool equal;
	cpu_set_t cpu;
	int i;

	if (argc != 5)
		exit((fputs("compare-packets: see the head of compare-packets.c\n", stderr), 2));
	packets = strtoul(argv[3], NULL, 0);
	seed = strtoul(argv[4], NULL, 0);
	/* so that lo, which has a queue for each processor, has been served when send returns */
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu) || uname(&uts))
		exit((perror("compare-packets"), 2));
	for (i = 0; i < 2; i++) {
		netns[i] = argv[1 + i];
		host[i] = host_open(netns[i]);
	}

	r.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	equal = run(&r, packets);
	show_counts();
	if (!equal)
		result = "NOT the same";
	else if (!enough())
		result = "too little was seen";
	printf("proof random packets through the module and through nft rules | Linux %s",
	       uts.release);
	printf(" | %u packets, %u configurations, %u replies | %lu | %s\n", seen.packets,
	       seen.configs, counts[0][REPLIES] + counts[1][REPLIES], seed, result);
	return strcmp(result, "the same") != 0;
}
