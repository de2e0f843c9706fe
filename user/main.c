// SPDX-License-Identifier: GPL-2.0
/*
 * The command line of wgmarkctl
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "msg.h"

#define VERSION "0.1"

/* Options, as bits of what a verb takes. */
enum {
	TAKES_DRY_RUN = 1,
	TAKES_JSON = 2,
	TAKES_BACKEND = 4,
	TAKES_RULESET = 8,
	TAKES_FLOW = 16,
	TAKES_SVG = 32,
};

/* What getopt_long() returns for --to, the first of enum flow_option */
#define OPTION_FLOW 256

static int cmd_plan(const struct options *o, const char *arg)
{
	struct options plan = *o;

	plan.dry_run = true;
	return cmd_up(&plan, arg);
}

/**
 * struct verb - one of the commands
 * @name: first argument
 * @run: what it does
 * @usage: its line in the usage
 * @takes: TAKES_*
 * @needs_arg: the argument cannot be left out
 */
struct verb {
	const char *name;
	int (*run)(const struct options *o, const char *arg);
	const char *usage;
	unsigned int takes;
	bool needs_arg;
};

static const struct verb verbs[] = {
	{ "up", cmd_up, "up [--dry-run [--json]] [--backend auto|kmod|nft] CONFIG|INTERFACE",
	  TAKES_DRY_RUN | TAKES_JSON | TAKES_BACKEND, true },
	{ "down", cmd_down, "down [--dry-run [--json]] CONFIG|INTERFACE",
	  TAKES_DRY_RUN | TAKES_JSON, true },
	{ "plan", cmd_plan, "plan [--json] [--backend auto|kmod|nft] CONFIG|INTERFACE",
	  TAKES_DRY_RUN | TAKES_JSON | TAKES_BACKEND, true },
	{ "reload", cmd_reload, "reload [--dry-run [--json]] [--backend auto|kmod|nft] CONFIG|INTERFACE",
	  TAKES_DRY_RUN | TAKES_JSON | TAKES_BACKEND, true },
	{ "save", cmd_save, "save CONFIG|INTERFACE", 0, true },
	{ "strip", cmd_strip, "strip CONFIG|INTERFACE", 0, true },
	{ "show", cmd_show, "show [--json] [INTERFACE]", TAKES_JSON, false },
	{ "explain", cmd_explain, "explain [--to ADDR] [--from ADDR] [--iif DEV] [--proto udp|tcp|icmp] [--sport N]\n"
	  "               [--dport N] [--mark N] [--uid N] [--json | --svg] [INTERFACE]\n"
	  "       wgmarkctl explain --ruleset [--json]",
	  TAKES_JSON | TAKES_FLOW | TAKES_SVG | TAKES_RULESET, false },
	{ "rules", cmd_rules, "rules INTERFACE", 0, true },
	{ "doctor", cmd_doctor, "doctor [--json] [INTERFACE]", TAKES_JSON, false },
	{ "monitor", cmd_monitor, "monitor [--json]", TAKES_JSON, false },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int usage(FILE *out, int status)
{
	size_t i;

	for (i = 0; i < VERBS; i++)
		fprintf(out, "%s wgmarkctl %s\n", i ? "      " : "Usage:",
			verbs[i].usage);
	fputs("       wgmarkctl --help | --version\n"
	      "CONFIG is a file NAME.conf; an INTERFACE NAME stands for /etc/wireguard/NAME.conf.\n"
	      "wgmarkctl(8) has the rest.\n", out);
	return status;
}

static const struct verb *find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

static bool read_backend(struct options *o, const char *text)
{
	static const char *const names[] = {
		[BACKEND_AUTO] = "auto",
		[BACKEND_KMOD] = "kmod",
		[BACKEND_NFT] = "nft",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], text) != 0)
			continue;
		o->has_backend = true;
		o->backend = i;
		return true;
	}
	msg("the backend `%s' is not known; there are auto, kmod and nft", text);
	return false;
}

/* An option that the verb does not take, or NULL */
static const char *wrong_option(const struct verb *verb, const struct options *o)
{
	if (o->dry_run && !(verb->takes & TAKES_DRY_RUN))
		return "--dry-run";
	if (o->json && !(verb->takes & TAKES_JSON))
		return "--json";
	if (o->has_backend && !(verb->takes & TAKES_BACKEND))
		return "--backend";
	if (o->ruleset && !(verb->takes & TAKES_RULESET))
		return "--ruleset";
	if (o->svg && !(verb->takes & TAKES_SVG))
		return "--svg";
	return verb->takes & TAKES_FLOW ? NULL : flow_option_given(&o->flow);
}

static int run_verb(const struct verb *verb, const struct options *o, int argc,
		    char **argv)
{
	const char *wrong = wrong_option(verb, o);

	if (wrong)
		msg("%s does not take %s", verb->name, wrong);
	else if (argc > 1)
		msg("%s takes one argument, not %d", verb->name, argc);
	else if (!argc && verb->needs_arg)
		msg("%s needs a configuration file or an interface", verb->name);
	else if (o->json && !o->dry_run && verb->takes & TAKES_DRY_RUN &&
		 verb->run != cmd_plan)
		msg("%s --json works with --dry-run only", verb->name);
	else
		return verb->run(o, argv[0]);
	return usage(stderr, STATUS_USAGE);
}

static int usage_wg_quick(int status)
{
	fputs("Usage: wg-quick [ up | down | save | strip ] [ CONFIG_FILE | INTERFACE ]\n"
	      "\n"
	      "This wg-quick is wgmarkctl. It reads the same files: the name of a\n"
	      "CONFIG_FILE is that of the interface and `.conf'; an INTERFACE stands for\n"
	      "/etc/wireguard/INTERFACE.conf. See wgmarkctl(8).\n", stderr);
	return status;
}

/* wg-quick knows one failure, and neither options nor other verbs */
static int main_wg_quick(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct options *o, const char *arg);
	} known[] = {
		{ "up", cmd_up }, { "down", cmd_down },
		{ "save", cmd_save }, { "strip", cmd_strip },
	};
	const struct options o = { 0 };
	size_t i;

	msg_as_wg_quick();
	if (argc == 2 && (!strcmp(argv[1], "help") || !strcmp(argv[1], "-h") ||
			  !strcmp(argv[1], "--help")))
		return usage_wg_quick(0);
	for (i = 0; argc == 3 && i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, argv[1]) == 0)
			return known[i].run(&o, argv[2]) ? 1 : 0;
	}
	return usage_wg_quick(1);
}

static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		msg("cannot write to stdout");
		return status ? status : STATUS_FAILED;
	}
	return status;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "dry-run", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "backend", required_argument, NULL, 'b' },
		{ "ruleset", no_argument, NULL, 'r' },
		{ "svg", no_argument, NULL, 's' },
		{ "to", required_argument, NULL, OPTION_FLOW + FLOW_TO },
		{ "from", required_argument, NULL, OPTION_FLOW + FLOW_FROM },
		{ "iif", required_argument, NULL, OPTION_FLOW + FLOW_IIF },
		{ "proto", required_argument, NULL, OPTION_FLOW + FLOW_PROTO },
		{ "sport", required_argument, NULL, OPTION_FLOW + FLOW_SPORT },
		{ "dport", required_argument, NULL, OPTION_FLOW + FLOW_DPORT },
		{ "mark", required_argument, NULL, OPTION_FLOW + FLOW_MARK },
		{ "uid", required_argument, NULL, OPTION_FLOW + FLOW_UID },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	struct options o = { 0 };
	const struct verb *verb;
	int c;

	/* one write for each line, not for each piece of it */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	if (argc && !strcmp(basename(argv[0]), "wg-quick"))
		return finish(main_wg_quick(argc, argv));
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 'n':
			o.dry_run = true;
			break;
		case 'j':
			o.json = true;
			break;
		case 'b':
			if (!read_backend(&o, optarg))
				return usage(stderr, STATUS_USAGE);
			break;
		case 'r':
			o.ruleset = true;
			break;
		case 's':
			o.svg = true;
			break;
		case OPTION_FLOW ... OPTION_FLOW + FLOW_OPTIONS - 1:
			o.flow.value[c - OPTION_FLOW] = optarg;
			break;
		case 'h':
			return usage(stdout, STATUS_OK);
		case 'V':
			puts("wgmarkctl " VERSION);
			return STATUS_OK;
		default:
			return usage(stderr, STATUS_USAGE);
		}
	}

	if (optind == argc)
		return usage(stderr, STATUS_USAGE);
	verb = find_verb(argv[optind]);
	if (!verb) {
		msg("`%s' is not a command", argv[optind]);
		return usage(stderr, STATUS_USAGE);
	}
	optind++;
	return finish(run_verb(verb, &o, argc - optind, argv + optind));
}
