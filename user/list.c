// SPDX-License-Identifier: GPL-2.0
/*
 * Arrays that grow by doubling
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

void *list_room(void *list, size_t len, size_t size)
{
	void *room;

	if (len & (len - 1))
		return list;
	room = calloc(len ? 2 * len : 1, size);
	if (!room)
		return NULL;
	if (len) {
		memcpy(room, list, len * size);
		explicit_bzero(list, len * size);
	}
	free(list);
	return room;
}

int list_append(void *list, size_t *len, const void *element, size_t size)
{
	char *room;

	/* a pointer of any type */
	memcpy(&room, list, sizeof(room));
	room = list_room(room, *len, size);
	if (!room)
		return -ENOMEM;
	memcpy(list, &room, sizeof(room));
	memcpy(room + (*len)++ * size, element, size);
	return 0;
}

int prefix_append(struct prefix **list, size_t *len, const struct prefix *p)
{
	return list_append(list, len, p, sizeof(*p));
}

int string_append(char ***list, size_t *len, const char *text, size_t n)
{
	char *copy = strndup(text, n);
	int err = -ENOMEM;

	if (copy)
		err = list_append(list, len, &copy, sizeof(copy));
	if (err)
		free(copy);
	return err;
}
