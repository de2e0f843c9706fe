// SPDX-License-Identifier: GPL-2.0
/*
 * The journey of a packet, from the first station to the last sentence
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "journey_story.h"
#include "list.h"

static char *format(struct story *s, const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) >= 0)
		return text;
	s->err = -ENOMEM;
	return NULL;
}

void story_station(struct story *s, const char *fmt, ...)
{
	va_list args;

	free(s->title);
	va_start(args, fmt);
	s->title = format(s, fmt, args);
	va_end(args);
}

/* The one that the next fact belongs to, or NULL */
static struct station *station_now(struct story *s)
{
	struct station station = { .title = s->title, .back = s->back };
	struct journey *j = s->j;

	if (s->title) {
		if (list_append(&j->stations, &j->stations_len, &station, sizeof(station))) {
			s->err = -ENOMEM;
			return NULL;
		}
		s->title = NULL;
	}
	return j->stations_len ? &j->stations[j->stations_len - 1] : NULL;
}

static void add_fact(struct story *s, enum fact_kind kind, const char *what, char *text)
{
	struct fact f = { .kind = kind, .what = what ? strdup(what) : NULL };
	struct station *station = station_now(s);

	f.text = story_terms(s, what, text);
	if (f.text && (!what || f.what) && station &&
	    list_append(&station->facts, &station->facts_len, &f, sizeof(f)) == 0)
		return;
	s->err = -ENOMEM;
	free(f.what);
	free(f.text);
}

void story_fact(struct story *s, enum fact_kind kind, const char *what, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = format(s, fmt, args);
	va_end(args);
	add_fact(s, kind, what, text);
}

FILE *story_words(struct story *s)
{
	s->words = NULL;
	s->out = open_memstream(&s->words, &s->words_len);
	if (!s->out)
		s->err = -ENOMEM;
	return s->out;
}

void story_words_fact(struct story *s, enum fact_kind kind, const char *what)
{
	if (fclose(s->out)) {
		free(s->words);
		s->words = NULL;
	}
	add_fact(s, kind, what, s->words);
}

int story_lost(struct story *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	s->lost = format(s, fmt, args);
	va_end(args);
	return -1;
}

int story_ask(struct story *s, const struct flow *flow, struct fib_answer *a)
{
	int err = s->m->ask(s->m->data, flow, a);

	if (!err)
		return 0;
	s->err = err;
	return -1;
}

const char *mark_words(uint32_t mark, char text[static WORDS_LEN])
{
	snprintf(text, WORDS_LEN, mark ? "the mark 0x%" PRIx32 : "no mark", mark);
	return text;
}

const char *open_words(const struct flow *flow)
{
	return flow->proto ? "its ports, which are" : "its protocol, which is";
}

const char *dev_name(const struct journey_machine *m, uint32_t ifindex)
{
	const struct fib_link *link = fib_link(&m->fib, ifindex);

	return link ? link->name : "nothing";
}

bool is_local(const struct journey_machine *m, const struct prefix *addr)
{
	return fib_is_local(&m->fib, addr);
}

/* What comes in for a broadcast address, or one of a group or of several machines, ends here:
 * what is forwarded is RTN_UNICAST
 */
bool is_for_us(const struct flow *flow, const struct fib_answer *a)
{
	return a->type == RTN_LOCAL || a->type == RTN_ANYCAST ||
	       (flow->iif && a->type != RTN_UNICAST);
}

const struct view *view_of(const struct journey_machine *m, uint32_t ifindex)
{
	const struct view *v;

	for (v = m->views; v < m->views + m->views_len; v++) {
		if (v->link.ifindex == ifindex)
			return v;
	}
	return NULL;
}

const struct view *view_marked(const struct journey_machine *m, uint32_t mark)
{
	const struct view *v;

	for (v = m->views; v < m->views + m->views_len; v++) {
		if (mark && v->dev.fwmark == mark)
			return v;
	}
	return NULL;
}

bool is_concerned(const struct story *s, const struct view *v)
{
	const struct layer *l;

	for (l = s->j->layers; l < s->j->layers + s->j->layers_len; l++) {
		if (l->tunnel == v)
			return true;
	}
	return false;
}

/* In whose tunnel the packet waits if no reply to layer @n's arrives, or NULL: what WireGuard
 * sends for a handshake goes the way of all that it sends.
 */
static const struct layer *waits(const struct story *s, size_t n)
{
	const struct layer *l;

	for (l = s->j->layers; l < s->j->layers + n; l++) {
		if (!has_session(s, l->peer))
			return l;
	}
	return NULL;
}

/* Down through the layers, and up again */
static void tell(struct story *s)
{
	struct journey *j = s->j;
	struct layer *l;
	size_t i;

	for (l = j->layers;; l++) {
		j->layers_len++;
		if (tell_out(s, l))
			return;
		if (!l->tunnel)
			break;
		if (j->layers_len == JOURNEY_LAYERS) {
			story_fact(s, FACT_LOST, NULL, "This is the fourth packet around another one: more tunnels inside of one another are not followed.");
			story_lost(s, "it is carried in too many tunnels, one inside of another");
			return;
		}
		if (tell_tunnel(s, l, l + 1))
			return;
	}
	s->back = true;
	if (answers_it(s, j->layers)) {
		j->is_back = tell_reply_out(s, j->layers);
		return;
	}
	for (i = j->layers_len; i--;) {
		const struct layer *outer = i + 1 < j->layers_len ? &j->layers[i + 1] : NULL;

		if (tell_back(s, &j->layers[i], outer)) {
			s->waits = waits(s, i);
			j->is_back = !s->waits;
			return;
		}
	}
}

static void write_way(FILE *out, const struct story *s)
{
	const struct journey *j = s->j;
	const struct layer *last = &j->layers[j->layers_len - 1];
	char endpoint[ENDPOINT_TEXT_LEN], key[KEY_TEXT_LEN];
	const struct layer *l;

	if (is_for_us(&last->flow, &last->answer) && j->layers_len == 1) {
		fputs(last->answer.type == RTN_LOCAL || last->answer.type == RTN_ANYCAST ?
		      " is this machine itself: the packet does not leave it" :
		      " is for this machine, too: it takes the packet, and does not pass it on",
		      out);
		if (s->reply_dev && s->reply_dev->ifindex != last->flow.iif)
			fprintf(out, ", and its reply leaves by %s, not by %s",
				s->reply_dev->name, dev_name(s->m, last->flow.iif));
		return;
	}
	for (l = j->layers; l->tunnel; l++)
		fprintf(out, "%s through %s to peer %s at %s", l == j->layers ? " leaves" : ", this",
			l->dev->name, key_text(l->peer->public_key, key),
			endpoint_text(&l->peer->endpoint, endpoint));
	if (last->answer.type == RTN_LOCAL)
		fputs(", which is this machine itself", out);
	else if (l == j->layers)
		fprintf(out, " leaves by %s, through no tunnel",
			dev_name(s->m, last->answer.ifindex));
	else
		fprintf(out, ", by %s", dev_name(s->m, last->answer.ifindex));
}

/* Whether rules of iptables-legacy might have a say */
static bool meets_legacy(const struct story *s)
{
	const struct layer *l;

	for (l = s->j->layers; l < s->j->layers + s->j->layers_len; l++) {
		if (s->m->rules.legacy[prefix_index(&l->flow.to)])
			return true;
	}
	return false;
}

/* Whether a device has chains of its own, before or after all those that are told */
static bool meets_device_chains(const struct story *s)
{
	const struct nft_ruleset_table *t;
	const struct nft_chain *c;

	for (t = s->m->rules.tables; t < s->m->rules.tables + s->m->rules.len; t++) {
		if (t->is_dormant || (t->family != NFPROTO_NETDEV && t->family != NFPROTO_INET))
			continue;
		for (c = t->chains; c < t->chains + t->chains_len; c++) {
			if (c->is_base && (c->rules_len || c->drops) &&
			    (t->family == NFPROTO_NETDEV || c->hook == NF_INET_INGRESS))
				return true;
		}
	}
	return false;
}

/* What may be dropped is of no matter where it is lost anyway, nor a mark where it is not */
static const char *hint(const struct story *s)
{
	static const char *const hints[] = {
		"For some protocols it may be otherwise, as rules ask for them: say --proto, and with it --sport and --dport.",
		"For some ports it may be otherwise, as rules ask for them: say --sport and --dport.",
	};
	bool is_lost = s->lost && !s->open && !s->j->is_back;

	if (!s->depends && !(is_lost ? s->may_restore : s->may_drop))
		return NULL;
	return hints[s->j->asked.proto != 0];
}

static void write_lost(FILE *out, const struct story *s)
{
	if (s->j->is_back)
		fputs(s->open ? ", and a reply arrives or not" : ", but no reply arrives", out);
	else
		fputs(s->open ? " is reached or not" : " is not reached", out);
	if (s->waits)
		fprintf(out, ": it waits in %s for a handshake, the answer to which %s",
			s->waits->dev->name, s->open ? "arrives or not" : "does not arrive");
	fprintf(out, ": %s", s->lost);
}

/* The last sentence. Return: 0 or -ENOMEM */
static int tell_end(struct story *s, const struct view *tunnel)
{
	struct journey *j = s->j;
	char addr[PREFIX_TEXT_LEN];
	size_t size;
	FILE *out;

	out = open_memstream(&j->end, &size);
	if (!out)
		return -ENOMEM;
	j->hint = hint(s);
	fputs(addr_text(&j->asked.to, addr), out);
	if (!prefix_equal(&j->layers[0].flow.to, &j->asked.to))
		fprintf(out, ", which NAT makes %s,", addr_text(&j->layers[0].flow.to, addr));
	if (!s->lost || j->is_back)
		write_way(out, s);
	if (s->lost)
		write_lost(out, s);
	else if (tunnel && j->layers[0].tunnel != tunnel)
		fprintf(out, ", so %s has no part in it", tunnel->link.name);
	if (s->reply_unsure && !s->open)
		fputs(", unless its program or a setting has it otherwise", out);
	if (s->unsure && !s->open)
		fputs(", as far as the rules of nftables can be judged", out);
	if (meets_legacy(s) && !s->open)
		fputs(", as far as can be told without the rules of iptables-legacy", out);
	if (meets_device_chains(s) && !s->open)
		fputs(", as far as can be told without nft's chains at ingress and egress", out);
	j->may_mark |= meets_device_chains(s);
	j->is_partial = s->unsure || s->reply_unsure || meets_legacy(s) || meets_device_chains(s);
	fputc('.', out);
	j->is_lost = s->lost;
	j->is_open = s->open;
	return fclose(out) ? -ENOMEM : 0;
}

int journey_tell(struct journey *j, const struct journey_machine *m, const struct flow *flow,
		 const struct view *tunnel)
{
	struct story s = { .m = m, .j = j };

	*j = (struct journey){ .asked = *flow, .layers[0].flow = *flow };
	tell(&s);
	if (!s.err)
		s.err = tell_end(&s, tunnel);
	free(s.title);
	free(s.lost);
	return s.err;
}

void journey_free(struct journey *j)
{
	struct station *s;
	struct fact *f;

	for (s = j->stations; s < j->stations + j->stations_len; s++) {
		for (f = s->facts; f < s->facts + s->facts_len; f++) {
			free(f->what);
			free(f->text);
		}
		free(s->facts);
		free(s->title);
	}
	free(j->stations);
	free(j->end);
}
