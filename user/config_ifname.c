// SPDX-License-Identifier: GPL-2.0
/*
 * The interface that a configuration file is for
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_keys.h"

bool config_is_ifname(const char *text)
{
	/* Folders of sysfs and of sysctl, which no device can be called */
	static const char *const taken[] = { ".", "..", "all", "default" };
	static const char chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=+.-";
	size_t len = strlen(text);
	size_t i;

	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (!strcmp(text, taken[i]))
			return false;
	}

	/* '-' begins an option of the programs that are told the name */
	return len && *text != '-' && len < IF_NAMESIZE && strspn(text, chars) == len;
}

int config_ifname(char ifname[static IF_NAMESIZE], const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = strlen(name);

	if (len < 6 || len - 5 >= IF_NAMESIZE || strcmp(name + len - 5, ".conf"))
		return -EINVAL;

	memcpy(ifname, name, len - 5);
	ifname[len - 5] = '\0';
	return config_is_ifname(ifname) ? 0 : -EINVAL;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* Every %i in one hook */
static int name_interface(char **cmd, const char *ifname)
{
	const char *text = *cmd, *at;
	char *new, *to;
	int err;

	new = malloc(strlen(text) + count(text, "%i") * strlen(ifname) + 1);
	if (!new)
		return -ENOMEM;

	for (to = new; (at = strstr(text, "%i")); text = at + 2) {
		to = mempcpy(to, text, at - text);
		to = stpcpy(to, ifname);
	}
	strcpy(to, text);

	err = config_string(cmd, new, strlen(new));
	free(new);
	return err;
}

int config_set_ifname(struct config *c, const char *ifname)
{
	size_t i, j;
	int err = 0;

	snprintf(c->ifname, sizeof(c->ifname), "%s", ifname);
	for (i = 0; i < HOOKS; i++) {
		for (j = 0; j < c->hooks[i].len && !err; j++)
			err = name_interface(&c->hooks[i].cmd[j], c->ifname);
	}

	return err;
}
