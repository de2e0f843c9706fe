// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of mark bits that others use too
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "doctor.h"

/**
 * struct owner - a program that claims bits of the packet mark
 * @name: its name
 * @bits: those bits
 * @device: pattern of the name of a device that it makes, or NULL
 * @chain: pattern of the name of an nft chain that it makes, or NULL
 *
 * The bits are those of https://github.com/fwmark/registry; of Tailscale
 * tsconst/linuxfw.go, of mwan3 its option mmx_mask's default. Cilium's tell whether the
 * others, but for Kubernetes' and those between, have an identity (bpf/lib/identity.h).
 * Docker has no bits, but a mark: see owner_name().
 */
static const struct owner {
	const char *name;
	uint32_t bits;
	const char *device;
	const char *chain;
} owners[] = {
	{ "Kubernetes", 0x0000c000, "cni[0-9]*", "KUBE-*" },
	{ "Cilium", 0x00000f00, "cilium_*", "CILIUM_*" },
	{ "mwan3", 0x00003f00, NULL, "mwan3_*" },
	{ "Tailscale", 0x00ff0000, "tailscale*", "ts-*" },
	{ "Calico", 0xffff0000, "cali*", "cali-*" },
};

#define OWNERS (sizeof(owners) / sizeof(owners[0]))

/* The bits that are the tunnel's: all of them for wg-quick's rules */
static uint32_t tunnel_mask(const struct doctor_tunnel *t)
{
	return t->v->params.mask ?: UINT32_MAX;
}

/* A nibble that overlaps with no bit of @used, for the remedy */
static uint32_t free_bits(uint32_t used)
{
	uint32_t bits = 0xf;

	while (bits && bits & used)
		bits <<= 4;
	return bits;
}

static const char *owner_device(const struct machine *m, const struct owner *o)
{
	size_t i;

	for (i = 0; o->device && i < m->fib.links_len; i++) {
		if (fnmatch(o->device, m->fib.links[i].name, 0) == 0)
			return m->fib.links[i].name;
	}
	return NULL;
}

static const char *owner_chain(const struct machine *m, const struct owner *o)
{
	size_t i, j;

	for (i = 0; o->chain && i < m->ruleset.len; i++) {
		const struct nft_ruleset_table *t = &m->ruleset.tables[i];

		for (j = 0; j < t->chains_len; j++) {
			if (fnmatch(o->chain, t->chains[j].name, 0) == 0)
				return t->chains[j].name;
		}
	}
	return NULL;
}

static bool is_there(const struct machine *m, const struct owner *o)
{
	return owner_device(m, o) || owner_chain(m, o);
}

/* A mark of WireGuard's own, or none at all */
static bool is_own(const struct machine *m, const struct doctor_tunnel *t, uint32_t mark,
		   uint32_t mask)
{
	return (mask == UINT32_MAX && (!mark || machine_has_mark(m, mark))) ||
	       (mask == tunnel_mask(t) && mark == t->v->dev.fwmark);
}

/* The bits that somebody else has to keep: of a whole mark those that are set */
static uint32_t bits_of(const struct machine *m, const struct doctor_tunnel *t, uint32_t mark,
			uint32_t mask)
{
	if (is_own(m, t, mark, mask))
		return 0;
	return mask == UINT32_MAX ? mark : mask;
}

static uint32_t bits_of_table(const struct machine *m, const struct doctor_tunnel *t,
			      const struct nft_ruleset_table *table)
{
	uint32_t used = 0;
	size_t i, j;

	for (i = 0; i < table->chains_len; i++) {
		const struct nft_chain *chain = &table->chains[i];

		for (j = 0; j < chain->rules_len; j++)
			used |= bits_of(m, t, chain->rules[j].mark, chain->rules[j].mask);
	}
	return used;
}

/* All bits that others use, other tunnels too */
static uint32_t used_bits(const struct machine *m, const struct doctor_tunnel *t)
{
	const struct owner *o;
	uint32_t used = 0;
	size_t i;

	for (i = 0; i < m->fib.rules_len; i++)
		used |= bits_of(m, t, m->fib.rules[i].mark, m->fib.rules[i].mask);
	for (i = 0; i < m->ruleset.len; i++) {
		if (m->ruleset.tables[i].owner == OWNER_UNKNOWN)
			used |= bits_of_table(m, t, &m->ruleset.tables[i]);
	}
	for (i = 0; i < m->len; i++) {
		const struct view *v = m->tunnels[i].v;

		if (&m->tunnels[i] != t && v->dev.fwmark)
			used |= tunnel_mask(&m->tunnels[i]) == UINT32_MAX ? v->dev.fwmark :
									    v->params.mask;
	}
	for (o = owners; o < owners + OWNERS; o++) {
		if (is_there(m, o))
			used |= o->bits;
	}
	return used;
}

/* Names and comments of others are to stay on the line that they are put on */
static void to_one_line(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ')
			*text = ' ';
	}
}

static int overlap(const struct machine *m, const struct doctor_tunnel *t, struct findings *f,
		   bool matches, uint32_t mark, uint32_t mask, const char *what, char *where)
{
	uint32_t bits = free_bits(used_bits(m, t));
	char first[160] = "", remedy[256];

	to_one_line(where);
	if (mask == UINT32_MAX)
		snprintf(first, sizeof(first), "the other's rule takes all bits, and needs a mask: 0x%"
			 PRIx32 "/0x%" PRIx32 " would do; and ", mark, mark);
	if (bits)
		snprintf(remedy, sizeof(remedy), "FwMark = 0x%" PRIx32 " and #wgmark Mask = 0x%"
			 PRIx32 " in the file, then wgmarkctl down %s && wgmarkctl up %s", bits,
			 bits, t->v->link.name, t->v->link.name);
	else
		snprintf(remedy, sizeof(remedy), "no four bits next to one another are free: others have to use fewer, before FwMark and #wgmark Mask in the file can have some");
	return found(f, matches ? SEVERITY_WARNING : SEVERITY_NOTE, t,
		     "%s: %s\n"
		     "%s; the tunnel's mark is 0x%" PRIx32 "/0x%" PRIx32 "\n"
		     "%s%s",
		     matches ? "WireGuard's own packets have a mark of somebody else's" :
			       "somebody else uses mark bits that the tunnel takes for its own",
		     what, where, t->v->dev.fwmark, tunnel_mask(t), first, remedy);
}

/* Of packets between the machines of a network that Docker encrypts (libnetwork's
 * drivers/overlay/encryption.go). Those of its load balancer are in namespaces of its own
 */
#define DOCKER_MARK 0xd0c4e3

/* Whose a mark is: of those whose bits it may be, one that is there, or else the first */
static const char *owner_name(const struct machine *m, uint32_t mark, uint32_t mask)
{
	const struct owner *o, *first = NULL;

	if (mask == UINT32_MAX)
		return mark == DOCKER_MARK ? "Docker" : "unknown";
	for (o = owners; o < owners + OWNERS; o++) {
		if (mask & ~o->bits)
			continue;
		if (is_there(m, o))
			return o->name;
		first = first ?: o;
	}
	return first ? first->name : "unknown";
}

/* Whether a mark of somebody else can meet the tunnel's, or it is one of WireGuard's */
static bool is_foreign(const struct machine *m, const struct doctor_tunnel *t, uint32_t mark,
		       uint32_t mask)
{
	return t->v->dev.fwmark && mask & tunnel_mask(t) && !is_own(m, t, mark, mask);
}

/* Whether WireGuard's packets are taken for somebody's who has that mark, not for
 * somebody's who has none
 */
static bool matches(const struct doctor_tunnel *t, uint32_t mark, uint32_t mask)
{
	return mark && (t->v->dev.fwmark & mask) == mark;
}

/* About a connection's mark, which others than its own packets never have */
static bool is_of_ct(const struct nft_rule *r)
{
	return r->role == ROLE_SET_CTMARK;
}

int check_mark_rules(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	const struct fib_rule *r;
	char text[256], what[64], where[320];
	int err = 0;

	for (r = m->fib.rules; r < m->fib.rules + m->fib.rules_len && !err; r++) {
		if (!is_foreign(m, t, r->mark, r->mask))
			continue;
		snprintf(what, sizeof(what), "0x%" PRIx32 "/0x%" PRIx32 " (%s)", r->mark, r->mask,
			 owner_name(m, r->mark, r->mask));
		snprintf(where, sizeof(where), "ip %s rule: %" PRIu32 ": %s",
			 r->family == AF_INET ? "-4" : "-6", r->priority,
			 fib_rule_text(r, text, sizeof(text)));
		err = overlap(m, t, f, !r->invert && matches(t, r->mark, r->mask), r->mark,
			      r->mask, what, where);
	}
	return err;
}

/* The first one of the table that is about this mark: to know of one is enough */
static bool is_first(const struct nft_ruleset_table *table, const struct nft_rule *rule)
{
	const struct nft_chain *c;
	const struct nft_rule *r;

	for (c = table->chains; c < table->chains + table->chains_len; c++) {
		for (r = c->rules; r < c->rules + c->rules_len && r != rule; r++) {
			if (r->mark == rule->mark && r->mask == rule->mask &&
			    is_of_ct(r) == is_of_ct(rule))
				return false;
		}
		if (r < c->rules + c->rules_len)
			break;
	}
	return true;
}

static int check_chain(const struct machine *m, const struct doctor_tunnel *t,
		       struct findings *f, const struct nft_ruleset_table *table,
		       const struct nft_chain *chain)
{
	const struct nft_rule *r;
	char what[64], where[640];
	int err = 0;

	for (r = chain->rules; r < chain->rules + chain->rules_len && !err; r++) {
		if (!is_foreign(m, t, r->mark, r->mask) || !is_first(table, r) ||
		    (is_of_ct(r) && t->v->params.restore == WGMARK_RESTORE_LEARN))
			continue;
		snprintf(what, sizeof(what), "0x%" PRIx32 "/0x%" PRIx32 " (%s)", r->mark, r->mask,
			 owner_name(m, r->mark, r->mask));
		snprintf(where, sizeof(where), "nft table %.64s, chain %.64s: %.400s", table->name,
			 chain->name, r->text);
		err = overlap(m, t, f, !is_of_ct(r) && matches(t, r->mark, r->mask), r->mark,
			      r->mask, what, where);
	}
	return err;
}

int check_mark_nft(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	const struct nft_ruleset_table *table;
	size_t i, j;
	int err = 0;

	for (i = 0; i < m->ruleset.len; i++) {
		table = &m->ruleset.tables[i];
		/* those of other tunnels have whole marks, and know of one another */
		if (table->owner != OWNER_UNKNOWN || table->is_dormant)
			continue;
		for (j = 0; j < table->chains_len && !err; j++)
			err = check_chain(m, t, f, table, &table->chains[j]);
	}
	return err;
}

int check_mark_owners(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	const struct owner *o;
	char what[64], where[320];
	const char *device, *chain;
	int err = 0;

	for (o = owners; o < owners + OWNERS && !err; o++) {
		if (!t->v->dev.fwmark || !(o->bits & tunnel_mask(t)))
			continue;
		device = owner_device(m, o);
		chain = owner_chain(m, o);
		if (!device && !chain)
			continue;
		snprintf(what, sizeof(what), "0x%" PRIx32 " (%s)", o->bits, o->name);
		snprintf(where, sizeof(where), "%s %.256s is there", device ? "the device" : "the nft chain",
			 device ?: chain);
		err = overlap(m, t, f, o->bits & t->v->dev.fwmark, o->bits, o->bits, what, where);
	}
	return err;
}
