// SPDX-License-Identifier: GPL-2.0
/*
 * "wgmarkctl doctor": what is wrong with the tunnels, or will be
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "doctor.h"
#include "list.h"
#include "msg.h"
#include "verb.h"

/**
 * struct check - a check
 * @name: for scripts; stays as it is
 * @run: does it
 * @of_machine: it is about the machine, not about each tunnel
 */
static const struct check {
	const char *name;
	check_fn *run;
	bool of_machine;
} checks[] = {
	{ "module", check_module, true },
	{ "endpoint", check_endpoint, false },
	{ "nested", check_nested, false },
	{ "handshake", check_handshake, false },
	{ "rp_filter", check_rp_filter, false },
	{ "backend", check_backend, false },
	{ "rule-order", check_rule_order, false },
	{ "half", check_half, false },
	{ "other-family", check_other_family, false },
	{ "guard", check_guard, false },
	{ "dns", check_dns, true },
	{ "mtu", check_mtu, false },
	{ "mark-rules", check_mark_rules, false },
	{ "mark-nft", check_mark_nft, false },
	{ "mark-owners", check_mark_owners, false },
	{ "tables", check_tables, false },
	{ "networkd", check_networkd, false },
	{ "networkmanager", check_networkmanager, false },
	{ "conntrack", check_conntrack, true },
};

int found(struct findings *f, enum severity severity, const struct doctor_tunnel *t,
	  const char *fmt, ...)
{
	struct finding new = { .check = f->check, .severity = severity };
	char *text, *rest;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	rest = text;
	new.what = strsep(&rest, "\n");
	new.evidence = strsep(&rest, "\n");
	new.remedy = rest;
	if (t)
		memcpy(new.ifname, t->v->link.name, sizeof(new.ifname));
	n = list_append(&f->list, &f->len, &new, sizeof(new));
	if (n)
		free(text);
	return n;
}

static void findings_free(struct findings *f)
{
	size_t i;

	/* of one allocation, which begins with @what */
	for (i = 0; i < f->len; i++)
		free(f->list[i].what);
	free(f->list);
}

static int run_checks(const struct machine *m, struct findings *f)
{
	const struct check *c;
	size_t i;
	int err;

	for (c = checks; c < checks + sizeof(checks) / sizeof(checks[0]); c++) {
		f->check = c->name;
		if (c->of_machine) {
			err = c->run(m, NULL, f);
			if (err)
				return err;
			continue;
		}
		for (i = 0; i < m->len; i++) {
			err = m->tunnels[i].chosen ? c->run(m, &m->tunnels[i], f) : 0;
			if (err)
				return err;
		}
	}
	return 0;
}

static int findings_status(const struct findings *f)
{
	size_t i;

	for (i = 0; i < f->len; i++) {
		if (f->list[i].severity > SEVERITY_NOTE)
			return STATUS_FINDINGS;
	}
	return STATUS_OK;
}

static int doctor(const struct options *o, struct kernel *k, const char *ifname)
{
	struct findings f = { 0 };
	struct machine m;
	int err, status;

	err = machine_take(&m, k, ifname);
	if (!err)
		err = run_checks(&m, &f);
	if (err == -ENODEV)
		msg("`%s' is not a WireGuard interface", ifname);
	else if (err)
		msg_errno(err, k->text, "cannot read the state of this machine");
	else if (o->json)
		doctor_print_json(stdout, &f);
	else
		doctor_print(stdout, &m, &f);
	status = err == -ENODEV ? STATUS_MACHINE : verb_status(err) ?: findings_status(&f);
	findings_free(&f);
	machine_free(&m);
	return status;
}

int cmd_doctor(const struct options *o, const char *arg)
{
	return verb_of_machine(o, arg, doctor);
}
