/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Have one allocation that this thread makes in the kernel fail (/proc/thread-self/fail-nth)
 */
#ifndef FAIL_NTH_H
#define FAIL_NTH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int nth_fd;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/** fail_nth_open() - each process has to, once */
static void fail_nth_open(void)
{
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (nth_fd < 0)
		die("fail-nth");
}

/** arm() - have the @nth allocation fail from now on */
static void arm(int nth)
{
	if (dprintf(nth_fd, "%d", nth) < 0)
		die("fail-nth");
}

/** disarm() - no more. Return: how many were left */
static int disarm(void)
{
	char left[16] = "";

	if (pread(nth_fd, left, sizeof(left) - 1, 0) < 0)
		die("fail-nth");
	arm(0);
	return atoi(left);
}

#endif
