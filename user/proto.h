/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of the protocols inside of IP: a router has no /etc/protocols to find them in
 */
#ifndef WGMARK_PROTO_H
#define WGMARK_PROTO_H

#include <stdint.h>

/** proto_name() - "UDP", "TCP", "ICMP", "ICMPv6", "GRE", or NULL */
const char *proto_name(uint8_t proto);

/** proto_word() - as /etc/protocols and so ip(8) and nft(8) have it, such as "udp"; or NULL */
const char *proto_word(uint8_t proto);

/** proto_number() - of such a word, or one of /etc/protocols; 0 if it is not known */
uint8_t proto_number(const char *word);

#endif
