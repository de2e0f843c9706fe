// SPDX-License-Identifier: GPL-2.0
/*
 * Names of routing tables, as ip-route(8) knows them
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "tables.h"

const char *const rt_tables_folders[] = {
	"/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2", NULL
};

/* The next word of a line that ends at @end, or one of no length */
static const char *next_word(const char **at, const char *end, size_t *len)
{
	const char *word = *at;

	while (word < end && strchr(" \t\r", *word))
		word++;
	for (*at = word; *at < end && !strchr(" \t\r#", **at); (*at)++)
		;
	*len = *at - word;
	return word;
}

/* Decimal, also with leading zeros, or after 0x hexadecimal */
static bool read_number(const char *word, size_t len, uint32_t *number)
{
	char text[16], *end;
	unsigned long long n;
	bool hex;

	if (!len || len >= sizeof(text) || *word < '0' || *word > '9')
		return false;
	memcpy(text, word, len);
	text[len] = '\0';

	hex = text[0] == '0' && text[1] == 'x';
	n = strtoull(text, &end, hex ? 16 : 10);
	*number = n;
	return !*end && n <= UINT32_MAX;
}

bool rt_table_find(const char *text, size_t len, const char *name, uint32_t *number)
{
	const char *end = text + len, *newline, *word;
	size_t word_len;
	uint32_t n;

	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', end - text);
		if (!newline)
			newline = end;
		word = next_word(&text, newline, &word_len);
		if (!read_number(word, word_len, &n))
			continue;
		word = next_word(&text, newline, &word_len);
		if (word_len && word_len == strlen(name) && !memcmp(word, name, word_len)) {
			*number = n;
			return true;
		}
	}

	return false;
}

/* What cannot be read has no names, as for ip(8) */
static bool find_in_file(const char *path, const char *name, uint32_t *number)
{
	bool found;
	size_t len;
	char *text;

	text = file_read(path, &len);
	if (!text)
		return false;

	found = rt_table_find(text, len, name, number);
	free(text);
	return found;
}

static bool find_in_folder(const char *folder, const char *name, uint32_t *number)
{
	char path[PATH_MAX];
	bool found = false;
	glob_t files;
	size_t i;

	snprintf(path, sizeof(path), "%s/rt_tables", folder);
	if (find_in_file(path, name, number))
		return true;

	snprintf(path, sizeof(path), "%s/rt_tables.d/*.conf", folder);
	if (glob(path, 0, NULL, &files))
		return false;
	for (i = 0; i < files.gl_pathc && !found; i++)
		found = find_in_file(files.gl_pathv[i], name, number);
	globfree(&files);
	return found;
}

int rt_table_number(const char *const *folders, const char *name, uint32_t *number)
{
	static const struct {
		const char *name;
		uint32_t number;
	} own[] = {
		{ "main", RT_TABLE_MAIN },
		{ "local", RT_TABLE_LOCAL },
		{ "default", RT_TABLE_DEFAULT },
		{ "unspec", RT_TABLE_UNSPEC },
	};
	bool found = false;
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]) && !found; i++) {
		found = !strcmp(own[i].name, name);
		*number = own[i].number;
	}
	for (; *folders && !found; folders++)
		found = find_in_folder(*folders, name, number);
	if (!found)
		return -ENOENT;

	if (*number == RT_TABLE_UNSPEC)
		*number = RT_TABLE_MAIN;
	return 0;
}
