// SPDX-License-Identifier: GPL-2.0
/*
 * Journeys as JSON
 */
#include "journey.h"
#include "json.h"

static void json_addr(struct json *j, const char *name, const struct prefix *p)
{
	char text[PREFIX_TEXT_LEN];

	if (p->family)
		json_string(j, name, addr_text(p, text));
	else
		json_null(j, name);
}

static void json_layer(struct json *j, const struct layer *l)
{
	char endpoint[ENDPOINT_TEXT_LEN], key[KEY_TEXT_LEN], allowed[PREFIX_TEXT_LEN];

	json_object(j, NULL);
	json_addr(j, "to", &l->flow.to);
	json_addr(j, "from", &l->flow.from);
	json_uint(j, "mark", l->flow.mark);
	json_int(j, "error", l->answer.err);
	if (!l->answer.err && l->dev) {
		json_string(j, "device", l->dev->name);
		json_uint(j, "table", l->answer.table);
		json_addr(j, "gateway", &l->answer.via);
	}
	json_bool(j, "tunnel", l->tunnel);
	if (l->peer) {
		json_string(j, "peer", key_text(l->peer->public_key, key));
		json_string(j, "allowed_ip", prefix_text(l->allowed, allowed));
		if (l->peer->endpoint.ss_family)
			json_string(j, "endpoint", endpoint_text(&l->peer->endpoint, endpoint));
		else
			json_null(j, "endpoint");
	}
	json_end(j);
}

static void json_station(struct json *j, const struct station *s)
{
	static const char *const kinds[] = {
		[FACT_PLAIN] = "plain", [FACT_PASSES] = "plain", [FACT_DECIDES] = "decides",
		[FACT_LOST] = "lost", [FACT_DIFFERS] = "kernel differs",
	};
	const struct fact *f;

	json_object(j, NULL);
	json_string(j, "title", s->title);
	json_bool(j, "back", s->back);
	json_array(j, "facts");
	for (f = s->facts; f < s->facts + s->facts_len; f++) {
		json_object(j, NULL);
		json_string(j, "kind", kinds[f->kind]);
		if (f->what)
			json_string(j, "what", f->what);
		else
			json_null(j, "what");
		json_string(j, "text", f->text);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

void journey_print_json(FILE *out, const struct journey *list, size_t len)
{
	struct json j = { .out = out };
	const struct journey *it;
	size_t i;

	json_array(&j, NULL);
	for (it = list; it < list + len; it++) {
		json_object(&j, NULL);
		json_addr(&j, "to", &it->asked.to);
		json_bool(&j, "lost", it->is_lost);
		json_bool(&j, "lost_on_the_way_back", it->is_back);
		json_string(&j, "end", it->end);
		if (it->hint)
			json_string(&j, "hint", it->hint);
		else
			json_null(&j, "hint");
		json_array(&j, "layers");
		for (i = 0; i < it->layers_len; i++)
			json_layer(&j, &it->layers[i]);
		json_end(&j);
		json_array(&j, "stations");
		for (i = 0; i < it->stations_len; i++)
			json_station(&j, &it->stations[i]);
		json_end(&j);
		json_end(&j);
	}
	json_end(&j);
}
