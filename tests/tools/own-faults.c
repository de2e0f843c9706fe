// SPDX-License-Identifier: GPL-2.0
/*
 * own-faults [FUNCTION...] - of the allocations that were made to fail, those that functions
 * of wgmark asked for
 *
 * Prints how many there are of these functions, or of any, in the kernel's log, which it
 * clears. Needs fault injection's failslab/verbose to be 2.
 */
#include "own-faults.h"

int main(int argc, char **argv)
{
	printf("%u\n", own_faults(argc > 1 ? argv + 1 : NULL, argc - 1));
	return 0;
}
