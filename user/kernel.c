// SPDX-License-Identifier: GPL-2.0
/*
 * The open sockets to the kernel, of this network namespace
 */
#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "kmod.h"
#include "nft.h"

static bool is_net_admin(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &head, caps) < 0)
		return false;
	return caps[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN);
}

int kernel_open(struct kernel *k)
{
	int err;

	*k = (struct kernel){ 0 };
	if (!is_net_admin())
		return -EPERM;
	err = nlsock_open(&k->rtnl, NETLINK_ROUTE, k->text);
	if (err)
		return err;
	err = nlsock_open(&k->genl, NETLINK_GENERIC, k->text);
	if (err)
		return err;

	/* neither backend has to be there */
	err = nft_open(k);
	if (err)
		return err;
	return kmod_open(k);
}

void kernel_close(struct kernel *k)
{
	nlsock_close(&k->nft);
	nlsock_close(&k->genl);
	nlsock_close(&k->rtnl);
}
