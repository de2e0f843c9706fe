/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of routing tables, as ip-route(8) knows them
 */
#ifndef WGMARK_TABLES_H
#define WGMARK_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * rt_table_find() - look a name up in the text of one file rt_tables
 * @text: lines "NUMBER NAME", decimal or 0x; # begins a comment
 * @len: its bytes
 * @name: the name, case counts
 * @number: the table
 *
 * Lines of another form are passed over. Return: whether it is there
 */
bool rt_table_find(const char *text, size_t len, const char *name, uint32_t *number);

/**
 * rt_table_number() - the number of a table
 * @folders: where rt_tables and the .conf files of rt_tables.d are, the first
 *	one counts most; NULL ends it; rt_tables_folders on a real machine
 * @name: its name
 * @number: the table, never 0; "unspec" is main, as for a route that is added
 *
 * The kernel's own tables (linux/rtnetlink.h) need no file.
 * Return: 0, or -ENOENT
 */
int rt_table_number(const char *const *folders, const char *name, uint32_t *number);

/** The administrator's, then those that iproute2 itself has since 6.5. */
extern const char *const rt_tables_folders[];

#endif
