// SPDX-License-Identifier: GPL-2.0
/*
 * An event as a line of text or JSON
 */
#include <inttypes.h>
#include <stdlib.h>

#include "escape.h"
#include "event.h"
#include "json.h"

/* "2026-11-22T23:04:17.123456+01:00" (RFC 3339), with the NUL */
#define TIME_TEXT_LEN 64

static const char *time_text(const struct timespec *ts, char text[static TIME_TEXT_LEN])
{
	struct tm tm = { 0 };
	char date[24];
	long minutes;

	localtime_r(&ts->tv_sec, &tm);
	strftime(date, sizeof(date), "%FT%T", &tm);
	minutes = labs(tm.tm_gmtoff) / 60;
	snprintf(text, TIME_TEXT_LEN, "%s.%06ld%c%02u:%02u", date, ts->tv_nsec / 1000,
		 tm.tm_gmtoff < 0 ? '-' : '+', (unsigned int)(minutes / 60) % 100,
		 (unsigned int)(minutes % 60));
	return text;
}

static const char *type_name(enum event_type type)
{
	static const char *const names[] = {
		[EVENT_MODULE_PRESENT] = "module-present",
		[EVENT_MODULE_ABSENT] = "module-absent",
		[EVENT_TUNNEL_PRESENT] = "tunnel-present",
		[EVENT_TUNNEL_ADDED] = "tunnel-added",
		[EVENT_TUNNEL_CHANGED] = "tunnel-changed",
		[EVENT_TUNNEL_REMOVED] = "tunnel-removed",
		[EVENT_SPOOFED] = "spoofed",
		[EVENT_LOST] = "lost",
	};

	return names[type];
}

static void print_tunnel(FILE *out, const struct event *e)
{
	const struct kmod_tunnel *t = &e->tunnel;
	char addr[PREFIX_TEXT_LEN];
	size_t i;

	if (e->seen) {
		fputs(" (its last counters were lost)", out);
		return;
	}
	fprintf(out, ": fwmark 0x%" PRIx32 "/0x%" PRIx32 ", restore %s%s%s",
		t->params.fwmark, t->params.mask, restore_name(t->params.restore),
		t->params.notrack ? " without tracking" : "",
		t->params.compat ? ", compat" : "");
	fputs(t->params.guard ? ", guards" : ", no guard", out);
	for (i = 0; i < t->guarded_len; i++)
		fprintf(out, "%s %s", i ? "," : "", addr_text(&t->guarded[i], addr));
	if (t->params.guard && !i)
		fputs(" no address", out);
	fprintf(out, "; packets: %" PRIu64 " spoofed and dropped, %" PRIu64
		" restored, %" PRIu64 " saved", t->counters.spoofed,
		t->counters.restored, t->counters.saved);
	if (e->untold)
		fprintf(out, "; of %" PRIu64 " spoofed ones no event told", e->untold);
}

static void print_text(FILE *out, const struct event *e)
{
	char saddr[PREFIX_TEXT_LEN], daddr[PREFIX_TEXT_LEN];

	switch (e->type) {
	case EVENT_MODULE_PRESENT:
		fputs("module-present: the module wgmark is there, and is listened to", out);
		return;
	case EVENT_MODULE_ABSENT:
		fputs("module-absent: the module wgmark is not loaded; waiting for it", out);
		return;
	case EVENT_LOST:
		fputs("lost: events came faster than they were read, and some were lost; as it is now:",
		      out);
		return;
	case EVENT_SPOOFED:
		fprintf(out, "spoofed ");
		escape_put(out, e->tunnel.ifname);
		fprintf(out, ": %" PRIu64 " packet%s dropped, from %s to %s by ", e->count,
			e->count == 1 ? "" : "s", addr_text(&e->saddr, saddr),
			addr_text(&e->daddr, daddr));
		escape_put(out, e->iif);
		return;
	case EVENT_TUNNEL_PRESENT:
	case EVENT_TUNNEL_ADDED:
	case EVENT_TUNNEL_CHANGED:
	case EVENT_TUNNEL_REMOVED:
		fprintf(out, "%s ", type_name(e->type));
		escape_put(out, e->tunnel.ifname);
		print_tunnel(out, e);
		return;
	}
}

static void json_tunnel(struct json *j, const struct event *e)
{
	const struct kmod_tunnel *t = &e->tunnel;
	char addr[PREFIX_TEXT_LEN];
	size_t i;

	if (e->seen)
		return;
	json_uint(j, "fwmark", t->params.fwmark);
	json_uint(j, "mask", t->params.mask);
	json_string(j, "restore", restore_name(t->params.restore));
	json_bool(j, "notrack", t->params.notrack);
	json_bool(j, "compat", t->params.compat);
	json_bool(j, "guard", t->params.guard);
	json_array(j, "guarded");
	for (i = 0; i < t->guarded_len; i++)
		json_string(j, NULL, addr_text(&t->guarded[i], addr));
	json_end(j);
	json_uint(j, "spoofed", t->counters.spoofed);
	json_uint(j, "restored", t->counters.restored);
	json_uint(j, "saved", t->counters.saved);
	json_uint(j, "untold", e->untold);
}

static void print_json(FILE *out, const struct event *e, const char *time)
{
	struct json j = { .out = out, .oneline = true };
	char addr[PREFIX_TEXT_LEN];

	json_object(&j, NULL);
	json_string(&j, "time", time);
	json_string(&j, "event", type_name(e->type));
	if (e->tunnel.ifindex) {
		json_string(&j, "interface", e->tunnel.ifname);
		json_uint(&j, "ifindex", e->tunnel.ifindex);
	}
	if (e->type == EVENT_SPOOFED) {
		json_uint(&j, "count", e->count);
		json_string(&j, "from", addr_text(&e->saddr, addr));
		json_string(&j, "to", addr_text(&e->daddr, addr));
		json_string(&j, "by", e->iif);
	} else if (e->tunnel.ifindex) {
		json_tunnel(&j, e);
	}
	json_end(&j);
}

void event_print(FILE *out, const struct event *e, bool json)
{
	char time[TIME_TEXT_LEN];

	time_text(&e->time, time);
	if (json) {
		print_json(out, e, time);
		return;
	}
	fprintf(out, "%s ", time);
	print_text(out, e);
	fputc('\n', out);
}
