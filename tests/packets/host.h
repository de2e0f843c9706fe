/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One of two network namespaces that get the same packets, as run.sh lays it out
 */
#ifndef WGMARK_HOST_H
#define WGMARK_HOST_H

#include "packet.h"

/** enum way - where a packet comes from; the devices are TUNs, in this order */
enum way {
	WAY_LAN,
	WAY_LAN2,
	WAY_WG0,
	WAY_WG1,
	WAY_WG2,
	WAY_WG3,
	WAY_DEVICES,
	WAY_OUT = WAY_DEVICES,	/* a socket of the host itself */
	WAYS,
};

extern const char *const host_devices[WAY_DEVICES];

/** enum point - the nflog groups of the table "observe", in a packet's order */
enum point {
	POINT_ARRIVED = 1,	/* before preraw */
	POINT_IN,		/* after premangle */
	POINT_OUT,		/* after postmangle */
	POINTS,
};

#define EVENT_BYTES 40	/* not the identification of fragments, which the kernel chooses */
#define EVENTS_MAX 32

/**
 * struct event - a packet as it was seen
 * @point: enum point, where
 * @mark: its mark
 * @tracked: it has a connection
 * @ctinfo: enum ip_conntrack_info
 * @ctmark: the connection's mark
 * @len: bytes of the packet
 * @bytes: the first of them
 */
struct event {
	uint32_t point;
	uint32_t mark;
	uint32_t tracked;
	uint32_t ctinfo;
	uint32_t ctmark;
	uint32_t len;
	unsigned char bytes[EVENT_BYTES];
};

/**
 * struct outcome - what became of a packet on one host
 * @error: 0, or errno of who sent it
 * @len: of @events
 * @events: what was seen, in any order
 */
struct outcome {
	int error;
	unsigned int len;
	struct event events[EVENTS_MAX];
};

struct host *host_open(const char *netns);
unsigned int host_ifindex(const struct host *h, enum way way);
void host_send(struct host *h, enum way way, uint32_t mark, const struct packet *p,
	       struct outcome *o);
void host_read(struct host *h, struct outcome *o);
void host_flows(struct host *h, unsigned int *count, uint64_t *sum);
void host_forget_flows(struct host *h);

uint16_t packet_tag(const unsigned char *ip);

#endif
