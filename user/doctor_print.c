// SPDX-License-Identifier: GPL-2.0
/*
 * Findings as text and as JSON
 */
#include "doctor.h"
#include "escape.h"
#include "json.h"

static const char *const severities[] = {
	[SEVERITY_NOTE] = "note",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_ERROR] = "error",
};

static void print_line(FILE *out, const char *before, const char *text)
{
	fputs(before, out);
	escape_put(out, text);
	fputc('\n', out);
}

static void print_finding(FILE *out, const struct finding *f)
{
	fprintf(out, "%s: ", severities[f->severity]);
	if (f->ifname[0]) {
		escape_put(out, f->ifname);
		fputs(": ", out);
	}
	print_line(out, "", f->what);
	print_line(out, "  seen: ", f->evidence);
	print_line(out, "  do:   ", f->remedy);
}

void doctor_print(FILE *out, const struct machine *m, const struct findings *f)
{
	int severity;
	size_t i;

	/* the worst first */
	for (severity = SEVERITY_ERROR; severity >= SEVERITY_NOTE; severity--) {
		for (i = 0; i < f->len; i++) {
			if (f->list[i].severity == (enum severity)severity)
				print_finding(out, &f->list[i]);
		}
	}
	if (!m->len)
		fputs("The kernel has no WireGuard interface.\n", out);
	else if (!f->len)
		fputs("Nothing was found.\n", out);
}

void doctor_print_json(FILE *out, const struct findings *f)
{
	struct json j = { .out = out };
	size_t i;

	json_array(&j, NULL);
	for (i = 0; i < f->len; i++) {
		json_object(&j, NULL);
		json_string(&j, "check", f->list[i].check);
		json_string(&j, "severity", severities[f->list[i].severity]);
		if (f->list[i].ifname[0])
			json_string(&j, "interface", f->list[i].ifname);
		else
			json_null(&j, "interface");
		json_string(&j, "problem", f->list[i].what);
		json_string(&j, "evidence", f->list[i].evidence);
		json_string(&j, "remedy", f->list[i].remedy);
		json_end(&j);
	}
	json_end(&j);
}
