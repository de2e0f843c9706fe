// SPDX-License-Identifier: GPL-2.0
/*
 * What user/ruleset*.c take from nf_tables
 */
#include <arpa/inet.h>

#include "fuzz.h"
#include "ruleset_purpose.h"

/* Not as a part of somebody's name, which stands between quotes */
static bool has_unknown_cmp(const char *text)
{
	bool is_quoted = false;

	for (; *text; text++) {
		is_quoted ^= *text == '"';
		if (!is_quoted && strncmp(text, "[cmp]", strlen("[cmp]")) == 0)
			return true;
	}
	return false;
}

static void check_rule(const struct nft_rule *rule)
{
	fuzz_check(rule->text);
	fuzz_check(rule->role <= ROLE_OTHER);
	fuzz_check(rule->role == ROLE_UNKNOWN || !has_unknown_cmp(rule->text));
	fuzz_string(rule->iif, sizeof(rule->iif));
}

static void check_chain(const struct nft_chain *chain)
{
	size_t i;

	fuzz_string(chain->name, sizeof(chain->name));
	fuzz_string(chain->type, sizeof(chain->type));
	for (i = 0; i < chain->rules_len; i++)
		check_rule(&chain->rules[i]);
}

static void run_read(struct kernel *k)
{
	struct ruleset r;
	size_t i, j;

	fuzz_result(k, ruleset_read(k, &r));
	for (i = 0; i < r.len; i++) {
		fuzz_string(r.tables[i].name, sizeof(r.tables[i].name));
		fuzz_string(r.tables[i].ifname, sizeof(r.tables[i].ifname));
		for (j = 0; j < r.tables[i].chains_len; j++)
			check_chain(&r.tables[i].chains[j]);
	}
	ruleset_free(&r);
}

static const struct fuzz_op ops[] = {
	{ "read", run_read },
	{}
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_netlink(data, size, NETLINK_NETFILTER, ops);
}
