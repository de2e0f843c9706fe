// SPDX-License-Identifier: GPL-2.0
/*
 * Whole files in memory
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

/* No file of peers and routes is larger; /dev/zero is. */
#define SIZE_MAX_BYTES (64 << 20)

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

char *file_read_fd(int fd, size_t *len)
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

char *file_read(const char *path, size_t *len)
{
	char *text;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = file_read_fd(fd, len);
	close(fd);
	return text;
}
