// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of nf_tables' messages
 */
#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "nft_attr.h"

const struct nlattr *nft_attr(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	if (!nest)
		return NULL;
	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

const struct nlattr *nft_attr_top(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

uint32_t nft_attr_u32(const struct nlattr *nest, uint16_t type, uint32_t absent)
{
	const struct nlattr *attr = nft_attr(nest, type);

	if (!attr || mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return absent;
	return ntohl(mnl_attr_get_u32(attr));
}

uint64_t nft_attr_u64(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr = nft_attr(nest, type);

	if (!attr || mnl_attr_validate(attr, MNL_TYPE_U64) < 0)
		return 0;
	return be64toh(mnl_attr_get_u64(attr));
}

const char *nft_attr_str(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr = nft_attr(nest, type);

	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return NULL;
	return mnl_attr_get_str(attr);
}

size_t nft_attr_value(const struct nlattr *nest, uint16_t type,
		      uint8_t value[static NFT_VALUE_MAX])
{
	const struct nlattr *attr = nft_attr(nft_attr(nest, type), NFTA_DATA_VALUE);
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	memset(value, 0, NFT_VALUE_MAX);
	if (len > NFT_VALUE_MAX)
		return 0;
	if (len)
		memcpy(value, mnl_attr_get_payload(attr), len);
	return len;
}
