// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "reload" for files that chance has made: on the model of a machine it
 * makes of the one's tunnel the other's, and all is as before when it fails anywhere
 */
#include "reload_model.h"

#define PAIRS 60

#define KEY(letter) letter "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const char *const addresses[] = {
	"10.2.0.2/32", "10.2.0.2/24", "10.2.0.3/24", "10.2.0.4/24", "10.2.0.5/16",
	"10.2.0.7/32",
};

/* of two with the same address one */
static const char *const addresses6[] = { "fd02::2/128", "fd02::2/64", "fd02::3/64" };

static const char *const lines[] = {
	"FwMark = 9", "FwMark = 77", "MTU = 1300", "MTU = 1500", "DNS = 10.2.0.1",
	"DNS = a.example", "DNS = 10.2.0.1, a.example", "#wgmark Guard = no",
	"#wgmark LeakGuard = yes", "#wgmark Compat = yes",
};

static const char *const allowed[] = {
	"0.0.0.0/0", "::/0", "0.0.0.0/1", "10.0.0.0/8", "10.2.0.0/24", "10.2.0.3/32",
	"192.168.0.0/16", "fd02::/64",
};

static const char *const keys[] = { KEY("A"), KEY("B"), KEY("C") };

static uint32_t chance_state;

/* The same on each machine: the generator of C11, 7.22.2.2, with other constants */
static bool chance(unsigned int in)
{
	chance_state = chance_state * 1664525 + 1013904223;
	return (chance_state >> 16) % in == 0;
}

static void put_some(FILE *out, const char *key, const char *const *list, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (chance(3))
			fprintf(out, "%s%s\n", key, list[i]);
	}
}

static void read_any(struct config *c)
{
	struct tap_text t;
	char *text;
	size_t i;

	tap_text_begin(&t);
	fputs("[Interface]\nPrivateKey = " KEY("D") "\nListenPort = 1\n", t.out);
	put_some(t.out, "Address = ", addresses, TAP_LEN(addresses));
	put_some(t.out, "Address = ", &addresses6[chance(2)], 1);
	put_some(t.out, "Address = ", &addresses6[2], 1);
	for (i = 0; i < TAP_LEN(lines); i++) {
		if (chance(6))
			fprintf(t.out, "%s\n", lines[i]);
	}
	for (i = 0; i < TAP_LEN(keys); i++) {
		if (chance(3))
			continue;
		fprintf(t.out, "[Peer]\nPublicKey = %s\n", keys[i]);
		put_some(t.out, "AllowedIPs = ", allowed, TAP_LEN(allowed));
		put_some(t.out, "PersistentKeepalive = ", (const char *const[]){ "25" }, 1);
		if (!i)
			fputs("Endpoint = 203.0.113.1:51820\n", t.out);
	}
	text = tap_text_end(&t);
	read_file(c, text);
	free(text);
}

static void test_pair(unsigned int pair)
{
	unsigned int machine = pair % 2 ? ONLY_NFT : 0;
	struct config old = {}, new = {};
	struct model of, on, up;
	struct plan_error err;
	struct snapshot s;
	char *is, *should;
	struct plan p;
	int ret;

	chance_state = pair;
	read_any(&old);
	read_any(&new);
	model_up(&of, &old, machine);
	model_up(&on, &old, machine);
	model_up(&up, &new, machine);
	s = model_snapshot(&of, machine, true);
	ret = plan_reload(&p, &new, &s, &of.live, &err);
	tap_ok(!ret && comes_back_anywhere(&on, &p), "%u: fails anywhere, and all is as before",
	       pair);
	is = model_text(&on, true);
	should = model_text(&up, true);
	tap_same(is, should, "then all is as after up");
	free(is);
	free(should);
	plan_free(&p);
	model_free(&of);
	model_free(&on);
	model_free(&up);
	config_free(&old);
	config_free(&new);
}

int main(void)
{
	unsigned int pair;

	for (pair = 0; pair < PAIRS; pair++)
		test_pair(pair);
	return tap_done();
}
