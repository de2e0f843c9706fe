// SPDX-License-Identifier: GPL-2.0
/*
 * Read what the planner needs to know of the kernel
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel.h"
#include "kmod.h"
#include "list.h"
#include "msg.h"
#include "nft.h"
#include "owner.h"
#include "rtnl.h"
#include "snapshot.h"
#include "wg.h"

/* Of a route whose MTU is not known. */
#define MTU_DEFAULT 1500

static int take_link(struct snapshot *s, struct kernel *k, const char *ifname)
{
	struct wg_device dev;
	struct link link;
	int err;

	err = rtnl_link_get(&k->rtnl, &link, ifname, 0);
	if (err == -ENODEV)
		return 0;
	if (err)
		return err;
	s->ifindex = link.ifindex;
	s->is_up = link.is_up;
	s->is_wireguard = strcmp(link.kind, RTNL_KIND_WIREGUARD) == 0;
	if (!s->is_wireguard)
		return 0;
	err = wg_get(k, link.ifindex, &dev);
	s->fwmark = dev.fwmark;
	wg_device_free(&dev);
	return err;
}

/* An address of the configuration among those that another tunnel guards. */
static void find_shared(struct snapshot *s, const struct config *c,
			const struct prefix *list, size_t len, const char *who)
{
	size_t i, j;

	for (i = 0; i < len && !s->shared_address.family; i++) {
		for (j = 0; j < c->address_len; j++) {
			struct prefix p = c->address[j];

			p.len = 8 * prefix_bytes(&p);
			if (!prefix_equal(&p, &list[i]))
				continue;
			s->shared_address = p;
			snprintf(s->shared_with, sizeof(s->shared_with), "%.63s", who);
			break;
		}
	}
}

/* The module lets its own tunnels have the same address, but not one of nft's */
static int take_kmod(struct snapshot *s, struct kernel *k, const struct config *c)
{
	struct kmod_tunnel *list;
	size_t len, i;
	int err;

	s->has_kmod = k->wgmark;
	if (!s->has_kmod)
		return 0;
	if (s->ifindex) {
		err = kmod_tunnel_get(k, s->ifindex);
		s->kmod_tunnel = !err;
		if (err && err != -ENOENT)
			return err;
	}
	if (!c || c->backend != BACKEND_NFT)
		return 0;
	err = kmod_tunnel_list(k, &list, &len);
	if (err)
		return err;
	for (i = 0; i < len; i++) {
		if (list[i].ifindex != s->ifindex)
			find_shared(s, c, list[i].guarded, list[i].guarded_len,
				    "the module");
	}
	kmod_tunnel_list_free(list, len);
	return 0;
}

static int take_guarded(struct snapshot *s, struct kernel *k,
			const struct config *c, const struct nft_table *t)
{
	char who[sizeof(s->shared_with)];
	struct prefix *list = NULL;
	size_t len = 0;
	int err;

	err = nft_guarded(k, t, &list, &len);
	if (!err) {
		snprintf(who, sizeof(who), "the nft table `%.40s'", t->name);
		find_shared(s, c, list, len, who);
	}
	free(list);
	return err;
}

static bool is_foreign(const struct nft_table *t, const char *prefix,
		       const char *ifname)
{
	size_t len = strlen(prefix);

	return strncmp(t->name, prefix, len) == 0 &&
	       strcmp(t->name + len, ifname) == 0;
}

static int add_gone(struct snapshot *s, const struct nft_tables *tables)
{
	size_t i;

	/* once, though each family has a table */
	for (i = 0; i < s->nft_gone_len; i++) {
		if (strcmp(s->nft_gone[i].name, tables->name) == 0)
			return 0;
	}
	return list_append(&s->nft_gone, &s->nft_gone_len, tables, sizeof(*tables));
}

/* The tables of a device other than the tunnel's; they are a tunnel's of ours */
static int take_others(struct snapshot *s, struct kernel *k, const char *ifname,
		       const struct config *c, const struct nft_table *t,
		       const struct nft_tables *tables)
{
	struct link link;
	int err;

	err = rtnl_link_get(&k->rtnl, &link, NULL, t->ifindex);
	if (err && err != -ENODEV)
		return err;
	if (err || strcmp(link.kind, RTNL_KIND_WIREGUARD) != 0)
		return add_gone(s, tables);
	if (strcmp(tables->name, ifname) == 0)
		snprintf(s->renamed, sizeof(s->renamed), "%s", link.name);
	if (!c || s->shared_address.family)
		return 0;
	return take_guarded(s, k, c, t);
}

static int take_nft(struct snapshot *s, struct kernel *k, const char *ifname,
		    const struct config *c)
{
	struct nft_tables tables;
	struct nft_table *list;
	size_t len, i;
	int err;

	s->has_nft = k->has_nft;
	if (!s->has_nft)
		return 0;
	err = nft_table_list(k, &list, &len);
	for (i = 0; i < len && !err; i++) {
		if (is_foreign(&list[i], "wg-quick-", ifname) ||
		    is_foreign(&list[i], "nm-wg-", ifname))
			snprintf(s->foreign_table, sizeof(s->foreign_table), "%.63s",
				 list[i].name);
		if (!list[i].ifindex)
			continue;
		tables = nft_tables_of(list, len, list[i].ifindex);
		if (list[i].ifindex == s->ifindex)
			s->nft = tables;
		else
			err = take_others(s, k, ifname, c, &list[i], &tables);
	}
	free(list);
	return err;
}

/* The numbers from TABLE_FIRST on that a rule names, as an array of @len. */
static bool *named_tables(const struct snapshot *s, size_t len)
{
	bool *named = calloc(len, sizeof(*named));
	const struct rule *r;

	if (!named)
		return NULL;
	for (r = s->rules; r < s->rules + s->rules_len; r++) {
		if (r->table - TABLE_FIRST < len)
			named[r->table - TABLE_FIRST] = true;
		if (r->fwmark - TABLE_FIRST < len)
			named[r->fwmark - TABLE_FIRST] = true;
	}
	return named;
}

static int find_free_table(struct snapshot *s, struct kernel *k)
{
	/* each rule takes at most two numbers, so one of these is free */
	size_t len = 2 * s->rules_len + 1;
	bool *named = named_tables(s, len);
	bool empty[IP_FAMILIES];
	uint32_t i;
	int err = 0;

	if (!named)
		return -ENOMEM;
	for (i = 0; !s->free_table && !err; i++) {
		if (i < len && named[i])
			continue;
		err = rtnl_table_empty(&k->rtnl, AF_INET, TABLE_FIRST + i, &empty[IPV4]);
		if (!err)
			err = rtnl_table_empty(&k->rtnl, AF_INET6, TABLE_FIRST + i,
					       &empty[IPV6]);
		if (!err && empty[IPV4] && empty[IPV6])
			s->free_table = TABLE_FIRST + i;
	}
	free(named);
	return err;
}

static int take_rules(struct snapshot *s, struct kernel *k, const struct config *c)
{
	long len;
	int err;

	err = rtnl_rule_list(&k->rtnl, &s->rules, &s->rules_len);
	if (!err)
		err = rules_find_owners(k, s->rules, s->rules_len);
	if (err)
		return err;
	len = rules_split(s->rules, s->rules_len);
	if (len < 0)
		return len;
	s->rules_gone = s->rules + len;
	s->rules_gone_len = s->rules_len - len;
	s->rules_len = len;
	return c ? find_free_table(s, k) : 0;
}

/* The endpoint as a prefix. Return: false if the peer has none */
static bool endpoint_prefix(const struct peer *p, struct prefix *out)
{
	const struct sockaddr_in6 *v6 = (const void *)&p->endpoint;
	const struct sockaddr_in *v4 = (const void *)&p->endpoint;

	*out = (struct prefix){ .family = p->endpoint.ss_family };
	if (out->family == AF_INET)
		out->v4 = v4->sin_addr;
	else if (out->family == AF_INET6)
		out->v6 = v6->sin6_addr;
	else
		return false;
	out->len = 8 * prefix_bytes(out);
	return true;
}

static bool is_outer(const struct snapshot *s, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < s->outer_len; i++) {
		if (s->outer[i].ifindex == ifindex)
			return true;
	}
	return false;
}

/* The device on the way to an endpoint, once; if there is none, none */
static int take_outer(struct snapshot *s, struct kernel *k, const struct prefix *endpoint)
{
	struct src_valid_mark m = { 0 };
	struct link link;
	int err;

	if (rtnl_route_device(&k->rtnl, endpoint, s->fwmark, &m.ifindex) ||
	    is_outer(s, m.ifindex))
		return 0;
	err = rtnl_link_get(&k->rtnl, &link, NULL, m.ifindex);
	if (!err)
		err = rtnl_src_valid_mark_get(&k->rtnl, m.ifindex, &m.value);
	if (err)
		return err;
	snprintf(m.dev, sizeof(m.dev), "%s", link.name);

	return list_append(&s->outer, &s->outer_len, &m, sizeof(m));
}

static int take_src_valid_mark(struct snapshot *s, struct kernel *k,
			       const struct config *c)
{
	struct src_valid_mark all;
	struct prefix endpoint;
	bool writable;
	size_t i;
	int err;

	err = src_valid_mark_read(&all, &writable);
	if (!err)
		err = src_valid_mark_saved(&k->rtnl, &s->saved, &s->saved_len);
	s->src_valid_mark = all.value;
	s->sysctl_readonly = !writable;
	if (err || writable || !c)
		return err;
	for (i = 0; i < c->peers_len && !err; i++) {
		if (endpoint_prefix(&c->peers[i], &endpoint) && endpoint.family == AF_INET)
			err = take_outer(s, k, &endpoint);
	}
	return err;
}

static void take_mtu(struct snapshot *s, struct kernel *k, const struct config *c)
{
	uint32_t mtu, least = UINT32_MAX;
	struct prefix p;
	size_t i;

	/* an endpoint that cannot be reached has no say */
	for (i = 0; i < c->peers_len; i++) {
		if (endpoint_prefix(&c->peers[i], &p) &&
		    rtnl_route_mtu(&k->rtnl, &p, s->fwmark, &mtu) == 0 && mtu < least)
			least = mtu;
	}
	if (least == UINT32_MAX && rtnl_default_mtu(&k->rtnl, &mtu) == 0)
		least = mtu;
	s->endpoint_mtu = least == UINT32_MAX ? MTU_DEFAULT : least;
}

static bool lacks_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno == EAFNOSUPPORT;
	close(fd);
	return false;
}

int snapshot_take(struct snapshot *s, struct kernel *k, const char *ifname,
		  const struct config *c)
{
	const char *what = "the interface";
	int err;

	*s = (struct snapshot){ .no_ipv6 = lacks_ipv6() };
	err = take_link(s, k, ifname);
	if (!err) {
		what = "the module's tunnels";
		err = take_kmod(s, k, c);
	}
	if (!err) {
		what = "the nft tables";
		err = take_nft(s, k, ifname, c);
	}
	if (!err) {
		what = "the routing rules and tables";
		err = take_rules(s, k, c);
	}
	if (!err) {
		what = "the sysctl net.ipv4.conf.all.src_valid_mark";
		err = take_src_valid_mark(s, k, c);
	}
	/* of each device; and where a backend is there, it does not matter */
	if (!err && c && !s->has_kmod && !s->has_nft) {
		what = "rp_filter";
		err = rtnl_strict_rp_filter(&k->rtnl, &s->strict_rp_filter);
	}
	s->dns_tool = dns_find();
	if (!err && s->dns_tool == DNS_RESOLVCONF) {
		what = "which name servers are a tunnel's";
		err = dns_record_stale(&k->rtnl, s->ifindex, &s->dns_stale,
				       &s->dns_stale_len);
	}
	if (err) {
		msg_errno(err, k->text, "cannot read %s", what);
		return err;
	}
	if (c)
		take_mtu(s, k, c);
	else
		s->dns_is_set = dns_is_set(s->dns_tool, ifname);
	return 0;
}

void snapshot_free(struct snapshot *s)
{
	free(s->nft_gone);
	free(s->dns_stale);
	free(s->outer);
	free(s->saved);
	free(s->rules);
	*s = (struct snapshot){ 0 };
}
