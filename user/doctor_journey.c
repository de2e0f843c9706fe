// SPDX-License-Identifier: GPL-2.0
/*
 * What "explain" tells of packets that matter to the doctor
 */
#include "doctor.h"
#include "journey.h"

static int tell(const struct machine *m, struct kernel *k, const struct flow *f, struct journey *j)
{
	struct journey_machine jm = {
		.fib = m->fib, .views = m->views, .views_len = m->len, .rules = m->ruleset,
	};

	journey_machine_ask(&jm, k);
	return journey_tell(j, &jm, f, NULL);
}

int machine_take_lost(struct machine *m, struct kernel *k, const struct flow *f)
{
	struct journey j;
	int err;

	err = tell(m, k, f, &j);
	/* what may be otherwise for some protocols is not lost for all */
	m->probe_lost[prefix_index(&f->to)] = !err && j.is_lost && !j.is_open && !j.is_back &&
					      !j.hint;
	journey_free(&j);
	return err;
}

static int take_back(struct machine *m, struct kernel *k, const struct view *v,
		     struct doctor_peer *p)
{
	uint32_t mask = v->params.mask ?: UINT32_MAX;
	struct flow out = machine_out(v, p);
	struct journey j;
	int err;

	err = tell(m, k, &out, &j);
	if (!err) {
		p->back_lost = j.is_back && j.is_rp_filter;
		p->back_restored = (j.back_mark & mask) == v->dev.fwmark;
		p->back_unsure = j.may_mark;
	}
	journey_free(&j);
	return err;
}

int machine_take_back(struct machine *m, struct kernel *k)
{
	size_t i, j;
	int err = 0;

	for (i = 0; i < m->len; i++) {
		for (j = 0; j < m->tunnels[i].peers_len && !err; j++) {
			struct doctor_peer *p = &m->tunnels[i].peers[j];

			if (is_dropped(&p->back))
				err = take_back(m, k, &m->views[i], p);
		}
	}
	return err;
}
