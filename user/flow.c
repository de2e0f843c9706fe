// SPDX-License-Identifier: GPL-2.0
/*
 * The packet that the command line asks about
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"

static const char *const names[FLOW_OPTIONS] = {
	[FLOW_TO] = "--to",
	[FLOW_FROM] = "--from",
	[FLOW_IIF] = "--iif",
	[FLOW_PROTO] = "--proto",
	[FLOW_SPORT] = "--sport",
	[FLOW_DPORT] = "--dport",
	[FLOW_MARK] = "--mark",
	[FLOW_UID] = "--uid",
};

const char *flow_option_given(const struct flow_options *o)
{
	size_t i;

	for (i = 0; i < FLOW_OPTIONS; i++) {
		if (o->value[i])
			return names[i];
	}
	return NULL;
}

__attribute__((format(printf, 2, 3)))
static int wrong(char *text, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, FLOW_TEXT_LEN, fmt, args);
	va_end(args);
	return -EINVAL;
}

static int read_address(struct prefix *p, const struct flow_options *o, enum flow_option which,
			char *text)
{
	const char *value = o->value[which];

	if (!value)
		return 0;
	if (prefix_parse(p, value))
		return wrong(text, "%s: `%.60s' is not an IP address", names[which], value);
	if (p->len != 8 * prefix_bytes(p) || strchr(value, '/'))
		return wrong(text, "%s: `%.60s' is a network: name one address of it",
			     names[which], value);
	return 0;
}

static int read_number(uint32_t *number, const struct flow_options *o, enum flow_option which,
		       uint32_t least, uint32_t most, char *text)
{
	const char *value = o->value[which];
	unsigned long long n;
	char *end;

	if (!value)
		return 0;
	errno = 0;
	n = strtoull(value, &end, 0);
	/* strtoull() takes blanks and a sign */
	if (*value < '0' || *value > '9' || *end || errno || n < least || n > most)
		return wrong(text, "%s: `%.60s' is not a number from %u to %u", names[which],
			     value, least, most);
	*number = n;
	return 0;
}

static int read_proto(struct flow *flow, const char *value, char *text)
{
	if (!value)
		return 0;
	if (strcmp(value, "udp") == 0)
		flow->proto = IPPROTO_UDP;
	else if (strcmp(value, "tcp") == 0)
		flow->proto = IPPROTO_TCP;
	else if (strcmp(value, "icmp") == 0)
		flow->proto = IPPROTO_ICMP;
	else
		return wrong(text, "--proto: `%.60s' is none of udp, tcp and icmp", value);
	return 0;
}

static int read_iif(struct flow *flow, const struct flow_options *o, const struct fib *fib,
		    char *text)
{
	const struct fib_link *link;
	const char *name = o->value[FLOW_IIF];

	if (!name)
		return 0;
	link = fib_link_named(fib, name);
	if (!link) {
		wrong(text, "--iif: there is no device `%.60s'", name);
		return -ENODEV;
	}
	if (strcmp(name, "lo") == 0)
		return wrong(text, "--iif lo: what this machine sends itself comes in by nothing; leave --iif out");
	if (!flow->from.family)
		return wrong(text, "--iif needs --from: a packet that comes in has a source");
	if (!flow->to.family)
		return wrong(text, "--iif needs --to: a packet that comes in has a destination");
	flow->iif = link->ifindex;
	return 0;
}

static bool is_unspecified(const struct prefix *p)
{
	return p->family == AF_INET ? !p->v4.s_addr :
	       p->family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&p->v6);
}

static int check(struct flow *flow, const struct flow_options *o, char *text)
{
	bool has_ports = flow->proto == IPPROTO_UDP || flow->proto == IPPROTO_TCP;

	if (flow->from.family && !flow->to.family)
		return wrong(text, "--from needs --to");
	if (flow->from.family && flow->from.family != flow->to.family)
		return wrong(text, "--from and --to are not both IPv4 or both IPv6");
	if (o->value[FLOW_SPORT] && !has_ports)
		return wrong(text, "--sport needs --proto udp or --proto tcp");
	if (o->value[FLOW_DPORT] && !has_ports)
		return wrong(text, "--dport needs --proto udp or --proto tcp");
	if (is_unspecified(&flow->to))
		return wrong(text, "--to %.60s is no destination: it stands for any address, or none",
			     o->value[FLOW_TO]);
	if (flow->to.family == AF_INET6 && !flow->iif && IN6_IS_ADDR_LINKLOCAL(&flow->to.v6))
		return wrong(text, "--to %.60s is on a link, and programs have to say on which: explain cannot be told that",
			     o->value[FLOW_TO]);
	if (flow->to.family == AF_INET6 && flow->iif && IN6_IS_ADDR_MULTICAST(&flow->to.v6))
		return wrong(text, "--to %.60s: what becomes of a packet to a group that comes in, the kernel says of IPv4 alone",
			     o->value[FLOW_TO]);
	if (o->value[FLOW_UID] && flow->iif)
		return wrong(text, "--uid is for packets of this machine, not for those that come in by --iif");
	return 0;
}

int flow_read(struct flow *flow, const struct flow_options *o, const struct fib *fib,
	      char text[static FLOW_TEXT_LEN])
{
	uint32_t sport = 0, dport = 0;
	int err;

	*flow = (struct flow){ 0 };
	text[0] = '\0';
	err = read_address(&flow->to, o, FLOW_TO, text) ?:
	      read_address(&flow->from, o, FLOW_FROM, text) ?:
	      read_proto(flow, o->value[FLOW_PROTO], text) ?:
	      read_iif(flow, o, fib, text) ?:
	      read_number(&sport, o, FLOW_SPORT, 1, UINT16_MAX, text) ?:
	      read_number(&dport, o, FLOW_DPORT, 1, UINT16_MAX, text) ?:
	      read_number(&flow->mark, o, FLOW_MARK, 0, UINT32_MAX, text) ?:
	      read_number(&flow->uid, o, FLOW_UID, 0, UINT32_MAX - 1, text) ?:
	      check(flow, o, text);
	if (err)
		return err;
	flow->sport = sport;
	flow->dport = dport;
	flow->has_uid = !flow->iif;
	if (flow->has_uid && !o->value[FLOW_UID])
		flow->uid = getuid();
	if (flow->to.family)
		*flow = flow_towards(flow, &flow->to);
	return 0;
}

struct flow flow_towards(const struct flow *flow, const struct prefix *to)
{
	struct flow f = *flow;

	f.family = to->family;
	f.to = *to;
	if (f.family == AF_INET6 && f.proto == IPPROTO_ICMP)
		f.proto = IPPROTO_ICMPV6;
	return f;
}

struct flow flow_reply(const struct flow *flow, uint32_t iif)
{
	return (struct flow){
		.family = flow->family,
		.to = flow->from,
		.from = flow->to,
		.iif = iif,
		.proto = flow->proto,
		.sport = flow->dport,
		.dport = flow->sport,
	};
}
