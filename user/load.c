// SPDX-License-Identifier: GPL-2.0
/*
 * From the argument of a verb to a configuration
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "load.h"
#include "msg.h"
#include "resolve.h"
#include "tables.h"

/* Where wg-quick(8) looks for NAME.conf. */
#define FOLDER "/etc/wireguard"

int load_ifname(char ifname[static IF_NAMESIZE], const char *arg)
{
	if (config_is_ifname(arg)) {
		snprintf(ifname, IF_NAMESIZE, "%s", arg);
		return STATUS_OK;
	}
	if (config_ifname(ifname, arg) == 0)
		return STATUS_OK;
	if (!msg_is_wg_quick())
		msg("`%s' is neither an interface name nor the path of a file named like wg0.conf",
		    arg);
	else if (access(arg, F_OK))
		msg("`%s' does not exist", arg);
	else
		msg("The config file must be a valid interface name, followed by .conf");
	return STATUS_USAGE;
}

static void find_file(char path[static PATH_MAX], const char *arg)
{
	if (config_is_ifname(arg))
		snprintf(path, PATH_MAX, FOLDER "/%s.conf", arg);
	else
		snprintf(path, PATH_MAX, "%s", arg);
}

bool load_exists(const char *arg)
{
	char path[PATH_MAX];

	find_file(path, arg);
	return access(path, F_OK) == 0 || errno != ENOENT;
}

static int open_failed(const char *path, const char *arg)
{
	int err = -errno;

	if (err == -ENOENT && access(arg, F_OK) == 0)
		msg("`%s' does not exist; for the file in this folder write ./%s",
		    path, arg);
	else if (err == -ENOENT)
		msg("`%s' does not exist", path);
	else
		msg_errno(err, "", "cannot read `%s'", path);
	return err == -EACCES || err == -EPERM ? STATUS_PRIVILEGE : STATUS_CONFIG;
}

/* As wg-quick(8): whoever can enter the folder and read the file */
static void warn_if_open(const char *path, int fd)
{
	char folder[PATH_MAX];
	struct stat file, dir;

	snprintf(folder, sizeof(folder), "%s", path);
	if (fstat(fd, &file) == 0 && stat(dirname(folder), &dir) == 0 &&
	    file.st_mode & dir.st_mode & 0007)
		msg("warning: `%s' is world accessible", path);
}

static int refuse(const char *path, const struct config_error *err, int status)
{
	if (err->line)
		msg("%s:%u: %s", path, err->line, err->text);
	else
		msg("%s: %s", path, err->text);
	return status;
}

/* Table by its name, ListenPort by its service's */
static int look_names_up(struct config *c, struct config_error *err)
{
	if (c->table_name && rt_table_number(rt_tables_folders, c->table_name, &c->table)) {
		err->line = c->table_line;
		snprintf(err->text, sizeof(err->text),
			 "Table = %.60s is not known: it is neither in rt_tables nor in rt_tables.d/*.conf of /etc/iproute2, /usr/share/iproute2 or /usr/lib/iproute2; write a number",
			 c->table_name);
		return -EINVAL;
	}

	return resolve_listen_port(c, err);
}

static int parse(struct config *c, const char *path, const char *ifname,
		 const char *text, size_t len)
{
	struct config_error err = { 0 };
	int ret;

	ret = config_parse(c, text, len, &err);
	if (!ret)
		ret = look_names_up(c, &err);
	if (!ret)
		ret = config_set_ifname(c, ifname);
	if (ret == -EINVAL)
		return refuse(path, &err, STATUS_CONFIG);
	if (ret)
		msg_errno(ret, "", "cannot read `%s'", path);
	return ret ? STATUS_FAILED : STATUS_OK;
}

int load_text(const char *arg, char path[static PATH_MAX], char **text, size_t *len)
{
	char ifname[IF_NAMESIZE];
	int fd, status;

	*text = NULL;
	status = load_ifname(ifname, arg);
	if (status)
		return status;
	find_file(path, arg);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return open_failed(path, arg);

	warn_if_open(path, fd);
	*text = file_read_fd(fd, len);
	if (!*text)
		status = open_failed(path, arg);
	close(fd);
	return status;
}

int load_config_text(struct config *c, const char *arg, char path[static PATH_MAX],
		     char **text, size_t *len)
{
	char ifname[IF_NAMESIZE];
	int status;

	*c = (struct config){ 0 };
	status = load_text(arg, path, text, len);
	if (status)
		return status;

	load_ifname(ifname, arg);
	return parse(c, path, ifname, *text, *len);
}

int load_config(struct config *c, const char *arg)
{
	char path[PATH_MAX];
	size_t len = 0;
	char *text;
	int status;

	status = load_config_text(c, arg, path, &text, &len);
	if (text)
		explicit_bzero(text, len);
	free(text);
	return status;
}

int load_endpoints(struct config *c, const char *arg)
{
	struct config_error err = { 0 };
	char path[PATH_MAX];
	int ret;

	ret = resolve_endpoints(c, &err);
	if (!ret)
		return STATUS_OK;
	find_file(path, arg);
	if (ret == -ENOMEM) {
		msg_errno(ret, "", "cannot resolve the endpoints of `%s'", path);
		return STATUS_FAILED;
	}
	return refuse(path, &err, STATUS_FAILED);
}
