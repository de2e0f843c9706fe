// SPDX-License-Identifier: GPL-2.0
/*
 * Statements that use no register: counter, limit, log, reject ...
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter/nf_log.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_expr.h"

static int take_counter(struct nft_stmt *stmt, FILE *out, const struct nlattr *data)
{
	(void)out;
	stmt->type = STMT_COUNTER;
	stmt->packets = nft_attr_u64(data, NFTA_COUNTER_PACKETS);
	stmt->bytes = nft_attr_u64(data, NFTA_COUNTER_BYTES);
	return 0;
}

static int take_reject(struct nft_stmt *stmt, FILE *out, const struct nlattr *data)
{
	const struct nlattr *code = nft_attr(data, NFTA_REJECT_ICMP_CODE);

	(void)out;
	stmt->type = STMT_REJECT;
	stmt->kind = nft_attr_u32(data, NFTA_REJECT_TYPE, UINT32_MAX);
	if (code && mnl_attr_validate(code, MNL_TYPE_U8) == 0)
		stmt->code = mnl_attr_get_u8(code);
	else if (stmt->kind != NFT_REJECT_TCP_RST)
		return -EOPNOTSUPP;
	if (stmt->kind == NFT_REJECT_ICMPX_UNREACH && stmt->code > NFT_REJECT_ICMPX_MAX)
		return -EOPNOTSUPP;
	return stmt->kind <= NFT_REJECT_ICMPX_UNREACH ? 0 : -EOPNOTSUPP;
}

/* 10240 is "10 kbytes" */
static void print_rate(FILE *out, uint64_t rate, bool is_bytes)
{
	static const char *const units[] = { "bytes", "kbytes", "mbytes" };
	size_t i = 0;

	if (!is_bytes) {
		fprintf(out, "%" PRIu64, rate);
		return;
	}
	for (; rate && rate % 1024 == 0 && i < 2; i++)
		rate /= 1024;
	fprintf(out, "%" PRIu64 " %s", rate, units[i]);
}

static int take_limit(struct nft_stmt *stmt, FILE *out, const struct nlattr *data)
{
	static const struct {
		uint32_t seconds;
		const char *name;
	} units[] = {
		{ 1, "second" }, { 60, "minute" }, { 3600, "hour" }, { 86400, "day" },
		{ 604800, "week" },
	};
	uint32_t burst = nft_attr_u32(data, NFTA_LIMIT_BURST, 0);
	uint32_t flags = nft_attr_u32(data, NFTA_LIMIT_FLAGS, 0);
	uint32_t type = nft_attr_u32(data, NFTA_LIMIT_TYPE, NFT_LIMIT_PKTS);
	uint64_t unit = nft_attr_u64(data, NFTA_LIMIT_UNIT);
	bool is_bytes = type == NFT_LIMIT_PKT_BYTES;
	size_t i = 0;

	(void)stmt;
	while (i < 5 && units[i].seconds != unit)
		i++;
	if (i == 5 || type > NFT_LIMIT_PKT_BYTES || flags & ~NFT_LIMIT_F_INV)
		return -EOPNOTSUPP;
	fputs(flags & NFT_LIMIT_F_INV ? "limit rate over " : "limit rate ", out);
	print_rate(out, nft_attr_u64(data, NFTA_LIMIT_RATE), is_bytes);
	fprintf(out, "/%s", units[i].name);
	if (is_bytes && burst) {
		fputs(" burst ", out);
		print_rate(out, burst, true);
	} else if (!is_bytes && burst && burst != 5) {
		/* what nft(8) has without it */
		fprintf(out, " burst %" PRIu32 " packets", burst);
	}
	return 0;
}

/* "flags all" */
#define LOG_FLAGS_ALL (NF_LOG_TCPSEQ | NF_LOG_TCPOPT | NF_LOG_IPOPT | NF_LOG_UID | \
		       NF_LOG_MACDECODE)

static void print_log_flags(FILE *out, uint32_t flags)
{
	const char *comma = "";

	if (!flags)
		return;
	if ((flags & LOG_FLAGS_ALL) == LOG_FLAGS_ALL) {
		fputs(" flags all", out);
		return;
	}
	if (flags & (NF_LOG_TCPSEQ | NF_LOG_TCPOPT)) {
		fputs(" flags tcp ", out);
		if (flags & NF_LOG_TCPSEQ) {
			fputs("sequence", out);
			comma = ",";
		}
		if (flags & NF_LOG_TCPOPT)
			fprintf(out, "%soptions", comma);
	}
	if (flags & NF_LOG_IPOPT)
		fputs(" flags ip options", out);
	if (flags & NF_LOG_UID)
		fputs(" flags skuid", out);
	if (flags & NF_LOG_MACDECODE)
		fputs(" flags ether", out);
}

static int take_log(struct nft_stmt *stmt, FILE *out, const struct nlattr *data)
{
	static const char *const levels[] = {
		"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit",
	};
	uint32_t level = nft_attr_u32(data, NFTA_LOG_LEVEL, NFT_LOGLEVEL_WARNING);
	const struct nlattr *group = nft_attr(data, NFTA_LOG_GROUP);
	const char *prefix = nft_attr_str(data, NFTA_LOG_PREFIX);
	char text[NF_LOG_PREFIXLEN];

	(void)stmt;
	if (level >= sizeof(levels) / sizeof(levels[0]) ||
	    nft_attr_u32(data, NFTA_LOG_SNAPLEN, 0) ||
	    (nft_attr(data, NFTA_LOG_QTHRESHOLD) && !group))
		return -EOPNOTSUPP;
	fputs("log", out);
	if (prefix && *prefix) {
		snprintf(text, sizeof(text), "%s", prefix);
		fprintf(out, " prefix \"%s\"", nft_clean(text, false));
	}
	if (group) {
		if (mnl_attr_validate(group, MNL_TYPE_U16) < 0)
			return -EOPNOTSUPP;
		fprintf(out, " group %u", be16toh(mnl_attr_get_u16(group)));
		return 0;
	}
	if (level != NFT_LOGLEVEL_WARNING)
		fprintf(out, " level %s", levels[level]);
	print_log_flags(out, nft_attr_u32(data, NFTA_LOG_FLAGS, 0));
	return 0;
}

/* What stands in the table by a name, not one of a map */
static int take_objref(struct nft_stmt *stmt, FILE *out, const struct nlattr *data)
{
	static const char *const words[] = {
		[NFT_OBJECT_COUNTER] = "counter name", [NFT_OBJECT_QUOTA] = "quota name",
		[NFT_OBJECT_CT_HELPER] = "ct helper set", [NFT_OBJECT_LIMIT] = "limit name",
		[NFT_OBJECT_CT_TIMEOUT] = "ct timeout set",
		[NFT_OBJECT_CT_EXPECT] = "ct expectation set",
	};
	uint32_t type = nft_attr_u32(data, NFTA_OBJREF_IMM_TYPE, UINT32_MAX);
	const char *name = nft_attr_str(data, NFTA_OBJREF_IMM_NAME);
	char text[NFT_NAME_MAXLEN];

	(void)stmt;
	if (!name || type >= sizeof(words) / sizeof(words[0]) || !words[type])
		return -EOPNOTSUPP;
	snprintf(text, sizeof(text), "%s", name);
	fprintf(out, "%s \"%s\"", words[type], nft_clean(text, false));
	return 0;
}

static int take_notrack(struct nft_stmt *stmt, FILE *out, const struct nlattr *data)
{
	(void)stmt;
	(void)data;
	fputs("notrack", out);
	return 0;
}

int nft_other_take(struct nft_stmt *stmt, const char *name, const struct nlattr *data)
{
	static const struct {
		const char *name;
		int (*take)(struct nft_stmt *stmt, FILE *out, const struct nlattr *data);
	} takers[] = {
		{ "counter", take_counter },
		{ "reject", take_reject },
		{ "limit", take_limit },
		{ "log", take_log },
		{ "notrack", take_notrack },
		{ "objref", take_objref },
	};
	int err = -EOPNOTSUPP;
	size_t i, len;
	FILE *out;

	out = open_memstream(&stmt->text, &len);
	if (!out)
		return -ENOMEM;
	stmt->type = STMT_OTHER;
	for (i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		if (strcmp(takers[i].name, name) == 0)
			err = takers[i].take(stmt, out, data);
	}
	if (fclose(out))
		err = -ENOMEM;
	if (err || stmt->type != STMT_OTHER) {
		free(stmt->text);
		stmt->text = NULL;
	}
	return err;
}
