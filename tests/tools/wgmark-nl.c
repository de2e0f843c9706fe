// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark-nl - say anything to the family "wgmark", right or wrong
 *
 *	wgmark-nl [-b BYTES] [-f FLAGS] [-i COMMAND] CMD [ATTR:TYPE:VALUE]...
 *	wgmark-nl -c [-t] [-f FLAGS] [-w SECONDS]
 *	wgmark-nl -m SECONDS
 *
 * CMD and ATTR are numbers of <linux/wgmark.h>; TYPE is u8, u32, u64, str or
 * hex. FLAGS are added to NLM_F_REQUEST | NLM_F_ACK; 0x300 is a dump. Prints
 * each reply as a line of ATTR=HEX, then "ok", or "error NAME: extack" with
 * the attribute that it blames or misses; exit status 0 or 1. With -m prints
 * the family's events for that long, and "lost" where the kernel says that some were;
 * exit status 0 if any came. With -c each line
 * of standard input is a "CMD [ATTR:TYPE:VALUE]...", of which nothing is printed
 * but what goes wrong; with -t also the nanoseconds that each took. With -w they are a file,
 * which is said again and again for that long. BYTES is the size of the buffer to receive
 * with, to which the kernel fits the messages of a dump. COMMAND is run once the first of
 * these are there; of a reply in which the kernel says that the dump is not of one moment
 * (NLM_F_DUMP_INTR), the line begins with "inconsistent".
 */

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/wgmark.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nl-family.h"

/* added after the libmnl headers of old distributions */
#define ATTR_MISS_TYPE 5

static char buf[1 << 20];
static size_t buf_len = sizeof(buf);
static int quiet;
static const char *interrupt;
static struct mnl_socket *nl;
static unsigned int seq;
static struct nl_family family;

static int die(const char *what)
{
	perror(what);
	exit(2);
}

static int print_attr(const struct nlattr *a, void *data __attribute__((unused)))
{
	const unsigned char *p = mnl_attr_get_payload(a);
	size_t i, len = mnl_attr_get_payload_len(a);

	printf(" %u=", mnl_attr_get_type(a));
	for (i = 0; i < len; i++)
		printf("%02x", p[i]);
	return MNL_CB_OK;
}

static void print_reply(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *g = mnl_nlmsg_get_payload(nlh);

	printf("%s %u:", nlh->nlmsg_flags & NLM_F_DUMP_INTR ? "inconsistent" : "reply", g->cmd);
	mnl_attr_parse(nlh, sizeof(*g), print_attr, NULL);
	putchar('\n');
}

static void print_extack(const struct nlmsghdr *nlh, size_t off)
{
	const struct nlattr *a;

	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_for_each(a, nlh, off) {
			switch (mnl_attr_get_type(a)) {
			case NLMSGERR_ATTR_MSG:
				printf(" %s", mnl_attr_get_str(a));
				break;
			case NLMSGERR_ATTR_OFFS:
				printf(" [at %u]", mnl_attr_get_u32(a));
				break;
			case ATTR_MISS_TYPE:
				printf(" [misses %u]", mnl_attr_get_u32(a));
				break;
			}
		}
	putchar('\n');
}

/* An NLMSG_ERROR or NLMSG_DONE; both begin with 0 or a negative errno. */
static int print_verdict(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t off = sizeof(*e);

	if (!e->error) {
		if (!quiet)
			puts("ok");
		return 0;
	}
	printf("error %s:", strerrorname_np(-e->error) ?: "?");
	if (nlh->nlmsg_type == NLMSG_DONE)
		off = sizeof(e->error);
	else if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		off += MNL_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	print_extack(nlh, off);
	return 1;
}

/* Returns the verdict on the request, 0 or 1. */
static int talk(struct nlmsghdr *req, void (*reply)(const struct nlmsghdr *))
{
	req->nlmsg_seq = ++seq;
	if (mnl_socket_sendto(nl, req, req->nlmsg_len) < 0)
		die("send");
	for (;;) {
		int len = mnl_socket_recvfrom(nl, buf, buf_len);
		const struct nlmsghdr *nlh = (void *)buf;

		if (len < 0)
			die("recv");
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_type == NLMSG_ERROR ||
			    nlh->nlmsg_type == NLMSG_DONE)
				return print_verdict(nlh);
			reply(nlh);
		}
		if (interrupt && system(interrupt))
			exit((fprintf(stderr, "wgmark-nl: failed: %s\n", interrupt), 2));
		interrupt = NULL;
	}
}

static struct nlmsghdr *start(uint16_t type, uint16_t flags, uint8_t cmd)
{
	static char req[1 << 16];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(req);
	struct genlmsghdr *g;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->cmd = cmd;
	g->version = 1;
	return nlh;
}

static void put_hex(struct nlmsghdr *nlh, int type, const char *hex)
{
	unsigned char bytes[4096];
	size_t n = 0;

	for (; hex[0] && hex[1] && n < sizeof(bytes); hex += 2)
		sscanf(hex, "%2hhx", &bytes[n++]);
	mnl_attr_put(nlh, type, n, bytes);
}

static void put(struct nlmsghdr *nlh, const char *arg)
{
	char kind[4], value[8192] = "";
	int type;

	if (sscanf(arg, "%i:%3[a-z0-9]:%8191[^\n]", &type, kind, value) < 2)
		exit((fprintf(stderr, "wgmark-nl: not an attribute: %s\n", arg), 2));
	if (!strcmp(kind, "u8"))
		mnl_attr_put_u8(nlh, type, strtoul(value, NULL, 0));
	else if (!strcmp(kind, "u32"))
		mnl_attr_put_u32(nlh, type, strtoul(value, NULL, 0));
	else if (!strcmp(kind, "u64"))
		mnl_attr_put_u64(nlh, type, strtoull(value, NULL, 0));
	else if (!strcmp(kind, "str"))
		mnl_attr_put_strz(nlh, type, value);
	else
		put_hex(nlh, type, value);
}

static int monitor(int seconds)
{
	struct pollfd p = { .fd = mnl_socket_get_fd(nl), .events = POLLIN };
	time_t end = time(NULL) + seconds;
	int any = 0;

	if (mnl_socket_setsockopt(nl, NETLINK_ADD_MEMBERSHIP, &family.group, sizeof(family.group)))
		die("join");
	puts("ready");
	fflush(stdout);
	while (time(NULL) < end) {
		const struct nlmsghdr *nlh = (void *)buf;
		int len;

		if (poll(&p, 1, 200) <= 0)
			continue;
		len = mnl_socket_recvfrom(nl, buf, buf_len);
		if (len < 0 && errno != ENOBUFS)
			die("recv");
		if (len < 0)
			puts("lost");
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
			print_reply(nlh);
		fflush(stdout);
		any = 1;
	}
	return !any;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

/* All lines of standard input; Return: 0 or 1, as talk() */
static int commands(int flags, int timed)
{
	struct nlmsghdr *nlh;
	int failed = 0;
	char line[4096];
	uint64_t begin;
	char *word;

	quiet = 1;
	while (fgets(line, sizeof(line), stdin)) {
		word = strtok(line, "\n ");
		if (!word)
			continue;
		nlh = start(family.id, NLM_F_ACK | flags, strtoul(word, NULL, 0));
		while ((word = strtok(NULL, "\n ")))
			put(nlh, word);
		begin = now();
		failed |= talk(nlh, print_reply);
		if (timed)
			printf("%llu\n", (unsigned long long)(now() - begin));
	}
	return failed;
}

int main(int argc, char **argv)
{
	int flags = 0, seconds = 0, lines = 0, timed = 0, again = 0, failed, on = 1, opt;
	struct nlmsghdr *nlh;
	time_t end;

	while ((opt = getopt(argc, argv, "b:cf:i:m:tw:")) != -1) {
		if (opt == 'b')
			buf_len = strtoul(optarg, NULL, 0);
		else if (opt == 'c')
			lines = 1;
		else if (opt == 't')
			timed = 1;
		else if (opt == 'f')
			flags = strtol(optarg, NULL, 0);
		else if (opt == 'i')
			interrupt = optarg;
		else if (opt == 'm')
			seconds = atoi(optarg);
		else if (opt == 'w')
			again = atoi(optarg);
		else
			return 2;
	}
	if ((!seconds && !lines && optind == argc) || buf_len > sizeof(buf))
		return 2;

	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		die("socket");
	mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &on, sizeof(on));

	nlh = start(GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, WGMARK_FAMILY_NAME);
	nlh->nlmsg_seq = ++seq;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0 ||
	    mnl_socket_recvfrom(nl, buf, buf_len) < 0)
		die("family");
	if (((struct nlmsghdr *)buf)->nlmsg_type == NLMSG_ERROR)
		exit((fputs("wgmark-nl: no family wgmark\n", stderr), 2));
	mnl_attr_parse((void *)buf, sizeof(struct genlmsghdr), nl_family_attr, &family);
	if (seconds)
		return monitor(seconds);
	if (lines) {
		end = time(NULL) + again;
		failed = commands(flags, timed);
		while (time(NULL) < end) {
			if (fseek(stdin, 0, SEEK_SET))
				die("stdin");
			failed |= commands(flags, timed);
		}
		return failed;
	}

	nlh = start(family.id, NLM_F_ACK | flags, strtoul(argv[optind++], NULL, 0));
	for (; optind < argc; optind++)
		put(nlh, argv[optind]);
	return talk(nlh, print_reply);
}
