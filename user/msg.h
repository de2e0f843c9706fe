/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What wgmarkctl says on stderr, and its exit status
 */
#ifndef WGMARK_MSG_H
#define WGMARK_MSG_H

#include <stdbool.h>

/** enum exit_status - documented in wgmarkctl(8) */
enum exit_status {
	STATUS_OK,
	STATUS_FAILED,		/* the machine is as it was before */
	STATUS_USAGE,
	STATUS_CONFIG,		/* the configuration was refused */
	STATUS_MACHINE,		/* something on this machine is in the way */
	STATUS_PRIVILEGE,
	STATUS_FINDINGS,	/* of doctor: an error or a warning */
};

/** msg_as_wg_quick() - from now on this is wg-quick, and speaks like it */
void msg_as_wg_quick(void);

/** msg_is_wg_quick() - whether that is so */
bool msg_is_wg_quick(void);

/** msg_program() - how this program is called, "wgmarkctl" or "wg-quick" */
const char *msg_program(void);

/** msg() - print one line, "wgmarkctl: ...", by escape_put() */
void msg(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * msg_errno() - print "wgmarkctl: WHAT: ERROR (TEXT)"
 * @err: -errno
 * @text: the kernel's own sentence on it, or ""
 */
void msg_errno(int err, const char *text, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

#endif
