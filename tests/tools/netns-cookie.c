// SPDX-License-Identifier: GPL-2.0
/*
 * netns-cookie - print the cookie of this network namespace, socket(7)
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint64_t cookie;
	socklen_t len = sizeof(cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0) {
		perror("netns-cookie");
		return 1;
	}
	printf("%" PRIu64 "\n", cookie);
	return 0;
}
