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

int prefix_append(struct prefix **list, size_t *len, const struct prefix *p)
{
	struct prefix *room = list_room(*list, *len, sizeof(*room));

	if (!room)
		return -ENOMEM;
	*list = room;
	room[(*len)++] = *p;
	return 0;
}
