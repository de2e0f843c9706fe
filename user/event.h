/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What "monitor" tells of: the module's events, and what it sees by itself
 */
#ifndef WGMARK_EVENT_H
#define WGMARK_EVENT_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "addr.h"
#include "kmod.h"

/** enum event_type - what happened */
enum event_type {
	EVENT_MODULE_PRESENT,	/* the module is there, or has come */
	EVENT_MODULE_ABSENT,	/* it is not there, or went */
	EVENT_TUNNEL_PRESENT,	/* a tunnel was there before anybody listened */
	EVENT_TUNNEL_ADDED,
	EVENT_TUNNEL_CHANGED,
	EVENT_TUNNEL_REMOVED,
	EVENT_SPOOFED,		/* packets were dropped */
	EVENT_LOST,		/* events were lost */
};

/**
 * struct event - one of them
 * @type: which
 * @time: when it was read
 * @tunnel: its tunnel; of EVENT_SPOOFED the name and index alone
 * @seen: of EVENT_TUNNEL_REMOVED: the event itself was lost, and so were the
 *	tunnel's last counters
 * @untold: of EVENT_TUNNEL_*: dropped packets that no event has told of
 * @count: of EVENT_SPOOFED: packets since the last such event
 * @saddr: likewise, of the first of them: its source
 * @daddr: its destination
 * @iif: name or number of the device that it came in by
 */
struct event {
	enum event_type type;
	struct timespec time;
	struct kmod_tunnel tunnel;
	bool seen;
	uint64_t untold;
	uint64_t count;
	struct prefix saddr;
	struct prefix daddr;
	char iif[IF_NAMESIZE];
};

/**
 * event_take() - read a message of the group "events"
 * @nlh: the message
 * @e: the result, without @time; to be freed with event_free(), after an error too
 *
 * Return: 0; -ENOMSG for an event that is not known; -EPROTO or -ENOMEM
 */
int event_take(const struct nlmsghdr *nlh, struct event *e);

/** event_free() - free what event_take() allocated */
void event_free(struct event *e);

/** event_print() - write it as a line for people, or as a line of JSON */
void event_print(FILE *out, const struct event *e, bool json);

#endif
