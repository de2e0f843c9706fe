// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of what the peers' answers meet when they come in
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <string.h>

#include "doctor.h"

/* Whether some nft rule gives incoming UDP the tunnel's mark, with or without conntrack */
static bool nft_restores(const struct machine *m, uint32_t fwmark)
{
	const struct nft_rule *r = NULL, *s = NULL;

	while ((r = ruleset_find(&m->ruleset, r, NFPROTO_IPV4, NF_INET_PRE_ROUTING,
				 ROLE_SET_MARK))) {
		if (r->mark == fwmark)
			return true;
	}
	if (!ruleset_find(&m->ruleset, NULL, NFPROTO_IPV4, NF_INET_PRE_ROUTING, ROLE_RESTORE))
		return false;
	while ((s = ruleset_find(&m->ruleset, s, NFPROTO_IPV4, NF_INET_POST_ROUTING,
				 ROLE_SAVE))) {
		if (!s->mark || (fwmark & s->mask) == s->mark)
			return true;
	}
	s = NULL;
	while ((s = ruleset_find(&m->ruleset, s, NFPROTO_IPV4, NF_INET_POST_ROUTING,
				 ROLE_SET_CTMARK))) {
		if (s->mark == fwmark)
			return true;
	}
	return false;
}

static bool is_restored(const struct machine *m, const struct view *v)
{
	if (v->params.families & WGMARK_FAMILY_IPV4 && v->params.restore &&
	    v->params.fwmark == v->dev.fwmark)
		return true;
	return nft_restores(m, v->dev.fwmark);
}

/* -EINVAL since Linux 6.13, and before for a source that nothing from outside has */
static bool is_dropped(const struct fib_answer *a)
{
	return a->err == -EXDEV || a->err == -EINVAL;
}

int check_rp_filter(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	char endpoint[ENDPOINT_TEXT_LEN];
	int err = 0;
	size_t i;

	for (i = 0; i < t->peers_len && !err; i++) {
		const struct doctor_peer *p = &t->peers[i];
		const struct fib_link *l = fib_link(&m->fib, p->out.ifindex);
		bool looks, restored = is_restored(m, t->v);

		if (!l || !is_dropped(&p->back))
			continue;
		looks = !t->v->dev.fwmark || m->fib.src_valid_mark || l->src_valid_mark;
		endpoint_text(&p->peer->endpoint, endpoint);
		if (looks && is_dropped(&p->back_marked))
			err = found(f, SEVERITY_ERROR, t, "the answers of %s are dropped by the strict reverse-path filter%s\n"
				    "rp_filter of all is %d and of %s %d\n"
				    "ip route get %.*s mark 0x%" PRIx32 " has to lead to %s for mark and source: look at ip rule",
				    endpoint, t->v->dev.fwmark ? ", with the mark too" : "",
				    m->fib.rp_filter, l->name, l->rp_filter,
				    (int)strcspn(endpoint, ":"), endpoint, t->v->dev.fwmark,
				    l->name);
		else if (!looks && restored)
			err = found(f, SEVERITY_ERROR, t, "the answers of %s are dropped by the strict reverse-path filter, as it does not look at marks\n"
				    "rp_filter of all is %d and of %s %d; src_valid_mark of all is 0 and of %s 0\n"
				    "sysctl -w net.ipv4.conf.all.src_valid_mark=1", endpoint,
				    m->fib.rp_filter, l->name, l->rp_filter, l->name);
		else if (!restored && m->ruleset.legacy[IPV4])
			err = found(f, SEVERITY_NOTE, t, "whether the answers of %s get their mark back cannot be told; without it the strict reverse-path filter drops them\n"
				    "backend %s, no nft rule that restores 0x%" PRIx32 ", and tables of iptables-legacy, which are not read\n"
				    "iptables-legacy -t mangle -S", endpoint, t->v->backend,
				    t->v->dev.fwmark);
		else if (!restored)
			err = found(f, SEVERITY_ERROR, t, "nobody gives the answers of %s their mark back, and the strict reverse-path filter drops them\n"
				    "backend %s, no nft rule that restores 0x%" PRIx32 "; rp_filter of all is %d and of %s %d\n"
				    "bring it up by wgmarkctl, whose module `nft flush ruleset' does not take away; or sysctl -w net.ipv4.conf.%s.rp_filter=2",
				    endpoint, t->v->backend, t->v->dev.fwmark, m->fib.rp_filter,
				    l->name, l->rp_filter, l->name);
	}
	return err;
}

int check_backend(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	const struct view *v = t->v;

	(void)m;
	if (!v->params.families || v->params.restore == WGMARK_RESTORE_NONE ||
	    v->params.fwmark == v->dev.fwmark)
		return 0;
	return found(f, SEVERITY_ERROR, t, "the backend works for another mark than WireGuard's\n"
		     "backend %s: 0x%" PRIx32 "; WireGuard: 0x%" PRIx32 "\n"
		     "wgmarkctl reload %s", v->backend, v->params.fwmark, v->dev.fwmark,
		     v->link.name);
}

int check_conntrack(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	uint64_t count = m->conntrack_count, max = m->conntrack_max;

	/* nearly full from nine tenths on */
	if (!max || !m->len || count < max * 9 / 10)
		return 0;
	return found(f, count < max ? SEVERITY_WARNING : SEVERITY_ERROR, t,
		     "the table of connections is %s; new ones are dropped when it is full, and a tunnel's own may be among them\n"
		     "nf_conntrack_count %" PRIu64 ", nf_conntrack_max %" PRIu64 "\n"
		     "sysctl -w net.netfilter.nf_conntrack_max=%" PRIu64 ", or #wgmark Restore = learn and #wgmark NoTrack = yes in the file",
		     count < max ? "nearly full" : "full", count, max, 4 * max);
}
