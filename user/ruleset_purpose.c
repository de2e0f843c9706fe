// SPDX-License-Identifier: GPL-2.0
/*
 * What a rule is for, by what it says
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_purpose.h"

/* Statements of a rule that are compared; no shape has more */
#define WORDS_MAX 16

/**
 * struct words - a rule's statements as a shape has them
 * @list: texts, allocated
 * @len: how many
 * @first: how many of them are matches, before all else
 * @taken: what a shape took of them
 */
struct words {
	char *list[WORDS_MAX];
	size_t len;
	size_t first;
	struct taken taken;
};

static bool is_seen(const struct nft_stmt *stmt)
{
	return !stmt->is_hidden && stmt->type != STMT_COUNTER &&
	       !(stmt->type == STMT_OTHER && !*stmt->text);
}

static void unquote(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text != '"')
			*to++ = *text;
	}
	*to = '\0';
}

/* As nft(8) writes it, but for what depends on iptables */
static void print_words(FILE *out, uint8_t family, const struct nft_stmt *stmt)
{
	if (stmt->type == STMT_SET && stmt->text && !stmt->is_masked)
		fprintf(out, "%s set %s", stmt->field->name, stmt->from->name);
	else
		nft_stmt_print(out, family, stmt);
}

static int words_from(struct words *w, const struct nft_stmts *s)
{
	const struct nft_stmt *stmt;
	size_t len;
	FILE *out;

	for (stmt = s->list; stmt && stmt < s->list + s->len; stmt++) {
		if (!is_seen(stmt))
			continue;
		if (w->len == WORDS_MAX)
			return -E2BIG;
		out = open_memstream(&w->list[w->len], &len);
		if (!out)
			return -ENOMEM;
		if (stmt->type == STMT_MATCH && w->first == w->len)
			w->first++;
		print_words(out, s->family, stmt);
		w->len++;
		if (fclose(out))
			return -ENOMEM;
		unquote(w->list[w->len - 1]);
	}
	return 0;
}

static void words_free(struct words *w)
{
	while (w->len)
		free(w->list[--w->len]);
}

/* @want: "ip", "$d", "@$s" ...; @take: where to keep what $ stands for */
static bool word_fits(struct words *w, const char *want, size_t want_len, const char *got,
		      size_t got_len)
{
	static const char *const same[][2] = {
		{ "ip", "ip6" }, { "iif", "iifname" }, { "oif", "oifname" },
	};
	char *taken;
	size_t i;

	if (want_len >= 2 && want[want_len - 2] == '$') {
		taken = w->taken.words[want[want_len - 1] - 'a'];
		want_len -= 2;
		if (got_len <= want_len || memcmp(want, got, want_len) != 0 ||
		    got_len - want_len >= sizeof(w->taken.words[0]))
			return false;
		got += want_len;
		got_len -= want_len;
		if (*taken)
			return strlen(taken) == got_len && !memcmp(taken, got, got_len);
		memcpy(taken, got, got_len);
		taken[got_len] = '\0';
		return true;
	}
	if (want_len == got_len && !memcmp(want, got, got_len))
		return true;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		if (want_len == strlen(same[i][0]) && !memcmp(want, same[i][0], want_len) &&
		    got_len == strlen(same[i][1]) && !memcmp(got, same[i][1], got_len))
			return true;
	}
	return false;
}

/* @want ends at @end. What does not fit has taken nothing. */
static bool part_fits(struct words *w, const char *want, const char *end, const char *got)
{
	struct taken before = w->taken;
	size_t want_len, got_len;

	while (want < end && *got) {
		want_len = strcspn(want, " ;");
		got_len = strcspn(got, " ");
		if (!word_fits(w, want, want_len, got, got_len))
			break;
		want += want_len + (want[want_len] == ' ');
		got += got_len + (got[got_len] == ' ');
	}
	if (want >= end && !*got)
		return true;
	w->taken = before;
	return false;
}

static const char *part_end(const char *part)
{
	const char *end = strstr(part, "; ");

	return end ?: part + strlen(part);
}

/* Matches in any order, the rest as it comes */
static bool shape_fits(struct words *w, const char *shape)
{
	const char *part, *end;
	bool used[WORDS_MAX] = { false };
	size_t n = 0, i;

	w->taken = (struct taken){ 0 };
	for (part = shape; *part; part = *end ? end + 2 : end, n++) {
		end = part_end(part);
		if (n >= w->len)
			return false;
		for (i = n < w->first ? 0 : n; i < (n < w->first ? w->first : n + 1); i++) {
			if (!used[i] && part_fits(w, part, end, w->list[i])) {
				used[i] = true;
				break;
			}
		}
		if (i == (n < w->first ? w->first : n + 1))
			return false;
	}
	return n == w->len;
}

/* Without what stands before a colon: struct shape. NULL if it is not for this one */
static const char *sentence_for(const char *sentence, const struct taken *taken, uint8_t family)
{
	if (!sentence[0] || sentence[1] != ':')
		return sentence;
	if (sentence[0] == 'd' ? !taken->drops :
	    family == (sentence[0] == '4' ? NFPROTO_IPV6 : NFPROTO_IPV4))
		return NULL;
	return sentence + 2;
}

char *purpose_text(const char *const sentences[static SENTENCES_MAX],
		   const struct taken *taken, uint8_t family)
{
	char *text = NULL;
	const char *at;
	size_t len, i;
	FILE *out;

	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	for (i = 0; i < SENTENCES_MAX && sentences[i]; i++) {
		at = sentence_for(sentences[i], taken, family);
		if (!at)
			continue;
		if (i)
			fputc(' ', out);
		for (; *at; at++) {
			if (*at == '$')
				fputs(taken->words[*++at - 'a'], out);
			else
				fputc(*at, out);
		}
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static const struct shape *find_shape(struct words *w, enum ruleset_owner owner)
{
	const struct shape *shape;

	for (shape = rule_shapes; shape->match; shape++) {
		if ((shape->owner == OWNER_UNKNOWN || shape->owner == owner) &&
		    shape_fits(w, shape->match))
			return shape;
	}
	return NULL;
}

static bool is_mark(const struct nft_field *field, enum nft_source source)
{
	return field && field->type == TYPE_MARK && field->source == source;
}

/* Return: false if it is not known what comes of it: another chain says it */
static bool take_verdict(enum rule_role *role, const struct nft_verdict *v)
{
	if (v->chain)
		return false;
	if (v->code == NF_DROP)
		*role = ROLE_DROP;
	else if (v->code == NF_ACCEPT && *role == ROLE_OTHER)
		*role = ROLE_ACCEPT;
	return true;
}

/* What a named map says may be another thing by now */
static bool take_vmap(enum rule_role *role, const struct nft_set *set)
{
	size_t i;

	if (!(set->flags & NFT_SET_ANONYMOUS))
		return false;
	for (i = 0; i < set->elems_len; i++) {
		if (!take_verdict(role, &set->elems[i].verdict))
			return false;
	}
	return true;
}

/* A rule of no known shape, by what it changes or by its verdict */
static enum rule_role plain_role(const struct nft_stmts *s)
{
	enum rule_role role = ROLE_OTHER;
	const struct nft_stmt *stmt;

	for (stmt = s->list; stmt && stmt < s->list + s->len; stmt++) {
		if (stmt->type == STMT_UNKNOWN)
			return ROLE_UNKNOWN;
		if (stmt->type == STMT_SET && is_mark(stmt->field, FROM_META) &&
		    role != ROLE_SET_CTMARK)
			role = is_mark(stmt->from, FROM_CT) ? ROLE_RESTORE : ROLE_SET_MARK;
		else if (stmt->type == STMT_SET && is_mark(stmt->field, FROM_CT))
			role = is_mark(stmt->from, FROM_META) ? ROLE_SAVE : ROLE_SET_CTMARK;
		else if (stmt->is_masquerade)
			role = ROLE_MASQUERADE;
		else if (stmt->type == STMT_REJECT && role == ROLE_OTHER)
			role = ROLE_REJECT;
		else if (stmt->type == STMT_VERDICT && !take_verdict(&role, &stmt->verdict))
			return ROLE_UNKNOWN;
		else if (stmt->type == STMT_VMAP && !take_vmap(&role, stmt->set))
			return ROLE_UNKNOWN;
	}
	return role;
}

/* The mark that a role is about: the one that is set, or the one that is asked for */
static void take_mark(struct nft_rule *rule, const struct nft_stmt *stmt)
{
	bool about_ct = rule->role == ROLE_SET_CTMARK || rule->role == ROLE_SAVE;
	enum nft_source source = about_ct ? FROM_CT : FROM_META;
	uint32_t value, mask = UINT32_MAX, flip;

	memcpy(&value, stmt->value, sizeof(value));
	if (stmt->type == STMT_MATCH) {
		/* RESTORE asks for the ct mark that it restores, SAVE for the mark */
		if (rule->role == ROLE_RESTORE || rule->role == ROLE_SAVE)
			source = about_ct ? FROM_META : FROM_CT;
		if (!is_mark(stmt->field, source) || stmt->op != OP_EQ)
			return;
		if (stmt->is_masked)
			memcpy(&mask, stmt->mask, sizeof(mask));
	} else {
		if (stmt->type != STMT_SET || !is_mark(stmt->field, source))
			return;
		if (stmt->from) {
			/* (x & ~M) | F of its own mark; a copy has no fixed mark */
			if (!stmt->is_masked || stmt->from != stmt->field)
				return;
			memcpy(&mask, stmt->mask, sizeof(mask));
			memcpy(&flip, stmt->flip, sizeof(flip));
			mask = ~mask;
			value = flip & mask;
		}
	}
	rule->mark = value;
	rule->mask = mask;
}

/* The device that is asked for; not what a name begins with */
static void take_device(struct nft_rule *rule, const struct nft_stmt *stmt)
{
	uint32_t ifindex;

	if ((stmt->op != OP_EQ && stmt->op != OP_NEQ) || *rule->iif ||
	    stmt->field->source != FROM_META)
		return;
	if (stmt->field->type == TYPE_IFINDEX) {
		memcpy(&ifindex, stmt->value, sizeof(ifindex));
		if (!if_indextoname(ifindex, rule->iif))
			*rule->iif = '\0';
	} else if (stmt->field->type == TYPE_IFNAME &&
		   memchr(stmt->value, '\0', stmt->len)) {
		snprintf(rule->iif, sizeof(rule->iif), "%.*s", IF_NAMESIZE - 1, stmt->value);
	}
}

static void take_facts(struct nft_rule *rule, const struct nft_stmts *s)
{
	const struct nft_stmt *stmt;

	rule->mask = UINT32_MAX;
	for (stmt = s->list; stmt && stmt < s->list + s->len; stmt++) {
		if (stmt->type == STMT_COUNTER) {
			rule->has_counter = true;
			rule->packets += stmt->packets;
		}
		if (stmt->type == STMT_MATCH || stmt->type == STMT_SET)
			take_mark(rule, stmt);
		if (stmt->type != STMT_MATCH)
			continue;
		if (stmt->field->source == FROM_TRANSPORT && stmt->field->proto)
			rule->l4proto = stmt->field->proto;
		if (stmt->field->type == TYPE_PROTOCOL && stmt->op == OP_EQ &&
		    stmt->field->source != FROM_CT)
			rule->l4proto = stmt->value[0];
		take_device(rule, stmt);
	}
}

static bool asks_for(const struct nft_stmts *s, uint32_t by_index, uint32_t by_name)
{
	const struct nft_stmt *stmt;

	for (stmt = s->list; stmt && stmt < s->list + s->len; stmt++) {
		if (stmt->type == STMT_MATCH && stmt->field->source == FROM_META &&
		    (stmt->field->key == by_index || stmt->field->key == by_name))
			return true;
	}
	return false;
}

/* It asks for a device that is not there yet, or never was: no shape means that */
static bool is_misplaced(const struct nft_chain *chain, const struct nft_stmts *s)
{
	if (!chain->is_base)
		return false;
	if (chain->hook == NF_INET_LOCAL_OUT)
		return asks_for(s, NFT_META_IIF, NFT_META_IIFNAME);
	if (chain->hook == NF_INET_PRE_ROUTING || chain->hook == NF_INET_LOCAL_IN)
		return asks_for(s, NFT_META_OIF, NFT_META_OIFNAME);
	return false;
}

int rule_understand(struct nft_rule *rule, const struct nft_ruleset_table *table,
		    const struct nft_chain *chain, const struct nft_stmts *s)
{
	const struct shape *shape = NULL;
	struct words w = { .len = 0 };
	int err;

	rule->role = plain_role(s);
	err = words_from(&w, s);
	if (!err && !is_misplaced(chain, s))
		shape = find_shape(&w, table->owner);
	if (shape) {
		rule->shape = shape;
		rule->role = shape->role;
		rule->purpose = purpose_text(shape->purpose, &w.taken, table->family);
		if (!rule->purpose)
			err = -ENOMEM;
	}
	if (err == -E2BIG)
		/* longer than any that is known */
		err = 0;
	if (!err)
		take_facts(rule, s);
	words_free(&w);
	return err;
}
