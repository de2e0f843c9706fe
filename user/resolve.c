// SPDX-License-Identifier: GPL-2.0
/*
 * Peers' endpoints from host names to addresses
 */
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "msg.h"
#include "resolve.h"

/* wg(8): 15 tries more, after 1 s, then each time 1.2 times as long, up to 20 s */
#define RETRIES 15
#define PAUSE_FIRST_MS 1000
#define PAUSE_MAX_MS 20000

static unsigned int retries(void)
{
	const char *text = getenv("WG_ENDPOINT_RESOLUTION_RETRIES");
	unsigned long n;
	char *end;

	if (!text)
		return RETRIES;
	if (strcmp(text, "infinity") == 0)
		return UINT_MAX;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || n > UINT_MAX)
		return RETRIES;
	return n;
}

static void pause_ms(unsigned int ms)
{
	struct timespec ts = {
		.tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

/* Return: 0 or a code of getaddrinfo(3) */
static int lookup(struct peer *p)
{
	static const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_protocol = IPPROTO_UDP,
	};
	struct addrinfo *list;
	int code;

	code = getaddrinfo(p->host, p->service, &hints, &list);
	if (code)
		return code;
	if (list->ai_addrlen <= sizeof(p->endpoint))
		memcpy(&p->endpoint, list->ai_addr, list->ai_addrlen);
	freeaddrinfo(list);
	return 0;
}

static int resolve(struct peer *p, struct config_error *err)
{
	unsigned int left = retries();
	unsigned int ms = PAUSE_FIRST_MS;
	int code;

	for (;;) {
		code = lookup(p);
		if (!code)
			return 0;
		if (code != EAI_AGAIN || !left)
			break;
		msg("%s: %s; trying again in %u.%u seconds", p->host,
		    gai_strerror(code), ms / 1000, ms % 1000 / 100);
		pause_ms(ms);
		ms += ms / 5;
		if (ms > PAUSE_MAX_MS)
			ms = PAUSE_MAX_MS;
		if (left != UINT_MAX)
			left--;
	}

	err->line = p->line;
	snprintf(err->text, sizeof(err->text),
		 "the Endpoint of this [Peer], `%s:%s', cannot be resolved: %s",
		 p->host, p->service,
		 code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
	return -EHOSTUNREACH;
}

int resolve_endpoints(struct config *c, struct config_error *err)
{
	size_t i;
	int ret;

	for (i = 0; i < c->peers_len; i++) {
		if (!c->peers[i].host)
			continue;
		ret = resolve(&c->peers[i], err);
		if (ret)
			return ret;
	}
	return 0;
}
