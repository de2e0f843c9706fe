// SPDX-License-Identifier: GPL-2.0
/*
 * Devices and their IPv4 settings
 */
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fib_read.h"
#include "list.h"

static void take_info(const struct nlattr *info, struct fib_link *l)
{
	const struct nlattr *attr, *data;

	mnl_attr_for_each_nested(attr, info) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type == IFLA_INFO_KIND && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			strncpy(l->kind, mnl_attr_get_str(attr), sizeof(l->kind) - 1);
		/* after the kind, which says what it means */
		if (type != IFLA_INFO_DATA || strcmp(l->kind, "vrf") != 0)
			continue;
		mnl_attr_for_each_nested(data, attr) {
			if (mnl_attr_get_type(data) == IFLA_VRF_TABLE)
				fib_attr_u32(data, &l->vrf_table);
		}
	}
}

/* IFLA_INET_CONF is an array, from 1 on */
static int conf_value(const struct nlattr *conf, size_t number)
{
	size_t at = (number - 1) * sizeof(int32_t);
	int32_t value = 0;

	if (mnl_attr_get_payload_len(conf) >= at + sizeof(value))
		memcpy(&value, (char *)mnl_attr_get_payload(conf) + at, sizeof(value));
	return value;
}

static void take_conf(const struct nlattr *spec, struct fib_link *l)
{
	const struct nlattr *family, *conf;

	mnl_attr_for_each_nested(family, spec) {
		if (mnl_attr_get_type(family) != AF_INET)
			continue;
		mnl_attr_for_each_nested(conf, family) {
			if (mnl_attr_get_type(conf) != IFLA_INET_CONF)
				continue;
			l->rp_filter = conf_value(conf, IPV4_DEVCONF_RP_FILTER);
			l->src_valid_mark = conf_value(conf, IPV4_DEVCONF_SRC_VMARK);
			l->forwarding = conf_value(conf, IPV4_DEVCONF_FORWARDING);
			l->accept_local = conf_value(conf, IPV4_DEVCONF_ACCEPT_LOCAL);
			l->send_redirects = conf_value(conf, IPV4_DEVCONF_SEND_REDIRECTS);
		}
	}
}

static int take_attr(const struct nlattr *attr, struct fib_link *l)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		return fib_attr_name(attr, l->name);
	case IFLA_GROUP:
		return fib_attr_u32(attr, &l->group);
	case IFLA_MTU:
		return fib_attr_u32(attr, &l->mtu);
	case IFLA_MASTER:
		return fib_attr_u32(attr, &l->master);
	case IFLA_LINKINFO:
		take_info(attr, l);
		return 0;
	case IFLA_AF_SPEC:
		take_conf(attr, l);
		return 0;
	}
	return 0;
}

static int take_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct fib *f = data;
	struct fib_link l = {
		.ifindex = ifi->ifi_index,
		.is_up = ifi->ifi_flags & IFF_UP,
		/* of <linux/if.h>, which <net/if.h> does not go with */
		.has_carrier = ifi->ifi_flags & 1 << 16,
	};
	int err;

	if (ifi->ifi_index <= 0)
		return -EPROTO;
	mnl_attr_for_each(attr, nlh, sizeof(*ifi)) {
		err = take_attr(attr, &l);
		if (err)
			return err;
	}
	return list_append(&f->links, &f->links_len, &l, sizeof(l));
}

static void reset_links(void *data)
{
	struct fib *f = data;

	f->links_len = 0;
}

static int take_all(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	struct fib *f = data;
	uint32_t value = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct netconfmsg)) {
		if (mnl_attr_get_type(attr) != NETCONFA_RP_FILTER)
			continue;
		if (fib_attr_u32(attr, &value))
			return -EPROTO;
		f->rp_filter = value;
	}
	return 0;
}

/* Netlink has IPv4's of devices only. */
static int read_all(const char *family, const char *name)
{
	char path[64], text[16] = "";
	int fd, value = -1;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/all/%s", family, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) > 0)
		value = strtol(text, NULL, 10);
	close(fd);
	return value;
}

int fib_take_links(struct nlsock *s, struct fib *f)
{
	struct netconfmsg head = { .ncm_family = AF_INET };
	struct ifinfomsg ifi = { 0 };
	struct nlmsghdr *nlh;
	int err;

	nlsock_put(s, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	err = nlsock_dump(s, take_link, reset_links, f);
	if (err)
		return err;

	f->src_valid_mark = read_all("ipv4", "src_valid_mark");
	f->accept_local = read_all("ipv4", "accept_local");
	f->send_redirects = read_all("ipv4", "send_redirects");
	f->forwarding6 = read_all("ipv6", "forwarding");
	nlh = nlsock_put(s, RTM_GETNETCONF, NLM_F_ACK, &head, sizeof(head));
	mnl_attr_put_u32(nlh, NETCONFA_IFINDEX, NETCONFA_IFINDEX_ALL);
	return nlsock_talk(s, take_all, f);
}
