// SPDX-License-Identifier: GPL-2.0
/*
 * Arrays that grow by doubling
 */
#include <errno.h>

#include "list.h"

int prefix_append(struct prefix **list, size_t *len, const struct prefix *p)
{
	struct prefix *room = list_room(*list, *len, sizeof(*room));

	if (!room)
		return -ENOMEM;
	*list = room;
	room[(*len)++] = *p;
	return 0;
}
