// SPDX-License-Identifier: GPL-2.0
/*
 * compare-packets MODULE RULES PACKETS SEED - is the module what the rules are?
 *
 * MODULE and RULES are two network namespaces of run.sh that differ in their names.
 * Again and again both get the same random configuration, MODULE as tunnels of wgmark,
 * RULES as nft rules; then both get the same random packets. What is compared is how
 * far each comes, with which mark, connection and ct mark, and at the end of each
 * configuration all connections. The first difference ends it, and is shown.
 *
 * Exit status 1 if there is one, or too little was seen for the result to mean much.
 */

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

/* What was sent, and how */
static struct config config;
static struct packet pieces[PIECES_MAX];
static unsigned int pieces_len;
static enum way way;
static uint32_t way_mark;
static struct outcome outcome[2];

/* What was seen on the module's side */
static struct {
	unsigned int packets, fragmented, arrived, dropped, restored, forwarded, sent, saved;
	unsigned int untracked, configs, exact, flows;
} seen;

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
	seen.configs++;
	seen.exact += config.exact;
}

static void draw(struct random *r, uint16_t tag)
{
	struct packet whole;

	random_packet(r, tag, &whole);
	way = random_percent(r, 30) ? WAY_OUT : random_below(r, WAY_DEVICES);
	way_mark = config.marks[random_below(r, CONFIG_MARKS)];
	if (random_percent(r, 15)) {
		pieces_len = random_fragments(r, &whole, pieces, PIECES_MAX);
		seen.fragmented++;
	} else {
		pieces[0] = whole;
		pieces_len = 1;
	}
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
			host_send(host[i], way, way_mark, &pieces[piece], &outcome[i]);
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

static void count(void)
{
	const struct event *arrived = at_point(POINT_ARRIVED);
	const struct event *in = at_point(POINT_IN), *out = at_point(POINT_OUT);
	const unsigned char *ip = pieces[0].data;
	unsigned int ttl;

	seen.packets++;
	if (!pieces_len)
		return;
	ttl = ip[0] >> 4 == 6 ? ip[7] : ip[8];
	seen.arrived += !!arrived;
	seen.dropped += arrived && !in;
	seen.restored += in && in->mark != config.marks[TTL_MARK(ttl)];
	seen.untracked += in && !in->tracked;
	seen.forwarded += way != WAY_OUT && out;
	seen.sent += way == WAY_OUT && out;
	seen.saved += out && out->tracked && TTL_CTMARK(ttl) >= CTMARK_AS_IS &&
		      out->ctmark != config.ctmarks[TTL_CTMARK(ttl)];
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
	if (way == WAY_OUT)
		printf("# from the host itself, with mark 0x%x:\n", way_mark);
	else
		printf("# in by %s:\n", host_devices[way]);
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

/* Of each thing that the module does, one in a hundred packets at least */
static bool enough(void)
{
	unsigned int least = seen.packets / 100;

	return seen.fragmented >= least && seen.dropped >= least && seen.restored >= least &&
	       seen.forwarded >= least && seen.sent >= least && seen.saved >= least &&
	       seen.flows >= least && seen.exact && seen.exact < seen.configs;
}

int main(int argc, char **argv)
{
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
	printf("# %u fragmented, %u arrived, %u dropped, %u with another mark, %u untracked,\n"
	       "# %u forwarded, %u sent, %u with another ct mark, %u connections,\n"
	       "# %u configurations, %u of them wg-quick's\n",
	       seen.fragmented, seen.arrived, seen.dropped, seen.restored, seen.untracked,
	       seen.forwarded, seen.sent, seen.saved, seen.flows, seen.configs, seen.exact);
	if (equal && !enough()) {
		puts("# that is too little of one of them to say anything");
		equal = false;
	}
	printf("proof random packets through the module and through nft rules | Linux %s",
	       uts.release);
	printf(" | %u packets, %u configurations | %lu | %s\n", seen.packets, seen.configs, seed,
	       equal ? "the same" : "NOT the same");
	return !equal;
}
