/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays that grow by doubling
 */
#ifndef WGMARK_LIST_H
#define WGMARK_LIST_H

#include <stddef.h>

#include "addr.h"

/**
 * list_room() - make room for one more element
 * @list: an array that only list_room() has allocated, or NULL
 * @len: how many elements it has
 * @size: of one element
 *
 * The capacity follows from @len: it is the next power of two. New room is all
 * zero. Where the array moves, the memory that it leaves is wiped: peers have keys.
 * Return: the array, moved perhaps, with room for element @len; or NULL, and
 * then @list is still there
 */
void *list_room(void *list, size_t len, size_t size);

/**
 * prefix_append() - append to an array of prefixes
 * @list: the array, to be freed with free(), or NULL
 * @len: how many there are
 * @p: one more
 *
 * Return: 0; or -ENOMEM, and the array is as it was
 */
int prefix_append(struct prefix **list, size_t *len, const struct prefix *p);

#endif
