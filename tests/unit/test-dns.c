// SPDX-License-Identifier: GPL-2.0
/*
 * What the programs for DNS are told, and what becomes of it
 *
 * Both are a script that writes its arguments and its input to a file. What the
 * real ones make of that is tested in tests/netns.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns.h"
#include "list.h"
#include "tap.h"

static char folder[] = "/tmp/wgmark-test-dns-XXXXXX";

static const char script[] =
	"#!/bin/sh\n"
	"cd \"${0%/*}\"\n"
	"echo \"${0##*/} $*\" >>record\n"
	"cat >>record\n"
	"case $1 in \"$KILLED\") kill -TERM $$ ;; \"$FAILS\") exit 3 ;; esac\n";

static const struct {
	const char *word;
	bool ok;
} word_cases[] = {
	{ "10.2.0.1", true },
	{ "fd00::1", true },
	{ "fe80::1%eth0.5", true },
	{ "corp.example", true },
	{ "a-b.example.", true },
	{ "_tcp.example", true },
	{ "~corp.example", true },
	{ "~.", true },
	{ "", false },
	{ "-x", false },
	{ "--help", false },
	{ "a b", false },
	{ "a\tb", false },
	{ "a\nnameserver 192.0.2.1", false },
	{ "a\n", false },
	{ "';touch${IFS}ran;'", false },
	{ "$(reboot)", false },
	{ "`reboot`", false },
	{ "a;b", false },
	{ "a\\b", false },
	{ "a/b", false },
	{ "*", false },
	{ "#a", false },
	{ "\xc3\xa4.example", false },
};

static const struct {
	const char *order;
	const char *prefix;
} prefix_cases[] = {
	{ "tun*\n", "tun." },
	{ "lo\ntun*\ntap*\n", "tun." },
	{ "# interface-order(5)\nlo.inet6\nlo.@(dnsmasq|pdnsd)\nlo\ntap*\ntun*\n", "tap." },
	{ "@(br|eth)*\nwl+([bcosxpP])*\nppp*\n*\n", "ppp." },
	{ "hso-1*\n", "hso-1." },
	{ "  tun*\t\n", "tun." },
	{ "tun*", "tun." },
	{ "tun* x\nvpn*\n", "vpn." },
	{ "tun**\nvpn*\n", "vpn." },
	{ "tu_n*\nt.un*\n", "" },
	{ "tun\n*\n", "" },
	{ "\n\n", "" },
};

/* Spaces separate servers and domains here */
static const struct {
	enum dns_tool tool;
	const char *servers;
	const char *search;
	const char *set;	/* what is run */
	const char *command;	/* what is shown */
} set_cases[] = {
	{ DNS_RESOLVCONF, "10.2.0.1", "",
	  "resolvconf -a wg9 -m 0 -x\nnameserver 10.2.0.1\n",
	  "resolvconf -a wg9 -m 0 -x" },
	{ DNS_RESOLVCONF, "10.2.0.1 fd02::1 10.2.0.3", "corp.example lab.example",
	  "resolvconf -a wg9 -m 0 -x\n"
	  "nameserver 10.2.0.1\nnameserver fd02::1\nnameserver 10.2.0.3\n"
	  "search corp.example lab.example\n",
	  "resolvconf -a wg9 -m 0 -x" },
	{ DNS_RESOLVCONF, "", "corp.example",
	  "resolvconf -a wg9 -m 0\nsearch corp.example\n",
	  "resolvconf -a wg9 -m 0" },
	{ DNS_RESOLVECTL, "10.2.0.1", "",
	  "resolvectl dns 4711 10.2.0.1\nresolvectl domain 4711 ~.\n",
	  "resolvectl dns wg9 10.2.0.1 && resolvectl domain wg9 ~." },
	{ DNS_RESOLVECTL, "10.2.0.1 fd02::1", "corp.example lab.example",
	  "resolvectl dns 4711 10.2.0.1 fd02::1\n"
	  "resolvectl domain 4711 corp.example lab.example ~.\n",
	  "resolvectl dns wg9 10.2.0.1 fd02::1 && "
	  "resolvectl domain wg9 corp.example lab.example ~." },
	{ DNS_RESOLVECTL, "", "corp.example",
	  "resolvectl domain 4711 corp.example\n",
	  "resolvectl domain wg9 corp.example" },
	{ DNS_RESOLVCONF, "", "", "", "resolvconf -a wg9 -m 0" },
	{ DNS_RESOLVECTL, "", "", "", "resolvectl domain wg9" },
};

/* What was run since the last time */
static const char *record(void)
{
	static char text[4096];
	FILE *in = fopen("record", "r");
	size_t len = 0;

	if (in) {
		len = fread(text, 1, sizeof(text) - 1, in);
		fclose(in);
		unlink("record");
	}
	text[len] = '\0';
	return text;
}

static void split(char ***list, size_t *len, const char *text)
{
	size_t n;

	for (; text += strspn(text, " "), *text; text += n) {
		n = strcspn(text, " ");
		if (string_append(list, len, text, n))
			abort();
	}
}

static struct dns dns_of(const char *servers, const char *search)
{
	struct dns dns = {};

	split(&dns.servers, &dns.servers_len, servers);
	split(&dns.search, &dns.search_len, search);
	return dns;
}

/* Set on wg9, which is not there */
static int set(enum dns_tool tool, const char *servers, const char *search)
{
	struct dns dns = dns_of(servers, search);
	int ret;

	ret = dns_set(tool, "wg9", 4711, &dns);
	dns_free(&dns);
	return ret;
}

static char *command(enum dns_tool tool, const char *servers, const char *search)
{
	struct dns dns = dns_of(servers, search);
	struct tap_text t;

	tap_text_begin(&t);
	dns_command(t.out, tool, "wg9", &dns);
	dns_free(&dns);
	return tap_text_end(&t);
}

static void test_prefix(size_t i)
{
	char *order = strdup(prefix_cases[i].order), *prefix = NULL;
	FILE *in = fmemopen(order, strlen(order), "r");

	if (!in || dns_prefix(in, &prefix))
		abort();
	tap_same(prefix, prefix_cases[i].prefix, "the prefix of an interface-order");
	free(prefix);
	fclose(in);
	free(order);
}

static void test_set(size_t i)
{
	char *text = command(set_cases[i].tool, set_cases[i].servers, set_cases[i].search);
	int ret = set(set_cases[i].tool, set_cases[i].servers, set_cases[i].search);

	tap_same(text, set_cases[i].command, "the command");
	tap_ok(!ret, "it succeeds");
	tap_same(record(), set_cases[i].set, "what is run");
	free(text);
}

static void test_unset(void)
{
	struct tap_text t;
	char *text;

	tap_ok(!dns_unset(DNS_RESOLVCONF, "wg9"), "unset: resolvconf");
	tap_same(record(), "resolvconf -d wg9 -f\n", "unset: resolvconf of what is not there");
	tap_ok(!dns_unset(DNS_RESOLVECTL, "lo"), "unset: resolvectl");
	tap_same(record(), "resolvectl revert 1\n", "unset: resolvectl by index");
	tap_ok(!dns_unset(DNS_RESOLVECTL, "wg9"), "unset: resolvectl, no such interface");
	tap_same(record(), "", "unset: nothing to run");
	tap_ok(dns_unset(DNS_NONE, "lo") == -EOPNOTSUPP, "unset: by nobody");

	tap_text_begin(&t);
	dns_command(t.out, DNS_RESOLVCONF, "wg9", NULL);
	fputs("; ", t.out);
	dns_command(t.out, DNS_RESOLVECTL, "wg9", NULL);
	dns_command(t.out, DNS_NONE, "wg9", NULL);
	text = tap_text_end(&t);
	tap_same(text, "resolvconf -d wg9 -f; resolvectl revert wg9", "unset: the commands");
	free(text);
}

/* The status comes back, and what was done in part is taken back */
static void test_failures(void)
{
	setenv("FAILS", "-a", 1);
	tap_ok(set(DNS_RESOLVCONF, "10.2.0.1", "") == 3, "failure: resolvconf");
	tap_same(record(), "resolvconf -a wg9 -m 0 -x\nnameserver 10.2.0.1\nresolvconf -d wg9 -f\n",
		 "failure: resolvconf takes it back");
	unsetenv("FAILS");
	setenv("KILLED", "-a", 1);
	tap_ok(set(DNS_RESOLVCONF, "10.2.0.1", "") == 128 + SIGTERM, "failure: resolvconf killed");
	record();
	setenv("KILLED", "-d", 1);
	tap_ok(dns_unset(DNS_RESOLVCONF, "wg9") == 128 + SIGTERM, "failure: resolvconf -d killed");
	record();
	unsetenv("KILLED");

	setenv("FAILS", "dns", 1);
	tap_ok(set(DNS_RESOLVECTL, "10.2.0.1", "") == 3, "failure: resolvectl dns");
	tap_same(record(), "resolvectl dns 4711 10.2.0.1\n", "failure: no domain after it");
	setenv("FAILS", "domain", 1);
	tap_ok(set(DNS_RESOLVECTL, "10.2.0.1", "") == 3, "failure: resolvectl domain");
	record();
	unsetenv("FAILS");

	tap_ok(set(DNS_NONE, "10.2.0.1", "") == -EOPNOTSUPP, "failure: nobody to tell");
	tap_ok(set(DNS_RESOLVCONF, "10.2.0.1", "a\nb") == -EINVAL, "failure: a line in a domain");
	tap_ok(set(DNS_RESOLVECTL, "-x", "a") == -EINVAL, "failure: a server as an option");
	tap_same(record(), "", "failure: nothing was run");
}

static void test_find(void)
{
	tap_ok(dns_find() == DNS_RESOLVCONF, "find: resolvconf before resolvectl");
	if (unlink("resolvconf") || symlink("resolvectl", "resolvconf"))
		abort();
	tap_ok(dns_find() != DNS_RESOLVCONF, "find: systemd's resolvconf is resolvectl");
	tap_same(record(), "", "find: nothing was run");
}

static void make_programs(void)
{
	int fd;

	fd = open("resolvectl", O_CREAT | O_WRONLY | O_CLOEXEC, 0700);
	if (fd < 0 || write(fd, script, strlen(script)) < 0 || close(fd))
		abort();
	/* a link, as then this machine's interface-order does not count */
	if (link("resolvectl", "script") ||
	    symlink("script", "resolvconf"))
		abort();
}

static void remove_programs(void)
{
	unlink("resolvconf");
	unlink("resolvectl");
	unlink("script");
	tap_ok(!rmdir(folder), "the folder is gone, with no file of anyone's in it");
}

int main(void)
{
	char path[PATH_MAX];
	size_t i;

	if (!mkdtemp(folder) || chdir(folder))
		abort();
	snprintf(path, sizeof(path), "%s:%s", folder, getenv("PATH"));
	setenv("PATH", path, 1);
	make_programs();

	for (i = 0; i < TAP_LEN(word_cases); i++)
		tap_ok(dns_is_word(word_cases[i].word) == word_cases[i].ok,
		       "word %zu is %s", i, word_cases[i].ok ? "good" : "refused");
	for (i = 0; i < TAP_LEN(prefix_cases); i++)
		test_prefix(i);
	for (i = 0; i < TAP_LEN(set_cases); i++)
		test_set(i);
	test_unset();
	test_failures();
	test_find();
	remove_programs();
	return tap_done();
}
