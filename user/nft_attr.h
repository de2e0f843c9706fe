/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attributes of nf_tables' messages
 *
 * Not by libnftnl: it ends the program where an attribute is not as it thinks it should
 * be, and gives up on a rule with an expression newer than itself.
 */
#ifndef WGMARK_NFT_ATTR_H
#define WGMARK_NFT_ATTR_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of the longest value, a key of a set: all registers (NFT_DATA_VALUE_MAXLEN). */
#define NFT_VALUE_MAX 64

/** Bytes of the smallest register (NFT_REG32_SIZE). */
#define REG_SIZE 4

/** nft_padded() - the bytes that a value of so many takes, with others behind it */
static inline size_t nft_padded(size_t len)
{
	return (len + REG_SIZE - 1) / REG_SIZE * REG_SIZE;
}

/** nft_attr() - the first attribute of a type in @nest, which may be NULL; or NULL */
const struct nlattr *nft_attr(const struct nlattr *nest, uint16_t type);

/** nft_attr_top() - likewise in a message of nf_tables */
const struct nlattr *nft_attr_top(const struct nlmsghdr *nlh, uint16_t type);

/** nft_attr_u32() - its number, network byte order in the message; @absent without it */
uint32_t nft_attr_u32(const struct nlattr *nest, uint16_t type, uint32_t absent);

/** nft_attr_u64() - likewise, 0 without it */
uint64_t nft_attr_u64(const struct nlattr *nest, uint16_t type);

/** nft_attr_str() - its text; NULL without it, or if it does not end in a NUL */
const char *nft_attr_str(const struct nlattr *nest, uint16_t type);

/**
 * nft_attr_value() - its NFTA_DATA_VALUE
 * @value: the result, filled up with zeros
 *
 * Return: bytes, 0 if there is none or it is too long
 */
size_t nft_attr_value(const struct nlattr *nest, uint16_t type,
		      uint8_t value[static NFT_VALUE_MAX]);

#endif
