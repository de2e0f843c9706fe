/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the planner have in common
 */
#ifndef WGMARK_TEST_PLAN_H
#define WGMARK_TEST_PLAN_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>

#include "plan.h"
#include "render.h"
#include "tap.h"

/** What every network namespace begins with. */
static const struct rule default_rules[] = {
	{ .family = AF_INET, .priority = 0, .table = RT_TABLE_LOCAL,
	  .protocol = RTPROT_KERNEL, .suppress = -1, .plain = true },
	{ .family = AF_INET, .priority = 32766, .table = RT_TABLE_MAIN,
	  .protocol = RTPROT_KERNEL, .suppress = -1, .plain = true },
	{ .family = AF_INET, .priority = 32767, .table = RT_TABLE_DEFAULT,
	  .protocol = RTPROT_KERNEL, .suppress = -1, .plain = true },
	{ .family = AF_INET6, .priority = 0, .table = RT_TABLE_LOCAL,
	  .protocol = RTPROT_KERNEL, .suppress = -1, .plain = true },
	{ .family = AF_INET6, .priority = 32766, .table = RT_TABLE_MAIN,
	  .protocol = RTPROT_KERNEL, .suppress = -1, .plain = true },
};

/** test_config() - a configuration from text, which has to be right */
static inline void test_config(struct config *c, const char *ifname, const char *text)
{
	struct config_error err;

	if (config_parse(c, text, strlen(text), &err)) {
		fprintf(stderr, "line %u: %s\n", err.line, err.text);
		abort();
	}
	snprintf(c->ifname, sizeof(c->ifname), "%s", ifname);
}

/** plan_text() - what the planner said: steps and notes, or the error */
static inline char *plan_text(const struct plan *p, int ret, const struct plan_error *err)
{
	struct tap_text t;
	size_t i;

	tap_text_begin(&t);
	if (ret)
		fprintf(t.out, "%s: %s\n", strerrorname_np(-ret), err->text);
	for (i = 0; !ret && i < p->len; i++)
		render_step(t.out, p, &p->steps[i]);
	for (i = 0; !ret && p->notes && p->notes[i]; i++)
		fprintf(t.out, "note: %s\n", p->notes[i]);

	return tap_text_end(&t);
}

/** How a machine differs from one with module and nft, and no tunnel. */
enum {
	NO_KMOD	    = 1 << 0,
	NO_NFT	    = 1 << 1,
	STRICT	    = 1 << 2,	/* rp_filter */
	MARK_VALID  = 1 << 3,	/* src_valid_mark was 1 before any tunnel */
	MARK_SAVED  = 1 << 4,	/* an "up" has made it 1 */
	LINK	    = 1 << 5,	/* the device is there and has the mark 51820 */
	LINK_OTHER  = 1 << 6,	/* of another kind */
	KMOD_TUNNEL = 1 << 7,
	NFT_IPV4    = 1 << 8,
	NFT_IPV6    = 1 << 9,
	FOREIGN	    = 1 << 10,	/* wg-quick's nft table */
	SHARED	    = 1 << 11,	/* another tunnel guards the same address */
	NO_MARK	    = 1 << 12,	/* the device has none */
	MARK_TWO    = 1 << 13,	/* src_valid_mark is neither 0 nor 1 */
	RENAMED	    = 1 << 14,	/* the nft tables with the name are another device's */
	ROUTED	    = 1 << 15,	/* the table 51820 leads to the device, mark or no mark */
	READ_ONLY   = 1 << 16,	/* /proc/sys */
	DEV_SAVED   = 1 << 17,	/* an "up" has made eth0's src_valid_mark 1 */
	RESOLVECTL  = 1 << 18,	/* there is a program for name servers */
	NOT_UP	    = 1 << 20,	/* the device */
	DNS_RECORD  = 1 << 19,	/* and it has some of the tunnel */
	DNS_GONE    = 1 << 21,	/* resolvconf has a record of wg8, which is gone */
	DNS_OLD     = 1 << 22,	/* and of the device, as wg7: its name at "up" */
	NO_IPV6	    = 1 << 23,	/* the kernel has none */
};

#define NO_BACKEND (NO_KMOD | NO_NFT)

/**
 * struct plan_case - what is to be done, on which machine, and the answer
 * @name: says what the case is about
 * @config: the file
 * @down: it goes down; without @config it has no file
 * @ifname: NULL for wg0
 * @machine: flags of above
 * @rules: as read_rules() takes them
 * @gone: rules of tunnels that are gone, likewise
 * @nft_gone: the interface whose nft tables are left, or NULL
 * @free_table: 0 for 51820
 * @endpoint_mtu: 0 for 1500
 * @outer_len: with READ_ONLY, how many devices lead to endpoints
 * @out: as plan_text() gives it
 */
struct plan_case {
	const char *name;
	const char *config;
	bool down;
	const char *ifname;
	unsigned int machine;
	const char *rules;
	const char *gone;
	const char *nft_gone;
	uint32_t free_table;
	uint32_t endpoint_mtu;
	size_t outer_len;
	const char *out;
};

/**
 * read_rules() - rules from text
 * @rules: room for all
 * @text: one a line: family, priority, table, fwmark, fwmask in hexadecimal,
 *	protocol, not, suppress_prefixlength, plain; the table 0 stands for "unreachable"
 *
 * Return: how many
 */
static inline size_t read_rules(struct rule *rules, const char *text)
{
	unsigned int family, protocol;
	int invert, plain, used;
	struct rule *r = rules;

	for (; text && *text; text += used, r++) {
		*r = (struct rule){};
		if (sscanf(text, "%u %u %u %u %x %u %d %d %d\n%n", &family,
			   &r->priority, &r->table, &r->fwmark, &r->fwmask,
			   &protocol, &invert, &r->suppress, &plain, &used) != 9)
			abort();
		r->family = family == 4 ? AF_INET : AF_INET6;
		r->protocol = protocol;
		r->invert = invert;
		r->unreachable = !r->table;
		r->plain = plain;
	}

	return r - rules;
}

/* Those of above, the default ones, and behind these those that are gone */
static inline void make_rules(struct snapshot *s, const struct plan_case *c,
			      struct rule *rules)
{
	bool owns = c->machine & ROUTED || s->fwmark;
	struct rule *r;

	s->rules = rules;
	s->rules_len = read_rules(rules, c->rules);
	for (r = rules; r < rules + s->rules_len; r++) {
		if (rule_is_tunnel(r))
			r->owner = owns && r->fwmark == 51820 ? 7 : 9;
	}
	memcpy(r, default_rules, sizeof(default_rules));
	s->rules_len += TAP_LEN(default_rules);
	s->rules_gone = rules + s->rules_len;
	s->rules_gone_len = read_rules(rules + s->rules_len, c->gone);
}

/** make_snapshot() - the machine of a case, @rules for its rules */
static inline void make_snapshot(struct snapshot *s, const struct plan_case *c,
				 struct rule *rules)
{
	static struct src_valid_mark outer[] = {
		{ 3, "eth0", 0 }, { 4, "eth1", 1 }, { 5, "br.7", 0 },
	};
	static struct src_valid_mark both[] = { { 0, "all", 0 }, { 3, "eth0", 0 } };
	unsigned int m = c->machine;
	struct src_valid_mark *saved = m & MARK_SAVED ? both : both + 1;

	static struct dns_record records[] = { { "wg8", 8 }, { "wg7", 7 } };

	*s = (struct snapshot){
		.ifindex = m & (LINK | LINK_OTHER) ? 7 : 0,
		.is_wireguard = m & LINK,
		.is_up = !(m & NOT_UP),
		.fwmark = m & LINK && !(m & NO_MARK) ? 51820 : 0,
		.has_kmod = !(m & NO_KMOD),
		.has_nft = !(m & NO_NFT),
		.no_ipv6 = m & NO_IPV6,
		.kmod_tunnel = m & KMOD_TUNNEL,
		.nft.families = (m & NFT_IPV4 ? WGMARK_FAMILY_IPV4 : 0) |
				(m & NFT_IPV6 ? WGMARK_FAMILY_IPV6 : 0),
		.free_table = c->free_table ? c->free_table : 51820,
		.src_valid_mark = m & MARK_TWO ? 2 : !!(m & (MARK_VALID | MARK_SAVED)),
		.sysctl_readonly = m & READ_ONLY,
		.outer = outer,
		.outer_len = m & READ_ONLY ? c->outer_len : 0,
		.saved = saved,
		.saved_len = !!(m & MARK_SAVED) + !!(m & DEV_SAVED),
		.dns_stale = m & DNS_GONE ? records : records + 1,
		.dns_stale_len = !!(m & DNS_GONE) + !!(m & DNS_OLD),
		.dns_tool = m & (DNS_GONE | DNS_OLD) ? DNS_RESOLVCONF : m & RESOLVECTL ? DNS_RESOLVECTL : DNS_NONE,
		.dns_is_set = m & DNS_RECORD,
		.strict_rp_filter = m & STRICT,
		.endpoint_mtu = c->endpoint_mtu ? c->endpoint_mtu : 1500,
	};
	make_rules(s, c, rules);
	strcpy(s->nft.name, "wg0");
	if (c->nft_gone) {
		s->nft_gone = calloc(1, sizeof(*s->nft_gone));
		strcpy(s->nft_gone->name, c->nft_gone);
		s->nft_gone->families = WGMARK_FAMILY_IPV4 | WGMARK_FAMILY_IPV6;
		s->nft_gone_len = 1;
	}
	if (m & RENAMED)
		strcpy(s->renamed, "tun7");
	if (m & FOREIGN)
		strcpy(s->foreign_table, "wg-quick-wg0");
	if (m & SHARED) {
		prefix_parse(&s->shared_address, "10.2.0.2");
		strcpy(s->shared_with, "the nft table `wgmark-wg9'");
	}
}

/* What resolving makes of an IPv4 address */
static inline void set_endpoint(struct config *c)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (c->peers_len && c->peers->host &&
	    inet_pton(AF_INET, c->peers->host, &v4.sin_addr) == 1)
		memcpy(&c->peers->endpoint, &v4, sizeof(v4));
}

/** test_plan() - make the plan of a case and compare all of it */
static inline void test_plan(const struct plan_case *c)
{
	struct config config = {};
	struct plan_error err;
	struct rule rules[32];
	struct snapshot s;
	struct plan plan;
	char *text;
	int ret;

	make_snapshot(&s, c, rules);
	if (c->config) {
		test_config(&config, "wg0", c->config);
		config_set_ifname(&config, "wg0");
		set_endpoint(&config);
	}
	if (c->down)
		ret = plan_down(&plan, c->ifname ? c->ifname : "wg0",
				c->config ? &config : NULL, &s, &err);
	else
		ret = plan_up(&plan, &config, &s, &err);
	plan.arg = "./wg0.conf";

	text = plan_text(&plan, ret, &err);
	tap_same(text, c->out, c->name);
	free(text);
	free(s.nft_gone);
	plan_free(&plan);
	config_free(&config);
}

#endif
