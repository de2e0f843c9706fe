// SPDX-License-Identifier: GPL-2.0
/*
 * Plans played on a model of a machine: what "up" makes, "down" takes away, and
 * an "up" that fails anywhere leaves nothing, with other tunnels beside it
 */
#include "plan_case.h"

#define TUNNELS 4
#define RULES_MAX 64

/* struct device - what goes with a tunnel's link */
struct device {
	bool link;
	uint32_t fwmark;
	unsigned int addresses;
	unsigned int routes;
	bool kmod;
};

/* struct machine - what plans read and change */
struct machine {
	struct rule rules[RULES_MAX];
	size_t rules_len;
	struct device device[TUNNELS];
	uint32_t nft[TUNNELS];
	bool dns[TUNNELS];
	int src_valid_mark;
	struct src_valid_mark saved;
	bool has_saved;
	bool has_kmod;
};

/* struct snapshot_room - what a snapshot points to */
struct snapshot_room {
	struct rule rules[RULES_MAX];
	struct nft_tables nft_gone[TUNNELS];
};

static struct machine new_machine(int src_valid_mark, bool has_kmod)
{
	struct machine m = {
		.rules_len = TAP_LEN(default_rules),
		.src_valid_mark = src_valid_mark,
		.saved.dev = "all",
		.has_kmod = has_kmod,
	};

	memcpy(m.rules, default_rules, sizeof(default_rules));
	return m;
}

static bool is_named(const struct snapshot *s, uint32_t table)
{
	size_t i;

	for (i = 0; i < s->rules_len; i++) {
		if (s->rules[i].table == table || s->rules[i].fwmark == table)
			return true;
	}

	return false;
}

/* The rule's device by its mark; a rule of a device that is gone has none */
static void find_owners(struct machine *m)
{
	unsigned int i, n;

	for (i = 0; i < m->rules_len; i++) {
		m->rules[i].owner = 0;
		for (n = 0; n < TUNNELS; n++) {
			if (m->device[n].link && m->device[n].fwmark &&
			    m->device[n].fwmark == m->rules[i].fwmark)
				m->rules[i].owner = n + 1;
		}
	}
}

static struct nft_tables tables_of(const struct machine *m, unsigned int n)
{
	struct nft_tables t = { .families = m->nft[n] };

	snprintf(t.name, sizeof(t.name), "wg%u", n);
	return t;
}

static void take_gone(struct snapshot *s, struct snapshot_room *room,
		      struct machine *m)
{
	unsigned int n;
	long len;

	find_owners(m);
	memcpy(room->rules, m->rules, m->rules_len * sizeof(*m->rules));
	len = rules_split(room->rules, m->rules_len);
	s->rules = room->rules;
	s->rules_len = len;
	s->rules_gone = room->rules + len;
	s->rules_gone_len = m->rules_len - len;

	s->nft_gone = room->nft_gone;
	for (n = 0; n < TUNNELS; n++) {
		if (m->nft[n] && !m->device[n].link)
			room->nft_gone[s->nft_gone_len++] = tables_of(m, n);
	}
}

static struct snapshot snapshot_of(struct machine *m, unsigned int n,
				   struct snapshot_room *room)
{
	struct device *d = &m->device[n];
	struct snapshot s = {
		.ifindex = d->link ? n + 1 : 0,
		.is_wireguard = d->link,
		.fwmark = d->fwmark,
		.has_kmod = m->has_kmod,
		.has_nft = true,
		.kmod_tunnel = d->kmod,
		.free_table = 51820,
		.src_valid_mark = m->src_valid_mark,
		.saved = &m->saved,
		.saved_len = m->has_saved,
		.dns_tool = DNS_RESOLVECTL,
		.dns_is_set = m->dns[n],
		.endpoint_mtu = 1500,
	};

	if (d->link)
		s.nft = tables_of(m, n);
	take_gone(&s, room, m);
	while (is_named(&s, s.free_table))
		s.free_table++;
	return s;
}

/* As the kernel: behind those of the same priority */
static bool rule_add(struct machine *m, const struct rule *r)
{
	size_t i = m->rules_len;

	if (i == RULES_MAX)
		return false;
	for (; i && m->rules[i - 1].priority > r->priority; i--)
		m->rules[i] = m->rules[i - 1];
	m->rules[i] = *r;
	m->rules_len++;
	return true;
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	return a->family == b->family && a->priority == b->priority &&
	       a->table == b->table && a->fwmark == b->fwmark &&
	       a->fwmask == b->fwmask && a->protocol == b->protocol &&
	       a->invert == b->invert && a->suppress == b->suppress &&
	       a->plain == b->plain && a->unreachable == b->unreachable;
}

static bool rule_del(struct machine *m, const struct rule *r)
{
	size_t i;

	for (i = 0; i < m->rules_len && !same_rule(&m->rules[i], r); i++)
		;
	if (i == m->rules_len)
		return false;

	m->rules_len--;
	for (; i < m->rules_len; i++)
		m->rules[i] = m->rules[i + 1];
	return true;
}

/* One step, refused where the kernel would refuse it */
static bool apply(struct machine *m, unsigned int n, const struct step *step)
{
	struct device *d = &m->device[n];
	bool needs_link = step->type != STEP_LINK_ADD && step->type != STEP_NFT_DEL &&
			  step->type != STEP_RULE_DEL && step->type != STEP_RULE_ADD &&
			  step->type != STEP_SYSCTL_RESTORE &&
			  step->type != STEP_DNS_DEL && step->type != STEP_HOOK;
	unsigned int of;

	if (needs_link && !d->link)
		return false;

	switch (step->type) {
	case STEP_LINK_ADD:
		if (d->link)
			return false;
		*d = (struct device){ .link = true };
		return true;
	case STEP_LINK_DEL:
		*d = (struct device){};
		return true;
	case STEP_WG_SET:
	case STEP_LINK_UP:
		return true;
	case STEP_WG_FWMARK:
		d->fwmark = step->fwmark;
		return true;
	case STEP_KMOD_ADD:
		if (!m->has_kmod || d->kmod || !step->tunnel.fwmark)
			return false;
		d->kmod = true;
		return true;
	case STEP_NFT_ADD:
		if (m->nft[n] || !step->tunnel.families)
			return false;
		m->nft[n] = step->tunnel.families;
		return true;
	case STEP_NFT_DEL:
		of = step->nft.name[2] - '0';
		if (!m->nft[of] || m->nft[of] != step->nft.families || d->addresses)
			return false;
		m->nft[of] = 0;
		return true;
	case STEP_ADDR_ADD:
		d->addresses++;
		return true;
	case STEP_ADDR_DEL:
		return d->addresses-- > 0;
	case STEP_SYSCTL_SET:
		m->saved.value = step->sysctl.old;
		m->has_saved = true;
		m->src_valid_mark = step->sysctl.mark.value;
		return step->sysctl.mark.value == 1 && !step->sysctl.mark.ifindex;
	case STEP_SYSCTL_RESTORE:
		m->src_valid_mark = step->sysctl.mark.value;
		m->has_saved = false;
		return true;
	case STEP_RULE_ADD:
		return rule_add(m, &step->rule);
	case STEP_RULE_DEL:
		return rule_del(m, &step->rule);
	case STEP_ROUTE_ADD:
		d->routes++;
		return true;
	case STEP_ROUTE_DEL:
		return d->routes-- > 0;
	case STEP_DNS_SET:
		m->dns[n] = true;
		return true;
	case STEP_DNS_DEL:
		if (!m->dns[n])
			return false;
		m->dns[n] = false;
		return true;
	case STEP_HOOK:
	case STEP_SAVE:
		return true;
	/* of "reload" alone: test-plan-reload.c */
	case STEP_WG_SYNC:
	case STEP_WG_KEEPALIVE:
	case STEP_KMOD_SET:
	case STEP_KMOD_DEL:
	case STEP_NFT_SET:
	case STEP_GUARD_ADD:
	case STEP_GUARD_DEL:
	case STEP_LINK_MTU:
	case STEP_ROUTE_KEEP:
		break;
	}

	return false;
}

static bool same_machine(const struct machine *a, const struct machine *b)
{
	size_t i;

	if (a->rules_len != b->rules_len || a->src_valid_mark != b->src_valid_mark ||
	    a->has_saved != b->has_saved)
		return false;
	for (i = 0; i < a->rules_len; i++) {
		if (!same_rule(&a->rules[i], &b->rules[i]))
			return false;
	}
	for (i = 0; i < TUNNELS; i++) {
		if (a->device[i].link != b->device[i].link ||
		    a->device[i].fwmark != b->device[i].fwmark ||
		    a->device[i].addresses != b->device[i].addresses ||
		    a->device[i].routes != b->device[i].routes ||
		    a->device[i].kmod != b->device[i].kmod ||
		    a->nft[i] != b->nft[i] || a->dns[i] != b->dns[i])
			return false;
	}

	return true;
}

static const char *const configs[] = {
	"AllowedIPs = 0.0.0.0/0, ::/0\n",
	"AllowedIPs = 0.0.0.0/0\n",
	"AllowedIPs = ::/0\n",
	"AllowedIPs = 10.0.0.0/8, fd00::/8\n",
	"AllowedIPs = 0.0.0.0/0, 10.0.0.0/8\n[Interface]\n#wgmark Backend = nft\n",
	"AllowedIPs = 0.0.0.0/0, ::/0\n[Interface]\n#wgmark Guard = no\n#wgmark Restore = none\n",
	"AllowedIPs = 0.0.0.0/0, ::/0\n[Interface]\nTable = 9\n",
	"AllowedIPs = 0.0.0.0/0, ::/0\n[Interface]\n#wgmark Mask = 0xfffff\n",
	"AllowedIPs = 0.0.0.0/0\n[Interface]\n#wgmark LeakGuard = yes\nDNS = 10.2.0.1\nPostUp = a\n",
};

static void make_config(struct config *c, unsigned int tunnel, const char *text)
{
	char ifname[IF_NAMESIZE];
	char file[512];

	snprintf(ifname, sizeof(ifname), "wg%u", tunnel);
	snprintf(file, sizeof(file),
		 "[Interface]\nAddress = 10.2.0.2, fd00::2\n"
		 "[Peer]\nPublicKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n%s", text);
	test_config(c, ifname, file);
}

/* What happens to a plan on the way */
enum way {
	WHOLE,		/* all of it is done */
	WALK_BACK,	/* a step fails, those before are taken back */
	KILLED,		/* it ends before a step */
};

/* False if a step was refused */
static bool up(struct machine *m, unsigned int tunnel, const char *text, enum way way,
	       size_t stop, size_t *len)
{
	struct snapshot_room room;
	struct snapshot s = snapshot_of(m, tunnel, &room);
	struct plan_error err;
	struct config c;
	struct step undo;
	struct plan plan;
	bool ok;
	size_t i;

	make_config(&c, tunnel, text);
	ok = !plan_up(&plan, &c, &s, &err);
	for (i = 0; ok && i < plan.len && (way == WHOLE || i < stop); i++)
		ok = apply(m, tunnel, &plan.steps[i]);
	if (ok && way == WALK_BACK && i < plan.len) {
		while (ok && i--) {
			if (step_undo(&plan, &plan.steps[i], &undo))
				ok = apply(m, tunnel, &undo);
		}
	}

	if (len)
		*len = plan.len;
	plan_free(&plan);
	config_free(&c);
	return ok;
}

static bool down_until(struct machine *m, unsigned int tunnel, size_t stop, size_t *len)
{
	struct snapshot_room room;
	struct snapshot s = snapshot_of(m, tunnel, &room);
	struct plan_error err;
	char ifname[IF_NAMESIZE];
	struct plan plan;
	bool ok;
	size_t i;

	snprintf(ifname, sizeof(ifname), "wg%u", tunnel);
	ok = !plan_down(&plan, ifname, NULL, &s, &err);
	for (i = 0; ok && i < plan.len && i < stop; i++)
		ok = apply(m, tunnel, &plan.steps[i]);

	*len = ok ? plan.len : 0;
	plan_free(&plan);
	return ok;
}

static bool down(struct machine *m, unsigned int tunnel)
{
	size_t len;

	return down_until(m, tunnel, SIZE_MAX, &len);
}

static void test_up_down(size_t n, int src_valid_mark, bool has_kmod)
{
	const char *text = configs[n];
	struct machine before = new_machine(src_valid_mark, has_kmod);
	struct machine m = before;
	bool ok;

	ok = up(&m, 0, text, WHOLE, 0, NULL) && !same_machine(&m, &before);
	ok = ok && down(&m, 0) && same_machine(&m, &before);
	tap_ok(ok, "up and down leave nothing: src_valid_mark %d, kmod %d, configuration %zu",
	       src_valid_mark, has_kmod, n);
}

/* Beside a tunnel that has to stay as it is */
static void test_walk_back(size_t n, const char *neighbour)
{
	struct machine before = new_machine(0, true);
	unsigned int bad = 0;
	struct machine m;
	size_t stop, len = 1;

	if (neighbour && !up(&before, 1, neighbour, WHOLE, 0, NULL))
		bad++;
	for (stop = 0; stop < len; stop++) {
		m = before;
		bad += !up(&m, 0, configs[n], WALK_BACK, stop, &len) || !same_machine(&m, &before);
	}

	tap_ok(!bad && len > 3, "%zu ways to fail leave nothing: configuration %zu, %s",
	       len, n, neighbour ? "beside another tunnel" : "alone");
}

/* Any tunnels, up, down and failing, in any order; at the end all down */
static void test_orders(bool has_kmod)
{
	struct machine fresh, before, m;
	unsigned int i, round, tunnel, bad = 0, ups = 0;
	const char *text;

	for (round = 0; round < 500; round++) {
		fresh = new_machine(round % 2, has_kmod);
		m = fresh;
		for (i = 0; i < 30; i++) {
			tunnel = tap_random() % TUNNELS;
			text = configs[tap_random() % TAP_LEN(configs)];
			before = m;
			if (m.device[tunnel].link) {
				bad += !down(&m, tunnel);
			} else if (tap_random() % 4) {
				bad += !up(&m, tunnel, text, WHOLE, 0, NULL);
				ups++;
			} else {
				bad += !up(&m, tunnel, text, WALK_BACK, tap_random() % 6, NULL) ||
				       !same_machine(&m, &before);
			}
		}
		for (tunnel = 0; tunnel < TUNNELS; tunnel++)
			bad += m.device[tunnel].link && !down(&m, tunnel);
		bad += !same_machine(&m, &fresh);
	}

	tap_ok(!bad && ups > 1000, "four tunnels in 500 random orders, kmod %d: %u up",
	       has_kmod, ups);
}

/* As it was before, after "down", if anything is left that "down" could be for */
static bool mended_by_down(struct machine *m, const struct machine *before)
{
	return same_machine(m, before) || (down(m, 0) && same_machine(m, before));
}

/* By an "up" and "down" of another tunnel; the device is deleted by hand */
static bool mended_by_another(struct machine *m, const struct machine *before,
			      const char *text)
{
	m->device[0] = (struct device){};
	m->dns[0] = false;
	return up(m, 2, text, WHOLE, 0, NULL) && down(m, 2) && same_machine(m, before);
}

/* SIGKILL before each step of "up", and of "down" */
static void test_killed(size_t n, const char *neighbour)
{
	struct machine before = new_machine(0, n % 2);
	size_t stop, len = 1, count = 0;
	struct machine m, same;
	unsigned int bad = 0;

	if (neighbour && !up(&before, 1, neighbour, WHOLE, 0, NULL))
		bad++;
	for (stop = 0; stop <= len; stop++, count++) {
		m = before;
		bad += !up(&m, 0, configs[n], KILLED, stop, &len);
		same = m;
		bad += !mended_by_down(&m, &before);
		bad += !mended_by_another(&same, &before, configs[stop % TAP_LEN(configs)]);
	}
	for (stop = 0, len = 1; stop < len; stop++, count++) {
		m = before;
		bad += !up(&m, 0, configs[n], WHOLE, 0, NULL);
		bad += !down_until(&m, 0, stop, &len);
		same = m;
		bad += !mended_by_down(&m, &before);
		bad += !mended_by_another(&same, &before, configs[stop % TAP_LEN(configs)]);
	}

	tap_ok(!bad && count > 4, "%zu ways to be killed are mended: configuration %zu, %s",
	       count, n, neighbour ? "beside another tunnel" : "alone");
}

int main(void)
{
	size_t i, j;

	for (i = 0; i < TAP_LEN(configs); i++) {
		for (j = 0; j < 4; j++)
			test_up_down(i, j & 1, j & 2);
		test_walk_back(i, NULL);
		test_walk_back(i, configs[0]);
		test_killed(i, NULL);
		test_killed(i, configs[0]);
	}
	test_orders(true);
	test_orders(false);
	return tap_done();
}
