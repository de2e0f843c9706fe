// SPDX-License-Identifier: GPL-2.0
/*
 * The keys of [Interface]: those of wg(8), then those of wg-quick(8)
 */
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_keys.h"
#include "list.h"

/* Every IPv4 device takes 68 bytes (RFC 791); no packet is over 65535 */
#define MTU_MIN 68
#define MTU_MAX 65535

static int set_private_key(struct parser *p, char *value)
{
	p->c->has_private_key = true;
	return config_wg_key(p, p->c->private_key, value);
}

/* Digits alone are a number (getaddrinfo(3) wants decimal ones); services(5)
 * have a letter (RFC 6335, section 5.1).
 */
static int set_listen_port(struct parser *p, char *value)
{
	bool number = !value[strspn(value, "0123456789")];
	struct config *c = p->c;
	uint32_t n = 0;

	if (number ? !config_number(&n, value, UINT16_MAX) :
		     !config_is_service(value))
		return config_bad_value(p, value, "a port from 0 to 65535, or the name of a service");

	c->listen_port = n;
	c->listen_line = p->line;
	if (!number)
		return config_string(&c->listen_service, value, strlen(value));

	free(c->listen_service);
	c->listen_service = NULL;
	return 0;
}

static int set_fwmark(struct parser *p, char *value)
{
	uint32_t n = 0;

	if (strcasecmp(value, "off") && !config_number(&n, value, UINT32_MAX))
		return config_bad_value(p, value, "off, or a mark up to 0xffffffff");

	p->c->fwmark = n;
	p->fwmark_line = n ? p->line : 0;
	return 0;
}

static int set_address(struct parser *p, char *value)
{
	struct config *c = p->c;
	size_t i = c->address_len;
	int err;

	err = config_prefixes(p, &c->address, &c->address_len, value,
			      "an address, such as 10.2.0.2/32 or fd00::2/128");
	while (!err && i < c->address_len) {
		const struct seen s = { c->address[i], p->line, i };

		err = list_append(&p->seen, &i, &s, sizeof(s));
	}

	return err;
}

static int compare_seen(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	int diff = config_compare_addresses(&x->prefix, &y->prefix);

	return diff ? diff : (x->order > y->order) - (x->order < y->order);
}

int config_check_addresses(struct parser *p)
{
	const struct seen *s = p->seen, *first = NULL;
	size_t len = p->c->address_len;
	char text[PREFIX_TEXT_LEN];
	size_t i;

	if (len < 2)
		return 0;

	qsort(p->seen, len, sizeof(*s), compare_seen);
	for (i = 1; i < len; i++) {
		if (!config_compare_addresses(&s[i - 1].prefix, &s[i].prefix) &&
		    (!first || s[i].order < first->order))
			first = &s[i];
	}
	if (!first)
		return 0;

	return config_fail(p, first->line, "Address = %s is there twice; take one of them out",
			   prefix_text(&first->prefix, text));
}

/* An address may have the zone of RFC 4007, section 11: fe80::1%eth0 */
static bool is_server(const char *text)
{
	const char *zone = strchrnul(text, '%');
	char addr[INET6_ADDRSTRLEN];
	struct in6_addr bytes;

	if ((size_t)(zone - text) >= sizeof(addr) || (*zone && !zone[1]))
		return false;
	memcpy(addr, text, zone - text);
	addr[zone - text] = '\0';

	return inet_pton(strchr(addr, ':') ? AF_INET6 : AF_INET, addr, &bytes) == 1 &&
	       (!*zone || strchr(addr, ':'));
}

/* No label begins with a hyphen (RFC 1123, section 2.1): this is an option of
 * the program that would get it.
 */
static bool is_domain(const char *text)
{
	const char *c;

	for (c = text; *c; c++) {
		if ((unsigned char)*c <= ' ' || *c == 0x7f ||
		    (*c == '-' && (c == text || c[-1] == '.')))
			return false;
	}

	return true;
}

/* wg-quick(8) tells the two apart in this way */
static int set_dns(struct parser *p, char *value)
{
	struct config *c = p->c;
	char *item;
	int err;

	while ((item = config_item(&value))) {
		if (strchr(item, ':') || !item[strspn(item, "0123456789.")]) {
			if (!is_server(item) || !dns_is_word(item))
				return config_bad_value(p, item, "a name server's address, or a search domain");
			err = string_append(&c->dns, &c->dns_len, item, strlen(item));
		} else {
			if (!is_domain(item) || !dns_is_word(item))
				return config_bad_value(p, item, "a name server's address, or a search domain");
			err = string_append(&c->search, &c->search_len, item, strlen(item));
		}
		if (err)
			return err;
	}

	return 0;
}

static int set_mtu(struct parser *p, char *value)
{
	uint32_t n = 0;

	if (*value && (!config_number(&n, value, MTU_MAX) || n < MTU_MIN))
		return config_bad_value(p, value, "a size from 68 to 65535");

	p->c->mtu = n;
	return 0;
}

/* 0, or unspec, is main to the kernel when it adds a route */
static int set_table(struct parser *p, char *value)
{
	bool number = config_is_number(value);
	struct config *c = p->c;
	uint32_t n = 0;

	/* ip(8) would read 010 as octal */
	if (number && (!config_number(&n, value, UINT32_MAX) ||
		       (value[0] == '0' && value[1] && !strpbrk(value, "xX"))))
		return config_bad_value(p, value, "auto, off, a number up to 4294967295, or a name of rt_tables");

	free(c->table_name);
	c->table_name = NULL;
	c->table = 0;
	c->table_line = p->line;
	c->table_mode = TABLE_NUMBER;
	if (!*value || !strcasecmp(value, "auto"))
		c->table_mode = TABLE_AUTO;
	else if (!strcasecmp(value, "off"))
		c->table_mode = TABLE_OFF;
	else if (number)
		c->table = n ? n : RT_TABLE_MAIN;
	else
		return config_string(&c->table_name, value, strlen(value));

	return 0;
}

static int set_save_config(struct parser *p, char *value)
{
	p->c->save_config = !strcasecmp(value, "true");
	if (!p->c->save_config && strcasecmp(value, "false"))
		return config_bad_value(p, value, "true or false");

	return 0;
}

static int add_hook(struct parser *p, enum hook hook, const char *value)
{
	struct hooks *hooks = &p->c->hooks[hook];

	return *value ? string_append(&hooks->cmd, &hooks->len, value, strlen(value)) : 0;
}

static int set_pre_up(struct parser *p, char *value)
{
	return add_hook(p, HOOK_PRE_UP, value);
}

static int set_post_up(struct parser *p, char *value)
{
	return add_hook(p, HOOK_POST_UP, value);
}

static int set_pre_down(struct parser *p, char *value)
{
	return add_hook(p, HOOK_PRE_DOWN, value);
}

static int set_post_down(struct parser *p, char *value)
{
	return add_hook(p, HOOK_POST_DOWN, value);
}

const struct key config_interface_keys[] = {
	{ "PrivateKey",	0,				   set_private_key },
	{ "ListenPort",	0,				   set_listen_port },
	{ "FwMark",	0,				   set_fwmark },
	{ "Address",	KEY_MAY_BE_EMPTY,		   set_address },
	{ "DNS",	KEY_MAY_BE_EMPTY,		   set_dns },
	{ "MTU",	KEY_MAY_BE_EMPTY,		   set_mtu },
	{ "Table",	KEY_MAY_BE_EMPTY,		   set_table },
	{ "SaveConfig",	0,				   set_save_config },
	{ "PreUp",	KEY_MAY_BE_EMPTY | KEY_WHOLE_LINE, set_pre_up },
	{ "PostUp",	KEY_MAY_BE_EMPTY | KEY_WHOLE_LINE, set_post_up },
	{ "PreDown",	KEY_MAY_BE_EMPTY | KEY_WHOLE_LINE, set_pre_down },
	{ "PostDown",	KEY_MAY_BE_EMPTY | KEY_WHOLE_LINE, set_post_down },
	{}
};
