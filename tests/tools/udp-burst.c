// SPDX-License-Identifier: GPL-2.0
/*
 * udp-burst FROM TO ADDRESS PORT BYTES PACKETS ROUNDS - send datagrams from one
 * network namespace to another, and print what one took
 *
 * FROM and TO are names of ip-netns(8); TO has ADDRESS. In each round PACKETS of them,
 * of BYTES each, are sent, and waited for. Prints the nanoseconds of a packet, from
 * before the first was sent to after the last one arrived, in the middle one of the
 * rounds and in the quickest one, and how many arrived in all rounds. One is sent first,
 * and sent again for some seconds until it arrives: neighbours and tunnels have to meet.
 * Exit status 1 if that one does not arrive, or another one is lost.
 *
 * One process does both, so that where a clock counts instructions it counts all of
 * theirs, and no others'.
 */

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TRIES 10
#define MAX_ROUNDS 1000
/* Seconds: what is slow, behind others' packets on one processor, is not lost */
#define WAIT 20

static unsigned char data[65536];
static size_t bytes;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

static int open_in(const char *netns, int family)
{
	int room = 1 << 22, fd;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
	fd = socket(family, SOCK_DGRAM, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		die("socket");
	return fd;
}

static void send_one(int fd, uint32_t tag)
{
	memcpy(data, &tag, sizeof(tag));
	if (send(fd, data, bytes, 0) != (ssize_t)bytes)
		die("send");
}

/* How many of @packets that carry @tag arrive before so many seconds have passed without one */
static unsigned int receive(int fd, uint32_t tag, unsigned int packets, int seconds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned int arrived = 0;
	uint32_t got;

	while (arrived < packets) {
		if (recv(fd, &got, sizeof(got), MSG_DONTWAIT) == sizeof(got))
			arrived += got == tag;
		else if (poll(&p, 1, 1000 * seconds) <= 0)
			break;
	}
	return arrived;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static int meet(int from, int to)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		send_one(from, 0);
		if (receive(to, 0, 1, 1))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST };
	unsigned int packets, rounds, round, i, arrived = 0;
	static uint64_t took[MAX_ROUNDS];
	struct addrinfo *ai;
	uint64_t begin;
	int from, to;

	if (argc != 8)
		exit((fputs("udp-burst: see the head of udp-burst.c\n", stderr), 2));
	bytes = strtoul(argv[5], NULL, 0);
	packets = strtoul(argv[6], NULL, 0);
	rounds = strtoul(argv[7], NULL, 0);
	if (bytes < sizeof(uint32_t) || bytes > sizeof(data) ||
	    !packets || !rounds || rounds > MAX_ROUNDS)
		exit((fputs("udp-burst: that many cannot be sent\n", stderr), 2));
	if (getaddrinfo(argv[3], argv[4], &hints, &ai))
		exit((fprintf(stderr, "udp-burst: no address: %s\n", argv[3]), 2));

	to = open_in(argv[2], ai->ai_family);
	if (bind(to, ai->ai_addr, ai->ai_addrlen))
		die("bind");
	from = open_in(argv[1], ai->ai_family);
	if (connect(from, ai->ai_addr, ai->ai_addrlen))
		die("connect");
	if (!meet(from, to))
		exit((fprintf(stderr, "udp-burst: nothing arrives at %s\n", argv[3]), 1));

	for (round = 1; round <= rounds; round++) {
		begin = now();
		for (i = 0; i < packets; i++)
			send_one(from, round);
		arrived += receive(to, round, packets, WAIT);
		took[round - 1] = now() - begin;
	}
	qsort(took, rounds, sizeof(took[0]), compare);
	printf("%llu %llu %u\n", (unsigned long long)(took[rounds / 2] / packets),
	       (unsigned long long)(took[0] / packets), arrived);
	return arrived != packets * rounds;
}
