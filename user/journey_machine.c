// SPDX-License-Identifier: GPL-2.0
/*
 * What is read of the machine before a journey is told
 */
#include <time.h>

#include "journey.h"
#include "rtnl.h"

static int ask(void *data, const struct flow *flow, struct fib_answer *a)
{
	struct kernel *k = data;

	return fib_ask(&k->rtnl, flow, a);
}

static int source(void *data, uint32_t ifindex, sa_family_t family, bool first,
		  struct prefix *addr)
{
	struct kernel *k = data;

	return rtnl_addr_source(&k->rtnl, ifindex, family, first, addr);
}

void journey_machine_ask(struct journey_machine *m, struct kernel *k)
{
	m->now = time(NULL);
	m->ask = ask;
	m->track = journey_track;
	m->in_set = journey_in_set;
	m->source = source;
	m->data = k;
}

int journey_machine_take(struct journey_machine *m, struct kernel *k)
{
	int err;

	*m = (struct journey_machine){ 0 };
	journey_machine_ask(m, k);
	err = fib_take(&k->rtnl, &m->fib) ?:
	      view_take(k, NULL, &m->views, &m->views_len) ?:
	      ruleset_take(k, &m->rules);
	view_find_sockets(m->views, m->views_len);
	return err;
}

void journey_machine_free(struct journey_machine *m)
{
	fib_free(&m->fib);
	view_free(m->views, m->views_len);
	ruleset_free(&m->rules);
}
