/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What dns.c and the two programs have between them; for nobody else
 */
#ifndef WGMARK_DNS_TOOL_H
#define WGMARK_DNS_TOOL_H

#include "dns.h"

/** DNS_ALNUM - letters and digits of ASCII, for strspn(3) */
#define DNS_ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/** dns_put_words() - write each of a list after a space */
void dns_put_words(FILE *out, char *const *list, size_t len);

/** dns_add_words() - append the words of a text to a list. Return: 0 or -ENOMEM */
int dns_add_words(char ***list, size_t *len, const char *text);

/* dns_resolvconf.c: as the functions of dns.h of that name */

int resolvconf_set(const char *ifname, const struct dns *dns);
int resolvconf_unset(const char *ifname);
int resolvconf_get(const char *ifname, struct dns *dns);
bool resolvconf_is_set(const char *ifname);
void resolvconf_command(FILE *out, const char *ifname, const struct dns *dns);

/* dns_resolvectl.c */

/** resolvectl_works() - whether resolved listens, and knows this network namespace */
bool resolvectl_works(void);
int resolvectl_set(uint32_t ifindex, const struct dns *dns);
int resolvectl_unset(const char *ifname);
int resolvectl_get(const char *ifname, struct dns *dns);
bool resolvectl_is_set(const char *ifname);
void resolvectl_command(FILE *out, const char *ifname, const struct dns *dns);

#endif
