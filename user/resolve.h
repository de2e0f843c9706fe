/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Peers' endpoints from host names to addresses
 */
#ifndef WGMARK_RESOLVE_H
#define WGMARK_RESOLVE_H

#include "config.h"

/**
 * resolve_endpoints() - fill in the endpoint of every peer that has a host
 * @c: the configuration
 * @err: filled on failure
 *
 * A name server that does not answer is asked again, 15 times with growing
 * pauses, or as WG_ENDPOINT_RESOLUTION_RETRIES says (a number, or "infinity"),
 * as in wg(8); a line on stderr says so each time.
 * Return: 0, or -EHOSTUNREACH with @err filled
 */
int resolve_endpoints(struct config *c, struct config_error *err);

#endif
