/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What wgmarkctl keeps from one run to the next, in /run/wgmark
 *
 * That is the value which a sysctl had before the first "up" changed it, so
 * that the last "down" can put it back. The file's name has the cookie of the
 * network namespace, which no other one gets until the machine starts anew and
 * /run is empty. Before Linux 5.14 it is the inode, which can come again.
 */
#ifndef WGMARK_STATE_H
#define WGMARK_STATE_H

/**
 * state_lock() - wait until no other wgmarkctl changes anything
 *
 * Two at once would choose the same free routing table.
 * Return: a descriptor to be given to close(), or -errno
 */
int state_lock(void);

/** state_save() - keep a value under a sysctl's name. Return: 0 or -errno */
int state_save(const char *name, int value);

/** state_load() - read it back. Return: 0, -ENOENT if none is kept, -errno */
int state_load(const char *name, int *value);

/** state_drop() - forget it. Return: 0, also if none is kept, or -errno */
int state_drop(const char *name);

#endif
