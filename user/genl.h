/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink families by name
 */
#ifndef WGMARK_GENL_H
#define WGMARK_GENL_H

#include <linux/genetlink.h>

#include "nlsock.h"

/**
 * struct genl_family - what the kernel tells of a family
 * @id: message type of its commands
 * @version: its own
 * @group: number of the multicast group that was asked for, 0 if it has none
 */
struct genl_family {
	uint16_t id;
	uint32_t version;
	uint32_t group;
};

/**
 * genl_get() - ask the kernel for a family
 * @s: NETLINK_GENERIC
 * @f: the result
 * @name: of the family
 * @group: name of one of its groups, or NULL
 *
 * As genl_lookup() otherwise.
 */
int genl_get(struct nlsock *s, struct genl_family *f, const char *name,
	     const char *group);

/** genl_names() - whether a message of the family nlctrl is about a family */
bool genl_names(const struct nlmsghdr *nlh, const char *name);

/**
 * genl_lookup() - ask the kernel for a family
 * @s: NETLINK_GENERIC
 * @id: the result, the message type of the family's commands
 * @name: of the family
 *
 * The kernel loads a module that has the family's alias.
 * Return: 0, -ENOENT if there is no such family, or -errno
 */
int genl_lookup(struct nlsock *s, uint16_t *id, const char *name);

/**
 * genl_put() - begin a command of a family
 * @s: NETLINK_GENERIC
 * @id: the family's
 * @cmd: the command
 * @version: of the family
 * @flags: NLM_F_ACK or 0 for a dump
 *
 * Return: as nlsock_put()
 */
struct nlmsghdr *genl_put(struct nlsock *s, uint16_t id, uint8_t cmd,
			  uint8_t version, uint16_t flags);

#endif
