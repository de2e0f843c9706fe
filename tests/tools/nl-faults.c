// SPDX-License-Identifier: GPL-2.0
/*
 * nl-faults IFINDEX CONNTRACK LEARN - fail each memory allocation of each command of the
 * family "wgmark" once, on a device that has addresses
 *
 * Needs a kernel with CONFIG_FAULT_INJECTION, CONFIG_FAILSLAB and
 * CONFIG_FAIL_PAGE_ALLOC, whose settings in debugfs let any allocation fail. A command
 * is given with the first allocation that this thread makes in the kernel failing, then
 * the second, and so on until none was left to fail (/proc/thread-self/fail-nth). Each
 * time either it was refused for want of memory, and a dump has the bytes of before, as
 * has one of netfilter's hooks; or what it says was done, wholly; and then who listens has
 * an event, or is told (ENOBUFS) that one was lost. All of it again beside two tunnels that
 * need all hooks, on the devices CONNTRACK and LEARN: these stay.
 *
 * The same with an address that is added and removed: the tunnel guards what the device
 * has; where it does not, the kernel's log names the address. With a device that is deleted:
 * its tunnel is gone with it. And with a network namespace that is made, which without
 * memory for the module is not.
 *
 * With failslab/verbose at 2 the log has whose allocations failed: some have to be the
 * module's own. Not among them is alloc_percpu(), see no-memory.sh.
 *
 * Prints a line for each, and last one that begins with "proof". Exit status 1 when
 * something was not so.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail-nth.h"
#include "nl-family.h"
#include "nl-hooks.h"
#include "nl-model.h"
#include "own-faults.h"

#define NTH_MAX 20000
/** Of the allocations that a network namespace needs, so many are tried. */
#define NAMESPACE_LAST 400
#define KLOG_READ_ALL 3		/* syslog(2) */

#define PAIRS_MAX 6

/** struct command - of the family, with parameters up to one of type 0 */
struct command {
	uint8_t cmd;
	uint16_t flags;
	struct {
		uint16_t type;
		uint32_t value;
	} pair[PAIRS_MAX];
};

#define NEW(...) { WGMARK_CMD_TUNNEL_NEW, 0, { __VA_ARGS__ } }
#define SET(...) { WGMARK_CMD_TUNNEL_SET, 0, { __VA_ARGS__ } }
#define FWMARK(n) { WGMARK_A_TUNNEL_FWMARK, n }
#define MASK(n) { WGMARK_A_TUNNEL_MASK, n }
#define RESTORE(n) { WGMARK_A_TUNNEL_RESTORE, WGMARK_RESTORE_##n }
#define GUARD(n) { WGMARK_A_TUNNEL_GUARD, n }
#define COMPAT(n) { WGMARK_A_TUNNEL_COMPAT, n }
#define FAMILIES(n) { WGMARK_A_TUNNEL_FAMILIES, n }
#define NOTRACK(n) { WGMARK_A_TUNNEL_NOTRACK, n }

/* What is there before, if anything, and the command whose allocations fail */
static const struct scene {
	const char *name;
	struct command before;
	struct command what;
} scenes[] = {
	{ "new", {}, NEW(FWMARK(1)) },
	{ "new, of a kind with nothing", {}, NEW(RESTORE(NONE), GUARD(0)) },
	{ "new, compat", {}, NEW(FWMARK(1), COMPAT(1)) },
	{ "new, restore learn", {}, NEW(FWMARK(1), RESTORE(LEARN)) },
	{ "new, restore learn, notrack", {}, NEW(FWMARK(1), RESTORE(LEARN), NOTRACK(1)) },
	{ "set: the mark", NEW(FWMARK(1)), SET(FWMARK(2)) },
	{ "set: the mask", NEW(FWMARK(1)), SET(MASK(0xff)) },
	{ "set: restore none", NEW(FWMARK(1)), SET(RESTORE(NONE)) },
	{ "set: restore learn, notrack", NEW(FWMARK(1)), SET(RESTORE(LEARN), NOTRACK(1)) },
	{ "set: restore conntrack", NEW(FWMARK(1), RESTORE(LEARN)), SET(RESTORE(CONNTRACK)) },
	{ "set: notrack", NEW(FWMARK(1), RESTORE(LEARN)), SET(NOTRACK(1)) },
	{ "set: no notrack", NEW(FWMARK(1), RESTORE(LEARN), NOTRACK(1)), SET(NOTRACK(0)) },
	{ "set: learn for IPv4", NEW(FWMARK(1), RESTORE(LEARN)), SET(FAMILIES(1)) },
	{ "set: both families", NEW(FWMARK(1), FAMILIES(1)), SET(FAMILIES(3)) },
	{ "set: guard", NEW(FWMARK(1), GUARD(0)), SET(GUARD(1)) },
	{ "del", NEW(FWMARK(1)), { .cmd = WGMARK_CMD_TUNNEL_DEL } },
	{ "get", NEW(FWMARK(1)), { .cmd = WGMARK_CMD_TUNNEL_GET } },
	{ "dump", NEW(FWMARK(1)), { .cmd = WGMARK_CMD_TUNNEL_GET, .flags = NLM_F_DUMP } },
};

/** struct answer - to a message that was sent
 * @lost: 0, or the errno of the socket: no answer is known
 * @err: 0 or errno
 */
struct answer {
	int lost;
	int err;
};

static char request[65536], buf[1 << 18];
/** struct state - what the module has: a dump of its tunnels, and one of netfilter's hooks */
struct state {
	size_t tunnels_len;
	char tunnels[1 << 16];
	struct nl_hooks hooks;
};

static struct state before, after, wholly, first;
static struct mnl_socket *genl, *events, *route;
static struct nl_family family;
static uint32_t ifindex;
static unsigned int seq, failed, cases, own;

static void wrong(const char *scene, int nth, const char *what)
{
	printf("# %s, allocation %d failed: %s\n", scene, nth, what);
	exit(1);
}

static struct mnl_socket *open_socket(int bus)
{
	struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_NONBLOCK);
	int on = 1;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		die("socket");
	mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &on, sizeof(on));
	return nl;
}

/* Send, with an allocation failing, and read all that comes; replies go to @reply. */
static struct answer talk(struct mnl_socket *nl, struct nlmsghdr *nlh, int nth, bool *hit,
			  char *reply, size_t *reply_len)
{
	struct answer a = { .err = -1 };
	ssize_t len;

	nlh->nlmsg_seq = ++seq;
	*reply_len = 0;
	arm(nth);
	len = mnl_socket_sendto(nl, nlh, nlh->nlmsg_len);
	a.lost = len < 0 ? errno : 0;
	*hit = !disarm();
	/* a lost answer is told before the replies that came before it */
	for (;;) {
		const struct nlmsghdr *r = (void *)buf;
		int left;

		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len < 0 && errno == EAGAIN)
			break;
		if (len < 0 && errno != ENOBUFS)
			die("recv");
		if (len < 0)
			a.lost = errno;
		left = len < 0 ? 0 : len;
		for (; mnl_nlmsg_ok(r, left); r = mnl_nlmsg_next(r, &left)) {
			if (r->nlmsg_type == NLMSG_ERROR || r->nlmsg_type == NLMSG_DONE) {
				a.err = -*(int *)mnl_nlmsg_get_payload(r);
				continue;
			}
			memcpy(reply + *reply_len, mnl_nlmsg_get_payload(r),
			       mnl_nlmsg_get_payload_len(r));
			*reply_len += mnl_nlmsg_get_payload_len(r);
		}
	}
	return a;
}

static struct nlmsghdr *start(uint16_t type, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	g->cmd = cmd;
	g->version = WGMARK_FAMILY_VERSION;
	return nlh;
}

static struct answer command_on(uint32_t device, const struct command *c, int nth, bool *hit)
{
	struct nlmsghdr *nlh = start(family.id, c->cmd, c->flags);
	static char reply[1 << 16];
	size_t len;
	int i;

	if (!c->flags)
		mnl_attr_put_u32(nlh, WGMARK_A_TUNNEL_IFINDEX, device);
	for (i = 0; i < PAIRS_MAX && c->pair[i].type; i++)
		mnl_attr_put(nlh, c->pair[i].type, model_rules[c->pair[i].type].len,
			     &c->pair[i].value);
	return talk(genl, nlh, nth, hit, reply, &len);
}

static void must_on(uint32_t device, const struct command *c)
{
	struct answer a;
	bool hit;

	if (!c->cmd)
		return;
	a = command_on(device, c, 0, &hit);
	if (a.lost || a.err)
		exit((fprintf(stderr, "nl-faults: command %u: error %d\n", c->cmd, a.err), 2));
}

static void must(const struct command *c)
{
	must_on(ifindex, c);
}

static size_t dump(char *to)
{
	struct answer a;
	size_t len;
	bool hit;

	a = talk(genl, start(family.id, WGMARK_CMD_TUNNEL_GET, NLM_F_DUMP), 0, &hit, to, &len);
	if (a.lost || a.err)
		exit((fprintf(stderr, "nl-faults: cannot list: %d %d\n", a.lost, a.err), 2));
	return len;
}

static void look(struct state *s)
{
	s->tunnels_len = dump(s->tunnels);
	nl_hooks_read(&s->hooks);
}

static bool differ(const struct state *a, const struct state *b)
{
	return a->tunnels_len != b->tunnels_len || memcmp(a->tunnels, b->tunnels, a->tunnels_len) ||
	       a->hooks.len != b->hooks.len || memcmp(a->hooks.bytes, b->hooks.bytes, a->hooks.len);
}

/* Were there any, or was it told that they were lost? */
static bool drain_events(void)
{
	bool any = false;
	ssize_t len;

	for (;;) {
		len = mnl_socket_recvfrom(events, buf, sizeof(buf));
		if (len < 0 && errno == EAGAIN)
			return any;
		if (len < 0 && errno != ENOBUFS)
			die("events");
		any = true;
	}
}

/* --- the family's commands ------------------------------------------------ */

static void reset(const struct command *before_it)
{
	static const struct command del = { .cmd = WGMARK_CMD_TUNNEL_DEL };
	struct answer a;
	bool hit;

	a = command_on(ifindex, &del, 0, &hit);
	if (a.lost || (a.err && a.err != ENOENT))
		exit((fprintf(stderr, "nl-faults: del: error %d\n", a.err), 2));
	must(before_it);
	drain_events();
}

/* Returns whether an allocation was left to fail */
static bool play(const struct scene *s, int nth)
{
	struct answer a;
	bool hit, changed, told;

	reset(&s->before);
	must(&s->what);
	look(&wholly);
	if (nth == 1)
		first = wholly;
	if (differ(&first, &wholly))
		wrong(s->name, nth - 1, "after that it does something else");
	reset(&s->before);
	look(&before);

	a = command_on(ifindex, &s->what, nth, &hit);
	told = drain_events();
	look(&after);
	changed = differ(&before, &after);
	if (!a.lost && a.err && a.err != ENOMEM && a.err != ENOBUFS)
		wrong(s->name, nth, strerror(a.err));
	if (a.lost && a.lost != ENOMEM && a.lost != ENOBUFS)
		wrong(s->name, nth, strerror(a.lost));
	if (!a.lost && a.err && changed)
		wrong(s->name, nth, "it was refused, and changed something");
	if ((changed || (!a.lost && !a.err)) && differ(&wholly, &after))
		wrong(s->name, nth, "it was done by half");
	if (changed != told)
		wrong(s->name, nth, told ? "an event of nothing" : "who listens was not told");
	if (!hit && (a.lost || a.err))
		wrong(s->name, nth, "refused, though nothing failed");
	own += own_faults(NULL, 0);
	return hit;
}

/* --- addresses ------------------------------------------------------------ */

static struct answer address(uint16_t type, int af, const char *text, int nth, bool *hit)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	static char reply[1 << 16];
	struct in6_addr ip;
	size_t len;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (type == RTM_NEWADDR)
		nlh->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	ifa->ifa_family = af;
	ifa->ifa_prefixlen = af == AF_INET ? 32 : 128;
	ifa->ifa_flags = IFA_F_NODAD;
	ifa->ifa_index = ifindex;
	inet_pton(af, text, &ip);
	mnl_attr_put(nlh, IFA_LOCAL, af == AF_INET ? 4 : 16, &ip);
	return talk(route, nlh, nth, hit, reply, &len);
}

/* Has the device it? It is asked to add it again. */
static bool has_address(int af, const char *text)
{
	struct answer a;
	bool hit;

	a = address(RTM_NEWADDR, af, text, 0, &hit);
	if (a.lost || (a.err && a.err != EEXIST))
		exit((fprintf(stderr, "nl-faults: %s: error %d\n", text, a.err), 2));
	if (a.err)
		return true;
	address(RTM_DELADDR, af, text, 0, &hit);
	return false;
}

static bool guards(int af, const char *text)
{
	size_t len = dump(after.tunnels), size = af == AF_INET ? 4 : 16;
	struct in6_addr ip;

	inet_pton(af, text, &ip);
	return memmem(after.tunnels, len, &ip, size);
}

static bool log_names(const char *text)
{
	static char log[1 << 20];
	int len = klogctl(KLOG_READ_ALL, log, sizeof(log) - 1);
	char line[100];

	snprintf(line, sizeof(line), "no memory to guard %s;", text);
	return len > 0 && memmem(log, len, line, strlen(line));
}

static bool play_address(uint16_t type, int af, int nth)
{
	static const struct command new = NEW(FWMARK(1));
	char text[INET6_ADDRSTRLEN];
	bool hit, none, has, guarded;
	struct answer a;

	/* one for each time: what the log says is of this time */
	if (af == AF_INET)
		snprintf(text, sizeof(text), "10.3.%d.%d", nth / 250, nth % 250 + 1);
	else
		snprintf(text, sizeof(text), "fd03::%x", nth + 1);
	reset(&new);
	if (type == RTM_DELADDR)
		address(RTM_NEWADDR, af, text, 0, &none);
	a = address(type, af, text, nth, &hit);
	guarded = guards(af, text);
	has = has_address(af, text);
	if (guarded != has && !(has && !a.lost && !a.err && log_names(text)))
		wrong("address", nth, guarded ? "an address that is gone is guarded" :
						"an address is not guarded, and nobody is told");
	if (has)
		address(RTM_DELADDR, af, text, 0, &none);
	if (guards(af, text))
		wrong("address", nth, "an address that is gone is guarded");
	own += own_faults(NULL, 0);
	return hit;
}

static void report(const char *name, int count)
{
	static unsigned int own_before;

	printf("# %s: %d allocations, of which wgmark's own %u\n", name, count, own - own_before);
	fflush(stdout);
	if (!count)
		exit((printf("# %s: nothing failed\n", name), 1));
	own_before = own;
	failed += count;
	cases++;
}

/* --- devices --------------------------------------------------------------- */

static struct nlmsghdr *link_message(uint16_t type, uint16_t flags, uint32_t index)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	ifi->ifi_index = index;
	return nlh;
}

static struct answer link_talk(struct nlmsghdr *nlh, int nth, bool *hit)
{
	static char reply[1 << 16];
	size_t len;

	return talk(route, nlh, nth, hit, reply, &len);
}

/* A device with this index that has a tunnel, and no other before */
static void make_link(uint32_t index)
{
	static const struct command new = NEW(FWMARK(1));
	struct nlmsghdr *nlh = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, index);
	struct nlattr *info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	struct answer a;
	bool hit;

	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "dummy");
	mnl_attr_nest_end(nlh, info);
	a = link_talk(nlh, 0, &hit);
	if (a.lost || a.err)
		exit((fprintf(stderr, "nl-faults: device %u: error %d\n", index, a.err), 2));
	must_on(index, &new);
	drain_events();
}

static bool has_link(uint32_t index)
{
	struct answer a;
	bool hit;

	a = link_talk(link_message(RTM_GETLINK, 0, index), 0, &hit);
	if (a.lost || (a.err && a.err != ENODEV))
		exit((fprintf(stderr, "nl-faults: device %u: error %d\n", index, a.err), 2));
	return !a.err;
}

static bool play_link(int nth)
{
	static const char name[] = "a device deleted";
	const uint32_t index = 10000 + nth;
	bool hit, gone, told, none;
	struct answer a;

	look(&before);
	make_link(index);
	look(&wholly);
	a = link_talk(link_message(RTM_DELLINK, 0, index), nth, &hit);
	told = drain_events();
	look(&after);
	gone = !has_link(index);
	if (!gone && (!hit || (!a.lost && !a.err)))
		wrong(name, nth, "it is still there");
	if (differ(gone ? &before : &wholly, &after))
		wrong(name, nth, gone ? "its tunnel or its hooks are not gone" :
					"it is there, its tunnel or its hooks are not");
	if (gone != told)
		wrong(name, nth, gone ? "who listens was not told" : "an event of nothing");
	if (!gone)
		link_talk(link_message(RTM_DELLINK, 0, index), 0, &none);
	own += own_faults(NULL, 0);
	return hit;
}

/* --- network namespaces --------------------------------------------------- */

enum namespace { MADE, FAILED, REFUSED };

/* Make one, with the @nth allocation failing. Return: how that went; @left: of @nth */
static enum namespace make_namespace(int nth, int *left)
{
	unsigned int own_now;
	int status, ends[2];
	struct made {
		int left;
		bool refused;
	} made;

	if (pipe(ends))
		die("pipe");
	switch (fork()) {
	case -1:
		die("fork");
		break;
	case 0:
		fail_nth_open();
		arm(nth);
		made.refused = unshare(CLONE_NEWNET);
		made.left = disarm();
		if (write(ends[1], &made, sizeof(made)) != sizeof(made))
			die("pipe");
		_exit(!made.left ? FAILED : made.refused ? REFUSED : MADE);
	}
	close(ends[1]);
	if (wait(&status) < 0 || !WIFEXITED(status) ||
	    read(ends[0], &made, sizeof(made)) != sizeof(made))
		wrong("namespace", nth, "the process that makes it died");
	close(ends[0]);
	*left = made.left;
	own_now = own_faults(NULL, 0);
	if (own_now && !made.refused)
		wrong("namespace", nth, "made without what wgmark asked for");
	own += own_now;
	if (WEXITSTATUS(status) == REFUSED)
		wrong("namespace", nth, "refused though no allocation failed");
	return WEXITSTATUS(status);
}

/* Many parts of the kernel are asked, some of which say ENODEV of memory that they lack. A
 * module that was loaded last is asked shortly before the loopback device is made, which is
 * last, so the last allocations do.
 */
static void play_namespaces(void)
{
	unsigned int own_before = own;
	int left, nth, first;

	/* the first one needs more than the next */
	make_namespace(NTH_MAX, &left);
	make_namespace(NTH_MAX, &left);
	first = NTH_MAX - left - NAMESPACE_LAST;
	if (first < 1)
		first = 1;
	for (nth = first; make_namespace(nth, &left) == FAILED; nth++)
		;
	report("a network namespace made, the last ones", nth - first);
	if (own == own_before)
		exit((puts("# a network namespace made: none of wgmark's own failed"), 1));
}

static void open_sockets(void)
{
	struct nlmsghdr *nlh;
	int on = 1;

	fail_nth_open();
	genl = open_socket(NETLINK_GENERIC);
	events = open_socket(NETLINK_GENERIC);
	route = open_socket(NETLINK_ROUTE);
	mnl_socket_setsockopt(events, NETLINK_BROADCAST_ERROR, &on, sizeof(on));

	nlh = start(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, WGMARK_FAMILY_NAME);
	if (mnl_socket_sendto(genl, nlh, nlh->nlmsg_len) < 0 ||
	    mnl_socket_recvfrom(genl, buf, sizeof(buf)) < 0)
		die("family");
	mnl_attr_parse((void *)buf, sizeof(struct genlmsghdr), nl_family_attr, &family);
	while (mnl_socket_recvfrom(genl, buf, sizeof(buf)) >= 0)
		;
	if (!family.id || mnl_socket_setsockopt(events, NETLINK_ADD_MEMBERSHIP, &family.group,
						sizeof(family.group)))
		exit((fputs("nl-faults: no family wgmark\n", stderr), 2));
}

static void play_scenes(const char *beside_what)
{
	char name[100];
	unsigned int i;
	int nth;

	for (i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		for (nth = 1; nth < NTH_MAX && play(&scenes[i], nth); nth++)
			;
		snprintf(name, sizeof(name), "%s%s", scenes[i].name, beside_what);
		report(name, nth - 1);
	}
}

static void play_addresses(void)
{
	static const struct {
		const char *name;
		uint16_t type;
		int af;
	} changes[] = {
		{ "an IPv4 address added", RTM_NEWADDR, AF_INET },
		{ "an IPv6 address added", RTM_NEWADDR, AF_INET6 },
		{ "an IPv4 address removed", RTM_DELADDR, AF_INET },
		{ "an IPv6 address removed", RTM_DELADDR, AF_INET6 },
	};
	unsigned int i;
	int nth;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		for (nth = 1; nth < NTH_MAX; nth++)
			if (!play_address(changes[i].type, changes[i].af, nth))
				break;
		report(changes[i].name, nth - 1);
	}
}

static void play_links(void)
{
	int nth;

	for (nth = 1; nth < NTH_MAX && play_link(nth); nth++)
		;
	report("a device deleted", nth - 1);
}

int main(int argc, char **argv)
{
	static const struct command conntrack = NEW(FWMARK(0x100));
	static const struct command learn = NEW(FWMARK(0x200), RESTORE(LEARN));
	static const struct command nothing;
	struct utsname u;

	if (argc != 4)
		exit((fputs("nl-faults: see the head of nl-faults.c\n", stderr), 2));
	ifindex = strtoul(argv[1], NULL, 0);
	uname(&u);
	open_sockets();
	own_faults(NULL, 0);
	play_scenes("");
	play_addresses();
	reset(&nothing);
	play_links();
	must_on(strtoul(argv[2], NULL, 0), &conntrack);
	must_on(strtoul(argv[3], NULL, 0), &learn);
	play_scenes(", beside others");
	reset(&nothing);
	play_links();
	if (!own)
		exit((puts("# none of wgmark's own allocations failed"), 1));
	play_namespaces();
	printf("proof fault injection: each allocation of a command fails once | %s | %u allocations of %u commands, of which wgmark's own %u | - | refused and unchanged, or done\n",
	       u.release, failed, cases, own);
	return 0;
}
