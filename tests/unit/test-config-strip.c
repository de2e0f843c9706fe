// SPDX-License-Identifier: GPL-2.0
/*
 * What "strip" prints, against the real wg-quick(8) where it is installed
 */
#include <limits.h>
#include <unistd.h>

#include "config_case.h"
#include "strip_text.h"

#define WG_QUICK "/usr/bin/wg-quick"

/* Files, good and bad; NUL bytes are within */
static const struct {
	const char *in;
	size_t len;
	const char *out;	/* NULL: refused */
} cases[] = {
#define CASE(in, out) { in, sizeof(in) - 1, out }
	CASE("", "\n"),
	CASE("\n", "\n\n"),
	CASE("[Interface]", "[Interface]\n\n"),
	CASE("[Interface]\nPrivateKey = x\nAddress = 10.0.0.1\nMTU=1\nDNS = 1.1.1.1\n"
	     "Table = off\nPreUp = a\nPostUp = b\nPreDown = c\nPostDown = d\n"
	     "SaveConfig = true\nListenPort = 1\n\n[Peer]\nPublicKey = y\n",
	     "[Interface]\nPrivateKey = x\nListenPort = 1\n\n[Peer]\nPublicKey = y\n\n"),
	CASE("[interface]\naddress=1\nMtU = 2\nPREUP\n", "[interface]\n\n"),
	CASE("  [Interface] # c\n\t Address = 1 # d\n \t a \t b \t\n", "[Interface] # c\na \t b\n\n"),
	CASE("[Interface]\r\nAddress = 1\r\nPrivateKey = x\r\n\r\n",
	     "[Interface]\r\nPrivateKey = x\r\n\r\n\n"),
	CASE("\v[Interface]\f\n\vAddress\f=1\n\va\v\n", "\v[Interface]\f\n\va\v\n\n"),
	CASE("[Interface]\n#Address = 1\n# DNS = 2\n#wgmark Guard = no\n",
	     "[Interface]\n#Address = 1\n# DNS = 2\n#wgmark Guard = no\n\n"),
	CASE("[Interface]\nAddress # = 1\nAddress6 = 1\nAddr = 1\nAddress x = 1\n=Address\n",
	     "[Interface]\nAddress6 = 1\nAddr = 1\nAddress x = 1\n=Address\n\n"),
	CASE("Address = 1\n[Peer]\nAddress = 2\n[Interface]\nAddress = 3\n[Other]\nAddress = 4\n",
	     "Address = 1\n[Peer]\nAddress = 2\n[Interface]\n[Other]\nAddress = 4\n\n"),
	CASE("[Interface]\n[\nAddress = 1\n[Interface\nMTU\n[ Interface ]\nDNS\n[Interface]=5\nDNS\n",
	     "[Interface]\n[\nAddress = 1\n[Interface\nMTU\n[ Interface ]\nDNS\n[Interface]=5\n\n"),
	CASE("[Interface]\na\n  ", "[Interface]\na\n\n"),
	CASE("[Interface]\na\n  \n", "[Interface]\na\n\n\n"),
	CASE("[Interface]\na\n\tAddress = 1", "[Interface]\na\n\n"),
	CASE("[Inter\0face]\nAdd\0ress = 1\na\0b\0\n\0", "[Interface]\nab\n\n"),
	CASE("\xef\xbb\xbf[Interface]\nAddress = 1\n", "\xef\xbb\xbf[Interface]\nAddress = 1\n\n"),
	CASE("[Interface]\nx = \xff\xc3\xa9\x01\x7f\x1b\n", "[Interface]\nx = \xff\xc3\xa9\x01\x7f\x1b\n\n"),
	CASE("[Interface]\na \\\nb\\\\\n$(c) `d` * ~ \"e\" 'f'\n-n\n-e \\t\n",
	     "[Interface]\na \\\nb\\\\\n$(c) `d` * ~ \"e\" 'f'\n-n\n-e \\t\n\n"),
	CASE("-n\n", "-n\n\n"),
	CASE("[Interface]\nSaveConfig = TRUE\nsaveconfig=False # x\n", "[Interface]\n\n"),
	CASE("SaveConfig = maybe\n", "SaveConfig = maybe\n\n"),
	CASE("[Interface]\nSaveConfig = maybe\n", NULL),
	CASE("[Interface]\na\nSaveConfig\n", NULL),
	CASE("[Interface]\nSaveConfig = \n", NULL),
	CASE("[Interface]\nSaveConfig = true=false\n", NULL),
	CASE("[Interface]\nAddress = *\nDNS = /*, ?\nAddress = 1,2 3\n", "[Interface]\n\n"),
};

/* The result as a string with "refused" or the error's line, to be freed */
static char *ours(const char *in, size_t len)
{
	struct config_error err;
	char *copy = malloc(len + !len);
	char *out, *text;
	size_t out_len;

	if (!copy)
		abort();
	memcpy(copy, in, len);
	out = strip_text(copy, len, &out_len, &err);
	free(copy);
	if (!out)
		return strdup("refused");
	text = strndup(out, out_len);
	free(out);
	return text;
}

/* Likewise of the real one; NULL if it cannot be run */
static char *theirs(const char *folder, const char *in, size_t len)
{
	char path[PATH_MAX], command[PATH_MAX + 64], buf[4096];
	struct tap_text t;
	char *text;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/wg0.conf", folder);
	f = fopen(path, "w");
	if (!f || fwrite(in, 1, len, f) != len || fclose(f))
		abort();

	snprintf(command, sizeof(command), WG_QUICK " strip %s 2>/dev/null", path);
	f = popen(command, "r");
	if (!f)
		abort();
	tap_text_begin(&t);
	while ((n = fread(buf, 1, sizeof(buf), f)))
		fwrite(buf, 1, n, t.out);
	text = tap_text_end(&t);
	if (!pclose(f))
		return text;

	/* a refusal prints nothing */
	if (*text)
		abort();
	free(text);
	return strdup("refused");
}

/* A file of pieces that matter to wg-quick(8) or to a shell */
static size_t random_file(char *out)
{
	static const char *const words[] = {
		"[Interface]", "[interface]", "[Peer]", "[", "Address", "mtu", "DNS", "Table",
		"PREUP", "PostDown", "SaveConfig", "SaveConfig = true", "true", "=", " = ", "=",
		"#", " ", "\t", "\r", "\v", "\f", "\\", "*", "a", "\"", "'", "$x", "\xff",
		"\x01", "\x7f", "-n", "\n", "\n", "\n", "\n", "\n", "\r\n", "~", "",
	};
	const char *word;
	size_t len, n;

	len = sprintf(out, "%s", tap_random() % 2 ? "[Interface]\n" : "");
	for (n = tap_random() % 30; n; n--) {
		word = words[tap_random() % TAP_LEN(words)];
		/* the empty one is a NUL byte */
		memcpy(out + len, word, strlen(word) + !*word);
		len += strlen(word) + !*word;
	}
	return len;
}

static void test_same(const char *folder, const char *in, size_t len, const char *name)
{
	char *a = ours(in, len), *b = theirs(folder, in, len);

	tap_same(a, b, name);
	free(a);
	free(b);
}

static void test_real(void)
{
	char folder[] = "/tmp/test-config-strip.XXXXXX", path[64], name[64], in[1024];
	size_t i, len;

	if (geteuid() || access(WG_QUICK, X_OK)) {
		tap_ok(true, "as wg-quick # SKIP needs root and " WG_QUICK);
		return;
	}
	if (!mkdtemp(folder))
		abort();
	for (i = 0; i < TAP_LEN(cases); i++) {
		snprintf(name, sizeof(name), "case %zu is as wg-quick has it", i);
		test_same(folder, cases[i].in, cases[i].len, name);
	}
	for (i = 0; i < 40; i++) {
		len = random_file(in);
		snprintf(name, sizeof(name), "random file %zu is as wg-quick has it", i);
		test_same(folder, in, len, name);
	}
	snprintf(path, sizeof(path), "%s/wg0.conf", folder);
	if (unlink(path) || rmdir(folder))
		abort();
}

static void test_line(void)
{
	static const char in[] = "[Interface]\n\nSaveConfig = yes\n";
	struct config_error err;
	size_t len;

	tap_ok(!strip_text(in, sizeof(in) - 1, &len, &err) && err.line == 3,
	       "SaveConfig that is neither true nor false names its line");
	tap_same(err.text, "SaveConfig is neither true nor false; write one of them",
		 "and what to write");
}

int main(void)
{
	char name[64];
	char *out;
	size_t i;

	for (i = 0; i < TAP_LEN(cases); i++) {
		out = ours(cases[i].in, cases[i].len);
		snprintf(name, sizeof(name), "case %zu", i);
		tap_same(out, cases[i].out ? cases[i].out : "refused", name);
		free(out);
	}
	test_line();
	test_real();
	return tap_done();
}
