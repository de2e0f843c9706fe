// SPDX-License-Identifier: GPL-2.0
/*
 * The addresses of devices
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "rtnl.h"

enum wanted {
	WANT_ALL,
	WANT_FIRST,
	WANT_SOURCE,
};

struct addr_list {
	struct prefix *list;
	size_t len;
	uint32_t ifindex;
	enum wanted wanted;
};

static int talk_addr(struct nlsock *s, uint32_t ifindex, const struct prefix *p,
		     uint16_t type, uint16_t flags)
{
	struct ifaddrmsg ifa = {
		.ifa_family = p->family,
		.ifa_prefixlen = p->len,
		.ifa_index = ifindex,
	};
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, type, NLM_F_ACK | flags, &ifa, sizeof(ifa));
	mnl_attr_put(nlh, IFA_LOCAL, prefix_bytes(p), &p->v6);
	mnl_attr_put(nlh, IFA_ADDRESS, prefix_bytes(p), &p->v6);
	return nlsock_talk(s, NULL, NULL);
}

int rtnl_addr_add(struct nlsock *s, uint32_t ifindex, const struct prefix *p)
{
	return talk_addr(s, ifindex, p, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
}

int rtnl_addr_del(struct nlsock *s, uint32_t ifindex, const struct prefix *p)
{
	int err = talk_addr(s, ifindex, p, RTM_DELADDR, 0);

	/* gone, or with all of IPv6 as the MTU is below 1280 */
	return err == -EADDRNOTAVAIL || err == -ENXIO ? 0 : err;
}

/* One that the kernel takes when it needs some address of a device: the first, or one as the
 * source for anywhere, by inet_select_addr() and ipv6_dev_get_saddr()
 */
static bool is_wanted(const struct ifaddrmsg *ifa, const struct prefix *p, enum wanted wanted)
{
	if (wanted == WANT_ALL)
		return true;
	if (ifa->ifa_family == AF_INET)
		return wanted == WANT_FIRST || (ifa->ifa_scope == RT_SCOPE_UNIVERSE &&
						!(ifa->ifa_flags & IFA_F_SECONDARY));
	if (ifa->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) || prefix_is_linklocal(p))
		return false;
	return wanted == WANT_FIRST || (ifa->ifa_scope == RT_SCOPE_UNIVERSE &&
					!(ifa->ifa_flags & IFA_F_DEPRECATED));
}

static int take_addr(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *local = NULL;
	struct addr_list *l = data;
	struct prefix p = { .family = ifa->ifa_family, .len = ifa->ifa_prefixlen };

	if (ifa->ifa_index != l->ifindex ||
	    (p.family != AF_INET && p.family != AF_INET6))
		return 0;
	/* IFA_ADDRESS is the peer's where there is an IFA_LOCAL */
	mnl_attr_for_each(attr, nlh, sizeof(*ifa)) {
		if (mnl_attr_get_type(attr) == IFA_LOCAL ||
		    (mnl_attr_get_type(attr) == IFA_ADDRESS && !local))
			local = attr;
	}
	if (!local || mnl_attr_get_payload_len(local) != prefix_bytes(&p) ||
	    !prefix_is_valid(&p))
		return -EPROTO;
	memcpy(&p.v6, mnl_attr_get_payload(local), prefix_bytes(&p));
	if (!is_wanted(ifa, &p, l->wanted))
		return 0;

	return prefix_append(&l->list, &l->len, &p);
}

static void reset_addrs(void *data)
{
	struct addr_list *l = data;

	free(l->list);
	l->list = NULL;
	l->len = 0;
}

static int list_addrs(struct nlsock *s, sa_family_t family, struct addr_list *l)
{
	struct ifaddrmsg ifa = { .ifa_index = l->ifindex, .ifa_family = family };
	int err;

	nlsock_put(s, RTM_GETADDR, 0, &ifa, sizeof(ifa));
	err = nlsock_dump(s, take_addr, reset_addrs, l);
	if (err)
		reset_addrs(l);
	return err;
}

int rtnl_addr_list(struct nlsock *s, uint32_t ifindex, struct prefix **list,
		   size_t *len)
{
	struct addr_list l = { .ifindex = ifindex };
	int err = list_addrs(s, AF_UNSPEC, &l);

	*list = l.list;
	*len = l.len;
	return err;
}

int rtnl_addr_source(struct nlsock *s, uint32_t ifindex, sa_family_t family, bool first,
		     struct prefix *addr)
{
	struct addr_list l = { .ifindex = ifindex, .wanted = first ? WANT_FIRST : WANT_SOURCE };
	int err = list_addrs(s, family, &l);

	if (!err && l.len == 1) {
		*addr = l.list[0];
		addr->len = 8 * prefix_bytes(addr);
	} else if (!err) {
		err = -EADDRNOTAVAIL;
	}
	reset_addrs(&l);
	return err;
}
