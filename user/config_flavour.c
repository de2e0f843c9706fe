// SPDX-License-Identifier: GPL-2.0
/*
 * What other kinds of WireGuard have in files of this form, so that a refusal
 * can name them: a wrong tool is another mistake than a wrong key
 */
#include <string.h>
#include <strings.h>

#include "config_keys.h"

static const struct flavour {
	const char *name;
	const char *keys;	/* each between blanks */
	const char *sections;
} flavours[] = {
	{ "AmneziaWG",
	  " Jc Jmin Jmax S1 S2 S3 S4 H1 H2 H3 H4 I1 I2 I3 I4 I5 J1 J2 J3 Itime AdvancedSecurity ",
	  "" },
	{ "WireGuard for Android", " IncludedApplications ExcludedApplications ", "" },
	{ "WireSock",
	  " AllowedApps DisallowedApps DisallowedIPs Socks5Proxy Socks5ProxyUsername Socks5ProxyPassword VirtualAdapterMode ",
	  "" },
	{ "Cloudflare WARP", " Reserved ClientID ", "" },
	{ "wireproxy", " CheckAlive CheckAliveInterval ",
	  " [Socks5] [http] [TCPClientTunnel] [TCPServerTunnel] [STDIOTunnel] " },
	{ "systemd.netdev(5)",
	  " PrivateKeyFile PublicKeyFile PresharedKeyFile FirewallMark RouteTable RouteMetric ",
	  " [NetDev] [WireGuard] [WireGuardPeer] [Match] [Network] " },
};

static bool contains(const char *words, const char *word)
{
	size_t len = strlen(word);
	const char *at = words;

	if (!len || strchr(word, ' '))
		return false;
	while ((at = strcasestr(at, word))) {
		if (at[-1] == ' ' && at[len] == ' ')
			return true;
		at++;
	}

	return false;
}

static const struct flavour *find(const char *word, bool section)
{
	size_t i;

	for (i = 0; i < sizeof(flavours) / sizeof(flavours[0]); i++) {
		if (contains(section ? flavours[i].sections : flavours[i].keys, word))
			return &flavours[i];
	}

	return NULL;
}

bool config_flavour_key(struct parser *p, const char *name)
{
	const struct flavour *f = find(name, false);

	if (f)
		config_fail(p, p->line, "%s is a key of %s, not of wg-quick(8): take the line out, or use that program",
			    name, f->name);
	return f;
}

bool config_flavour_section(struct parser *p, const char *title)
{
	const struct flavour *f = find(title, true);

	if (f)
		config_fail(p, p->line, "%s is a section of %s, not of wg-quick(8): take it out, or use that program",
			    title, f->name);
	return f;
}
