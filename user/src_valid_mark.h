/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The IPv4 setting src_valid_mark: whether the reverse path check sees a
 * packet's mark
 *
 * The kernel takes conf/all or conf/DEV, whichever is on (IN_DEV_ORCONF() in
 * include/linux/inetdevice.h). "all" is written below /proc/sys. A device's is
 * set over rtnetlink too, which works where /proc/sys is read-only.
 *
 * What a setting was before is kept, see state.h, until it is restored.
 */
#ifndef WGMARK_SRC_VALID_MARK_H
#define WGMARK_SRC_VALID_MARK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nlsock.h"

/**
 * struct src_valid_mark - the setting of one device, or of all
 * @ifindex: the device, 0 for all
 * @dev: its name, or "all"
 * @value: the setting
 */
struct src_valid_mark {
	uint32_t ifindex;
	char dev[IF_NAMESIZE];
	int value;
};

/**
 * src_valid_mark_read() - the setting of all
 * @m: the result
 * @writable: whether it can be written
 *
 * Return: 0, -EPROTO if it is no number, or -errno
 */
int src_valid_mark_read(struct src_valid_mark *m, bool *writable);

/**
 * src_valid_mark_saved() - what settings were before "up" changed them
 * @rtnl: socket
 * @list: of all, and of each device that is there still; to be freed with free()
 * @len: how many
 *
 * Return: 0 or -errno
 */
int src_valid_mark_saved(struct nlsock *rtnl, struct src_valid_mark **list,
			 size_t *len);

/** src_valid_mark_forget_gone() - drop what was kept of devices that are gone, if it can be */
void src_valid_mark_forget_gone(struct nlsock *rtnl);

/**
 * src_valid_mark_change() - change a setting and keep the old one
 * @rtnl: socket
 * @m: what it becomes
 * @old: what it was
 *
 * Return: 0; or -errno, and nothing was done
 */
int src_valid_mark_change(struct nlsock *rtnl, const struct src_valid_mark *m,
			  int old);

/** src_valid_mark_restore() - change it back and forget what was kept */
int src_valid_mark_restore(struct nlsock *rtnl, const struct src_valid_mark *m);

#endif
