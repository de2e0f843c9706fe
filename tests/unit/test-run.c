// SPDX-License-Identifier: GPL-2.0
/*
 * Programs and hooks: what they get, and what becomes of them
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nlsock.h"
#include "run.h"
#include "tap.h"

static char folder[] = "/tmp/wgmark-test-run-XXXXXX";

/* With the status that bash, as wg-quick(8) has it, would end with */
static const struct {
	const char *command;
	int status;
} hook_cases[] = {
	{ "true", 0 },
	{ "exit 3", 3 },
	{ "exit 255", 255 },
	{ "false; true", 1 },
	{ "false || true", 0 },
	{ "if false; then exit 4; fi", 0 },
	{ "false | true", 1 },
	{ "[[ wg0 == wg* ]]", 0 },
	{ "[ \"$(cat <(echo yes))\" = yes ]", 0 },
	{ "case aaa in +(a)) exit 5 ;; esac", 5 },
	{ "[ \"$LC_ALL\" = C ]", 0 },
	{ "kill -TERM $$", 128 + SIGTERM },
	{ "kill -KILL $$", 128 + SIGKILL },
	{ "no-such-command-here 2>/dev/null", 127 },
	{ "-c 'exit 6' 2>/dev/null", 127 },
	{ "--help 2>/dev/null", 127 },
	{ "exit 7 # a comment", 7 },
	{ "", 0 },
};

static void test_hook(size_t i)
{
	int status = run_hook(hook_cases[i].command);

	tap_ok(status == hook_cases[i].status, "hook: %s: %d", hook_cases[i].command, status);
}

/* As apply.c has them around its steps */
static void test_hook_signals(void)
{
	sigset_t set, old;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);
	/* nohup make check */
	signal(SIGHUP, SIG_DFL);

	status = run_hook("while read -r key value; do "
			  "[ $key != SigBlk: ] || ((0x$value == 0)); done </proc/$$/status");
	tap_ok(!status, "hook: no signal is blocked");
	status = run_hook("kill -HUP $$; exit 0");
	tap_ok(status == 128 + SIGHUP, "hook: a signal that is held back here kills it");
	status = run_hook("yes | head -n 1 >/dev/null");
	tap_ok(status == 128 + SIGPIPE, "hook: a broken pipe kills: %d", status);

	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);

	signal(SIGHUP, SIG_IGN);
	tap_ok(run_hook("kill -HUP $$; exit 8") == 8, "hook: under nohup SIGHUP stays ignored");
	signal(SIGHUP, SIG_DFL);
	signal(SIGCHLD, SIG_IGN);
	tap_ok(run_hook("exit 9") == 9, "hook: its status arrives though SIGCHLD was ignored");
}

static void test_hook_descriptors(void)
{
	char text[NLSOCK_TEXT_LEN], command[128];
	struct nlsock s = {};
	int fd, in;

	if (nlsock_open(&s, NETLINK_ROUTE, text))
		abort();
	fd = mnl_socket_get_fd(s.nl);
	snprintf(command, sizeof(command), "[ -e /proc/$PPID/fd/%d ] && [ ! -e /proc/$$/fd/%d ]",
		 fd, fd);
	tap_ok(!run_hook(command), "hook: it does not have our sockets");
	nlsock_close(&s);

	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 || dprintf(fd, "from outside\n") < 0 || lseek(fd, 0, SEEK_SET))
		abort();
	in = dup(STDIN_FILENO);
	dup2(fd, STDIN_FILENO);
	tap_ok(!run_hook("read -r line; [ \"$line\" = 'from outside' ]"),
	       "hook: standard input is ours");
	dup2(in, STDIN_FILENO);
	close(in);
	close(fd);
}

static void test_hook_path(void)
{
	char *path = strdup(getenv("PATH"));

	setenv("PATH", folder, 1);
	tap_ok(run_hook("type ls 2>/dev/null") == 1, "hook: PATH is ours");
	unsetenv("PATH");
	tap_ok(!run_hook("ls / >/dev/null"), "hook: without a PATH the usual one");
	setenv("PATH", path, 1);
	free(path);
}

static void make_file(const char *name, mode_t mode)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, mode))
		abort();
	close(fd);
}

static bool finds(const char *list, const char *name, const char *want)
{
	char *old = strdup(getenv("PATH"));
	char path[PATH_MAX] = "";
	char full[PATH_MAX];
	bool found;

	setenv("PATH", list, 1);
	found = run_find(path, name);
	setenv("PATH", old, 1);
	free(old);
	if (!found || !want)
		return found == !!want;
	snprintf(full, sizeof(full), "%s/%s", folder, want);
	return !strcmp(path, full);
}

static void test_find(void)
{
	char list[PATH_MAX], path[PATH_MAX];
	char *old = strdup(getenv("PATH"));

	make_file("a-program", 0755);
	make_file("a-file", 0644);
	snprintf(path, sizeof(path), "%s/a-folder", folder);
	if (mkdir(path, 0755) || chdir(folder))
		abort();

	tap_ok(finds(folder, "a-program", "a-program"), "find: a program in PATH");
	snprintf(list, sizeof(list), "/nowhere:%s:/nowhere", folder);
	tap_ok(finds(list, "a-program", "a-program"), "find: the second folder of three");
	tap_ok(finds(folder, "a-file", NULL), "find: not a file that cannot be run");
	tap_ok(finds(folder, "a-folder", NULL), "find: not a folder");
	tap_ok(finds(".::", "a-program", NULL), "find: not in the working directory");
	tap_ok(finds("", "a-program", NULL), "find: an empty PATH");
	setenv("PATH", "/nowhere", 1);
	tap_ok(run_find(path, "sh") && *path == '/', "find: the system's folders last");
	setenv("PATH", old, 1);
	free(old);
	if (chdir("/"))
		abort();
}

static void test_program(void)
{
	static const char *const count[] = { "/bin/sh", "-c", "exit $(wc -c)", NULL };
	static const char *const deaf[] = { "/bin/sh", "-c", "exit 2", NULL };
	static const char *const none[] = { "/nowhere/program", NULL };
	static char text[4 << 20];

	tap_ok(run_program(count, "0123456789") == 10, "program: it reads its input");
	tap_ok(!run_program(count, ""), "program: and no input");
	memset(text, 'x', 4096);
	tap_ok(run_program(deaf, text) == 2, "program: it need not read");
	memset(text, 'x', sizeof(text) - 1);
	tap_ok(run_program(count, text) == -E2BIG, "program: too much input is refused");
	tap_ok(run_program(none, "") == -ENOENT, "program: there is none");
}

static void test_output(void)
{
	static const char *const numbers[] = { "/bin/sh", "-c", "seq 1 50000; exit 3", NULL };
	static const char *const silent[] = { "/bin/sh", "-c", "kill -USR1 $$", NULL };
	static const char *const none[] = { "/nowhere/program", NULL };
	char *text = NULL;
	int status;

	status = run_output(numbers, &text);
	tap_ok(status == 3 && strlen(text) == 288894, "output: more than a pipe holds");
	free(text);
	status = run_output(silent, &text);
	tap_ok(status == 128 + SIGUSR1 && !*text, "output: of a program that was killed");
	free(text);
	tap_ok(run_output(none, &text) == -ENOENT, "output: there is no program");
}

/* In a mount namespace where bash is no program; for good */
static void test_hook_sh(void)
{
	char path[PATH_MAX];

	if (geteuid() || unshare(CLONE_NEWNS) ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		tap_ok(true, "hook: sh # SKIP needs root");
		return;
	}
	while (run_find(path, "bash")) {
		if (mount("/dev/null", path, NULL, MS_BIND, NULL))
			abort();
	}
	tap_ok(!run_hook("[ -z \"$BASH_VERSION\" ]"), "hook: sh where there is no bash");
	tap_ok(run_hook("false; true") == 1, "hook: sh ends at what fails");
	tap_ok(run_hook("-c 'exit 6' 2>/dev/null") == 127, "hook: sh takes no option from it");
}

int main(void)
{
	char command[64];
	size_t i;

	if (!mkdtemp(folder))
		abort();
	setlinebuf(stdout);
	for (i = 0; i < TAP_LEN(hook_cases); i++)
		test_hook(i);
	test_hook_signals();
	test_hook_descriptors();
	test_hook_path();
	test_program();
	test_output();
	test_find();

	snprintf(command, sizeof(command), "rm -r %s", folder);
	tap_ok(!run_hook(command), "the folder is gone");
	test_hook_sh();
	return tap_done();
}
