// SPDX-License-Identifier: GPL-2.0
/*
 * The IPv4 setting src_valid_mark
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "list.h"
#include "rtnl.h"
#include "src_valid_mark.h"
#include "state.h"

#define PATH "/proc/sys/net/ipv4/conf/all/src_valid_mark"

/* What the settings are kept under: with the device's index, or with 0. */
#define KEY "src_valid_mark:"

int src_valid_mark_read(struct src_valid_mark *m, bool *writable)
{
	char text[32] = "", *end;
	int fd, err = 0;
	ssize_t n;

	*m = (struct src_valid_mark){ .dev = "all" };
	*writable = access(PATH, W_OK) == 0;
	fd = open(PATH, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		err = -errno;
	close(fd);
	if (err)
		return err;

	m->value = strtol(text, &end, 10);
	return end == text ? -EPROTO : 0;
}

static int write_all(int value)
{
	int fd, err = 0;

	fd = open(PATH, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%d\n", value) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int set(struct nlsock *rtnl, const struct src_valid_mark *m)
{
	if (m->ifindex)
		return rtnl_src_valid_mark_set(rtnl, m->ifindex, m->value);
	return write_all(m->value);
}

static void make_key(char key[static STATE_KEY_LEN], uint32_t ifindex)
{
	snprintf(key, STATE_KEY_LEN, KEY "%" PRIu32, ifindex);
}

static int forget(uint32_t ifindex)
{
	char key[STATE_KEY_LEN];

	make_key(key, ifindex);
	return state_drop(key);
}

struct saved {
	struct nlsock *rtnl;
	struct src_valid_mark *list;
	size_t len;
};

static int take_saved(const char *rest, int value, void *data)
{
	struct src_valid_mark m = { .dev = "all", .value = value };
	struct saved *s = data;
	struct link link;
	int err;

	m.ifindex = strtoul(rest, NULL, 10);
	if (m.ifindex) {
		err = rtnl_link_get(s->rtnl, &link, NULL, m.ifindex);
		/* its setting has gone with it */
		if (err)
			return err == -ENODEV ? 0 : err;
		snprintf(m.dev, sizeof(m.dev), "%s", link.name);
	}

	return list_append(&s->list, &s->len, &m, sizeof(m));
}

int src_valid_mark_saved(struct nlsock *rtnl, struct src_valid_mark **list, size_t *len)
{
	struct saved s = { .rtnl = rtnl };
	int err;

	err = state_each(KEY, take_saved, &s);
	*list = s.list;
	*len = s.len;
	return err;
}

static int forget_gone(const char *rest, int value, void *data)
{
	uint32_t ifindex = strtoul(rest, NULL, 10);
	struct link link;

	(void)value;
	if (ifindex && rtnl_link_get(data, &link, NULL, ifindex) == -ENODEV)
		forget(ifindex);
	return 0;
}

void src_valid_mark_forget_gone(struct nlsock *rtnl)
{
	state_each(KEY, forget_gone, rtnl);
}

int src_valid_mark_change(struct nlsock *rtnl, const struct src_valid_mark *m, int old)
{
	char key[STATE_KEY_LEN];
	int err;

	make_key(key, m->ifindex);
	err = state_save(key, old);
	if (err)
		return err;
	err = set(rtnl, m);
	if (err)
		state_drop(key);
	return err;
}

int src_valid_mark_restore(struct nlsock *rtnl, const struct src_valid_mark *m)
{
	int err;

	err = set(rtnl, m);
	/* its setting has gone with it */
	if (err == -ENODEV)
		err = 0;
	return err ?: forget(m->ifindex);
}
