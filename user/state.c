// SPDX-License-Identifier: GPL-2.0
/*
 * What wgmarkctl keeps from one run to the next, in /run/wgmark
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg.h"
#include "state.h"

#define FOLDER "/run/wgmark"
#define LOCK FOLDER "/lock"

static int make_folder(void)
{
	return mkdir(FOLDER, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* The descriptor with the lock, -1 for none */
static int held = -1;

static int take(int fd)
{
	int err;

	err = flock(fd, LOCK_EX | LOCK_NB);
	if (err < 0 && errno == EWOULDBLOCK) {
		msg("another wgmarkctl is at work; waiting for it");
		err = flock(fd, LOCK_EX);
	}
	return err < 0 ? -errno : 0;
}

int state_lock(void)
{
	int fd, err;

	err = make_folder();
	if (err)
		return err;
	fd = open(LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = take(fd);
	if (err) {
		close(fd);
		return err;
	}
	held = fd;
	return fd;
}

void state_pause(void)
{
	if (held >= 0)
		flock(held, LOCK_UN);
}

int state_resume(void)
{
	return held < 0 ? 0 : take(held);
}

/* The network namespace's cookie, or its inode */
static int namespace_number(uint64_t *number)
{
	socklen_t len = sizeof(*number);
	struct stat st;
	int fd, err = 0;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, number, &len) < 0)
		err = -errno;
	close(fd);
	if (err != -ENOPROTOOPT)
		return err;

	if (stat("/proc/self/ns/net", &st) < 0)
		return -errno;
	*number = st.st_ino;
	return 0;
}

/* FOLDER/NUMBER:KEY */
static int file_name(char path[static PATH_MAX], const char *key)
{
	uint64_t number;
	int err;

	err = namespace_number(&number);
	if (!err)
		snprintf(path, PATH_MAX, FOLDER "/%" PRIu64 ":%s", number, key);
	return err;
}

int state_save(const char *key, int value)
{
	char path[PATH_MAX];
	int err, fd;

	err = make_folder();
	if (!err)
		err = file_name(path, key);
	if (err)
		return err;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%d\n", value) < 0)
		err = -errno;
	if (close(fd) < 0 && !err)
		err = -errno;
	if (err)
		unlink(path);
	return err;
}

static int load(const char *path, int *value)
{
	char text[16] = "";
	int err, fd;
	ssize_t n;
	char *end;
	long v;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	err = n < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;

	v = strtol(text, &end, 10);
	/* cut off by a full disk or a power failure: nothing to go by */
	if (end == text || *end != '\n' || v < 0 || v > INT_MAX)
		return -ENOENT;
	*value = v;
	return 0;
}

int state_each(const char *begin, int (*take)(const char *rest, int value, void *data),
	       void *data)
{
	char start[PATH_MAX];
	int value = 0, err;
	glob_t files;
	size_t i;

	err = file_name(start, begin);
	if (err)
		return err;
	snprintf(start + strlen(start), sizeof(start) - strlen(start), "*");
	err = glob(start, 0, NULL, &files);
	if (err)
		return err == GLOB_NOMATCH ? 0 : err == GLOB_NOSPACE ? -ENOMEM : -EIO;
	for (i = 0; i < files.gl_pathc && !err; i++) {
		err = load(files.gl_pathv[i], &value);
		if (!err)
			err = take(files.gl_pathv[i] + strlen(start) - 1, value, data);
		else if (err == -ENOENT)
			err = 0;
	}
	globfree(&files);
	return err;
}

int state_drop(const char *key)
{
	char path[PATH_MAX];
	int err;

	err = file_name(path, key);
	if (err)
		return err;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}
