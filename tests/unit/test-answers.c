// SPDX-License-Identifier: GPL-2.0
/*
 * What is made of the kernel's answers that this machine's kernel does not give, played from
 * the other end of the socket; tests/fuzz has any answers
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include "fib.h"
#include "tap.h"
#include "wg.h"

static struct kernel k;
static int kernel_fd;

/* SOCK_SEQPACKET does not look at the address that a request is sent to */
static void begin(struct nlsock *s)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd))
		abort();
	kernel_fd = fd[1];
	k = (struct kernel){ .wireguard = 77 };
	*s = (struct nlsock){
		.nl = mnl_socket_fdopen(fd[0]), .text = k.text,
		.tx = malloc(NLSOCK_MSG_MAX), .tx_cap = NLSOCK_MSG_MAX,
		.rx = malloc(NLSOCK_MSG_MAX), .rx_cap = NLSOCK_MSG_MAX,
	};
	if (!s->nl || !s->tx || !s->rx)
		abort();
}

static void end(struct nlsock *s)
{
	nlsock_close(s);
	close(kernel_fd);
}

static void say(const struct nlmsghdr *nlh)
{
	if (write(kernel_fd, nlh, nlh->nlmsg_len) != (ssize_t)nlh->nlmsg_len)
		abort();
}

/* The answer to message @seq, also to one that asked for a dump, with a sentence or none */
static void say_error(uint32_t seq, int err, const char *text)
{
	char buf[512];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = NLM_F_CAPPED | (text ? NLM_F_ACK_TLVS : 0);
	nlh->nlmsg_seq = seq;
	e->error = err;
	if (text)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, text);
	say(nlh);
}

static void say_route(uint32_t seq, sa_family_t family)
{
	char buf[512];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

	nlh->nlmsg_type = RTM_NEWROUTE;
	nlh->nlmsg_seq = seq;
	*rtm = (struct rtmsg){ .rtm_family = family };
	say(nlh);
}

/* What was done is undone; the sentence stays that on what failed, whatever the undo's is */
static void test_sync(const char *text)
{
	const struct wg_device from = { .listen_port = 1 }, to = { .listen_port = 2 };
	int err;

	begin(&k.genl);
	say_error(1, -EADDRINUSE, "somebody has it");
	say_error(2, 0, text);
	err = wg_sync(&k, 7, &from, &to);
	tap_ok(err == -EADDRINUSE && k.genl.seq == 2, "wg_sync: undone after an error");
	tap_same(k.text, "somebody has it", "wg_sync: the error's sentence");
	end(&k.genl);
}

/* By what the kernel says to a dump: IPv4's rules and routes, then IPv6's */
static const struct {
	const char *name;
	int says[4];
	int want;
	size_t routes;
} fibs[] = {
	{ "all is there", { 0 }, 0, 2 },
	{ "no IPv6", { 0, 0, -EAFNOSUPPORT, -EAFNOSUPPORT }, 0, 1 },
	{ "no IPv6, in other words", { 0, 0, -EOPNOTSUPP, -EOPNOTSUPP }, 0, 1 },
	{ "IPv6 without rules", { 0, 0, -EAFNOSUPPORT, 0 }, 0, 2 },
	{ "IPv6 without rules, in other words", { 0, 0, -EOPNOTSUPP, 0 }, 0, 2 },
	{ "IPv6's other errors", { 0, 0, -ENOMEM, 0 }, -ENOMEM, 1 },
	{ "IPv4's rules cannot be missing", { -EOPNOTSUPP }, -EOPNOTSUPP, 0 },
	{ "nor its routes", { 0, -EAFNOSUPPORT }, -EAFNOSUPPORT, 0 },
};

static void test_fib(size_t i)
{
	struct fib f;
	size_t j;
	int err;

	begin(&k.rtnl);
	/* links, and conf/all */
	say_error(1, 0, NULL);
	say_error(2, 0, NULL);
	for (j = 0; j < 4; j++) {
		if (j % 2 && !fibs[i].says[j])
			say_route(j + 3, j == 1 ? AF_INET : AF_INET6);
		say_error(j + 3, fibs[i].says[j], NULL);
	}
	err = fib_take(&k.rtnl, &f);
	tap_ok(err == fibs[i].want && f.routes_len == fibs[i].routes, "fib_take: %s: %d, %zu routes",
	       fibs[i].name, err, f.routes_len);
	fib_free(&f);
	end(&k.rtnl);
}

/* An error of the question ends it; what is said of the packet is the answer */
static const struct {
	int says;
	bool is_answer;
} asks[] = {
	{ -ENETUNREACH, true },
	{ -EOPNOTSUPP, true },
	{ -EAFNOSUPPORT, true },
	{ -EPERM, false },
	{ -ENOMEM, false },
};

static void test_ask(size_t i)
{
	struct flow flow = { .family = AF_INET6, .to = { .family = AF_INET6, .len = 128 } };
	struct fib_answer a;
	int err;

	begin(&k.rtnl);
	say_error(1, asks[i].says, NULL);
	err = fib_ask(&k.rtnl, &flow, &a);
	tap_ok(asks[i].is_answer ? !err && a.err == asks[i].says : err == asks[i].says,
	       "fib_ask: %s: %d, %d", strerror(-asks[i].says), err, a.err);
	end(&k.rtnl);
}

int main(void)
{
	size_t i;

	test_sync(NULL);
	test_sync("and the undo says this");
	for (i = 0; i < TAP_LEN(fibs); i++)
		test_fib(i);
	for (i = 0; i < TAP_LEN(asks); i++)
		test_ask(i);
	return tap_done();
}
