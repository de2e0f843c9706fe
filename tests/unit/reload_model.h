/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of a machine with a tunnel, on which the plans of "up" and "reload" are
 * played
 */
#ifndef WGMARK_TEST_RELOAD_MODEL_H
#define WGMARK_TEST_RELOAD_MODEL_H

#include "list.h"
#include "live.h"
#include "plan_case.h"
#include "reload_model_addr.h"
#include "wg_diff.h"

#define IFINDEX 7
#define RULES_MAX 64

/* struct model - what the plans change of a machine */
struct model {
	struct live live;
	struct tunnel_params kmod;
	struct tunnel_params nft;
	struct rule rules[RULES_MAX];
	size_t rules_len;
	uint32_t fwmark;
	int src_valid_mark;
	struct src_valid_mark saved;
	bool is_saved;
};

/* How the machine is, beside the tunnel */
enum {
	ONLY_NFT  = 1 << 0,	/* no module */
	OTHER	  = 1 << 1,	/* a full tunnel that came before */
	LATER	  = 1 << 2,	/* a full tunnel that came after */
	VALID	  = 1 << 3,	/* src_valid_mark was 1 before */
	NOW_KMOD  = 1 << 4,	/* with ONLY_NFT: the module has come since */
	FROM_HOOK = 1 << 5,	/* a PostUp set key, port, a route */
	NOT_AS_UP = 1 << 6,	/* what stays is more than "up" makes */
	NO_DNS	  = 1 << 7,	/* neither resolvconf nor resolvectl */
};

static inline size_t find_route(const struct live *l, const struct step *step)
{
	size_t i;

	for (i = 0; i < l->routes_len; i++) {
		if (prefix_equal(&l->routes[i].dst, &step->route.dst) &&
		    l->routes[i].table == step->route.table)
			break;
	}
	return i;
}

static inline void play_route(struct live *l, const struct step *step)
{
	const struct route route = { step->route.dst, step->route.table };
	size_t at = find_route(l, step);

	if (step->type == STEP_ROUTE_KEEP && at < l->routes_len)
		return;
	if ((step->type == STEP_ROUTE_DEL) != (at < l->routes_len))
		abort();
	if (step->type == STEP_ROUTE_DEL) {
		l->routes[at] = l->routes[--l->routes_len];
		return;
	}
	list_append(&l->routes, &l->routes_len, &route, sizeof(route));
}

static inline bool is_rule(const struct rule *a, const struct rule *b)
{
	return a->family == b->family && a->priority == b->priority &&
	       a->table == b->table && a->fwmark == b->fwmark && a->fwmask == b->fwmask &&
	       a->invert == b->invert && a->suppress == b->suppress &&
	       a->unreachable == b->unreachable && a->protocol == b->protocol;
}

/* As the kernel has them */
static inline int compare_rules(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	return x->priority < y->priority ? -1 : x->priority > y->priority;
}

static inline void play_rule(struct model *m, const struct step *step)
{
	size_t i, at = m->rules_len;

	for (i = 0; i < m->rules_len; i++) {
		if (is_rule(&m->rules[i], &step->rule))
			at = i;
	}
	if ((step->type == STEP_RULE_ADD) != (at == m->rules_len))
		abort();
	if (step->type == STEP_RULE_ADD) {
		m->rules[m->rules_len] = step->rule;
		m->rules[m->rules_len++].owner = rule_is_tunnel(&step->rule) ? IFINDEX : 0;
		qsort(m->rules, m->rules_len, sizeof(*m->rules), compare_rules);
		return;
	}
	memmove(&m->rules[at], &m->rules[at + 1],
		(--m->rules_len - at) * sizeof(*m->rules));
}

static inline struct wg_peer *find_peer(struct wg_device *d, const uint8_t *key)
{
	size_t i;

	for (i = 0; i < d->peers_len; i++) {
		if (!memcmp(d->peers[i].public_key, key, WG_KEY_LEN))
			return &d->peers[i];
	}
	return NULL;
}

/* WireGuard: whoever had it has it no more */
static inline void give_allowed(struct wg_device *d, struct wg_peer *to, const struct prefix *p)
{
	size_t i, j, left;

	for (i = 0; i < d->peers_len; i++) {
		struct wg_peer *peer = &d->peers[i];

		for (j = left = 0; j < peer->allowed_len; j++) {
			if (!prefix_equal(&peer->allowed[j], p))
				peer->allowed[left++] = peer->allowed[j];
		}
		peer->allowed_len = left;
	}
	/* the capacity follows from the length: see list.h */
	to->allowed = reallocarray(to->allowed, to->allowed_len + 1, sizeof(*p));
	to->allowed[to->allowed_len++] = *p;
}

static inline void play_peer(struct wg_device *d, const struct wg_peer_diff *diff)
{
	const uint8_t *key = diff->to ? diff->to->public_key : diff->from->public_key;
	struct wg_peer *peer = find_peer(d, key);
	size_t i;

	if (!!peer != !!diff->from)
		abort();
	if (!diff->to) {
		free(peer->allowed);
		*peer = d->peers[--d->peers_len];
		return;
	}
	if (!peer) {
		d->peers = reallocarray(d->peers, d->peers_len + 1, sizeof(*d->peers));
		peer = &d->peers[d->peers_len++];
		*peer = (struct wg_peer){ 0 };
		memcpy(peer->public_key, key, WG_KEY_LEN);
	}
	if (diff->preshared_key)
		memcpy(peer->preshared_key, diff->to->preshared_key, WG_KEY_LEN);
	if (diff->endpoint)
		peer->endpoint = diff->to->endpoint;
	if (diff->keepalive)
		peer->keepalive = diff->to->keepalive;
	for (i = 0; i < diff->gained_len; i++)
		give_allowed(d, peer, &diff->gained[i]);
	for (i = 0; i < diff->lost_len; i++)
		prefix_remove(peer->allowed, &peer->allowed_len, &diff->lost[i]);
}

static inline void play_sync(struct wg_device *d, const struct wg_device *from,
		      const struct wg_device *to)
{
	struct wg_diff diff;
	size_t i;

	if (wg_diff(&diff, from, to))
		abort();
	if (diff.private_key)
		memcpy(d->private_key, to->private_key, WG_KEY_LEN);
	if (diff.listen_port)
		d->listen_port = to->listen_port;
	for (i = 0; i < diff.len; i++)
		play_peer(d, &diff.peers[i]);
	wg_diff_free(&diff);
}

/* What the tables hold then: only addresses of families that they are for */
static inline void play_guarded(struct model *m, const struct config *c)
{
	struct live *l = &m->live;
	size_t i, j;

	l->guarded_len = 0;
	free(l->guarded);
	l->guarded = NULL;
	for (i = 0; i < c->address_len && m->nft.guard; i++) {
		struct prefix p = c->address[i];

		p.len = 8 * prefix_bytes(&p);
		for (j = 0; j < l->guarded_len && !prefix_equal(&l->guarded[j], &p);)
			j++;
		if (j == l->guarded_len && !prefix_is_linklocal(&p) && m->nft.families &
		    (p.family == AF_INET ? WGMARK_FAMILY_IPV4 : WGMARK_FAMILY_IPV6))
			prefix_insert(&l->guarded, &l->guarded_len, &p);
	}
}

static inline void play_backend(struct model *m, const struct plan *p,
				const struct step *step)
{
	static const struct tunnel_params none;
	struct live *l = &m->live;

	switch (step->type) {
	case STEP_KMOD_ADD:
	case STEP_KMOD_SET:
		m->kmod = step->tunnel;
		break;
	case STEP_KMOD_DEL:
		m->kmod = none;
		break;
	case STEP_NFT_ADD:
	case STEP_NFT_SET:
		m->nft = step->tunnel;
		break;
	case STEP_NFT_DEL:
		m->nft = none;
		break;
	default:
		return;
	}
	/* both for a moment only */
	l->backend = m->kmod.families ? BACKEND_KMOD : m->nft.families ? BACKEND_NFT :
		     BACKEND_AUTO;
	l->params = m->kmod.families ? m->kmod : m->nft;
	if (step->type == STEP_NFT_ADD || step->type == STEP_NFT_SET ||
	    step->type == STEP_NFT_DEL)
		play_guarded(m, p->config);
}

static inline void copy_words(char ***list, size_t *len, char *const *words, size_t n)
{
	for (; n--; words++)
		string_append(list, len, *words, strlen(*words));
}

static inline void play_dns(struct live *l, const struct plan *p, const struct step *step)
{
	struct dns dns = {}, to;

	if (step->type == STEP_DNS_SET) {
		to = step_dns(p, step);
		/* domains alone would leave the servers as they are */
		if (!to.servers_len && l->dns.servers_len)
			abort();
		copy_words(&dns.servers, &dns.servers_len, to.servers, to.servers_len);
		copy_words(&dns.search, &dns.search_len, to.search, to.search_len);
	}
	dns_free(&l->dns);
	l->dns = dns;
}

static inline void play(struct model *m, const struct plan *p, const struct step *step)
{
	struct live *l = &m->live;

	switch (step->type) {
	case STEP_WG_SYNC:
		play_sync(&l->wg, step->sync.from, step->sync.to);
		break;
	case STEP_WG_FWMARK:
		m->fwmark = step->fwmark;
		break;
	case STEP_LINK_UP:
	case STEP_LINK_MTU:
		set_mtu(l, step->mtu);
		break;
	case STEP_ADDR_ADD:
		add_address(l, &step->prefix);
		break;
	case STEP_ADDR_DEL:
		delete_address(l, &step->prefix);
		break;
	case STEP_GUARD_ADD:
		prefix_insert(&l->guarded, &l->guarded_len, &step->prefix);
		break;
	case STEP_GUARD_DEL:
		prefix_remove(l->guarded, &l->guarded_len, &step->prefix);
		break;
	case STEP_ROUTE_ADD:
	case STEP_ROUTE_DEL:
	case STEP_ROUTE_KEEP:
		play_route(l, step);
		break;
	case STEP_RULE_ADD:
	case STEP_RULE_DEL:
		play_rule(m, step);
		break;
	case STEP_DNS_SET:
	case STEP_DNS_DEL:
		play_dns(l, p, step);
		break;
	case STEP_SYSCTL_SET:
		m->saved = (struct src_valid_mark){ .dev = "all", .value = step->sysctl.old };
		m->is_saved = true;
		m->src_valid_mark = step->sysctl.mark.value;
		break;
	case STEP_SYSCTL_RESTORE:
		m->is_saved = false;
		m->src_valid_mark = step->sysctl.mark.value;
		break;
	default:
		play_backend(m, p, step);
		break;
	}
}

static inline struct snapshot model_snapshot(struct model *m, unsigned int machine, bool up)
{
	struct snapshot s = {
		.ifindex = up ? IFINDEX : 0,
		.is_wireguard = up,
		.is_up = up,
		.fwmark = m->fwmark,
		.has_kmod = !(machine & ONLY_NFT),
		.has_nft = true,
		.kmod_tunnel = up && m->kmod.families,
		.rules = m->rules,
		.rules_len = m->rules_len,
		.free_table = machine & (OTHER | LATER) ? 51830 : 51820,
		.src_valid_mark = m->src_valid_mark,
		.saved = &m->saved,
		.saved_len = m->is_saved,
		.dns_tool = machine & NO_DNS ? DNS_NONE : DNS_RESOLVECTL,
		.endpoint_mtu = 1500,
	};

	if (up && m->nft.families) {
		strcpy(s.nft.name, "wg0");
		s.nft.families = m->nft.families;
	}
	return s;
}

static inline void read_file(struct config *c, const char *text)
{
	test_config(c, "wg0", text);
	set_endpoint(c);
}

/* A full tunnel of somebody else, in front of all rules */
static inline void other_tunnel(struct model *m, uint32_t mark, uint32_t exempts)
{
	uint32_t lowest = 32766;
	char text[512];
	size_t i;

	for (i = 0; i < m->rules_len; i++) {
		if (m->rules[i].priority && m->rules[i].priority < lowest)
			lowest = m->rules[i].priority;
	}
	snprintf(text, sizeof(text),
		 "4 %u %u %u ffffffff 2 1 -1 1\n" "4 %u 254 0 0 2 0 0 1\n",
		 lowest - 1, mark, mark, lowest - 2);
	if (exempts)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "4 %u 254 %u ffffffff 2 0 -1 1\n", lowest - 3, exempts);
	i = m->rules_len;
	m->rules_len += read_rules(m->rules + i, text);
	m->rules[i].owner = 9;
}

/* The machine with the tunnel of a file up */
static inline void model_up(struct model *m, const struct config *c, unsigned int machine)
{
	struct plan_error err;
	struct wg_device none;
	struct snapshot s;
	struct plan p, r;
	size_t i;

	*m = (struct model){
		.rules_len = TAP_LEN(default_rules),
		.src_valid_mark = !!(machine & VALID),
	};
	memcpy(m->rules, default_rules, sizeof(default_rules));
	if (machine & OTHER)
		other_tunnel(m, 51829, 0);
	s = model_snapshot(m, machine, false);
	if (plan_up(&p, c, &s, &err))
		abort();
	m->fwmark = c->fwmark;
	for (i = 0; i < p.len; i++)
		play(m, &p, &p.steps[i]);
	plan_free(&p);

	/* WireGuard's part: what reload gives an empty device */
	m->live.wg.listen_port = 40000;
	s = model_snapshot(m, machine, true);
	if (plan_reload(&r, c, &s, &m->live, &err))
		abort();
	none = m->live.wg;
	play_sync(&m->live.wg, &none, &r.wg[1]);
	for (i = 0; i < m->live.wg.peers_len; i++)
		m->live.wg.peers[i].handshake = m->live.wg.peers[i].endpoint.ss_family;
	plan_free(&r);
	if (machine & LATER)
		other_tunnel(m, 51828, m->fwmark);
}

static inline void model_copy(struct model *to, const struct model *from)
{
	const struct live *l = &from->live;
	struct wg_device none = {};
	size_t i;

	*to = *from;
	to->live.wg = (struct wg_device){ .listen_port = l->wg.listen_port };
	memcpy(to->live.wg.private_key, l->wg.private_key, WG_KEY_LEN);
	play_sync(&to->live.wg, &none, &l->wg);
	to->live.address = to->live.guarded = NULL;
	to->live.routes = NULL;
	to->live.address_len = to->live.guarded_len = to->live.routes_len = 0;
	to->live.dns = (struct dns){};
	for (i = 0; i < l->address_len; i++)
		prefix_append(&to->live.address, &to->live.address_len, &l->address[i]);
	for (i = 0; i < l->guarded_len; i++)
		prefix_append(&to->live.guarded, &to->live.guarded_len, &l->guarded[i]);
	for (i = 0; i < l->routes_len; i++)
		list_append(&to->live.routes, &to->live.routes_len, &l->routes[i],
			    sizeof(*l->routes));
	copy_words(&to->live.dns.servers, &to->live.dns.servers_len, l->dns.servers,
		   l->dns.servers_len);
	copy_words(&to->live.dns.search, &to->live.dns.search_len, l->dns.search,
		   l->dns.search_len);
}

static inline void model_free(struct model *m)
{
	live_free(&m->live);
}

static inline int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each line of a text in order of the alphabet */
static inline char *sorted_lines(char *text)
{
	char *lines[256], *line, *save;
	struct tap_text t;
	size_t n = 0, i;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		lines[n++] = line;
	qsort(lines, n, sizeof(*lines), compare_lines);
	tap_text_begin(&t);
	for (i = 0; i < n; i++)
		fprintf(t.out, "%s\n", lines[i]);
	free(text);
	return tap_text_end(&t);
}

static inline void model_params(FILE *out, const char *name, const struct tunnel_params *p)
{
	fprintf(out, "%s: 0x%x/0x%x restore %d compat %d guard %d families %u\n", name, p->fwmark, p->mask, p->restore, p->compat, p->guard, p->families);
}

/* All of a machine, priorities aside where another tunnel has its say in them */
static inline char *model_text(const struct model *m, bool priorities)
{
	char text[PREFIX_TEXT_LEN];
	const struct live *l = &m->live;
	struct tap_text t;
	size_t i, j;

	tap_text_begin(&t);
	fprintf(t.out, "mtu %u fwmark %u src_valid_mark %d%s port %u key %02x\n", l->mtu,
		m->fwmark, m->src_valid_mark, m->is_saved ? " saved" : "",
		l->wg.listen_port, l->wg.private_key[0]);
	model_params(t.out, "kmod", &m->kmod);
	model_params(t.out, "nft", &m->nft);
	for (i = 0; i < l->address_len; i++)
		fprintf(t.out, "address %s\n", prefix_text(&l->address[i], text));
	for (i = 0; i < l->guarded_len; i++)
		fprintf(t.out, "guarded %s\n", prefix_text(&l->guarded[i], text));
	for (i = 0; i < l->routes_len; i++)
		fprintf(t.out, "route %s table %u\n", prefix_text(&l->routes[i].dst, text),
			l->routes[i].table);
	for (i = 0; i < l->dns.servers_len; i++)
		fprintf(t.out, "server %zu %s\n", i, l->dns.servers[i]);
	for (i = 0; i < l->dns.search_len; i++)
		fprintf(t.out, "domain %zu %s\n", i, l->dns.search[i]);
	for (i = 0; i < m->rules_len; i++)
		fprintf(t.out, "rule %u %u table %u mark %u/0x%x not %d suppress %d\n",
			m->rules[i].family, priorities ? m->rules[i].priority : 0,
			m->rules[i].table, m->rules[i].fwmark, m->rules[i].fwmask,
			m->rules[i].invert, m->rules[i].suppress);
	for (i = 0; i < l->wg.peers_len; i++) {
		const struct wg_peer *p = &l->wg.peers[i];
		const struct sockaddr_in *v4 = (const void *)&p->endpoint;

		fprintf(t.out, "peer %02x psk %02x keepalive %u endpoint %d %x\n",
			p->public_key[0], p->preshared_key[0], p->keepalive,
			p->endpoint.ss_family, v4->sin_addr.s_addr);
		for (j = 0; j < p->allowed_len; j++)
			fprintf(t.out, "peer %02x allowed %s\n", p->public_key[0],
				prefix_text(&p->allowed[j], text));
	}
	return sorted_lines(tap_text_end(&t));
}

/* Do @n steps and take them back. */
static inline bool comes_back(struct model *m, const struct plan *p, size_t n)
{
	char *before = model_text(m, true), *after;
	struct step undo;
	size_t i;
	bool same;

	for (i = 0; i < n; i++)
		play(m, p, &p->steps[i]);
	while (i--) {
		if (step_undo(p, &p->steps[i], &undo))
			play(m, p, &undo);
	}
	after = model_text(m, true);
	same = !strcmp(before, after);
	if (!same)
		printf("# %zu steps\n# before:\n%s# after:\n%s", n, before, after);
	free(before);
	free(after);
	return same;
}

/* Return: whether it comes back after each step; @m has done all of them then */
static inline bool comes_back_anywhere(struct model *m, const struct plan *p)
{
	bool back = true;
	size_t n;

	for (n = 0; n <= p->len && back; n++)
		back = comes_back(m, p, n);
	for (n = 0; n < p->len; n++)
		play(m, p, &p->steps[n]);
	return back;
}

#endif
