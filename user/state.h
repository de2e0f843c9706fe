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

/**
 * state_pause() - let others go first, for as long as a command of the user runs
 *
 * It may call wgmarkctl, itself or through systemctl(1), and may take its time.
 */
void state_pause(void);

/** state_resume() - and wait for them. Return: 0 or -errno */
int state_resume(void);

/** Room for any key. */
#define STATE_KEY_LEN 64

/** state_save() - keep a value; @key without a slash. Return: 0 or -errno */
int state_save(const char *key, int value);

/**
 * state_each() - what is kept under keys that begin alike
 * @begin: the beginning
 * @take: called for each with the rest of the key; not 0 ends it
 * @data: for @take
 *
 * Return: 0, -errno or what @take returned
 */
int state_each(const char *begin, int (*take)(const char *rest, int value, void *data),
	       void *data);

/** state_drop() - forget a value. Return: 0, also if none is kept, or -errno */
int state_drop(const char *key);

#endif
