// SPDX-License-Identifier: GPL-2.0
/*
 * Extensions of iptables in rules of nf_tables, as any of its versions puts them there.
 * tests/netns/64-ruleset.sh has those of the version that is here.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>

#include "ruleset_expr.h"
#include "tap.h"

/* "mark" and "connmark", and the targets, are laid out alike */
union info {
	struct xt_mark_mtinfo1 is;
	struct xt_mark_tginfo2 set;
	struct xt_connmark_tginfo1 conn;
	struct xt_connmark_tginfo2 conn_shifted;
	struct nf_nat_ipv4_multi_range_compat nat;
	struct nf_nat_range nat6;
};

static const struct {
	const char *name;
	const char *ext;
	uint32_t revision;
	union info info;
	size_t len;
	const char *want;
} cases[] = {
	{ "match", "mark", 1, { .is = { 5, UINT32_MAX, 0 } }, sizeof(struct xt_mark_mtinfo1),
	  "meta mark 0x00000005" },
	{ "match", "mark", 1, { .is = { 5, 0xf, 0 } }, sizeof(struct xt_mark_mtinfo1),
	  "meta mark & 0x0000000f == 0x00000005" },
	{ "match", "mark", 1, { .is = { 5, UINT32_MAX, 1 } }, sizeof(struct xt_mark_mtinfo1),
	  "meta mark != 0x00000005" },
	{ "match", "mark", 0, { .is = { 5, UINT32_MAX, 0 } }, sizeof(struct xt_mark_mtinfo1),
	  "[match mark]" },
	{ "match", "mark", 1, { .is = { 5, UINT32_MAX, 0 } }, 8, "[match mark]" },
	{ "match", "connmark", 1, { .is = { 5, 0xf, 1 } }, sizeof(struct xt_mark_mtinfo1),
	  "ct mark & 0x0000000f != 0x00000005" },
	{ "target", "MARK", 2, { .set = { 5, UINT32_MAX } }, sizeof(struct xt_mark_tginfo2),
	  "meta mark set 0x00000005" },
	{ "target", "MASQUERADE", 0, { .nat = { .rangesize = 1 } }, 24, "masquerade" },
	{ "target", "MASQUERADE", 0,
	  { .nat = { 1, { { .flags = NF_NAT_RANGE_PROTO_RANDOM } } } }, 24,
	  "[target MASQUERADE]" },
	{ "target", "MASQUERADE", 0, { .nat6 = { 0 } }, sizeof(struct nf_nat_range), "masquerade" },
	{ "target", "MASQUERADE", 0, { .nat6 = { .flags = NF_NAT_RANGE_PROTO_SPECIFIED } },
	  sizeof(struct nf_nat_range), "[target MASQUERADE]" },
	{ "target", "MASQUERADE", 1, { .nat6 = { 0 } }, sizeof(struct nf_nat_range),
	  "[target MASQUERADE]" },
	{ "target", "MASQUERADE", 0, { .nat = { .rangesize = 1 } }, 8, "[target MASQUERADE]" },
	{ "target", "MARK", 2, { .set = { 0x10, 0xff } }, sizeof(struct xt_mark_tginfo2),
	  "meta mark set meta mark & 0xffffff10 | 0x00000010" },
	{ "target", "MARK", 2, { .set = { 0x10, 0 } }, sizeof(struct xt_mark_tginfo2),
	  "meta mark set meta mark ^ 0x00000010" },
	{ "target", "MARK", 1, { .set = { 5, UINT32_MAX } }, sizeof(struct xt_mark_tginfo2),
	  "[target MARK]" },
	{ "target", "MARK", 2, { .set = { 5, UINT32_MAX } }, 4, "[target MARK]" },
	{ "target", "CONNMARK", 1, { .conn = { 5, 0xff, 0, XT_CONNMARK_SET } },
	  sizeof(struct xt_connmark_tginfo1), "ct mark set ct mark & 0xffffff05 | 0x00000005" },
	{ "target", "CONNMARK", 1, { .conn = { 0, UINT32_MAX, UINT32_MAX, XT_CONNMARK_SAVE } },
	  sizeof(struct xt_connmark_tginfo1), "ct mark set mark" },
	{ "target", "CONNMARK", 2,
	  { .conn_shifted = { 0, UINT32_MAX, UINT32_MAX, 0, 0, XT_CONNMARK_RESTORE } },
	  sizeof(struct xt_connmark_tginfo2), "meta mark set ct mark" },
	{ "target", "CONNMARK", 2,
	  { .conn_shifted = { 0, UINT32_MAX, UINT32_MAX, 0, 8, XT_CONNMARK_RESTORE } },
	  sizeof(struct xt_connmark_tginfo2), "[target CONNMARK]" },
	{ "target", "CONNMARK", 2, { .conn_shifted = { 0, 0xff, 0xff, 0, 0, XT_CONNMARK_RESTORE } },
	  sizeof(struct xt_connmark_tginfo2), "[target CONNMARK]" },
};

static void test_case(size_t n)
{
	char buf[512], name[128], *text = NULL;
	struct nft_stmt stmt = { 0 };
	struct nlmsghdr *nlh;
	struct nlattr *data;
	size_t size;
	FILE *out;

	nlh = mnl_nlmsg_put_header(buf);
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_strz(nlh, NFTA_MATCH_NAME, cases[n].ext);
	mnl_attr_put_u32(nlh, NFTA_MATCH_REV, htonl(cases[n].revision));
	mnl_attr_put(nlh, NFTA_MATCH_INFO, cases[n].len, &cases[n].info);
	mnl_attr_nest_end(nlh, data);

	out = open_memstream(&text, &size);
	if (!out || nft_xt_take(&stmt, cases[n].name, data))
		abort();
	nft_stmt_print(out, NFPROTO_IPV4, &stmt);
	fclose(out);
	snprintf(name, sizeof(name), "%s %s, revision %u, %zu bytes: %s", cases[n].name,
		 cases[n].ext, cases[n].revision, cases[n].len, cases[n].want);
	tap_same(text, cases[n].want, name);
	free(stmt.text);
	free(text);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(cases); i++)
		test_case(i);
	return tap_done();
}
