// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration file: the interface's name, from the file's and in commands
 */
#include "config_case.h"

static const struct {
	const char *path;
	const char *ifname;	/* NULL: refused */
} ifname_cases[] = {
	{ "/etc/wireguard/wg0.conf", "wg0" },
	{ "wg0.conf", "wg0" },
	{ "./a.b.conf", "a.b" },
	{ "a/b_=+.-Z9.conf", "b_=+.-Z9" },
	{ "123456789012345.conf", "123456789012345" },
	{ "1234567890123456.conf", NULL },
	{ ".conf", NULL },
	{ "dir/.conf", NULL },
	{ "wg0.conf/", NULL },
	{ "wg0.CONF", NULL },
	{ "..conf", NULL },
	{ "dir/...conf", NULL },
	{ "all.conf", NULL },
	{ "default.conf", NULL },
	{ "default0.conf", "default0" },
	{ "wg0", NULL },
	{ "wg 0.conf", NULL },
	{ "wg\xc3\xa9.conf", NULL },
	{ "", NULL },
};

static void print_hooks(FILE *out, const struct hooks *hooks)
{
	size_t i;

	for (i = 0; i < hooks->len; i++)
		fprintf(out, "%s\n", hooks->cmd[i]);
}

/* Hooks of a file, with %i replaced */
static void test_set_ifname(void)
{
	static const char in[] = "[Interface]\nPreUp = %i\nPostUp = a %i b%i&%%i%i\nPostUp = 100%\n"
				 "PreDown = %I\nPostDown = $(echo %i) \\&\n";
	static const char out[] = "wg0\na wg0 bwg0&%wg0wg0\n100%\n%I\n$(echo wg0) \\&\n";
	struct config_error err;
	struct tap_text t;
	struct config c;
	char *text;
	size_t i;
	int ret;

	ret = parse(&c, &err, in, strlen(in));
	if (!ret)
		ret = config_set_ifname(&c, "wg0");
	tap_text_begin(&t);
	for (i = 0; i < HOOKS; i++)
		print_hooks(t.out, &c.hooks[i]);
	text = tap_text_end(&t);
	tap_same(ret ? err.text : text, out, "%i in a hook is the interface's name");
	tap_same(c.ifname, "wg0", "which is kept too");
	free(text);
	config_free(&c);
}

static void test_ifname(size_t i)
{
	char ifname[IF_NAMESIZE];
	int ret = config_ifname(ifname, ifname_cases[i].path);

	if (ifname_cases[i].ifname)
		tap_ok(!ret && !strcmp(ifname, ifname_cases[i].ifname),
		       "`%s' is the file of %s", ifname_cases[i].path,
		       ifname_cases[i].ifname);
	else
		tap_ok(ret == -EINVAL, "`%s' is no interface's file",
		       ifname_cases[i].path);
}

int main(void)
{
	size_t i;

	test_set_ifname();
	for (i = 0; i < TAP_LEN(ifname_cases); i++)
		test_ifname(i);
	tap_ok(config_is_ifname("wg0") && !config_is_ifname("") &&
	       !config_is_ifname("./wg0") && !config_is_ifname("1234567890123456"),
	       "interface names as wg-quick(8) takes them");
	return tap_done();
}
