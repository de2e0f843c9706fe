/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the argument of a verb to a configuration
 */
#ifndef WGMARK_LOAD_H
#define WGMARK_LOAD_H

#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/**
 * load_ifname() - the interface that the argument means
 * @ifname: the result
 * @arg: an interface name, or the path of a file NAME.conf
 *
 * Return: STATUS_OK, or after a message STATUS_USAGE
 */
int load_ifname(char ifname[static IF_NAMESIZE], const char *arg);

/** load_exists() - whether there is the file that the argument means */
bool load_exists(const char *arg);

/**
 * load_text() - find and read the file that the argument means, as it is
 * @arg: as above; a name NAME stands for /etc/wireguard/NAME.conf
 * @path: its path
 * @text: its bytes; to be freed, and wiped before, as they have keys
 * @len: how many
 *
 * Return: as load_config()
 */
int load_text(const char *arg, char path[static PATH_MAX], char **text, size_t *len);

/**
 * load_config() - find and read the file that the argument means
 * @c: the result; to be freed with config_free(), after an error too
 * @arg: as above; a name NAME stands for /etc/wireguard/NAME.conf
 *
 * The names of table and service that the file has are numbers afterwards, and
 * its hooks know the interface.
 * Return: STATUS_OK, or after a message STATUS_CONFIG, STATUS_PRIVILEGE,
 * STATUS_USAGE, STATUS_FAILED
 */
int load_config(struct config *c, const char *arg);

/** load_config_text() - both of these, of one reading */
int load_config_text(struct config *c, const char *arg, char path[static PATH_MAX],
		     char **text, size_t *len);

/**
 * load_endpoints() - resolve the endpoints of a configuration
 * @c: the configuration
 * @arg: as above, for the message
 *
 * Return: STATUS_OK, or after a message STATUS_FAILED
 */
int load_endpoints(struct config *c, const char *arg);

#endif
