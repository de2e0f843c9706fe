// SPDX-License-Identifier: GPL-2.0
/*
 * The keys of [Interface]: those of wg(8), then those of wg-quick(8)
 */
#include <string.h>
#include <strings.h>

#include "config_keys.h"

/* Every IPv4 device takes 68 bytes (RFC 791); no packet is over 65535 */
#define MTU_MIN 68
#define MTU_MAX 65535

static int set_private_key(struct parser *p, char *value)
{
	p->c->has_private_key = true;
	return config_wg_key(p, p->c->private_key, value);
}

static int set_listen_port(struct parser *p, char *value)
{
	uint32_t n;

	if (!config_number(&n, value, UINT16_MAX))
		return config_bad_value(p, value, "a port from 0 to 65535");

	p->c->listen_port = n;
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

/* For the kernel too: IPv4 tells addresses apart by their length as well */
static bool is_same_address(const struct prefix *a, const struct prefix *b)
{
	if (a->family == AF_INET)
		return prefix_equal(a, b);
	return b->family == AF_INET6 && IN6_ARE_ADDR_EQUAL(&a->v6, &b->v6);
}

static int set_address(struct parser *p, char *value)
{
	struct config *c = p->c;
	size_t i = c->address_len, j;
	char text[PREFIX_TEXT_LEN];
	int err;

	err = config_prefixes(p, &c->address, &c->address_len, value,
			      "an address, such as 10.2.0.2/32 or fd00::2/128");
	if (err)
		return err;

	for (; i < c->address_len; i++) {
		for (j = 0; j < i; j++) {
			if (is_same_address(&c->address[i], &c->address[j]))
				return config_fail(p, p->line, "Address = %s is there twice; take one of them out",
						   prefix_text(&c->address[i], text));
		}
	}

	return 0;
}

static int set_dns(struct parser *p, char *value)
{
	struct config *c = p->c;
	char *item;
	int err;

	while ((item = config_item(&value))) {
		err = config_grow(&c->dns, c->dns_len, sizeof(*c->dns));
		if (err)
			return err;

		c->dns[c->dns_len] = NULL;
		err = config_string(&c->dns[c->dns_len], item, strlen(item));
		if (err)
			return err;
		c->dns_len++;
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

static int set_table(struct parser *p, char *value)
{
	uint32_t n = 0;

	if (!*value || !strcasecmp(value, "auto"))
		p->c->table_mode = TABLE_AUTO;
	else if (!strcasecmp(value, "off"))
		p->c->table_mode = TABLE_OFF;
	else if (config_number(&n, value, UINT32_MAX) && n)
		p->c->table_mode = TABLE_NUMBER;
	else
		return config_bad_value(p, value,
					"auto, off or a number from 1 to 4294967295 (names of rt_tables are not supported yet)");

	p->c->table = n;
	return 0;
}

static int set_save_config(struct parser *p, char *value)
{
	if (!strcasecmp(value, "true"))
		return config_fail(p, p->line,
				   "SaveConfig is not supported yet; write SaveConfig = false and edit the file by hand");
	if (strcasecmp(value, "false"))
		return config_bad_value(p, value, "false (true is not supported yet)");

	return 0;
}

static int set_hook(struct parser *p, char *value)
{
	if (!*value)
		return 0;

	return config_fail(p, p->line,
			   "%s is not supported yet; take the line out and run its command yourself",
			   p->key);
}

const struct key config_interface_keys[] = {
	{ "PrivateKey",	false,	set_private_key },
	{ "ListenPort",	false,	set_listen_port },
	{ "FwMark",	false,	set_fwmark },
	{ "Address",	true,	set_address },
	{ "DNS",	true,	set_dns },
	{ "MTU",	true,	set_mtu },
	{ "Table",	true,	set_table },
	{ "SaveConfig",	false,	set_save_config },
	{ "PreUp",	true,	set_hook },
	{ "PostUp",	true,	set_hook },
	{ "PreDown",	true,	set_hook },
	{ "PostDown",	true,	set_hook },
	{}
};
