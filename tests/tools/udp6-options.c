// SPDX-License-Identifier: GPL-2.0
/*
 * udp6-options ADDRESS PORT - send one UDP datagram behind a hop-by-hop and a
 * destination options header
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	/* RFC 8200, 4.2: next header (the kernel's), length 0, PadN of 4 */
	const unsigned char options[8] = { 0, 0, 1, 4 };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (argc != 3 || inet_pton(AF_INET6, argv[1], &to.sin6_addr) != 1)
		return 2;
	to.sin6_port = htons(atoi(argv[2]));
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_HOPOPTS, options, sizeof(options)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_DSTOPTS, options, sizeof(options)) ||
	    sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) != 1) {
		perror("udp6-options");
		return 1;
	}
	return 0;
}
