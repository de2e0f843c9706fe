// SPDX-License-Identifier: GPL-2.0
/*
 * Arrays that grow by doubling
 */
#include <stdint.h>

#include "list.h"
#include "tap.h"

/* Of an array that has moved; AddressSanitizer keeps freed memory as it was */
__attribute__((no_sanitize_address))
static size_t count(uintptr_t at, size_t len, unsigned char byte)
{
	const volatile unsigned char *mem = (const void *)at;
	size_t n = 0, i;

	for (i = 0; i < len; i++)
		n += mem[i] == byte;
	return n;
}

static void test_grow(void)
{
	unsigned char (*list)[48] = NULL;
	size_t left = 0, moved = 0, dirty = 0, len, good, i;
	uintptr_t was;

	for (len = 0; len < 1000; len++) {
		was = (uintptr_t)list;
		list = list_room(list, len, sizeof(*list));
		if (!list)
			abort();
		if (len && (uintptr_t)list != was) {
			moved++;
			/* malloc's own pointers are there now, of any bytes */
			for (i = 0; i < len; i++)
				left += count(was + i * sizeof(*list), sizeof(*list), 0x5a) ==
					sizeof(*list);
		}
		dirty += count((uintptr_t)list[len], sizeof(*list), 0) != sizeof(*list);
		memset(list[len], 0x5a, sizeof(*list));
	}

	good = count((uintptr_t)list, len * sizeof(*list), 0x5a);
	tap_ok(good == len * sizeof(*list), "1000 elements are all there");
	tap_ok(!dirty, "a new one is all zero");
	tap_ok(moved >= 5, "the array has moved %zu times", moved);
	tap_ok(!left, "and left %zu of them behind", left);
	free(list);
}

int main(void)
{
	test_grow();
	return tap_done();
}
