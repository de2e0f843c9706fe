/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An IP packet, to be written by hand or at random
 */
#ifndef WGMARK_PACKET_H
#define WGMARK_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX 2048

/**
 * struct packet - an IP packet from its IP header on
 * @data: its bytes, as on the wire
 * @len: how many
 */
struct packet {
	unsigned char data[PACKET_MAX];
	size_t len;
};

void packet_put(struct packet *p, const void *bytes, size_t len);
void packet_put_u8(struct packet *p, uint8_t value);
void packet_put_be16(struct packet *p, uint16_t value);
void packet_put_be32(struct packet *p, uint32_t value);

void packet_complete(struct packet *p);
uint8_t packet_protocol(const struct packet *p);
void packet_reverse(const struct packet *p, struct packet *reply);
bool packet_fragment(const struct packet *whole, uint32_t id, size_t from, size_t to,
		     struct packet *piece);
size_t packet_fragmentable(const struct packet *p);

#endif
