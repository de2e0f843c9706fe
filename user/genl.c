// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink families by name
 */
#include <errno.h>

#include "genl.h"

struct nlmsghdr *genl_put(struct nlsock *s, uint16_t id, uint8_t cmd,
			  uint8_t version, uint16_t flags)
{
	struct genlmsghdr head = { .cmd = cmd, .version = version };

	return nlsock_put(s, id, flags, &head, sizeof(head));
}

static int take_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	uint16_t *id = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != CTRL_ATTR_FAMILY_ID)
			continue;
		if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
			return -EPROTO;
		*id = mnl_attr_get_u16(attr);
	}
	return 0;
}

int genl_lookup(struct nlsock *s, uint16_t *id, const char *name)
{
	struct nlmsghdr *nlh;
	int err;

	*id = 0;
	nlh = genl_put(s, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	err = nlsock_talk(s, take_family, id);
	if (err)
		return err;
	return *id ? 0 : -ENOENT;
}
