// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of what the peers' answers meet when they come in
 */
#include <errno.h>
#include <inttypes.h>

#include "doctor.h"

/* -EINVAL since Linux 6.13, and before for a source that nothing from outside has */
bool is_dropped(const struct fib_answer *a)
{
	return a->err == -EXDEV || a->err == -EINVAL;
}

/* The answers to a peer's endpoint come in without the mark, or nobody knows */
static int not_restored(const struct machine *m, const struct doctor_tunnel *t,
			const struct doctor_peer *p, const struct fib_link *l, struct findings *f)
{
	char endpoint[ENDPOINT_TEXT_LEN], addr[PREFIX_TEXT_LEN];

	endpoint_text(&p->peer->endpoint, endpoint);
	if (m->ruleset.legacy[IPV4])
		return found(f, SEVERITY_NOTE, t, "whether the answers of %s get their mark back cannot be told; without it the strict reverse-path filter drops them\n"
			     "backend %s, no nft rule that restores 0x%" PRIx32 ", and tables of iptables-legacy, which are not read\n"
			     "iptables-legacy -t mangle -S", endpoint, t->v->backend,
			     t->v->dev.fwmark);
	if (p->back_unsure)
		return found(f, SEVERITY_NOTE, t, "whether the answers of %s get their mark back cannot be told; without it the strict reverse-path filter drops them\n"
			     "backend %s, and nft rules that cannot be judged, or whose order cannot be seen\n"
			     "see what they meet: wgmarkctl explain --to %s --mark 0x%" PRIx32
			     " --proto udp --sport %u --dport %u",
			     endpoint, t->v->backend, addr_text(&p->endpoint, addr),
			     t->v->dev.fwmark, t->v->dev.listen_port, machine_out(t->v, p).dport);
	return found(f, SEVERITY_ERROR, t, "nobody gives the answers of %s their mark back, and the strict reverse-path filter drops them\n"
		     "backend %s, no nft rule that restores 0x%" PRIx32 "; rp_filter of all is %d and of %s %d\n"
		     "bring it up by wgmarkctl, whose module `nft flush ruleset' does not take away; or sysctl -w net.ipv4.conf.%s.rp_filter=2",
		     endpoint, t->v->backend, t->v->dev.fwmark, m->fib.rp_filter,
		     l->name, l->rp_filter, l->name);
}

int check_rp_filter(const struct machine *m, const struct doctor_tunnel *t, struct findings *f)
{
	char endpoint[ENDPOINT_TEXT_LEN], addr[PREFIX_TEXT_LEN], source[PREFIX_TEXT_LEN];
	int err = 0;
	size_t i;

	for (i = 0; i < t->peers_len && !err; i++) {
		const struct doctor_peer *p = &t->peers[i];
		const struct fib_link *l = fib_link(&m->fib, p->out.ifindex);
		bool looks;

		if (!l || !is_dropped(&p->back))
			continue;
		looks = !t->v->dev.fwmark || m->fib.src_valid_mark || l->src_valid_mark;
		endpoint_text(&p->peer->endpoint, endpoint);
		if (looks && is_dropped(&p->back_marked))
			err = found(f, SEVERITY_ERROR, t, "the answers of %s are dropped by the strict reverse-path filter%s\n"
				    "rp_filter of all is %d and of %s %d\n"
				    "ip route get %s from %s mark 0x%" PRIx32 " has to lead to %s: look at ip rule",
				    endpoint, t->v->dev.fwmark ? ", with the mark too" : "",
				    m->fib.rp_filter, l->name, l->rp_filter,
				    addr_text(&p->endpoint, addr),
				    addr_text(&p->out.prefsrc, source), t->v->dev.fwmark, l->name);
		else if (!looks && p->back_restored)
			err = found(f, SEVERITY_ERROR, t, "the answers of %s are dropped by the strict reverse-path filter, as it does not look at marks\n"
				    "rp_filter of all is %d and of %s %d; src_valid_mark of all is 0 and of %s 0\n"
				    "sysctl -w net.ipv4.conf.all.src_valid_mark=1", endpoint,
				    m->fib.rp_filter, l->name, l->rp_filter, l->name);
		else if (p->back_lost)
			err = not_restored(m, t, p, l, f);
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
