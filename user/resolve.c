// SPDX-License-Identifier: GPL-2.0
/*
 * From the names in a configuration to addresses and ports
 *
 * A name server that is not there costs its timeout for every name asked, which
 * is 10 seconds by default (resolv.conf(5)). So names are asked for in rounds:
 * some at the same time, and none any more in a round which has shown that the
 * server does not answer. Between rounds there is one pause for all.
 */
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <pthread.h>
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

/* Names asked for at the same time */
#define THREADS 8

/* A server that is there says within that time that it does not know yet */
#define ANSWER_MS 1000

/**
 * struct lookup - a peer whose host is a name
 * @peer: the peer
 * @code: of getaddrinfo(3), 0 when it is resolved
 * @error: errno for EAI_SYSTEM
 */
struct lookup {
	struct peer *peer;
	int code;
	int error;
};

/**
 * struct round - every name asked for once
 * @list: the names, those without an answer
 * @len: how many
 * @next: the first one that no thread has begun with
 * @silent: the name server does not answer
 * @lock: of @next and @silent
 */
struct round {
	struct lookup *list;
	size_t len;
	size_t next;
	bool silent;
	pthread_mutex_t lock;
};

static const char *reason(const struct lookup *l)
{
	return l->code == EAI_SYSTEM ? strerror(l->error) : gai_strerror(l->code);
}

static int read_retries(unsigned int *n, struct config_error *err)
{
	const char *text = getenv("WG_ENDPOINT_RESOLUTION_RETRIES");
	unsigned long value;
	char *end;

	*n = RETRIES;
	if (!text)
		return 0;
	*n = UINT_MAX;
	if (strcmp(text, "infinity") == 0)
		return 0;

	errno = 0;
	value = strtoul(text, &end, 10);
	*n = value;
	if (*text >= '0' && *text <= '9' && !*end && !errno && value < UINT_MAX)
		return 0;

	snprintf(err->text, sizeof(err->text),
		 "the environment has WG_ENDPOINT_RESOLUTION_RETRIES = %.32s: write a number or infinity",
		 text);
	return -EHOSTUNREACH;
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

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Return: 0 or a code of getaddrinfo(3) */
static int lookup(struct peer *p, int flags)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_protocol = IPPROTO_UDP,
		.ai_flags = flags,
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

/* Whether to ask again may help. What wg(8) goes by, and the service besides,
 * which no name server has.
 */
static bool is_final(int code)
{
	return code == EAI_NONAME || code == EAI_FAIL || code == EAI_NODATA ||
	       code == EAI_SERVICE;
}

static void *work(void *arg)
{
	struct round *r = arg;
	struct lookup *l;
	long long start;
	bool silent;

	for (;;) {
		pthread_mutex_lock(&r->lock);
		l = r->next < r->len && !r->silent ? &r->list[r->next++] : NULL;
		pthread_mutex_unlock(&r->lock);
		if (!l)
			return NULL;

		start = now_ms();
		l->code = lookup(l->peer, 0);
		l->error = errno;
		silent = l->code && !is_final(l->code) && now_ms() - start >= ANSWER_MS;
		if (silent) {
			pthread_mutex_lock(&r->lock);
			r->silent = true;
			pthread_mutex_unlock(&r->lock);
		}
	}
}

/* This thread is the last one, and the only one where no other can be had */
static void ask(struct lookup *list, size_t len)
{
	struct round r = { list, len, 0, false, PTHREAD_MUTEX_INITIALIZER };
	pthread_t threads[THREADS - 1];
	size_t i, n = 0;

	while (n < THREADS - 1 && n + 1 < len &&
	       pthread_create(&threads[n], NULL, work, &r) == 0)
		n++;
	work(&r);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static int refuse(const struct lookup *l, struct config_error *err)
{
	err->line = l->peer->line;
	snprintf(err->text, sizeof(err->text),
		 "the Endpoint of this [Peer], `%.80s:%.32s', cannot be resolved: %s",
		 l->peer->host, l->peer->service, reason(l));
	return -EHOSTUNREACH;
}

/* Those that have an answer leave the list. Return: 0, or -EHOSTUNREACH if for
 * one there will be none
 */
static int take_answers(struct lookup *list, size_t *len, struct config_error *err)
{
	size_t i, n = 0;

	for (i = 0; i < *len; i++) {
		if (list[i].code && is_final(list[i].code))
			return refuse(&list[i], err);
		if (list[i].code)
			list[n++] = list[i];
	}

	*len = n;
	return 0;
}

static void say_again(const struct lookup *list, size_t len, unsigned int ms)
{
	char more[32] = "";

	if (len > 1)
		snprintf(more, sizeof(more), " and %zu more", len - 1);
	msg("%s%s: %s; trying again in %u.%u seconds", list->peer->host, more,
	    reason(list), ms / 1000, ms % 1000 / 100);
}

static int resolve(struct lookup *list, size_t len, struct config_error *err)
{
	unsigned int ms = PAUSE_FIRST_MS;
	unsigned int left;
	int ret;

	ret = read_retries(&left, err);
	while (!ret && len) {
		ask(list, len);
		ret = take_answers(list, &len, err);
		if (ret || !len)
			break;
		if (!left)
			return refuse(list, err);

		say_again(list, len, ms);
		pause_ms(ms);
		ms += ms / 5;
		if (ms > PAUSE_MAX_MS)
			ms = PAUSE_MAX_MS;
		if (left != UINT_MAX)
			left--;
	}

	return ret;
}

int resolve_endpoints(struct config *c, struct config_error *err)
{
	struct lookup *list;
	struct peer *peer;
	size_t len = 0;
	int ret;

	list = calloc(c->peers_len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;

	for (peer = c->peers; peer < c->peers + c->peers_len; peer++) {
		if (peer->host && lookup(peer, AI_NUMERICHOST))
			list[len++] = (struct lookup){ peer, EAI_AGAIN, 0 };
	}

	ret = resolve(list, len, err);
	free(list);
	return ret;
}

int resolve_listen_port(struct config *c, struct config_error *err)
{
	static const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_protocol = IPPROTO_UDP,
		.ai_flags = AI_PASSIVE,
	};
	struct addrinfo *list;
	int code;

	if (!c->listen_service)
		return 0;

	code = getaddrinfo(NULL, c->listen_service, &hints, &list);
	if (code) {
		err->line = c->listen_line;
		snprintf(err->text, sizeof(err->text),
			 "ListenPort = %.32s is no service that services(5) knows for UDP; write a port from 0 to 65535",
			 c->listen_service);
		return -EINVAL;
	}

	/* The port is at the same place for both IP versions */
	c->listen_port = ntohs(((const struct sockaddr_in *)list->ai_addr)->sin_port);
	freeaddrinfo(list);
	return 0;
}
