// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration file, and the interface's name from the file's
 */
#include <errno.h>

#include "config.h"
#include "fuzz.h"

static unsigned int count_lines(const char *text, size_t len)
{
	unsigned int lines = len && text[len - 1] != '\n';
	size_t i;

	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

static void check_error(const struct config_error *err, unsigned int lines)
{
	fuzz_string(err->text, sizeof(err->text));
	fuzz_check(err->text[0]);
	fuzz_check(err->line <= lines);
}

static void check_peer(const struct config *c, const struct peer *p, unsigned int lines)
{
	const struct peer *other;
	struct prefix net;
	size_t i;

	fuzz_check(p->line && p->line <= lines);
	fuzz_check(!p->host == !p->service);
	fuzz_check(!p->host || (*p->host && *p->service));
	fuzz_check(!p->keepalive || p->has_keepalive);
	fuzz_check(p->endpoint.ss_family == AF_UNSPEC);
	fuzz_check(!p->removed && !p->removed_len);
	for (i = 0; i < p->allowed_len; i++) {
		fuzz_prefix(&p->allowed[i]);
		net = p->allowed[i];
		prefix_mask(&net);
		fuzz_check(prefix_equal(&net, &p->allowed[i]));
	}
	for (other = c->peers; other < p; other++) {
		fuzz_check(other->line < p->line);
		fuzz_check(memcmp(other->public_key, p->public_key, WG_KEY_LEN));
	}
}

static void check_words(char *const *list, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		fuzz_check(dns_is_word(list[i]));
}

static void check_hooks(const struct hooks *hooks)
{
	size_t i, len;

	for (i = 0; i < hooks->len; i++) {
		len = strlen(hooks->cmd[i]);
		fuzz_check(len && !strchr(hooks->cmd[i], '\n'));
		/* trimmed at both ends */
		fuzz_check(!strchr(" \t\r\v\f", hooks->cmd[i][0]));
		fuzz_check(!strchr(" \t\r\v\f", hooks->cmd[i][len - 1]));
	}
}

/* A name and where it is, or neither */
static void check_name(const char *name, unsigned int line, unsigned int lines)
{
	fuzz_check(!name || (*name && line && line <= lines));
	fuzz_check(!name || !strpbrk(name, "\n#"));
}

/* The limits that config.h and wgmarkctl(8) tell */
static void check_config(const struct config *c, unsigned int lines)
{
	size_t i;

	fuzz_check(!c->mtu || (c->mtu >= 68 && c->mtu <= 65535));
	fuzz_check(c->table_mode <= TABLE_NUMBER);
	fuzz_check((c->table_mode == TABLE_NUMBER) == (c->table || c->table_name));
	fuzz_check(!c->table || !c->table_name);
	check_name(c->table_name, c->table_line, lines);
	fuzz_check(!c->listen_port || !c->listen_service);
	check_name(c->listen_service, c->listen_line, lines);
	fuzz_check(!c->ifname[0]);
	fuzz_check(c->mask && !(c->fwmark & ~c->mask));
	fuzz_check(c->backend <= BACKEND_NFT);
	fuzz_check(c->restore <= WGMARK_RESTORE_LEARN);
	fuzz_check(!c->notrack || c->restore == WGMARK_RESTORE_LEARN);
	fuzz_check(!c->compat || (c->mask == UINT32_MAX &&
				  c->restore == WGMARK_RESTORE_CONNTRACK));
	for (i = 0; i < c->address_len; i++)
		fuzz_prefix(&c->address[i]);
	check_words(c->dns, c->dns_len);
	check_words(c->search, c->search_len);
	for (i = 0; i < HOOKS; i++)
		check_hooks(&c->hooks[i]);
	for (i = 0; i < c->peers_len; i++)
		check_peer(c, &c->peers[i], lines);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void check_same_texts(char *const *a, size_t a_len, char *const *b, size_t b_len)
{
	size_t i;

	fuzz_check(a_len == b_len);
	for (i = 0; i < a_len; i++)
		fuzz_check(same_text(a[i], b[i]));
}

static bool same_list(const void *a, const void *b, size_t len, size_t size)
{
	return !len || !memcmp(a, b, len * size);
}

static void check_same_peer(const struct peer *a, const struct peer *b)
{
	fuzz_check(same_text(a->host, b->host) && same_text(a->service, b->service));
	fuzz_check(a->allowed_len == b->allowed_len);
	fuzz_check(same_list(a->allowed, b->allowed, a->allowed_len, sizeof(*a->allowed)));
	fuzz_check(!memcmp(a->public_key, b->public_key, WG_KEY_LEN));
	fuzz_check(!memcmp(a->preshared_key, b->preshared_key, WG_KEY_LEN));
	fuzz_check(a->line == b->line && a->keepalive == b->keepalive &&
		   a->has_keepalive == b->has_keepalive &&
		   a->has_preshared_key == b->has_preshared_key);
}

static void check_same(const struct config *a, const struct config *b)
{
	size_t i;

	fuzz_check(a->address_len == b->address_len && a->peers_len == b->peers_len);
	fuzz_check(same_list(a->address, b->address, a->address_len, sizeof(*a->address)));
	check_same_texts(a->dns, a->dns_len, b->dns, b->dns_len);
	check_same_texts(a->search, a->search_len, b->search, b->search_len);
	for (i = 0; i < HOOKS; i++)
		check_same_texts(a->hooks[i].cmd, a->hooks[i].len,
				 b->hooks[i].cmd, b->hooks[i].len);
	for (i = 0; i < a->peers_len; i++)
		check_same_peer(&a->peers[i], &b->peers[i]);
	fuzz_check(!memcmp(a->private_key, b->private_key, WG_KEY_LEN));
	fuzz_check(a->has_private_key == b->has_private_key &&
		   a->listen_port == b->listen_port && a->fwmark == b->fwmark &&
		   a->mtu == b->mtu && a->table_mode == b->table_mode &&
		   a->table == b->table && a->mask == b->mask && a->backend == b->backend &&
		   a->restore == b->restore && a->compat == b->compat && a->guard == b->guard &&
		   a->notrack == b->notrack);
	fuzz_check(a->save_config == b->save_config && a->leak_guard == b->leak_guard &&
		   a->require_dns == b->require_dns);
	fuzz_check(same_text(a->table_name, b->table_name) &&
		   same_text(a->listen_service, b->listen_service));
	fuzz_check(a->table_line == b->table_line && a->listen_line == b->listen_line);
}

static void check_parse(const char *text, size_t len)
{
	static const struct config nothing;
	unsigned int lines = count_lines(text, len);
	struct config_error err_a, err_b;
	struct config a, b;
	int ret;

	/* what the parser leaves as it was shall differ */
	memset(&a, 0x5a, sizeof(a));
	memset(&b, 0xa5, sizeof(b));
	ret = config_parse(&a, text, len, &err_a);
	fuzz_check(ret == 0 || ret == -EINVAL);
	if (ret)
		check_error(&err_a, lines);
	else
		check_config(&a, lines);

	fuzz_check(config_parse(&b, text, len, &err_b) == ret);
	if (ret)
		fuzz_check(err_a.line == err_b.line && !strcmp(err_a.text, err_b.text));
	check_same(&a, &b);

	config_free(&a);
	config_free(&b);
	fuzz_check(!memcmp(&a, &nothing, sizeof(a)));
}

/* The first line as a file's name */
static void check_ifname(const char *text, size_t len)
{
	char *path = strndup(text, len), ifname[IF_NAMESIZE];
	size_t name;

	fuzz_check(path);
	path[strcspn(path, "\n")] = '\0';
	memset(ifname, '/', sizeof(ifname));
	if (!config_ifname(ifname, path)) {
		fuzz_string(ifname, sizeof(ifname));
		fuzz_check(config_is_ifname(ifname));
		name = strlen(ifname) + strlen(".conf");
		fuzz_check(strlen(path) == name || path[strlen(path) - name - 1] == '/');
		fuzz_check(!strncmp(path + strlen(path) - name, ifname, strlen(ifname)));
	}
	free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_ifname((const char *)data, size);
	check_parse((const char *)data, size);
	return 0;
}
