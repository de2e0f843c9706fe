// SPDX-License-Identifier: GPL-2.0
/*
 * From the argument of a verb to a configuration
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"
#include "msg.h"
#include "resolve.h"

/* Where wg-quick(8) looks for NAME.conf. */
#define FOLDER "/etc/wireguard"

/* No file of peers and routes is larger; /dev/zero is. */
#define SIZE_MAX_BYTES (64 << 20)

int load_ifname(char ifname[static IF_NAMESIZE], const char *arg)
{
	if (config_is_ifname(arg)) {
		snprintf(ifname, IF_NAMESIZE, "%s", arg);
		return STATUS_OK;
	}
	if (config_ifname(ifname, arg) == 0)
		return STATUS_OK;
	msg("`%s' is neither an interface name nor the path of a file named like wg0.conf",
	    arg);
	return STATUS_USAGE;
}

static void find_file(char path[static PATH_MAX], const char *arg)
{
	if (config_is_ifname(arg))
		snprintf(path, PATH_MAX, FOLDER "/%s.conf", arg);
	else
		snprintf(path, PATH_MAX, "%s", arg);
}

static int open_failed(const char *path, const char *arg)
{
	int err = -errno;

	if (err == -ENOENT && access(arg, F_OK) == 0)
		msg("`%s' does not exist; for the file in this folder write ./%s",
		    path, arg);
	else if (err == -ENOENT)
		msg("`%s' does not exist", path);
	else
		msg_errno(err, "", "cannot read `%s'", path);
	return err == -EACCES || err == -EPERM ? STATUS_PRIVILEGE : STATUS_CONFIG;
}

/* As wg-quick(8): whoever can enter the folder and read the file */
static void warn_if_open(const char *path, int fd)
{
	char folder[PATH_MAX];
	struct stat file, dir;

	snprintf(folder, sizeof(folder), "%s", path);
	if (fstat(fd, &file) == 0 && stat(dirname(folder), &dir) == 0 &&
	    file.st_mode & dir.st_mode & 0007)
		msg("warning: `%s' is world accessible", path);
}

/* Twice the room, or the first; what is in it moves and leaves nothing behind. */
static char *grow(char *text, size_t len, size_t *cap)
{
	size_t size = *cap ? 2 * *cap : 4096;
	char *more;

	if (size > SIZE_MAX_BYTES) {
		errno = EFBIG;
		return NULL;
	}
	more = malloc(size);
	if (!more)
		return NULL;
	if (text) {
		memcpy(more, text, len);
		explicit_bzero(text, len);
		free(text);
	}
	*cap = size;
	return more;
}

/* The whole file, whatever it is. Return: bytes, to be freed, or NULL (errno) */
static char *read_all(int fd, size_t *len)
{
	char *text = NULL, *more;
	size_t cap = 0;
	ssize_t n;

	*len = 0;
	do {
		if (*len == cap) {
			more = grow(text, *len, &cap);
			if (!more)
				goto err_free;
			text = more;
		}
		n = read(fd, text + *len, cap - *len);
		if (n < 0 && errno != EINTR)
			goto err_free;
		*len += n > 0 ? n : 0;
	} while (n);
	return text;

err_free:
	if (text)
		explicit_bzero(text, *len);
	free(text);
	return NULL;
}

static int parse(struct config *c, const char *path, const char *text, size_t len)
{
	struct config_error err = { 0 };
	int ret;

	ret = config_parse(c, text, len, &err);
	if (!ret)
		return STATUS_OK;
	if (ret != -EINVAL)
		msg_errno(ret, "", "cannot read `%s'", path);
	else if (err.line)
		msg("%s:%u: %s", path, err.line, err.text);
	else
		msg("%s: %s", path, err.text);
	return ret == -EINVAL ? STATUS_CONFIG : STATUS_FAILED;
}

int load_config(struct config *c, const char *arg)
{
	char ifname[IF_NAMESIZE], path[PATH_MAX];
	int fd, status;
	size_t len;
	char *text;

	*c = (struct config){ 0 };
	status = load_ifname(ifname, arg);
	if (status)
		return status;
	find_file(path, arg);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return open_failed(path, arg);

	warn_if_open(path, fd);
	text = read_all(fd, &len);
	if (!text) {
		status = open_failed(path, arg);
	} else {
		status = parse(c, path, text, len);
		explicit_bzero(text, len);
		free(text);
	}
	close(fd);
	memcpy(c->ifname, ifname, sizeof(ifname));
	return status;
}

int load_endpoints(struct config *c, const char *arg)
{
	struct config_error err;
	char path[PATH_MAX];

	if (resolve_endpoints(c, &err) == 0)
		return STATUS_OK;
	find_file(path, arg);
	msg("%s:%u: %s", path, err.line, err.text);
	return STATUS_FAILED;
}
