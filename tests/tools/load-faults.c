// SPDX-License-Identifier: GPL-2.0
/*
 * load-faults MODULE - load a module with each of the last allocations that this takes failing
 *
 * MODULE is a file, and not loaded, while all that it depends on is. Needs a kernel as
 * nl-faults does. It is the last allocations that the module itself makes, and what it
 * registers: of the hundreds before, the kernel's loader has use. Some have to be the module's
 * own, by the stacks in the kernel's log (failslab/verbose at 2), and then it is refused. Each
 * time the module is there and goes, or is not there; and then a network namespace is made in
 * which a device comes up and gets addresses, so that what a failed start left behind is
 * called, and found.
 *
 * Prints one line, which begins with "proof". Exit status 1 when something was not so.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail-nth.h"
#include "own-faults.h"

#define NTH_MAX 100000
#define LAST 400	/* of the allocations */

static int module_fd;
static char name[64];
static unsigned int own;

static void wrong(int nth, const char *what)
{
	printf("# allocation %d failed: %s\n", nth, what);
	exit(1);
}

static bool is_loaded(void)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return access(path, F_OK) == 0;
}

static void unload(int nth)
{
	int tries;

	for (tries = 0; syscall(SYS_delete_module, name, O_NONBLOCK); tries++) {
		if (tries == 100)
			wrong(nth, "it was loaded, and does not go");
		usleep(100000);
	}
}

/* All that a module may have asked to be told of */
static void make_events(int nth)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int status, fd;

	switch (fork()) {
	case -1:
		die("fork");
		break;
	case 0:
		fd = unshare(CLONE_NEWNET) ? -1 : socket(AF_INET, SOCK_DGRAM, 0);
		_exit(fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr));
	}
	if (wait(&status) < 0 || status)
		wrong(nth, "a network namespace could not be made afterwards");
}

/* Return: whether the @nth allocation was made, and failed; @left: of @nth */
static bool load(int nth, int *left)
{
	unsigned int own_now;
	int err;

	arm(nth);
	err = syscall(SYS_finit_module, module_fd, "", 0) ? errno : 0;
	*left = disarm();
	own_now = own_faults(NULL, 0);
	own += own_now;
	if (own_now && !err)
		wrong(nth, "it was loaded without what it asked for");
	if (!err)
		unload(nth);
	else if (is_loaded())
		wrong(nth, "it was refused, and is there");
	else if (*left)
		wrong(nth, strerror(err));
	make_events(nth);
	return !*left;
}

int main(int argc, char **argv)
{
	int left, nth, first, refused = 0;
	struct utsname u;

	if (argc != 2)
		exit((fputs("load-faults: see the head of load-faults.c\n", stderr), 2));
	module_fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (module_fd < 0)
		die(argv[1]);
	snprintf(name, sizeof(name), "%s", basename(argv[1]));
	*strchrnul(name, '.') = '\0';
	fail_nth_open();
	uname(&u);

	own_faults(NULL, 0);
	load(NTH_MAX, &left);
	first = NTH_MAX - left - LAST;
	if (first < 1)
		first = 1;
	for (nth = first; load(nth, &left); nth++)
		refused++;
	if (!own)
		exit((printf("# %d allocations failed, none of them wgmark's own\n", refused), 1));
	printf("proof fault injection: the last allocations of loading fail once | %s | %d allocations, of which wgmark's own %u, each refused | - | loaded or not, nothing left behind\n",
	       u.release, refused, own);
	return 0;
}
