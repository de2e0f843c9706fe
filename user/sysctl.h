/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel settings below /proc/sys
 *
 * Names have slashes, such as "net/ipv4/conf/all/src_valid_mark".
 */
#ifndef WGMARK_SYSCTL_H
#define WGMARK_SYSCTL_H

/** sysctl_read() - read a number. Return: 0, -EPROTO if it is none, or -errno */
int sysctl_read(const char *name, int *value);

/** sysctl_write() - write a number. Return: 0, -EROFS and the like */
int sysctl_write(const char *name, int value);

/**
 * sysctl_change() - write a number and keep the old one for sysctl_restore()
 * @name: which
 * @value: what it becomes
 * @old: what it was
 *
 * Return: 0; or -errno, and nothing was done
 */
int sysctl_change(const char *name, int value, int old);

/** sysctl_restore() - write @value and forget what was kept. Return: 0 or -errno */
int sysctl_restore(const char *name, int value);

#endif
