// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl strip": what of a file is for wg(8)
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "load.h"
#include "msg.h"
#include "strip_text.h"

int cmd_strip(const struct options *o, const char *arg)
{
	struct config_error err;
	char path[PATH_MAX];
	size_t len, out_len;
	char *text, *out;
	int status;

	(void)o;
	status = load_text(arg, path, &text, &len);
	if (status)
		return status;

	out = strip_text(text, len, &out_len, &err);
	if (out) {
		fwrite(out, 1, out_len, stdout);
		explicit_bzero(out, out_len);
	} else if (err.text[0]) {
		msg("%s:%u: %s", path, err.line, err.text);
		status = STATUS_CONFIG;
	} else {
		msg_errno(-ENOMEM, "", "cannot read `%s'", path);
		status = STATUS_FAILED;
	}

	free(out);
	explicit_bzero(text, len);
	free(text);
	return status;
}
