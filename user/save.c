// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl save": a live tunnel into its configuration file
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "load.h"
#include "msg.h"
#include "rtnl.h"
#include "save.h"
#include "save_text.h"
#include "verb.h"
#include "wg.h"

static bool is_zero(const uint8_t key[static WG_KEY_LEN])
{
	static const uint8_t zero[WG_KEY_LEN];

	return !memcmp(key, zero, WG_KEY_LEN);
}

/* @live takes the lists over */
static int take_device(struct config *live, struct wg_device *d)
{
	struct peer *peer;
	struct wg_peer *p;

	memcpy(live->private_key, d->private_key, WG_KEY_LEN);
	live->has_private_key = !is_zero(d->private_key);
	live->listen_port = d->listen_port;
	live->fwmark = d->fwmark;

	live->peers = calloc(d->peers_len + 1, sizeof(*live->peers));
	if (!live->peers)
		return -ENOMEM;
	for (p = d->peers; p < d->peers + d->peers_len; p++) {
		peer = &live->peers[live->peers_len++];
		memcpy(peer->public_key, p->public_key, WG_KEY_LEN);
		memcpy(peer->preshared_key, p->preshared_key, WG_KEY_LEN);
		peer->has_preshared_key = !is_zero(p->preshared_key);
		peer->endpoint = p->endpoint;
		peer->keepalive = p->keepalive;
		peer->allowed = p->allowed;
		peer->allowed_len = p->allowed_len;
		p->allowed = NULL;
	}
	return 0;
}

static int read_machine(struct config *live, struct kernel *k, const char *ifname)
{
	struct wg_device d = { 0 };
	struct link link;
	int err;

	err = rtnl_link_get(&k->rtnl, &link, ifname, 0);
	if (err == -ENODEV || (!err && strcmp(link.kind, RTNL_KIND_WIREGUARD) != 0)) {
		msg("`%s' is not a WireGuard interface; wgmarkctl show lists those there are",
		    ifname);
		return STATUS_MACHINE;
	}
	if (!err && !link.is_up) {
		msg("`%s' is not up, so that it may not have all of its addresses and peers: ip link set %s up, or take it down",
		    ifname, ifname);
		return STATUS_MACHINE;
	}

	live->mtu = link.mtu;
	if (!err)
		err = rtnl_addr_list(&k->rtnl, link.ifindex, &live->address,
				     &live->address_len);
	if (!err)
		err = wg_get(k, link.ifindex, &d);
	if (!err)
		err = take_device(live, &d);
	wg_device_free(&d);
	if (err)
		msg_errno(err, "", "cannot read `%s'", ifname);
	return verb_status(err);
}

/* Into the new file, up to the disk. The stream's buffer has keys: it is wiped. */
static int write_file(int fd, const struct config *live, const char *text, size_t len,
		      const struct config *was)
{
	char buffer[BUFSIZ];
	FILE *out;
	int err;

	out = fdopen(fd, "w");
	if (!out) {
		err = -errno;
		close(fd);
		return err;
	}

	setvbuf(out, buffer, _IOFBF, sizeof(buffer));
	err = save_text(out, live, text, len, was);
	if (!err && (fflush(out) || ferror(out) || fsync(fd)))
		err = errno ? -errno : -EIO;
	if (fclose(out) && !err)
		err = -errno;
	explicit_bzero(buffer, sizeof(buffer));
	return err;
}

/* So that the new name is on the disk too */
static int sync_folder(char *path)
{
	int fd, err = 0;

	fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

static int replace_file(const char *path, const struct config *live, const char *text,
			size_t len, const struct config *was)
{
	char real[PATH_MAX], new[PATH_MAX + 8];
	int fd, err;

	if (!realpath(path, real))
		return -errno;
	snprintf(new, sizeof(new), "%s.XXXXXX", real);
	fd = mkostemp(new, O_CLOEXEC);
	if (fd < 0)
		return -errno;

	err = write_file(fd, live, text, len, was);
	if (!err && rename(new, real))
		err = -errno;
	if (err)
		unlink(new);
	return err ? err : sync_folder(real);
}

int save_interface(struct kernel *k, const char *arg)
{
	struct config live = { 0 }, was;
	char path[PATH_MAX];
	char *text = NULL;
	int status, err;
	size_t len = 0;

	status = load_config_text(&was, arg, path, &text, &len);
	if (!status)
		status = read_machine(&live, k, was.ifname);
	if (status)
		goto out;

	err = replace_file(path, &live, text, len, &was);
	if (err) {
		msg_errno(err, "", "cannot write `%s'", path);
		status = verb_status(err);
	}
out:
	if (text)
		explicit_bzero(text, len);
	free(text);
	config_free(&live);
	config_free(&was);
	return status;
}

int cmd_save(const struct options *o, const char *arg)
{
	struct kernel k = { 0 };
	int status, lock = -1;

	(void)o;
	status = verb_open(&k);
	if (!status)
		status = verb_lock(&lock);
	if (!status)
		status = save_interface(&k, arg);

	if (lock >= 0)
		close(lock);
	kernel_close(&k);
	return status;
}
