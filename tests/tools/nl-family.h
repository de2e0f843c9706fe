/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's answer to CTRL_CMD_GETFAMILY says of a family
 */
#ifndef WGMARK_TESTS_NL_FAMILY_H
#define WGMARK_TESTS_NL_FAMILY_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdint.h>

/**
 * struct nl_family - the family
 * @id: of its messages
 * @group: of its events, if it has one group
 */
struct nl_family {
	uint16_t id;
	uint32_t group;
};

/** nl_family_attr() - take one attribute of the answer, for mnl_attr_parse() */
static inline int nl_family_attr(const struct nlattr *attr, void *data)
{
	struct nl_family *family = data;
	const struct nlattr *a, *b;

	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		family->id = mnl_attr_get_u16(attr);
	if (mnl_attr_get_type(attr) != CTRL_ATTR_MCAST_GROUPS)
		return MNL_CB_OK;
	mnl_attr_for_each_nested(a, attr)
		mnl_attr_for_each_nested(b, a)
			if (mnl_attr_get_type(b) == CTRL_ATTR_MCAST_GRP_ID)
				family->group = mnl_attr_get_u32(b);
	return MNL_CB_OK;
}

#endif
