/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wgmark: what the older kernels do not have
 *
 * Down to 5.10. Each entry says with which kernel as the oldest it may go.
 */
#ifndef _WGMARK_COMPAT_H
#define _WGMARK_COMPAT_H

#include <net/genetlink.h>

/* 6.1. Before, an answer cannot name the attribute that is missing; the sentence
 * does.
 */
#ifndef NL_SET_ERR_ATTR_MISS
#define NL_SET_ERR_ATTR_MISS(...)	do { } while (0)
#endif

#ifndef GENL_REQ_ATTR_CHECK
#define GENL_REQ_ATTR_CHECK(info, attr)	(!(info)->attrs[attr])
#endif

/* 6.7. As a correction it came to 6.1.68 by this name, and to 5.10.204 with the
 * name that operations have for it.
 */
#ifndef GENL_MCAST_CAP_NET_ADMIN
#define GENL_MCAST_CAP_NET_ADMIN	GENL_UNS_ADMIN_PERM
#endif

#endif
