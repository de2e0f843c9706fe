// SPDX-License-Identifier: GPL-2.0
/*
 * Names in a configuration file: routing tables in files of iproute2, services
 */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_case.h"
#include "resolve.h"
#include "tables.h"

static const struct {
	const char *text;
	const char *name;
	long long number;	/* -1: not there */
} text_cases[] = {
	{ "", "vpn", -1 },
	{ "200 vpn\n", "vpn", 200 },
	{ "200 vpn", "vpn", 200 },
	{ "# 1 vpn\n\n  \t\n#\n\t0x100\tvpn\t# mine\n", "vpn", 256 },
	{ "0200 vpn#mine\r\n", "vpn", 200 },
	{ "200 vpn\r\n", "vpn", 200 },
	{ "4294967295 vpn\n", "vpn", 4294967295 },
	{ "4294967296 vpn\n", "vpn", -1 },
	{ "99999999999999999999 vpn\n", "vpn", -1 },
	{ "-1 vpn\n", "vpn", -1 },
	{ "0x vpn\n1g vpn\nvpn 1\n200\n 200 # vpn\n", "vpn", -1 },
	{ "1 vpn2\n2 VPN\n3 vp\n4 vpn\n5 vpn\n", "vpn", 4 },
	{ "nonsense\n0 unspec\n7 vpn\n", "vpn", 7 },
	{ "7 \n", "", -1 },
};

static void test_text(size_t i)
{
	const char *in = text_cases[i].text;
	char *copy = malloc(strlen(in) + !*in);
	uint32_t number = 0;
	bool found;

	if (!copy)
		abort();
	memcpy(copy, in, strlen(in));
	found = rt_table_find(copy, strlen(in), text_cases[i].name, &number);
	tap_ok(found ? number == text_cases[i].number : text_cases[i].number == -1,
	       "rt_tables, case %zu: %lld", i, text_cases[i].number);
	free(copy);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

static void test_folders(void)
{
	static const struct {
		const char *name;
		long long number;
	} cases[] = {
		{ "main", 254 }, { "local", 255 }, { "default", 253 }, { "unspec", 254 },
		{ "zero", 254 }, { "one", 1 }, { "two", 2 }, { "three", 3 }, { "four", 4 },
		{ "five", -1 }, { "Main", -1 }, { "", -1 },
	};
	char top[] = "/tmp/test-config-names.XXXXXX", a[64], b[64], command[128];
	const char *const folders[] = { a, b, "/nonexistent/iproute2", NULL };
	uint32_t number;
	size_t i;
	int ret;

	if (!mkdtemp(top))
		abort();
	snprintf(a, sizeof(a), "%s/a", top);
	snprintf(b, sizeof(b), "%s/b", top);
	snprintf(command, sizeof(command), "mkdir -p %s/a/rt_tables.d %s/b/rt_tables.d", top, top);
	if (system(command))
		abort();
	write_file(a, "rt_tables", "0 zero\n1 one\n9 main\n");
	write_file(a, "rt_tables.d/x.conf", "9 one\n2 two\n");
	write_file(a, "rt_tables.d/x.orig", "5 five\n");
	write_file(b, "rt_tables", "9 one\n9 two\n3 three\n");
	write_file(b, "rt_tables.d/y.conf", "0x4 four\n");

	for (i = 0; i < TAP_LEN(cases); i++) {
		ret = rt_table_number(folders, cases[i].name, &number);
		tap_ok(ret ? ret == -ENOENT && cases[i].number == -1 : number == cases[i].number,
		       "table `%s' is %lld", cases[i].name, cases[i].number);
	}

	snprintf(command, sizeof(command), "rm -r %s", top);
	if (system(command))
		abort();
}

/* The names are those of this machine's /etc/services, which may lack */
static void test_services(void)
{
	static const char known[] = "[Interface]\nListenPort = isakmp\n";
	static const char unknown[] = "[Interface]\n\nListenPort = no-such-service\n";
	struct config_error err;
	struct config c;
	int ret;

	parse(&c, &err, known, strlen(known));
	ret = resolve_listen_port(&c, &err);
	if (ret)
		tap_ok(true, "ListenPort = isakmp # SKIP services(5) is not here");
	else
		tap_ok(c.listen_port == 500, "ListenPort = isakmp is 500");
	config_free(&c);

	parse(&c, &err, unknown, strlen(unknown));
	ret = resolve_listen_port(&c, &err);
	tap_ok(ret == -EINVAL && err.line == 3, "a service that is not known names its line");
	tap_same(err.text,
		 "ListenPort = no-such-service is no service that services(5) knows for UDP; write a port from 0 to 65535",
		 "and what to write");
	config_free(&c);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(text_cases); i++)
		test_text(i);
	test_folders();
	test_services();
	return tap_done();
}
