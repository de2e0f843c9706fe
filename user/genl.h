/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink families by name
 */
#ifndef WGMARK_GENL_H
#define WGMARK_GENL_H

#include <linux/genetlink.h>

#include "nlsock.h"

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
