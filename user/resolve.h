/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the names in a configuration to addresses and ports
 */
#ifndef WGMARK_RESOLVE_H
#define WGMARK_RESOLVE_H

#include "config.h"

/**
 * resolve_listen_port() - from ListenPort's service to its number, if it has one
 * @c: the configuration
 * @err: filled on failure
 *
 * Return: 0, or -EINVAL with @err filled
 */
int resolve_listen_port(struct config *c, struct config_error *err);

/**
 * resolve_endpoints() - fill in the endpoint of every peer that has a host
 * @c: the configuration
 * @err: filled on failure
 *
 * Addresses ask no name server. Names are asked for at the same time. While some
 * have no answer yet, those are asked for again, 15 times with growing pauses, or
 * as WG_ENDPOINT_RESOLUTION_RETRIES says (a number, or "infinity"), as in wg(8);
 * a line on stderr says so each time. An answer that there is no such name, or
 * none for its address (EAI_NONAME, EAI_NODATA, EAI_FAIL), ends this, and so does
 * a service that is not known.
 * Return: 0, -ENOMEM, or -EHOSTUNREACH with @err filled
 */
int resolve_endpoints(struct config *c, struct config_error *err);

#endif
