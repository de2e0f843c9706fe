// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of what else works at the same things: other programs, other versions
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <linux/wgmark.h>
#include <string.h>

#include "doctor.h"

static bool is_for(const struct nft_ruleset_table *table, const struct doctor_tunnel *t)
{
	return !table->is_dormant &&
	       (table->owner == OWNER_WG_QUICK || table->owner == OWNER_NETWORKMANAGER) &&
	       strcmp(table->ifname, t->v->link.name) == 0;
}

/* Who brought the tunnel up, as far as its rules tell: of two programs, the one whose table has
 * been there longer
 */
static enum ruleset_owner maker(const struct machine *m, const struct doctor_tunnel *t)
{
	size_t i;

	if (t->v->params.families)
		return OWNER_WGMARK;
	for (i = 0; i < m->ruleset.len; i++) {
		if (is_for(&m->ruleset.tables[i], t))
			return m->ruleset.tables[i].owner;
	}
	return OWNER_UNKNOWN;
}

int check_tables(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	static const char *const names[] = {
		[OWNER_WGMARK] = "wgmarkctl", [OWNER_WG_QUICK] = "wg-quick",
		[OWNER_NETWORKMANAGER] = "NetworkManager",
	};
	const enum ruleset_owner own = maker(m, t);
	const struct nft_ruleset_table *table;
	const char *family;
	int err = 0;
	size_t i;

	for (i = 0; i < m->ruleset.len && !err; i++) {
		table = &m->ruleset.tables[i];
		family = table->family == NFPROTO_IPV6 ? "ip6" : "ip";
		if (!is_for(table, t) || table->owner == own)
			continue;
		err = found(f, SEVERITY_WARNING, t, "another program has rules for the same interface, which overwrite the mark of every UDP packet\n"
			    "nft table %s %s is as %s makes it, and %s brought the tunnel up\n"
			    "nft delete table %s %s",
			    family, table->name, names[table->owner], names[own], family,
			    table->name);
	}
	return err;
}

static bool any_mark(const struct machine *m)
{
	size_t i;

	for (i = 0; i < m->len; i++) {
		if (m->views[i].dev.fwmark)
			return true;
	}
	return false;
}

int check_module(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	if (!m->len)
		return 0;
	if (m->has_kmod && m->kmod_version != WGMARK_FAMILY_VERSION)
		return found(f, SEVERITY_WARNING, t, "the module is of another version than wgmarkctl\n"
			     "version of the netlink family wgmark: %" PRIu32 ", and wgmarkctl's: %u\n"
			     "install both from the same source, then: rmmod wgmark && modprobe wgmark",
			     m->kmod_version, WGMARK_FAMILY_VERSION);
	if (m->has_kmod)
		return 0;
	if (m->has_nft)
		return found(f, SEVERITY_NOTE, t, "the module wgmark is not loaded; tunnels work by rules of nftables, which `nft flush ruleset' takes away\n"
			     "there is no netlink family wgmark; nf_tables answers\n"
			     "modprobe wgmark");
	return found(f, any_mark(m) ? SEVERITY_ERROR : SEVERITY_NOTE, t, "neither the module wgmark nor nf_tables is there, and nothing marks or guards a tunnel\n"
		     "there is no netlink family wgmark, and nf_tables does not answer\n"
		     "modprobe wgmark");
}

/* The rule that sends all but the marked into the tunnel's table, or NULL */
static const struct fib_rule *tunnel_rule(const struct machine *m, const struct doctor_tunnel *t)
{
	const struct fib_rule *r;

	for (r = m->fib.rules; r < m->fib.rules + m->fib.rules_len; r++) {
		if (t->v->dev.fwmark && r->invert && r->mark == t->v->dev.fwmark)
			return r;
	}
	return NULL;
}

int check_networkd(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	const struct fib_rule *r = tunnel_rule(m, t);
	char text[256];

	if (!m->networkd_runs || !m->networkd_removes || !r || r->protocol == RTPROT_KERNEL)
		return 0;
	/* its own */
	if (t->networkd_has && r->protocol == RTPROT_STATIC)
		return 0;
	return found(f, SEVERITY_WARNING, t, "systemd-networkd removes the tunnel's rules when it starts again\n"
		     "/run/systemd/netif/state is there; ManageForeignRoutingPolicyRules is yes; rule %u: %s has protocol %u, not kernel\n"
		     "ManageForeignRoutingPolicyRules=no in the section [Network] of /etc/systemd/networkd.conf.d/wireguard.conf; or bring it up with wgmarkctl, whose rules stay",
		     r->priority, fib_rule_text(r, text, sizeof(text)), r->protocol);
}

int check_networkmanager(const struct machine *m, const struct doctor_tunnel *t,
			 struct findings *f)
{
	const enum ruleset_owner own = maker(m, t);
	const char *name = t->v->link.name;
	size_t i;

	/* without rules it may be its own */
	if (own == OWNER_UNKNOWN || own == OWNER_NETWORKMANAGER)
		return 0;
	for (i = 0; i < m->nm_profiles_len; i++) {
		if (strcmp(m->nm_profiles[i], name) == 0)
			return found(f, SEVERITY_WARNING, t, "NetworkManager has a connection for the same interface, and may set addresses, rules and the mark anew\n"
				     "interface-name=%s in one of its files *.nmconnection\n"
				     "nmcli device set %s managed no, or nmcli connection delete it",
				     name, name);
	}
	return 0;
}
