// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl monitor": the module's events as they happen
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "commands.h"
#include "event.h"
#include "genl.h"
#include "list.h"
#include "msg.h"
#include "verb.h"

/**
 * struct known - a tunnel that was told of
 * @ifindex: its device
 * @ifname: the name then
 * @told: packets that were dropped before, or that an event told of
 * @there: for the comparison after a loss
 */
struct known {
	uint32_t ifindex;
	char ifname[IF_NAMESIZE];
	uint64_t told;
	bool there;
};

/**
 * struct monitor - what the verb works with
 * @k: for questions
 * @events: joins the groups of wgmark and of nlctrl
 * @text: of @events
 * @nlctrl: id of the family that tells of families
 * @family: id of wgmark, 0 while it is not there
 * @json: --json
 * @lost: some events were
 * @module_came: nlctrl has told of wgmark
 * @known: the tunnels
 * @known_len: how many
 */
struct monitor {
	struct kernel k;
	struct nlsock events;
	char text[NLSOCK_TEXT_LEN];
	uint16_t nlctrl;
	uint16_t family;
	bool json;
	bool lost;
	bool module_came;
	struct known *known;
	size_t known_len;
};

static void tell(const struct monitor *m, struct event *e)
{
	clock_gettime(CLOCK_REALTIME, &e->time);
	event_print(stdout, e, m->json);
}

static void tell_type(const struct monitor *m, enum event_type type)
{
	struct event e = { .type = type };

	tell(m, &e);
}

static struct known *find_known(struct monitor *m, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < m->known_len; i++) {
		if (m->known[i].ifindex == ifindex)
			return &m->known[i];
	}
	return NULL;
}

/* Return: the tunnel, new if it was not known; or NULL without memory */
static struct known *know(struct monitor *m, const struct kmod_tunnel *t)
{
	struct known new = { .ifindex = t->ifindex, .told = t->counters.spoofed };
	struct known *n = find_known(m, t->ifindex);

	if (!n) {
		if (list_append(&m->known, &m->known_len, &new, sizeof(new)))
			return NULL;
		n = &m->known[m->known_len - 1];
	}
	memcpy(n->ifname, t->ifname, sizeof(n->ifname));
	return n;
}

static void forget(struct monitor *m, struct known *n)
{
	*n = m->known[--m->known_len];
}

/* The packets in a tunnel's counter that no event has told of */
static uint64_t count_untold(struct known *n, const struct kmod_tunnel *t)
{
	uint64_t untold = t->counters.spoofed > n->told ? t->counters.spoofed - n->told : 0;

	n->told += untold;
	return untold;
}

static int tell_present(struct monitor *m, struct kmod_tunnel *t)
{
	struct event e = { .type = EVENT_TUNNEL_PRESENT, .tunnel = *t };
	struct known *n = know(m, t);

	if (!n)
		return -ENOMEM;
	n->there = true;
	e.untold = count_untold(n, t);
	tell(m, &e);
	return 0;
}

/* The state in place of events that nobody has heard */
static int tell_state(struct monitor *m)
{
	struct kmod_tunnel *list;
	size_t len, i;
	int err;

	for (i = 0; i < m->known_len; i++)
		m->known[i].there = false;
	err = kmod_tunnel_list(&m->k, &list, &len);
	for (i = 0; i < len && !err; i++)
		err = tell_present(m, &list[i]);
	kmod_tunnel_list_free(list, len);

	for (i = m->known_len; i-- && !err; ) {
		struct known *n = &m->known[i];
		struct event e = {
			.type = EVENT_TUNNEL_REMOVED,
			.tunnel = { .ifindex = n->ifindex },
			.seen = true,
		};

		if (n->there)
			continue;
		memcpy(e.tunnel.ifname, n->ifname, sizeof(n->ifname));
		tell(m, &e);
		forget(m, n);
	}
	return err;
}

static void module_went(struct monitor *m)
{
	m->family = 0;
	free(m->known);
	m->known = NULL;
	m->known_len = 0;
	tell_type(m, EVENT_MODULE_ABSENT);
}

/* Listen to the module, if it is there */
static int join(struct monitor *m)
{
	struct genl_family f;
	int err;

	m->module_came = false;
	err = genl_get(&m->k.genl, &f, WGMARK_FAMILY_NAME, WGMARK_MCGRP_EVENTS);
	if (err == -ENOENT) {
		module_went(m);
		return 0;
	}
	if (!err)
		err = nlsock_join(&m->events, f.group);
	if (err)
		return err;
	m->family = f.id;
	m->k.wgmark = f.id;
	tell_type(m, EVENT_MODULE_PRESENT);
	return tell_state(m);
}

static int take_event(struct monitor *m, const struct nlmsghdr *nlh)
{
	struct known *n;
	struct event e;
	int err;

	err = event_take(nlh, &e);
	if (err)
		goto out;
	n = e.type == EVENT_SPOOFED ? find_known(m, e.tunnel.ifindex) : know(m, &e.tunnel);
	if (e.type == EVENT_SPOOFED && n)
		n->told += e.count;
	else if (n)
		e.untold = count_untold(n, &e.tunnel);
	tell(m, &e);
	if (e.type == EVENT_TUNNEL_REMOVED && n)
		forget(m, n);
out:
	event_free(&e);
	/* of a newer module */
	return err == -ENOMSG ? 0 : err;
}

static int take(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *head = mnl_nlmsg_get_payload(nlh);
	struct monitor *m = data;

	if (m->family && nlh->nlmsg_type == m->family)
		return take_event(m, nlh);
	if (nlh->nlmsg_type != m->nlctrl || mnl_nlmsg_get_payload_len(nlh) < sizeof(*head) ||
	    !genl_names(nlh, WGMARK_FAMILY_NAME))
		return 0;
	if (head->cmd == CTRL_CMD_NEWFAMILY)
		m->module_came = true;
	else if (head->cmd == CTRL_CMD_DELFAMILY)
		module_went(m);
	return 0;
}

/* Read one datagram. Return: 0 or -errno */
static int hear(struct monitor *m)
{
	int err = nlsock_events(&m->events, take, m);

	if (err == -ENOBUFS)
		m->lost = true;
	return err == -ENOBUFS || err == -EAGAIN ? 0 : err;
}

/* After a loss the kernel adds nothing until all was read, which it is now */
static int settle(struct monitor *m)
{
	if (m->lost)
		tell_type(m, EVENT_LOST);
	m->lost = false;
	return join(m);
}

static int start(struct monitor *m)
{
	struct genl_family f;
	int err;

	err = nlsock_open(&m->events, NETLINK_GENERIC, m->text);
	if (!err)
		err = genl_get(&m->k.genl, &f, "nlctrl", "notify");
	if (!err) {
		m->nlctrl = f.id;
		err = nlsock_join(&m->events, f.group);
	}
	return err ?: join(m);
}

/* Until a signal comes or nobody reads any more. Return: 0 or -errno */
static int listen_on(struct monitor *m, int signals)
{
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = nlsock_fd(&m->events), .events = POLLIN },
		/* that the reader went is known at once, not with the next event */
		{ .fd = STDOUT_FILENO },
	};
	int err = 0;

	while (!err && !fflush(stdout)) {
		bool unsettled = m->lost || m->module_came;

		if (poll(fds, sizeof(fds) / sizeof(fds[0]), unsettled ? 0 : -1) < 0)
			return -errno;
		if (fds[0].revents || fds[2].revents & (POLLERR | POLLHUP))
			break;
		if (fds[1].revents)
			err = hear(m);
		else if (unsettled)
			err = settle(m);
	}
	return err;
}

/* SIGINT and SIGTERM as something to read. Return: a descriptor or -errno */
static int open_signals(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int monitor(struct monitor *m)
{
	int signals, err;

	signals = open_signals();
	err = signals < 0 ? signals : start(m);
	if (!err)
		err = listen_on(m, signals);
	if (signals >= 0)
		close(signals);
	if (err)
		msg_errno(err, m->k.text, "cannot listen to the module");
	/* a reader that has seen enough is no failure; a full disk is, see main.c */
	if (fflush(stdout) && errno == EPIPE) {
		__fpurge(stdout);
		clearerr(stdout);
	}
	return verb_status(err);
}

int cmd_monitor(const struct options *o, const char *arg)
{
	struct monitor m = { .json = o->json };
	int status;

	if (arg) {
		msg("monitor takes no argument");
		return STATUS_USAGE;
	}
	status = verb_open(&m.k);
	if (!status)
		status = monitor(&m);
	nlsock_close(&m.events);
	kernel_close(&m.k);
	free(m.known);
	return status;
}
