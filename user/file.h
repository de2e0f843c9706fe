/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whole files in memory
 */
#ifndef WGMARK_FILE_H
#define WGMARK_FILE_H

#include <stddef.h>

/**
 * file_read_fd() - read until the end
 * @fd: an open file of any kind
 * @len: its bytes
 *
 * What is read stays in the result alone, as it may be keys.
 * Return: the bytes, to be freed; or NULL with errno, EFBIG over 64 MiB
 */
char *file_read_fd(int fd, size_t *len);

/** file_read() - likewise by path */
char *file_read(const char *path, size_t *len);

#endif
