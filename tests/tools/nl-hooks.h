/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which of netfilter's hooks are registered in this network namespace (nfnetlink_hook)
 */
#ifndef NL_HOOKS_H
#define NL_HOOKS_H

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_hook.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** struct nl_hooks - messages of the kernel, without their heads, one after the other */
struct nl_hooks {
	size_t len;
	char bytes[1 << 16];
};

/* Those of the module, and of conntrack, which it holds. Where there was no memory for one less,
 * one that does nothing is in its place; and where there was none for conntrack's,
 * nf_ct_netns_get() of 6.1 leaves those that put fragments together.
 */
static bool nl_hook_is_ours(const void *p, size_t len)
{
	return memmem(p, len, "wgmark_", 7) ||
	       (memmem(p, len, "_conntrack_", 11) && !memmem(p, len, "_defrag", 7));
}

static int nl_hook(const struct nlmsghdr *nlh, void *data)
{
	const void *p = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);
	struct nl_hooks *hooks = data;

	if (!nl_hook_is_ours(p, len))
		return MNL_CB_OK;
	if (hooks->len + len > sizeof(hooks->bytes))
		exit((fputs("nl-hooks: too many\n", stderr), 2));
	memcpy(hooks->bytes + hooks->len, p, len);
	hooks->len += len;
	return MNL_CB_OK;
}

/** nl_hooks_read() - those where the module may have some; exits when they cannot be listed */
static void nl_hooks_read(struct nl_hooks *hooks)
{
	static const struct {
		uint8_t family;
		uint32_t hook;
	} places[] = {
		{ NFPROTO_IPV4, NF_INET_PRE_ROUTING }, { NFPROTO_IPV4, NF_INET_LOCAL_OUT },
		{ NFPROTO_IPV4, NF_INET_POST_ROUTING }, { NFPROTO_IPV6, NF_INET_PRE_ROUTING },
		{ NFPROTO_IPV6, NF_INET_LOCAL_OUT }, { NFPROTO_IPV6, NF_INET_POST_ROUTING },
	};
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	static char buf[1 << 16];
	ssize_t len = -1;
	unsigned int i;

	hooks->len = 0;
	for (i = 0; nl && i < sizeof(places) / sizeof(places[0]); i++) {
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
		struct nfgenmsg *nf = mnl_nlmsg_put_extra_header(nlh, sizeof(*nf));

		nlh->nlmsg_type = NFNL_SUBSYS_HOOK << 8 | NFNL_MSG_HOOK_GET;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		nf->nfgen_family = places[i].family;
		mnl_attr_put_u32(nlh, NFNLA_HOOK_HOOKNUM, htonl(places[i].hook));
		len = mnl_socket_sendto(nl, nlh, nlh->nlmsg_len);
		while (len > 0) {
			len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
			if (len > 0)
				len = mnl_cb_run(buf, len, 0, 0, nl_hook, hooks);
		}
		if (len < 0)
			break;
	}
	if (len < 0)
		exit((perror("nl-hooks"), 2));
	mnl_socket_close(nl);
}

#endif
