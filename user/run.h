/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs, and commands of the user
 *
 * A program that runs has what a shell would give it: no signal is blocked and
 * SIGPIPE kills, whatever is so here at the time; no descriptor but 0, 1 and 2;
 * the environment with LC_ALL=C, and with a PATH if there was none. Signals that
 * were ignored when wgmarkctl started (nohup(1)) are ignored there too.
 *
 * Functions that wait for a program return its exit status, 0 to 255, or 128 and
 * the number of the signal that killed it; or -errno if it could not be run.
 */
#ifndef WGMARK_RUN_H
#define WGMARK_RUN_H

#include <limits.h>
#include <stdbool.h>

/**
 * run_find() - look for a program
 * @path: the result, absolute
 * @name: its name, without slash
 *
 * In PATH, less its entries that are not absolute, and then in the system's own
 * folders, as an administrator's PATH may lack /sbin. Return: whether it is there
 */
bool run_find(char path[static PATH_MAX], const char *name);

/**
 * run_hook() - run a command of the user (PreUp, PostUp, PreDown, PostDown)
 * @command: for the shell, "%i" replaced
 *
 * In bash with -e, -o pipefail and extglob, as wg-quick(8) does; where there is
 * no bash in sh -e. Standard input, output and error are wgmarkctl's.
 */
int run_hook(const char *command);

/**
 * run_program() - run a program without a shell
 * @argv: ends with NULL; the first is an absolute path
 * @input: what it reads on standard input, some KiB at most
 *
 * Return: also -E2BIG if a pipe cannot hold @input
 */
int run_program(const char *const argv[], const char *input);

/**
 * run_output() - run a program without a shell and take its standard output
 * @argv: as above
 * @output: the text, to be freed with free(); set only if 0 or more is returned
 */
int run_output(const char *const argv[], char **output);

#endif
