/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A live tunnel into its configuration file
 */
#ifndef WGMARK_SAVE_H
#define WGMARK_SAVE_H

#include "kernel.h"

/**
 * save_interface() - write the file anew from the machine
 * @k: kernel
 * @arg: as load_config() has it
 *
 * The file is replaced at once and belongs to root alone afterwards, or is as it
 * was. A symbolic link stays one. For the verb "save", and for "down" where the
 * file has SaveConfig = true.
 * Return: enum exit_status, after a message if it is not STATUS_OK
 */
int save_interface(struct kernel *k, const char *arg);

#endif
