// SPDX-License-Identifier: GPL-2.0
/*
 * measure COMMAND [ARGUMENT...] - run a command and print what it took: wall
 * time and processor time in microseconds, and peak memory in KiB
 *
 * Processor time is that of the command and of all that it started and waited
 * for; peak memory is that of the largest one among them (getrusage(2)). What the
 * command prints goes to stderr. Exit status: the command's, 128 and the signal
 * that ended it, or 127.
 */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long timeval_us(const struct timeval *tv)
{
	return tv->tv_sec * 1000000LL + tv->tv_usec;
}

static long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static int start(pid_t *pid, char **argv)
{
	posix_spawn_file_actions_t actions;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	/* does not copy this process, so that nothing of it is measured */
	err = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

int main(int argc, char **argv)
{
	long long begin, end;
	struct rusage used;
	int status, err;
	pid_t pid;

	if (argc < 2) {
		fputs("measure: which command?\n", stderr);
		return 127;
	}

	begin = now_us();
	err = start(&pid, argv + 1);
	if (err) {
		fprintf(stderr, "measure: %s: %s\n", argv[1], strerror(err));
		return 127;
	}
	if (wait4(pid, &status, 0, &used) < 0) {
		perror("measure: wait4");
		return 127;
	}
	end = now_us();

	printf("%lld %lld %ld\n", end - begin,
	       timeval_us(&used.ru_utime) + timeval_us(&used.ru_stime), used.ru_maxrss);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
