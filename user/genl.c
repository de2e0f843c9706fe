// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink families by name
 */
#include <errno.h>
#include <string.h>

#include "genl.h"

struct nlmsghdr *genl_put(struct nlsock *s, uint16_t id, uint8_t cmd,
			  uint8_t version, uint16_t flags)
{
	struct genlmsghdr head = { .cmd = cmd, .version = version };

	return nlsock_put(s, id, flags, &head, sizeof(head));
}

struct wanted {
	struct genl_family *f;
	const char *group;
};

static void take_group(const struct nlattr *nest, struct wanted *w)
{
	const struct nlattr *attr;
	bool is_it = false;
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_MCAST_GRP_NAME:
			is_it = mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 &&
				strcmp(mnl_attr_get_str(attr), w->group) == 0;
			break;
		case CTRL_ATTR_MCAST_GRP_ID:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
				id = mnl_attr_get_u32(attr);
			break;
		}
	}
	if (is_it)
		w->f->group = id;
}

static int take_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *group;
	struct wanted *w = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_FAMILY_ID:
			if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
				return -EPROTO;
			w->f->id = mnl_attr_get_u16(attr);
			break;
		case CTRL_ATTR_VERSION:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
				return -EPROTO;
			w->f->version = mnl_attr_get_u32(attr);
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			if (!w->group || mnl_attr_validate(attr, MNL_TYPE_NESTED) < 0)
				break;
			mnl_attr_for_each_nested(group, attr)
				take_group(group, w);
			break;
		}
	}
	return 0;
}

int genl_get(struct nlsock *s, struct genl_family *f, const char *name,
	     const char *group)
{
	struct wanted w = { .f = f, .group = group };
	struct nlmsghdr *nlh;
	int err;

	*f = (struct genl_family){ 0 };
	nlh = genl_put(s, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	err = nlsock_talk(s, take_family, &w);
	if (err)
		return err;
	return f->id ? 0 : -ENOENT;
}

bool genl_names(const struct nlmsghdr *nlh, const char *name)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			return strcmp(mnl_attr_get_str(attr), name) == 0;
	}
	return false;
}

int genl_lookup(struct nlsock *s, uint16_t *id, const char *name)
{
	struct genl_family f;
	int err;

	err = genl_get(s, &f, name, NULL);
	*id = f.id;
	return err;
}
