// SPDX-License-Identifier: GPL-2.0
/*
 * What others wrote: as a terminal gets it, in messages, steps and "show", and a picture
 */
#include <errno.h>

#include "escape.h"
#include "journey.h"
#include "msg.h"
#include "render.h"
#include "tap.h"
#include "view.h"

static const struct {
	const char *name;
	const char *in;
	const char *out;
} cases[] = {
	{ "empty", "", "" },
	{ "plain", "ip link add dev wg0", "ip link add dev wg0" },
	{ "newline and tab", "a\n\tb", "a\n\tb" },
	{ "quotes and backslash stay", "'\"\\x1b", "'\"\\x1b" },
	{ "control characters", "\x01\b\a\r\x1b[31m\x1f \x7f",
	  "\\x01\\x08\\x07\\x0d\\x1b[31m\\x1f \\x7f" },
	{ "control characters of two bytes", "\xc2\x80-\xc2\x9b-\xc2\x9f",
	  "\\xc2\\x80-\\xc2\\x9b-\\xc2\\x9f" },
	{ "UTF-8 of 2, 3 and 4 bytes", "\xc2\xa0\xc3\x89\xe2\x82\xac\xf0\x9f\x98\x80",
	  "\xc2\xa0\xc3\x89\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "a byte of C1 alone", "a\x9b" "31m", "a\\x9b31m" },
	{ "a byte that begins nothing", "\xff-", "\\xff-" },
	{ "cut off", "\xe2\x82", "\\xe2\\x82" },
	{ "overlong ESC", "\xc0\x9b", "\\xc0\\x9b" },
};

static void test_case(size_t i)
{
	struct tap_text t;
	char *text;

	tap_text_begin(&t);
	escape_put(t.out, cases[i].in);
	text = tap_text_end(&t);
	tap_same(text, cases[i].out, cases[i].name);
	free(text);
}

static void test_messages(void)
{
	FILE *was = stderr;
	struct tap_text t;
	char *text;

	tap_text_begin(&t);
	stderr = t.out;
	msg("Table = %s", "\x1b[2Kmain");
	msg_errno(-EPERM, "no", "`%s'", "w\rg");
	stderr = was;
	text = tap_text_end(&t);
	tap_same(text, "wgmarkctl: Table = \\x1b[2Kmain\n"
		 "wgmarkctl: `w\\x0dg': Operation not permitted (no)\n", "messages");
	free(text);
}

static void test_steps(void)
{
	const struct plan plan = { .ifname = "wg0" };
	const struct step hook = { .type = STEP_HOOK, .hook = { HOOK_POST_UP, "evil #\r good" } };
	const struct step sysctl = { .type = STEP_SYSCTL_RESTORE, .sysctl = { { 7, "\x1b", 1 }, 2 } };
	const struct step nft = { .type = STEP_NFT_DEL, .nft = { .name = "\a", .families = 1 } };
	struct tap_text t;
	char *text;

	tap_text_begin(&t);
	render_step(t.out, &plan, &hook);
	render_step(t.out, &plan, &sysctl);
	render_step(t.out, &plan, &nft);
	text = tap_text_end(&t);
	tap_same(text, "[#] evil #\\x0d good\n"
		 "[#] sysctl -q net.ipv4.conf.\\x1b.src_valid_mark=1\n"
		 "[#] nft -f -\n[#]   delete table ip wgmark-\\x07\n", "steps");
	free(text);

	text = render_text(&plan, &hook);
	tap_same(text, "evil #\r good", "a command by itself stays what is run");
	free(text);
}

static void test_view(void)
{
	const struct view v = { .link.name = "w\x1b[2J", .backend = "none" };
	struct tap_text t;
	char *text;

	tap_text_begin(&t);
	view_print(t.out, &v);
	text = tap_text_end(&t);
	tap_same(text, "interface: w\\x1b[2J\n  listening port: 0\n  fwmark: off\n"
		 "  backend: none\n", "a device's name");
	free(text);
}

/* XML takes no control characters, and ends where it is no UTF-8 */
static void test_picture(void)
{
	char wide[64] = "a";
	char bad[] = "b\xff<\xe2\x82\x1b[1m\xc2\x9b\xe2\x82\xac";
	struct fact facts[] = { { FACT_DECIDES, bad, wide } };
	struct station station = { .title = (char *)"s", .facts = facts, .facts_len = 1 };
	const struct journey j = { .stations = &station, .stations_len = 1, .end = (char *)"e" };
	struct tap_text t;
	size_t i, len;
	char *text;

	/* 58 bytes go into a line */
	for (i = 0; i < 30; i++)
		strcat(wide, "\xc3\x89");
	tap_text_begin(&t);
	journey_print_svg(t.out, &j, 1);
	text = tap_text_end(&t);
	for (i = 0; (len = utf8_len(text + i)) && text[i]; i += len)
		;
	tap_ok(!text[i], "a picture is of UTF-8");
	tap_ok(strstr(text, ">b?&lt;???[1m?\xe2\x82\xac<"), "with a \"?\" for what is none");
	tap_ok(strstr(text, "\xc3\x89</text>\n") && strstr(text, ">\xc3\x89"),
	       "and no line of it ends within a character");
	free(text);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(cases); i++)
		test_case(i);
	test_messages();
	test_steps();
	test_view();
	test_picture();
	return tap_done();
}
