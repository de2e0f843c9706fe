// SPDX-License-Identifier: GPL-2.0
/*
 * send-packets DEVICE MAC - put any IP packets on a link
 *
 * Each line of standard input is a packet: HEX [FROM-TO]..., from its IP header on.
 * HEX may have points for looks, and addresses as [10.2.0.2] or [fd02::2]. Its lengths
 * are filled in, and its checksums where they are 0. With ranges of what follows the IP
 * header, in bytes, it goes in fragments of these, in that order; TO may be left out.
 * Lines that begin with # are not read. Prints how many were sent.
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "packet.h"

static struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
static unsigned int sent;
static int fd;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void refuse(const char *what, const char *text)
{
	fprintf(stderr, "send-packets: %s: %s\n", what, text);
	exit(2);
}

static void send_one(const struct packet *p)
{
	to.sll_protocol = htons(p->data[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
	if (sendto(fd, p->data, p->len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("sendto");
	sent++;
}

/* "[ADDRESS]" at @text; returns what follows */
static const char *parse_address(struct packet *p, const char *text)
{
	char address[INET6_ADDRSTRLEN] = "";
	unsigned char bytes[16];
	int len = 0;

	if (sscanf(text, "[%45[0-9a-fA-F.:]]%n", address, &len) != 1 || !len)
		refuse("not [ADDRESS]", text);
	if (inet_pton(AF_INET, address, bytes) == 1)
		packet_put(p, bytes, 4);
	else if (inet_pton(AF_INET6, address, bytes) == 1)
		packet_put(p, bytes, 16);
	else
		refuse("not an address", address);
	return text + len;
}

static void parse(struct packet *p, const char *hex)
{
	const char *c = hex;
	unsigned int byte;

	p->len = 0;
	while (*c) {
		if (*c == '.') {
			c++;
			continue;
		}
		if (*c == '[') {
			c = parse_address(p, c);
			continue;
		}
		if (!isxdigit(c[0]) || !isxdigit(c[1]) || sscanf(c, "%2x", &byte) != 1)
			refuse("not pairs of hexadecimal digits", hex);
		packet_put_u8(p, byte);
		c += 2;
	}
	if (p->len < 20 || (p->data[0] >> 4 == 6 && p->len < 40))
		refuse("shorter than an IP header", hex);
}

static void send_range(const struct packet *whole, const char *range)
{
	unsigned long from, end = PACKET_MAX;
	struct packet piece;
	char *rest;

	from = strtoul(range, &rest, 10);
	if (*rest == '-' && rest[1])
		end = strtoul(rest + 1, &rest, 10);
	else if (*rest == '-')
		rest++;
	if (rest == range || *rest || from % 8)
		refuse("not FROM-TO, with FROM a multiple of 8", range);
	if (!packet_fragment(whole, 0x77676d6b, from, end, &piece))
		refuse("nothing is there", range);
	send_one(&piece);
}

int main(int argc, char **argv)
{
	struct packet whole;
	char line[8192];
	char *word;

	if (argc != 3 || sscanf(argv[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &to.sll_addr[0],
				&to.sll_addr[1], &to.sll_addr[2], &to.sll_addr[3],
				&to.sll_addr[4], &to.sll_addr[5]) != ETH_ALEN)
		exit((fputs("send-packets: which device, which MAC address?\n", stderr), 2));
	to.sll_ifindex = if_nametoindex(argv[1]);
	fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	if (!to.sll_ifindex || fd < 0)
		die(argv[1]);

	while (fgets(line, sizeof(line), stdin)) {
		word = strtok(line, "\n ");
		if (!word || *word == '#')
			continue;
		parse(&whole, word);
		packet_complete(&whole);
		word = strtok(NULL, "\n ");
		if (!word)
			send_one(&whole);
		for (; word; word = strtok(NULL, "\n "))
			send_range(&whole, word);
	}
	printf("%u\n", sent);
	return 0;
}
