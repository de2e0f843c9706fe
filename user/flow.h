/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The packet that the command line asks about
 */
#ifndef WGMARK_FLOW_H
#define WGMARK_FLOW_H

#include <stddef.h>

#include "fib.h"

/** enum flow_option - an option that says what packet it is */
enum flow_option {
	FLOW_TO,
	FLOW_FROM,
	FLOW_IIF,
	FLOW_PROTO,
	FLOW_SPORT,
	FLOW_DPORT,
	FLOW_MARK,
	FLOW_UID,
	FLOW_OPTIONS,
};

/** struct flow_options - their values as given, NULL for those that were not */
struct flow_options {
	const char *value[FLOW_OPTIONS];
};

/** Room for what flow_read() has to say. */
#define FLOW_TEXT_LEN 160

/** flow_option_given() - the first option that was given, as "--to"; or NULL */
const char *flow_option_given(const struct flow_options *o);

/**
 * flow_read() - the packet that the options mean
 * @flow: the result; @to has family 0 where they name no address. Without --uid
 *	a packet of this machine is one of the caller's.
 * @o: the options
 * @fib: for the device of --iif
 * @text: after an error, what is wrong, a sentence without a full stop
 *
 * Return: 0; -EINVAL if a value or their combination is wrong; -ENODEV
 */
int flow_read(struct flow *flow, const struct flow_options *o, const struct fib *fib,
	      char text[static FLOW_TEXT_LEN]);

/** flow_towards() - a packet without a destination, with one */
struct flow flow_towards(const struct flow *flow, const struct prefix *to);

/** flow_reply() - the answer to a packet, which comes in by a device; without a mark */
struct flow flow_reply(const struct flow *flow, uint32_t iif);

#endif
