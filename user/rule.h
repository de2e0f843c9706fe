/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policy routing rules, and which of them are a tunnel's
 *
 * "up" gives a full tunnel up to three rules in each protocol version, one right
 * before the other. That of priority P, "not fwmark F lookup F", says whose they
 * are. P - 1 is "lookup main suppress_prefixlength 0". P - 2 is "fwmark N lookup
 * main" for each full tunnel N that was there before. With LeakGuard, a protocol
 * version without a route into the tunnel has "not fwmark F unreachable" at P.
 */
#ifndef WGMARK_RULE_H
#define WGMARK_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/**
 * struct rule - a policy routing rule, as far as wgmark uses them
 * @family: AF_INET or AF_INET6
 * @priority: FRA_PRIORITY
 * @table: FRA_TABLE, 0 if @unreachable
 * @unreachable: FR_ACT_UNREACHABLE in place of a table
 * @fwmark: FRA_FWMARK, 0 for none
 * @fwmask: FRA_FWMASK
 * @protocol: FRA_PROTOCOL (RTPROT_*)
 * @invert: FIB_RULE_INVERT, the "not" of ip-rule(8)
 * @suppress: FRA_SUPPRESS_PREFIXLEN, -1 for none
 * @plain: nothing else is in the rule: no source, destination, device, uid ...
 * @owner: of a rule with rule_is_tunnel(): the WireGuard device that a default
 *	route of table F leads to, else the one with the mark F, else 0. The tunnel
 *	is gone then. Not a part of the rule for the kernel.
 */
struct rule {
	sa_family_t family;
	uint32_t priority;
	uint32_t table;
	bool unreachable;
	uint32_t fwmark;
	uint32_t fwmask;
	uint8_t protocol;
	bool invert;
	int suppress;
	bool plain;
	uint32_t owner;
};

/** rule_is_tunnel() - whether it is the rule of priority P as "up" makes it */
bool rule_is_tunnel(const struct rule *r);

/**
 * rule_belongs() - whether a rule is one of those that "up" made for a tunnel
 * @rules: all of the namespace's, with owners
 * @len: how many
 * @r: one of them
 * @owner: the tunnel's device, or 0 for those of tunnels that are gone
 * @fwmark: the device's mark, 0 for none
 */
bool rule_belongs(const struct rule *rules, size_t len, const struct rule *r,
		  uint32_t owner, uint32_t fwmark);

/**
 * rules_split() - move the rules of tunnels that are gone to the end
 * @rules: all of the namespace's, with owners
 * @len: how many
 *
 * Otherwise the order stays. Return: how many are not of tunnels that are gone,
 * or -ENOMEM
 */
long rules_split(struct rule *rules, size_t len);

#endif
