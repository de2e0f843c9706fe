/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who sends messages to the family "wgmark": processes that may, and that may not
 */
#ifndef NL_SENDER_H
#define NL_SENDER_H

#include <libmnl/libmnl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nl-coverage.h"
#include "nl-model.h"

#define BYTES_MAX 65536		/* of a datagram */
#define NOBODY 65534

/**
 * struct sender - who sends, a process of its own
 * @name: for what is printed
 * @become: turns the process into it, and returns its socket
 * @admin: may configure @model's namespace
 * @model: its network namespace
 * @fd: to the process
 * @last: the last dump
 * @last_len: of @last; 0 if something was changed since then
 */
struct sender {
	const char *name;
	struct mnl_socket *(*become)(void);
	bool admin;
	struct model *model;
	int fd;
	unsigned char last[BYTES_MAX];
	size_t last_len;
};

/* The datagram, and all that the kernel said to it */
static unsigned char data[BYTES_MAX], reply[1 << 18];
static size_t data_len, reply_len;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* Connected: for a message that names its receiver, it would not matter to the kernel
 * who opened the socket.
 */
static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_GENERIC);
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int on = 1;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &on, sizeof(on)) ||
	    connect(mnl_socket_get_fd(nl), (struct sockaddr *)&kernel, sizeof(kernel)))
		die("socket");
	return nl;
}

static void drop(void)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		die("setresuid");
}

static struct mnl_socket *become_nobody(void)
{
	drop();
	return open_socket();
}

static struct mnl_socket *become_opener(void)
{
	struct mnl_socket *nl;

	if (seteuid(NOBODY))
		die("seteuid");
	nl = open_socket();
	if (seteuid(0))
		die("seteuid");
	return nl;
}

static struct mnl_socket *become_dropper(void)
{
	struct mnl_socket *nl = open_socket();

	drop();
	return nl;
}

static struct mnl_socket *become_userns(void)
{
	if (unshare(CLONE_NEWUSER))
		die("unshare");
	return open_socket();
}

static struct mnl_socket *become_owner(void)
{
	FILE *map;
	int i;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		die("unshare");
	map = fopen("/proc/self/uid_map", "w");
	if (!map || fputs("0 0 1\n", map) < 0 || fclose(map))
		die("uid_map");
	for (i = 0; i < MODEL_DEVICES - 1; i++)
		if (system("ip link add type dummy"))
			exit((fputs("nl-fuzz: no devices\n", stderr), 2));
	return open_socket();
}

static size_t receive_all(struct mnl_socket *nl)
{
	int fd = mnl_socket_get_fd(nl);
	size_t got = 0;
	ssize_t len;

	for (;;) {
		len = recv(fd, reply + got, sizeof(reply) - got, MSG_DONTWAIT);
		if (len < 0 && errno == EAGAIN)
			return got;
		if (len <= 0)
			die("recv");
		got += NLMSG_ALIGN(len);
	}
}

/* First says which devices there are, then what the kernel says to each datagram. */
static void serve(struct sender *s, int fd)
{
	struct if_nameindex *devices;
	struct mnl_socket *nl;
	struct model m = {};
	ssize_t len;

	coverage_of_this_process();
	nl = s->become();
	devices = if_nameindex();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (; devices[m.len].if_index && m.len < MODEL_DEVICES; m.len++)
		m.ifindex[m.len] = devices[m.len].if_index;
	if (send(fd, &m, sizeof(m), 0) < 0)
		die("send");
	while ((len = recv(fd, data, sizeof(data), 0)) > 0) {
		coverage_begin();
		if (send(mnl_socket_get_fd(nl), data, len, 0) != len)
			die("send");
		/* an empty answer would look like the end */
		len = receive_all(nl);
		coverage_end();
		if (send(fd, reply, len ? len : 1, 0) < 0)
			die("send");
	}
	exit(0);
}

static void start(struct sender *s)
{
	int fd[2], room = sizeof(reply) * 2;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd) ||
	    setsockopt(fd[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) ||
	    setsockopt(fd[1], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		die("socketpair");
	switch (fork()) {
	case -1:
		die("fork");
		break;
	case 0:
		close(fd[0]);
		serve(s, fd[1]);
	}
	close(fd[1]);
	s->fd = fd[0];
	if (recv(s->fd, reply, sizeof(reply), 0) != sizeof(*s->model))
		exit((fprintf(stderr, "nl-fuzz: no sender %s\n", s->name), 2));
	if (s->admin)
		memcpy(s->model, reply, sizeof(*s->model));
}

static bool exchange(struct sender *s)
{
	ssize_t len;

	if (send(s->fd, data, data_len, 0) != (ssize_t)data_len)
		die("send");
	len = recv(s->fd, reply, sizeof(reply), 0);
	if (len <= 0)
		return false;
	reply_len = len;
	return true;
}

#endif
