// SPDX-License-Identifier: GPL-2.0
/*
 * walk-any [-n SETUPS] [-s SEED] [-v] - is the walk over the rules what the kernel does?
 * walk-any -t - all rules and routes that are here, as text
 *
 * Again and again random rules, routes and settings are made, see walk-setup.h, and for
 * some random packets walk_rules() and walk_rp_filter() are compared with what the kernel
 * answers to RTM_GETROUTE, and with what "wgmarkctl explain" says. The first difference is
 * shown, with all that there was, and ends it. Runs as root; all is made in network namespaces
 * of its own.
 *
 * -v shows each packet.
 *
 * Exit status 1 if there is a difference, if something was never seen, or if the walk was too
 * often unsure.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "journey.h"
#include "walk-setup.h"

#define SETUPS_IN_WORLD 25
#define FLOWS_IN_SETUP 12
#define UNSURE_PERCENT 3	/* of the packets, at most */

static const char *const reasons[] = {
	"applies", "iif", "oif", "mark", "l3mdev", "uid", "proto", "sport", "dport", "src", "dst",
	"tos", "inverted", "skipped", "unknown",
};

static const char *const outcomes[] = {
	"next", "nothing", "suppressed", "thrown", "jump", "found", "refused",
};

static const char *const besides[] = {
	"by rules", "foreign", "no device", "martian", "group", "on link", "not forwarded",
};

/* What was seen */
static struct {
	unsigned int reason[WALK_UNKNOWN + 1];
	unsigned int outcome[WALK_REFUSED + 1];
	unsigned int beside[WALK_NO_FORWARD + 1];
	unsigned int setups, worlds, rules, routes;
	unsigned int flows, found, refused, several, unsure, merged, in, filtered[3];
	unsigned int told, told_lost, told_here;
} seen;

/**
 * struct guess - what the walk says
 * @walk: over the rules
 * @back: of the reverse path filter, if @filter
 * @filter: a packet that comes in, and is not refused before
 * @passes: 1 or 0, if @filter
 * @mode: rp_filter
 */
struct guess {
	struct walk walk;
	struct walk back;
	bool filter;
	int passes;
	int mode;
};

static struct flow any_flow(void)
{
	static const uint32_t martians[] = {
		0, INADDR_LOOPBACK, INADDR_BROADCAST, 0x00010203, 0xe0000001,
	};
	static const uint32_t groups[] = { INADDR_BROADCAST, INADDR_ALLHOSTS_GROUP, 0xe00000fb };
	struct flow w = { .family = percent(50) ? AF_INET : AF_INET6 };
	bool in = percent(35);

	w.to = any_addr(w.family);
	if (in || percent(40))
		w.from = any_addr(w.family);
	if (in)
		w.iif = setup_devices[below(4)];
	else if (percent(20))
		w.oif = setup_devices[PICK(((const uint8_t[]){ 0, 1, 2, 4, 5, 6 }))];
	if (in && w.family == AF_INET && percent(3))
		w.from.v4.s_addr = htonl(PICK(martians));
	if (in && w.family == AF_INET && percent(3))
		w.to.v4.s_addr = htonl(PICK(groups));
	w.mark = PICK(setup_marks);
	w.has_uid = percent(70);
	w.uid = PICK(setup_uids);
	if (percent(70))
		w.proto = PICK(setup_protos);
	if (w.proto == IPPROTO_ICMP && w.family == AF_INET6)
		w.proto = IPPROTO_ICMPV6;
	if (w.proto == IPPROTO_UDP || w.proto == IPPROTO_TCP) {
		w.sport = PICK(setup_ports);
		w.dport = PICK(setup_ports);
	}
	return w;
}

static void show_flow(const struct fib *f, const struct flow *w)
{
	const struct fib_link *l = fib_link(f, w->iif ?: w->oif);
	char text[PREFIX_TEXT_LEN];

	printf("# to %s", addr_text(&w->to, text));
	if (w->from.family)
		printf(" from %s", addr_text(&w->from, text));
	if (l)
		printf(" %s %s", w->iif ? "iif" : "oif", l->name);
	printf(" mark 0x%x", w->mark);
	if (w->has_uid)
		printf(" uid %u", w->uid);
	printf(" proto %u sport %u dport %u\n", w->proto, w->sport, w->dport);
}

static void show_route(const struct fib *f, const struct fib_route *r)
{
	char text[FIB_TEXT_LEN];

	printf("%s table %u\n", fib_route_text(f, r, text, sizeof(text)), r->table);
}

static void show_walk(const char *title, const struct fib *f, const struct walk *w)
{
	char text[FIB_TEXT_LEN];
	size_t i;

	printf("# %s: %s%s%s%s\n", title, besides[w->beside], w->several ? ", several" : "",
	       w->merged ? ", merged" : "", w->err ? ", " : "");
	if (w->err)
		printf("#   %s\n", strerror(-w->err));
	for (i = 0; i < w->len; i++) {
		const struct walk_step *s = &w->steps[i];

		printf("#   %u: %s: %s, %s\n", s->rule->priority,
		       fib_rule_text(s->rule, text, sizeof(text)), reasons[s->reason],
		       outcomes[s->outcome]);
		if (s->route) {
			printf("#      ");
			show_route(f, s->route);
		}
	}
}

static void show_answer(const struct fib *f, const struct fib_answer *a)
{
	const struct fib_link *l = fib_link(f, a->ifindex);
	char text[PREFIX_TEXT_LEN];

	if (a->err) {
		printf("# kernel: %s\n", strerror(-a->err));
		return;
	}
	printf("# kernel: type %u dev %s table %u", a->type, l ? l->name : "?", a->table);
	if (a->via.family)
		printf(" via %s", addr_text(&a->via, text));
	if (a->dst.family)
		printf(" by %s", prefix_text(&a->dst, text));
	putchar('\n');
}

static void show_fib(const struct fib *f, sa_family_t family)
{
	char text[FIB_TEXT_LEN];
	size_t i;

	for (i = 0; i < f->rules_len; i++) {
		if (f->rules[i].family == family)
			printf("# rule %u: %s\n", f->rules[i].priority,
			       fib_rule_text(&f->rules[i], text, sizeof(text)));
	}
	for (i = 0; i < f->routes_len; i++) {
		if (f->routes[i].dst.family == family) {
			printf("# route ");
			show_route(f, &f->routes[i]);
		}
	}
}

static void guess(const struct fib *f, const struct flow *w, struct guess *g)
{
	bool marked;

	memset(g, 0, sizeof(*g));
	if (walk_rules(f, w, &g->walk))
		die("walk_rules");
	if (!w->iif || w->family != AF_INET || g->walk.err)
		return;
	g->filter = true;
	g->passes = walk_rp_filter(f, w, &g->mode, &marked, &g->back);
	if (g->passes < 0)
		die("walk_rp_filter");
}

static bool unsure(const struct guess *g)
{
	return g->walk.unsure || g->back.unsure;
}

static bool agrees(const struct guess *g, const struct fib_answer *a)
{
	if (unsure(g))
		return true;
	if (g->filter && !g->passes)
		return a->err == -EXDEV || a->err == -EINVAL;
	return walk_agrees(&g->walk, a);
}

static unsigned int differences(const struct journey *j)
{
	unsigned int n = 0;
	size_t i, k;

	for (i = 0; i < j->stations_len; i++) {
		for (k = 0; k < j->stations[i].facts_len; k++)
			n += j->stations[i].facts[k].kind == FACT_DIFFERS;
	}
	return n;
}

/* May a program have it as its source? */
static bool binds(const struct prefix *addr)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = addr->v6 };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		die("socket");
	err = bind(fd, (struct sockaddr *)&in6, sizeof(in6));
	close(fd);
	return !err;
}

/* This machine takes it */
static bool stays(const struct flow *w, const struct fib_answer *a)
{
	return a->type == RTN_LOCAL || a->type == RTN_ANYCAST ||
	       (w->iif && a->type != RTN_UNICAST);
}

/* tcp_v4_connect() and tcp_v6_connect() refuse more than one machine */
static bool may_connect(const struct flow *w, const struct fib_answer *a)
{
	if (w->iif || w->proto != IPPROTO_TCP)
		return true;
	if (w->family == AF_INET6)
		return !IN6_IS_ADDR_MULTICAST(&w->to.v6);
	return a->type != RTN_BROADCAST && a->type != RTN_MULTICAST;
}

/* Whether the kernel does what it answered: of IPv6 it answers for routers, and for sources of
 * any machine
 */
static bool goes(const struct flow *w, const struct fib_answer *a)
{
	if (a->err || !may_connect(w, a))
		return false;
	if (w->family != AF_INET6 || stays(w, a))
		return true;
	if (w->iif)
		return read_file(V6 "all/forwarding");
	return !w->from.family || binds(&w->from);
}

/* Its last sentence, beside the kernel's answer. A reply that is lost is another packet. */
static bool tells_end(const struct journey *j, const struct flow *w, const struct fib *f,
		      const struct fib_answer *a)
{
	const struct fib_link *l = fib_link(f, a->ifindex);
	char by[64];

	if (!goes(w, a)) {
		seen.told_lost++;
		return j->is_lost && !j->is_back && strstr(j->end, " is not reached: ");
	}
	if (j->is_lost && !j->is_back)
		return false;
	if (stays(w, a)) {
		seen.told_here++;
		return strstr(j->end, " is this machine itself") ||
		       strstr(j->end, " is for this machine, too");
	}
	snprintf(by, sizeof(by), " leaves by %s, through no tunnel", l ? l->name : "?");
	return strstr(j->end, by);
}

/* ip_route_connect() asks again, with the source */
static bool connects(const struct flow *w, const struct fib_answer *a)
{
	return w->family == AF_INET && w->proto == IPPROTO_TCP && !w->iif && !w->from.family &&
	       !a->err && a->prefsrc.family;
}

/* What "wgmarkctl explain" says of it, where it can be asked */
static bool tells(const struct journey_machine *m, const struct flow *w, const struct guess *g,
		  const struct fib_answer *a)
{
	struct fib_answer again;
	struct journey j;
	bool same;

	if (w->oif || !w->has_uid == !w->iif)
		return true;
	if (connects(w, a)) {
		struct flow connected = *w;

		connected.from = a->prefsrc;
		if (m->ask(m->data, &connected, &again))
			die("fib_ask");
		a = &again;
	}
	seen.told++;
	if (journey_tell(&j, m, w, NULL))
		die("journey_tell");
	same = tells_end(&j, w, &m->fib, a) && (unsure(g) || !differences(&j));
	if (!same)
		journey_print(stdout, &j, false);
	journey_free(&j);
	return same;
}

static void count(const struct flow *w, const struct guess *g)
{
	const struct walk_step *end = walk_end(&g->walk);
	size_t i;

	seen.flows++;
	seen.in += !!w->iif;
	seen.found += !g->walk.err;
	seen.refused += !!g->walk.err;
	seen.several += g->walk.several;
	seen.unsure += unsure(g);
	seen.merged += g->walk.merged && end;
	seen.beside[g->walk.beside]++;
	if (g->filter && !g->passes)
		seen.filtered[g->mode]++;
	for (i = 0; i < g->walk.len; i++) {
		seen.reason[g->walk.steps[i].reason]++;
		seen.outcome[g->walk.steps[i].outcome]++;
	}
}

static bool compare(const struct journey_machine *m, bool verbose)
{
	const struct fib *f = &m->fib;
	struct flow w = any_flow();
	struct fib_answer a;
	struct guess g;
	bool same;
	int err;

	err = m->ask(m->data, &w, &a);
	if (err) {
		show_flow(f, &w);
		exit((errno = -err, perror("fib_ask"), 2));
	}
	guess(f, &w, &g);
	same = agrees(&g, &a) && tells(m, &w, &g, &a);
	count(&w, &g);
	if (!same)
		show_fib(f, w.family);
	if (!same || verbose) {
		show_flow(f, &w);
		show_walk("walk", f, &g.walk);
		if (g.filter)
			show_walk(g.passes ? "passes" : "dropped", f, &g.back);
		show_answer(f, &a);
	}
	walk_free(&g.walk);
	walk_free(&g.back);
	return same;
}

static bool run(unsigned int setups, bool verbose)
{
	struct journey_machine m;
	struct kernel k = { 0 };
	bool same = true;
	int i;

	while (seen.setups < setups && same) {
		if (seen.setups % SETUPS_IN_WORLD == 0) {
			if (seen.worlds++)
				kernel_close(&k);
			setup_world();
			if (kernel_open(&k))
				die("netlink");
		}
		setup_any(&k.rtnl, seen.setups % SETUPS_IN_WORLD == 0);
		if (journey_machine_take(&m, &k))
			die("journey_machine_take");
		seen.setups++;
		seen.rules += m.fib.rules_len;
		seen.routes += m.fib.routes_len;
		for (i = 0; i < FLOWS_IN_SETUP && same; i++)
			same = compare(&m, verbose);
		journey_machine_free(&m);
	}
	kernel_close(&k);
	return same;
}

/* Of all that there is, some */
static bool show_counts(const char *what, const char *const *names, const unsigned int *counts,
			size_t len)
{
	bool all = true;
	size_t i;

	printf("# %s:", what);
	for (i = 0; i < len; i++) {
		printf(" %s %u%s", names[i], counts[i], i + 1 < len ? "," : "\n");
		all = all && counts[i];
	}
	return all;
}

static bool show_seen(void)
{
	static const char *const modes[] = { "off", "strict", "loose" };
	bool all = true;

	printf("# %u set-ups in %u namespaces, %u rules, %u routes\n", seen.setups, seen.worlds,
	       seen.rules, seen.routes);
	printf("# %u packets, %u from outside; %u found a way, %u did not; %u of several ways, %u unsure, %u over merged tables\n",
	       seen.flows, seen.in, seen.found, seen.refused, seen.several, seen.unsure,
	       seen.merged);
	printf("# of %u of them explain said where they go: %u lost, %u to this machine\n",
	       seen.told, seen.told_lost, seen.told_here);
	all &= show_counts("rules", reasons, seen.reason, WALK_UNKNOWN + 1);
	all &= show_counts("outcomes", outcomes, seen.outcome, WALK_REFUSED + 1);
	all &= show_counts("beside", besides, seen.beside, WALK_NO_FORWARD + 1);
	all &= show_counts("dropped by rp_filter", modes, seen.filtered, 3);
	all &= seen.several && seen.merged && seen.found && seen.refused;
	return all && seen.told_lost && seen.told_here;
}

static int show_text(void)
{
	char text[NLSOCK_TEXT_LEN], line[FIB_TEXT_LEN];
	struct nlsock s;
	struct fib f;
	size_t i;

	if (nlsock_open(&s, NETLINK_ROUTE, text) || fib_take(&s, &f))
		die("fib_take");
	for (i = 0; i < f.rules_len; i++)
		printf("%u: %s\n", f.rules[i].priority,
		       fib_rule_text(&f.rules[i], line, sizeof(line)));
	for (i = 0; i < f.routes_len; i++)
		printf("%s\n", fib_route_text(&f, &f.routes[i], line, sizeof(line)));
	fib_free(&f);
	nlsock_close(&s);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int setups = 1000;
	bool verbose = false, same;
	struct utsname uts;
	uint64_t seed;
	int opt;

	seed = time(NULL);
	while ((opt = getopt(argc, argv, "n:s:tv")) != -1) {
		if (opt == 'n')
			setups = strtoul(optarg, NULL, 0);
		else if (opt == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (opt == 't')
			return show_text();
		else if (opt == 'v')
			verbose = true;
		else
			return 2;
	}
	setup_state = seed;
	if (uname(&uts))
		die("uname");
	same = run(setups, verbose);
	if (!show_seen() && same) {
		puts("# one of them was never seen, which is too little to say anything");
		same = false;
	}
	if (same && 100 * seen.unsure > UNSURE_PERCENT * seen.flows) {
		puts("# of too many the walk is unsure");
		same = false;
	}
	printf("proof the walk over the rules and explain, beside the kernel | Linux %s | %u set-ups, %u packets | %llu | %s\n",
	       uts.release, seen.setups, seen.flows, (unsigned long long)seed,
	       same ? "the same" : "NOT the same");
	return !same;
}
