// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz-NAME [FILE...] - run a fuzz target over files, as TAP
 *
 * Without a FILE over its whole corpus, tests/fuzz/corpus/NAME. A file that
 * makes the target fail ends the program, and is named on stderr.
 */
#include <dirent.h>
#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <signal.h>
#include <unistd.h>

#include "fuzz.h"
#include "../unit/tap.h"

static const char *current;

static void name_current(void)
{
	static const char before[] = "this file makes it fail: ";

	(void)!write(STDERR_FILENO, before, sizeof(before) - 1);
	(void)!write(STDERR_FILENO, current, strlen(current));
	(void)!write(STDERR_FILENO, "\n", 1);
}

static void on_abort(int sig)
{
	(void)sig;
	name_current();
}

/* In memory that ends where the file does: ASan sees more */
static void replay(const char *path)
{
	FILE *file = fopen(path, "re");
	uint8_t *data = NULL;
	long size = -1;
	bool ok;

	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size >= 0) {
		rewind(file);
		data = malloc(size + !size);
	}
	ok = data && fread(data, 1, size, file) == (size_t)size;
	if (ok) {
		current = path;
		LLVMFuzzerTestOneInput(data, size);
	}
	free(data);
	if (file)
		fclose(file);
	tap_ok(ok, "%s", path);
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay_corpus(const char *self)
{
	const char *name = strstr(self, "fuzz-");
	struct dirent **list = NULL;
	char dir[256], path[600];
	int n, i;

	/* the folder build/fuzz-... of some name may come before */
	while (name && strstr(name + 1, "fuzz-"))
		name = strstr(name + 1, "fuzz-");
	snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", name ? name + 5 : "");
	n = scandir(dir, &list, is_file, alphasort);
	if (!tap_ok(n > 0, "%s is there", dir))
		tap_lines("run this from the top folder", strerror(errno));
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		replay(path);
		free(list[i]);
	}
	free(list);
}

int main(int argc, char **argv)
{
	int i;

	signal(SIGABRT, on_abort);
	__asan_set_death_callback(name_current);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		replay_corpus(argv[0]);
	for (i = 1; i < argc; i++)
		replay(argv[i]);
	return tap_done();
}
