// SPDX-License-Identifier: GPL-2.0
/*
 * What a rule, or an element of a verdict map, says of a packet
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_expr.h"

int nft_verdict_take(struct nft_verdict *v, const struct nlattr *data)
{
	const char *chain = nft_attr_str(data, NFTA_VERDICT_CHAIN);

	*v = (struct nft_verdict){ .code = nft_attr_u32(data, NFTA_VERDICT_CODE, UINT32_MAX) };
	switch (v->code) {
	case NFT_JUMP:
	case NFT_GOTO:
		if (!chain)
			return -EOPNOTSUPP;
		v->chain = strdup(chain);
		if (!v->chain)
			return -ENOMEM;
		nft_clean(v->chain, true);
		return 0;
	case NF_DROP:
	case NF_ACCEPT:
	case NFT_CONTINUE:
	case NFT_RETURN:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

void nft_verdict_free(struct nft_verdict *v)
{
	free(v->chain);
	v->chain = NULL;
}

void nft_verdict_print(FILE *out, const struct nft_verdict *v)
{
	switch (v->code) {
	case NF_DROP:
		fputs("drop", out);
		break;
	case NF_ACCEPT:
		fputs("accept", out);
		break;
	case NFT_CONTINUE:
		fputs("continue", out);
		break;
	case NFT_RETURN:
		fputs("return", out);
		break;
	default:
		fprintf(out, "%s %s", v->code == NFT_JUMP ? "jump" : "goto", v->chain);
	}
}
