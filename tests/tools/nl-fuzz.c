// SPDX-License-Identifier: GPL-2.0
/*
 * nl-fuzz [-k] [-n MESSAGES] [-s SEED] - send anything to the family "wgmark", and look
 * whether each answer, and what is configured then, is what nl-model.h says
 *
 * Runs as root in a network namespace that is its own for the time: all devices there
 * may become tunnels. Six senders take turns, of which two may: root, and root of a
 * user namespace with a network namespace of its own. The others have no privilege,
 * or had it no longer or not yet when they opened the socket, or have it in a user
 * namespace only that does not own the network namespace.
 *
 * The messages are well-formed, have values that are not allowed, are mutated,
 * truncated, deeply nested, or random; some datagrams have several. Where the kernel has
 * KCOV, those that reach something new in the module are kept, and half of what is sent
 * is made of them; with -k it has to have KCOV, and to show what is reached. Every refusal
 * has the errno of the model, and the sentence that goes with it. Each tunnel that is told
 * of is as in the model, and every DUMP_EVERY datagrams all are dumped: by the byte as
 * before, if all messages since then were refused.
 *
 * Ends with no tunnel, and a line that begins with "proof". With the same SEED, devices
 * and MESSAGES it does the same again, as far as what is reached is the same. Exit status
 * 1, with the datagram, when an answer is not the model's.
 */

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "nl-sender.h"

#define MESSAGES_MAX 64		/* that the kernel sees in one */
#define DUMP_EVERY 16
#define KEPT_MAX 4096		/* datagrams */
#define KEPT_BYTES (BYTES_MAX / 8)

static uint16_t family;
static uint64_t seed, state;
static unsigned int seq;
static uint64_t messages, accepted, refused, unprivileged, dumps, same;
static struct sender *now_sender;
static struct {
	unsigned char *data;
	size_t len;
} kept[KEPT_MAX];
static unsigned int kept_len;

/* splitmix64 (Steele, Lea, Flood, 2014) */
static uint64_t any(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint32_t below(uint32_t n)
{
	return any() % n;
}

static void wrong(const char *what)
{
	size_t i;

	printf("# seed %llu, message %llu, sent by %s: %s\n# ", (unsigned long long)seed,
	       (unsigned long long)messages, now_sender->name, what);
	for (i = 0; i < data_len && i < 4096; i++)
		printf("%02x", data[i]);
	putchar('\n');
	exit(1);
}

/* --- messages ------------------------------------------------------------- */

static struct nlmsghdr *begin(uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = (void *)(data + data_len);
	struct genlmsghdr g = { .cmd = cmd, .version = WGMARK_FAMILY_VERSION };

	memset(nlh, 0, MODEL_HDRLEN);
	nlh->nlmsg_len = MODEL_HDRLEN;
	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(mnl_nlmsg_get_payload(nlh), &g, sizeof(g));
	return nlh;
}

static void put(struct nlmsghdr *nlh, uint16_t type, uint16_t len, const void *value)
{
	struct nlattr a = { .nla_type = type, .nla_len = sizeof(a) + len };
	unsigned char *p = (unsigned char *)nlh + nlh->nlmsg_len;

	memcpy(p, &a, sizeof(a));
	memcpy(p + sizeof(a), value, len);
	memset(p + a.nla_len, 0, NLA_ALIGN(a.nla_len) - a.nla_len);
	nlh->nlmsg_len += NLA_ALIGN(a.nla_len);
}

static uint32_t usual(const struct model *m, int type)
{
	switch (type) {
	case WGMARK_A_TUNNEL_IFINDEX:
		return m->ifindex[below(m->len)];
	case WGMARK_A_TUNNEL_FWMARK:
		/* within many of the masks, or anywhere */
		return below(8) ? 1 + below(3) : 1U << below(32);
	case WGMARK_A_TUNNEL_MASK:
		return UINT32_MAX >> below(30);
	case WGMARK_A_TUNNEL_RESTORE:
		return below(2) ? WGMARK_RESTORE_CONNTRACK : below(3);
	case WGMARK_A_TUNNEL_FAMILIES:
		return 1 + below(3);
	default:
		return below(2);
	}
}

static uint32_t unusual(void)
{
	static const uint32_t edge[] = { 0, 1, 2, 3, 4, 7, 255, 256, INT32_MAX, UINT32_MAX };

	return below(3) ? edge[below(10)] : any();
}

/* A command with some of its parameters; @odd: a value of these is anything. There are
 * more new ones than go, so that there come to be more masks than there may be.
 */
static struct nlmsghdr *put_command(const struct model *m, bool odd)
{
	static const uint8_t cmds[] = { WGMARK_CMD_TUNNEL_GET, WGMARK_CMD_TUNNEL_GET,
		WGMARK_CMD_TUNNEL_NEW, WGMARK_CMD_TUNNEL_NEW, WGMARK_CMD_TUNNEL_NEW,
		WGMARK_CMD_TUNNEL_NEW, WGMARK_CMD_TUNNEL_NEW, WGMARK_CMD_TUNNEL_NEW,
		WGMARK_CMD_TUNNEL_SET, WGMARK_CMD_TUNNEL_SET, WGMARK_CMD_TUNNEL_DEL };
	static const uint8_t params[] = { WGMARK_A_TUNNEL_FWMARK, WGMARK_A_TUNNEL_MASK,
		WGMARK_A_TUNNEL_RESTORE, WGMARK_A_TUNNEL_GUARD, WGMARK_A_TUNNEL_COMPAT,
		WGMARK_A_TUNNEL_FAMILIES, WGMARK_A_TUNNEL_NOTRACK };
	uint8_t cmd = cmds[below(sizeof(cmds))];
	struct nlmsghdr *nlh = begin(cmd, below(8) ? NLM_F_ACK : below(1 << 10));
	unsigned int i, n = below(5), strange = below(n + 1);
	uint32_t value;
	uint8_t byte;

	if (cmd == WGMARK_CMD_TUNNEL_GET && !below(4))
		nlh->nlmsg_flags |= NLM_F_DUMP;
	else if (below(50))
		put(nlh, WGMARK_A_TUNNEL_IFINDEX, 4,
		    (value = usual(m, WGMARK_A_TUNNEL_IFINDEX), &value));
	if ((cmd == WGMARK_CMD_TUNNEL_GET || cmd == WGMARK_CMD_TUNNEL_DEL) && below(20))
		n = 0;
	if (cmd == WGMARK_CMD_TUNNEL_NEW && below(20))
		put(nlh, WGMARK_A_TUNNEL_FWMARK, 4,
		    (value = usual(m, WGMARK_A_TUNNEL_FWMARK), &value));
	if (cmd == WGMARK_CMD_TUNNEL_NEW && below(8))
		put(nlh, WGMARK_A_TUNNEL_MASK, 4,
		    (value = usual(m, WGMARK_A_TUNNEL_MASK), &value));
	for (i = 0; i < n; i++) {
		int type = params[below(sizeof(params))];
		int len = model_rules[type].len;

		value = usual(m, type);
		if (odd && i == strange) {
			value = unusual();
			if (!below(3))
				type = below(20);
			if (!below(3))
				len = below(5);
		}
		byte = value;
		put(nlh, type, len, len == sizeof(byte) ? &byte : (void *)&value);
	}
	return nlh;
}

static void mutate(struct nlmsghdr *nlh)
{
	unsigned char *p = (unsigned char *)nlh;
	unsigned int n = 1 + below(4), at;

	/* the length is put_truncated()'s */
	while (n--) {
		at = 4 + below(nlh->nlmsg_len - 4);
		p[at] = below(2) ? p[at] ^ (1 << below(8)) : (int)any();
	}
}

/* A message that ends early, or says so: of what is left out the kernel sees nothing. */
static void truncate_one(struct nlmsghdr *nlh, uint32_t *room)
{
	uint32_t len = nlh->nlmsg_len;

	if (below(2))
		*room = NLMSG_HDRLEN + below(len - NLMSG_HDRLEN);
	if (below(2))
		nlh->nlmsg_len = *room;
	if (!below(8))
		nlh->nlmsg_len = below(2) ? below(len) : len + below(64);
}

static void put_nested(struct nlmsghdr *nlh)
{
	unsigned int depth = below(4) ? 1 + below(64) : 1 + below(BYTES_MAX / 8);
	unsigned char *p = (unsigned char *)nlh + nlh->nlmsg_len;
	struct nlattr a;

	nlh->nlmsg_len += depth * sizeof(a);
	for (; depth; depth--, p += sizeof(a)) {
		a.nla_len = depth * sizeof(a);
		a.nla_type = below(20) | (below(4) ? NLA_F_NESTED : 0);
		memcpy(p, &a, sizeof(a));
	}
}

static void put_random(struct nlmsghdr *nlh)
{
	unsigned int n = below(4) ? below(64) : below(4096), i;
	unsigned char *p = (unsigned char *)nlh + nlh->nlmsg_len;

	for (i = 0; i < n; i++)
		p[i] = any();
	nlh->nlmsg_len += n;
	if (!below(4))
		nlh->nlmsg_flags = any();
}

/* Put one more message into the datagram. */
static void put_message(const struct model *m)
{
	unsigned int kind = below(16);
	struct nlmsghdr *nlh = kind < 13 ? put_command(m, kind >= 4 && kind < 8) :
					   begin(below(8) ? 1 + below(4) : any(), NLM_F_ACK);
	uint32_t room;

	if (kind >= 8 && kind < 11)
		mutate(nlh);
	else if (kind == 13 || kind == 14)
		put_nested(nlh);
	else if (kind == 15)
		put_random(nlh);
	room = nlh->nlmsg_len;
	if (kind == 11 || kind == 12)
		truncate_one(nlh, &room);
	data_len += room;
}

static void keep(void)
{
	if (kept_len == KEPT_MAX || data_len > KEPT_BYTES)
		return;
	kept[kept_len].data = malloc(data_len);
	if (!kept[kept_len].data)
		die("malloc");
	memcpy(kept[kept_len].data, data, data_len);
	kept[kept_len++].len = data_len;
}

/* One or two that were kept, one after the other, with some bytes changed. */
static void put_kept(void)
{
	unsigned int i, n;

	for (n = 1 + !below(4); n; n--) {
		i = below(kept_len);
		data_len = NLMSG_ALIGN(data_len);
		memcpy(data + data_len, kept[i].data, kept[i].len);
		data_len += kept[i].len;
	}
	for (n = below(5); n && data_len; n--) {
		i = below(data_len);
		data[i] = below(2) ? data[i] ^ (1 << below(8)) : (int)any();
	}
}

/* The messages that the kernel sees in it. Each gets a number of its own, none is for
 * another family, and only the last one is a dump, as a socket has one at a time.
 */
static unsigned int walk(struct nlmsghdr **found)
{
	size_t at = 0, left, len;
	unsigned int n = 0;

	while (data_len - at >= NLMSG_HDRLEN && n < MESSAGES_MAX) {
		struct nlmsghdr *nlh = (void *)(data + at);

		left = data_len - at;
		if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > left)
			break;
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			nlh->nlmsg_type = family;
		nlh->nlmsg_seq = ++seq;
		if (n && model_dump(found[n - 1]))
			found[n - 1]->nlmsg_flags &= ~NLM_F_DUMP;
		found[n++] = nlh;
		len = NLMSG_ALIGN(nlh->nlmsg_len);
		at += len < left ? len : left;
	}
	if (n == MESSAGES_MAX)
		data_len = at;
	return n;
}

/* --- answers -------------------------------------------------------------- */

/* The tunnel that a reply tells of has to be the model's. */
static void check_tunnel(const struct sender *s, const struct nlmsghdr *nlh)
{
	uint32_t value[WGMARK_A_TUNNEL_MAX + 1] = {};
	const struct model_tunnel *t;
	const struct nlattr *a;
	int i;

	mnl_attr_for_each(a, nlh, GENL_HDRLEN) {
		int type = mnl_attr_get_type(a);

		if (type <= WGMARK_A_TUNNEL_MAX && model_rules[type].len)
			value[type] = model_number(mnl_attr_get_payload(a),
						   model_rules[type].len);
	}
	t = model_find(s->model, value[WGMARK_A_TUNNEL_IFINDEX]);
	if (!t || !t->there)
		wrong("there should be no such tunnel");
	for (i = WGMARK_A_TUNNEL_FWMARK; i <= WGMARK_A_TUNNEL_MAX; i++)
		if (model_rules[i].len && value[i] != t->value[i])
			wrong("a tunnel is not what it should be");
}

static bool has_sentence(const struct nlmsghdr *nlh)
{
	size_t off = sizeof(struct nlmsgerr);
	const struct nlattr *a;

	if (nlh->nlmsg_type == NLMSG_DONE)
		off = sizeof(int);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_for_each(a, nlh, off)
			if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG)
				return mnl_attr_get_payload_len(a) > 1;
	return false;
}

static void check_verdict(const struct nlmsghdr *nlh, const struct model_answer *a)
{
	char text[80];
	int err;

	memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
	if (err != a->err && err != a->other) {
		snprintf(text, sizeof(text), "error %d, and not %d", -err, -a->err);
		wrong(text);
	}
	if (err && a->told && !has_sentence(nlh))
		wrong("it was refused without a sentence");
}

/* @seq of the first message; their answers come in this order, but for dumps */
static void check_reply(const struct sender *s, struct model_answer *answers, unsigned int n,
			unsigned int first)
{
	const struct nlmsghdr *nlh = (void *)reply;
	bool seen[MESSAGES_MAX] = {};
	int len = reply_len;
	unsigned int i;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		i = nlh->nlmsg_seq - first;
		if (i >= n)
			wrong("an answer to nothing that was sent");
		if (nlh->nlmsg_type == family) {
			if (!s->admin)
				wrong("somebody without privilege is told of a tunnel");
			if (n == 1)
				check_tunnel(s, nlh);
			continue;
		}
		if (seen[i])
			wrong("a second answer");
		seen[i] = true;
		check_verdict(nlh, &answers[i]);
	}
	for (i = 0; i < n; i++)
		if (seen[i] == answers[i].silent)
			wrong(seen[i] ? "an answer that was not asked for" : "no answer");
}

static void send_data(struct sender *s)
{
	struct model_answer answers[MESSAGES_MAX] = {};
	struct nlmsghdr *found[MESSAGES_MAX];
	unsigned int first = seq + 1, n, i;

	n = walk(found);
	for (i = 0; i < n; i++) {
		answers[i] = model_message(s->model, found[i], s->admin);
		messages++;
		accepted += s->admin && !answers[i].err;
		refused += !!answers[i].err;
		unprivileged += !s->admin;
		if (answers[i].changes)
			s->last_len = 0;
	}
	now_sender = s;
	if (!exchange(s))
		wrong("the sender is gone");
	if (coverage && coverage->fresh)
		keep();
	check_reply(s, answers, n, first);
}

/* Dump all tunnels; those of the model, and the same bytes if nothing was to change. */
static void check_dump(struct sender *s)
{
	unsigned int there = 0, told = 0, i;
	const struct nlmsghdr *nlh;
	size_t at = 0;
	int len;

	data_len = 0;
	data_len = begin(WGMARK_CMD_TUNNEL_GET, NLM_F_DUMP)->nlmsg_len;
	i = s->last_len;
	send_data(s);
	dumps++;
	same += !!i;

	len = reply_len;
	for (nlh = (void *)reply; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		size_t payload = mnl_nlmsg_get_payload_len(nlh);

		told += nlh->nlmsg_type == family;
		if (at + payload > sizeof(s->last))
			wrong("a dump too long to keep");
		if (i && (at + payload > i ||
			  memcmp(s->last + at, mnl_nlmsg_get_payload(nlh), payload)))
			wrong("messages that were refused changed something");
		memcpy(s->last + at, mnl_nlmsg_get_payload(nlh), payload);
		at += payload;
	}
	if (i && at != i)
		wrong("messages that were refused changed something");
	s->last_len = at;
	for (i = 0; i < s->model->len; i++)
		there += s->model->tunnel[i].there;
	if (there != told)
		wrong("not as many tunnels as there should be");
}

static void delete_all(struct sender *s)
{
	unsigned int i;

	for (i = 0; i < s->model->len; i++) {
		if (!s->model->tunnel[i].there)
			continue;
		data_len = 0;
		put(begin(WGMARK_CMD_TUNNEL_DEL, NLM_F_ACK), WGMARK_A_TUNNEL_IFINDEX, 4,
		    &s->model->ifindex[i]);
		data_len = ((struct nlmsghdr *)data)->nlmsg_len;
		send_data(s);
	}
	check_dump(s);
}

static void find_family(void)
{
	struct mnl_socket *nl = open_socket();
	const struct nlmsghdr *nlh = (void *)reply;
	const struct nlattr *a;

	family = GENL_ID_CTRL;
	put(begin(CTRL_CMD_GETFAMILY, 0), CTRL_ATTR_FAMILY_NAME, sizeof(WGMARK_FAMILY_NAME),
	    WGMARK_FAMILY_NAME);
	if (mnl_socket_sendto(nl, data, ((struct nlmsghdr *)data)->nlmsg_len) < 0 ||
	    mnl_socket_recvfrom(nl, reply, sizeof(reply)) < 0 || nlh->nlmsg_type != family)
		exit((fputs("nl-fuzz: no family wgmark\n", stderr), 2));
	mnl_attr_for_each(a, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			family = mnl_attr_get_u16(a);
	mnl_socket_close(nl);
}

int main(int argc, char **argv)
{
	static struct model here, there;
	static struct sender senders[] = {
		{ .name = "root", .become = open_socket, .admin = true, .model = &here },
		{ .name = "root of a user namespace", .become = become_owner, .admin = true,
		  .model = &there },
		{ .name = "nobody", .become = become_nobody, .model = &here },
		{ .name = "root on a socket of nobody's", .become = become_opener,
		  .model = &here },
		{ .name = "nobody on a socket of root's", .become = become_dropper,
		  .model = &here },
		{ .name = "root of a user namespace, in another's network",
		  .become = become_userns, .model = &here },
	};
	uint64_t wanted = 10000, datagrams;
	unsigned int i, n;
	struct utsname u;
	bool guided = false;
	int opt;

	seed = time(NULL);
	while ((opt = getopt(argc, argv, "kn:s:")) != -1) {
		if (opt == 'k')
			guided = true;
		else if (opt == 'n')
			wanted = strtoull(optarg, NULL, 0);
		else if (opt == 's')
			seed = strtoull(optarg, NULL, 0);
		else
			return 2;
	}
	state = seed;
	uname(&u);
	model_header_unchecked = strverscmp(u.release, "6.1") < 0;
	find_family();
	coverage_start(guided);
	for (i = 0; i < 6; i++)
		start(&senders[i]);
	for (datagrams = 1; messages < wanted; datagrams++) {
		n = below(12);
		data_len = 0;
		i = below(6) ? 1 : 1 + below(5);
		if (kept_len && below(2)) {
			put_kept();
			i = 0;
		}
		for (; i && data_len < BYTES_MAX / 8; i--) {
			data_len = NLMSG_ALIGN(data_len);
			put_message(senders[n < 6 ? n : n % 2].model);
		}
		send_data(&senders[n < 6 ? n : n % 2]);
		if (datagrams % DUMP_EVERY == 0)
			check_dump(&senders[datagrams / DUMP_EVERY % 2]);
	}
	delete_all(&senders[0]);
	delete_all(&senders[1]);
	if (guided && !coverage->places)
		exit((fputs("nl-fuzz: KCOV shows nothing of the module\n", stderr), 1));
	printf("# %llu datagrams; %llu messages accepted, %llu refused, %llu of them sent without privilege; %llu dumps, %llu the same by the byte\n",
	       (unsigned long long)datagrams, (unsigned long long)accepted,
	       (unsigned long long)refused, (unsigned long long)unprivileged,
	       (unsigned long long)dumps, (unsigned long long)same);
	printf("proof netlink: any message, any sender%s | %s | %llu messages | %llu | each answer and dump as the model's",
	       coverage ? ", guided by KCOV" : "", u.release, (unsigned long long)messages,
	       (unsigned long long)seed);
	if (coverage)
		printf("; %u places of the module reached, %u datagrams reached something new",
		       coverage->places, kept_len);
	putchar('\n');
	return 0;
}
