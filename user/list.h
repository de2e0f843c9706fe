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
 * list_append() - append to such an array
 * @list: address of the pointer to the array, which may be NULL
 * @len: how many elements it has, counted on
 * @element: one more, not of this array
 * @size: of one element
 *
 * Return: 0; or -ENOMEM, and the array is as it was
 */
int list_append(void *list, size_t *len, const void *element, size_t size);

/** prefix_append() - list_append() for prefixes */
int prefix_append(struct prefix **list, size_t *len, const struct prefix *p);

/** string_append() - likewise a copy of the first @n bytes of a text */
int string_append(char ***list, size_t *len, const char *text, size_t n);

#endif
