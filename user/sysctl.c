// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel settings below /proc/sys
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "state.h"
#include "sysctl.h"

static int open_name(const char *name, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysctl_read(const char *name, int *value)
{
	char text[32] = "", *end;
	ssize_t n;
	int fd;

	fd = open_name(name, O_RDONLY);
	if (fd < 0)
		return fd;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	*value = strtol(text, &end, 10);
	return end == text ? -EPROTO : 0;
}

int sysctl_write(const char *name, int value)
{
	int fd, err = 0;

	fd = open_name(name, O_WRONLY);
	if (fd < 0)
		return fd;
	if (dprintf(fd, "%d\n", value) < 0)
		err = -errno;
	close(fd);
	return err;
}

int sysctl_change(const char *name, int value, int old)
{
	int err;

	err = state_save(name, old);
	if (err)
		return err;
	err = sysctl_write(name, value);
	if (err)
		state_drop(name);
	return err;
}

int sysctl_restore(const char *name, int value)
{
	int err;

	err = sysctl_write(name, value);
	return err ?: state_drop(name);
}
