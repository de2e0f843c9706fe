/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGMARK_NFNETLINK_H
#define WGMARK_NFNETLINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

struct mnl_socket *nfnetlink_open(void);
struct nlmsghdr *nfnetlink_start(char *buf, uint16_t type, uint16_t flags, uint16_t res_id);
void nfnetlink_talk(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *data);
void nfnetlink_flows(struct mnl_socket *nl, unsigned int *count, uint64_t *sum);
void nfnetlink_forget_flows(struct mnl_socket *nl);

#endif
