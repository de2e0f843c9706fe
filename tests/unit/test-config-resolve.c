// SPDX-License-Identifier: GPL-2.0
/*
 * Endpoints with names, asked of a name server that answers as the test wants.
 * The resolver is the C library's; so it needs namespaces, and root.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "config_case.h"
#include "resolve.h"

/* What the name server says, by the first letter of the name (RFC 1035, 4.1.1) */
enum { NOERROR, SERVFAIL = 2, NXDOMAIN };

/* "g": 192.0.2.1. "n": there is no such name. "l": SERVFAIL to the first four, which
 * are two lookups, then as g. All else: silence.
 */
static void serve(int fd)
{
	static const uint8_t answer[] = {
		0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1
	};
	unsigned int late = 0;
	struct sockaddr_in from;
	uint8_t buf[512];
	socklen_t room;
	ssize_t len;
	uint8_t type, code;

	for (;;) {
		room = sizeof(from);
		len = recvfrom(fd, buf, sizeof(buf) - sizeof(answer), 0,
			       (struct sockaddr *)&from, &room);
		if (len < 17 || !strchr("gnl", buf[13]))
			continue;

		/* the question may be followed by EDNS, which is left out */
		len = 12 + strlen((char *)buf + 12) + 1 + 4;
		type = buf[len - 3];
		code = buf[13] == 'n' ? NXDOMAIN : NOERROR;
		if (buf[13] == 'l' && late++ < 4)
			code = SERVFAIL;
		buf[2] = 0x81;
		buf[3] = 0x80 | code;
		memset(buf + 6, 0, 6);
		if (code == NOERROR && type == 1) {
			buf[7] = 1;
			memcpy(buf + len, answer, sizeof(answer));
			len += sizeof(answer);
		}
		sendto(fd, buf, len, 0, (struct sockaddr *)&from, room);
	}
}

static bool put_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	return f && fputs(text, f) >= 0 && !fclose(f);
}

/* A network with nothing but a name server, and an /etc whose resolver asks it once */
static bool set_up(void)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(53),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/etc", "tmpfs", 0, NULL) ||
	    !put_file("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n") ||
	    !put_file("/etc/nsswitch.conf", "hosts: files dns\nservices: files\n"))
		return false;

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)))
		return false;
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
	}
	close(fd);
	return true;
}

static const struct {
	const char *name;
	const char *retries;
	const char *endpoints;	/* one peer for each word */
	const char *error;	/* NULL: all are resolved */
	unsigned int line;
	double min, max;	/* seconds */
} cases[] = {
	{ "addresses ask nobody", "0", "192.0.2.7:1 [2001:db8::1]:2 2001:db8::1:3", NULL, 0, 0, 0.5 },
	{ "names", "0", "g1.test:1 g2.test:2 192.0.2.7:3 g3.test:4", NULL, 0, 0, 0.9 },
	{ "more names than are asked for at a time", "0",
	  "g1.test:1 g2.test:1 g3.test:1 g4.test:1 g5.test:1 g6.test:1 g7.test:1 g8.test:1 "
	  "g9.test:1 ga.test:1 gb.test:1 gc.test:1 gd.test:1 ge.test:1 gf.test:1 gg.test:1",
	  NULL, 0, 0, 0.9 },
	{ "a name that does not exist is not asked for again", "infinity", "g.test:1 n.test:1 s.test:1",
	  "the Endpoint of this [Peer], `n.test:1', cannot be resolved: Name or service not known",
	  4, 0, 3 },
	{ "neither is a service", "infinity", "192.0.2.7:nosuchservice",
	  "the Endpoint of this [Peer], `192.0.2.7:nosuchservice', cannot be resolved: Servname not supported for ai_socktype",
	  1, 0, 0.5 },
	{ "a server that has no answer yet is asked again", "15", "l.test:1 g.test:1", NULL, 0, 0.9, 8 },
	{ "20 names of a server that is silent cost little more than one, and one pause", "1",
	  "s1.test:1 s2.test:1 s3.test:1 s4.test:1 s5.test:1 s6.test:1 s7.test:1 s8.test:1 s9.test:1 "
	  "sa.test:1 sb.test:1 sc.test:1 sd.test:1 se.test:1 sf.test:1 sg.test:1 sh.test:1 si.test:1 "
	  "sj.test:1 sk.test:1",
	  "the Endpoint of this [Peer], `s1.test:1', cannot be resolved: Temporary failure in name resolution",
	  1, 2.9, 8 },
	{ "no retries", "0", "s1.test:1",
	  "the Endpoint of this [Peer], `s1.test:1', cannot be resolved: Temporary failure in name resolution",
	  1, 0.9, 3 },
	{ "retries that are no number", "many", "g.test:1",
	  "the environment has WG_ENDPOINT_RESOLUTION_RETRIES = many: write a number or infinity",
	  0, 0, 0.5 },
	{ "retries below 0", "-1", "g.test:1",
	  "the environment has WG_ENDPOINT_RESOLUTION_RETRIES = -1: write a number or infinity",
	  0, 0, 0.5 },
};

static char *file_of(const char *endpoints)
{
	struct tap_text t;
	unsigned int i;
	size_t len;

	tap_text_begin(&t);
	for (i = 0; *endpoints; i++) {
		len = strcspn(endpoints, " ");
		fprintf(t.out, "[Peer]\nPublicKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd%cHA=\nEndpoint = %.*s\n",
			'A' + i, (int)len, endpoints);
		endpoints += len + !!endpoints[len];
	}
	return tap_text_end(&t);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void test_case(size_t i)
{
	char *text = file_of(cases[i].endpoints);
	struct config_error err;
	unsigned int left = 0;
	struct config c;
	double start;
	size_t j;
	int ret;

	if (parse(&c, &err, text, strlen(text)))
		abort();
	setenv("WG_ENDPOINT_RESOLUTION_RETRIES", cases[i].retries, 1);
	start = now();
	ret = resolve_endpoints(&c, &err);
	start = now() - start;
	for (j = 0; j < c.peers_len; j++)
		left += c.peers[j].host && !c.peers[j].endpoint.ss_family;

	if (cases[i].error) {
		tap_ok(ret == -EHOSTUNREACH && err.line == cases[i].line, "%s: line %u",
		       cases[i].name, err.line);
		tap_same(ret ? err.text : "", cases[i].error, cases[i].name);
	} else {
		tap_same(ret ? err.text : "", "", cases[i].name);
		tap_ok(!left, "%s: all have an address", cases[i].name);
	}
	tap_ok(start >= cases[i].min && start <= cases[i].max, "%s: in %.1f seconds",
	       cases[i].name, start);
	config_free(&c);
	free(text);
}

int main(void)
{
	size_t i;

	if (geteuid() || !set_up()) {
		puts("1..0 # SKIP needs root and namespaces");
		return 4;
	}
	/* what is said on stderr between rounds is not a failure */
	if (!freopen("/dev/null", "w", stderr))
		abort();
	for (i = 0; i < TAP_LEN(cases); i++)
		test_case(i);
	return tap_done();
}
