// SPDX-License-Identifier: GPL-2.0
/*
 * Programs, and commands of the user
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

#define SYSTEM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

static bool find_in(char path[static PATH_MAX], const char *folders, const char *name)
{
	const char *end;
	int len;

	for (;; folders = end + 1) {
		end = strchrnul(folders, ':');
		len = snprintf(path, PATH_MAX, "%.*s/%s", (int)(end - folders),
			       folders, name);
		if (*folders == '/' && len < PATH_MAX && is_program(path))
			return true;
		if (!*end)
			return false;
	}
}

bool run_find(char path[static PATH_MAX], const char *name)
{
	const char *folders = getenv("PATH");

	return (folders && find_in(path, folders, name)) ||
	       find_in(path, SYSTEM_PATH, name);
}

static int set_environment(void)
{
	if (setenv("LC_ALL", "C", 1) || setenv("PATH", SYSTEM_PATH, 0))
		return -errno;
	return 0;
}

/* What it inherits is in run.h. @fd, unless -1, becomes its descriptor @as. */
static int start(pid_t *pid, const char *const argv[], int fd, int as)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t set;
	int err;

	err = set_environment();
	if (err)
		return err;
	/* ignored by who started us, it would leave waitpid() without a status */
	signal(SIGCHLD, SIG_DFL);

	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &set);

	posix_spawn_file_actions_init(&actions);
	if (fd >= 0)
		err = posix_spawn_file_actions_adddup2(&actions, fd, as);
	if (!err)
		err = posix_spawn(pid, argv[0], &actions, &attr, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return -err;
}

static int finish(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int run_hook(const char *command)
{
	char shell[PATH_MAX];
	const char *const bash[] = { shell, "-e", "-o", "pipefail", "-O", "extglob",
				     "-c", "--", command, NULL };
	const char *const sh[] = { shell, "-e", "-c", "--", command, NULL };
	pid_t pid;
	int err;

	if (run_find(shell, "bash"))
		err = start(&pid, bash, -1, -1);
	else if (run_find(shell, "sh"))
		err = start(&pid, sh, -1, -1);
	else
		err = -ENOENT;
	return err ?: finish(pid);
}

/* Nobody reads yet: all of it fits into the pipe, or it is too much. */
static int fill(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n < len ? -E2BIG : 0;
}

int run_program(const char *const argv[], const char *input)
{
	int fds[2], err;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	err = fill(fds[1], input);
	close(fds[1]);
	if (!err)
		err = start(&pid, argv, fds[0], STDIN_FILENO);
	close(fds[0]);
	return err ?: finish(pid);
}

/* All that comes until the other end is closed. */
static int drain(int fd, char **text)
{
	char buf[4096];
	int err = 0;
	size_t len;
	ssize_t n;
	FILE *out;

	out = open_memstream(text, &len);
	if (!out)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf)))) {
		if (n > 0)
			fwrite(buf, 1, n, out);
		else if (errno != EINTR)
			break;
	}
	if (n < 0)
		err = -errno;
	if (fclose(out) == EOF && !err)
		err = -errno;
	if (err)
		free(*text);
	return err;
}

int run_output(const char *const argv[], char **output)
{
	int fds[2], err, status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	err = start(&pid, argv, fds[1], STDOUT_FILENO);
	close(fds[1]);
	if (err) {
		close(fds[0]);
		return err;
	}
	err = drain(fds[0], output);
	close(fds[0]);
	status = finish(pid);
	if (!err && status < 0)
		free(*output);
	return err ?: status;
}
