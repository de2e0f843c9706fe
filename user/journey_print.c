// SPDX-License-Identifier: GPL-2.0
/*
 * A journey as text
 */
#include <inttypes.h>
#include <string.h>

#include "escape.h"
#include "journey.h"
#include "proto.h"

/** Columns of a line; the kernel's own documents have as many. */
#define WIDTH 80

enum style {
	STYLE_NONE,
	STYLE_BOLD,
	STYLE_GREEN,
	STYLE_RED,
};

/* ECMA-48, "select graphic rendition" */
static void set_style(FILE *out, bool colour, enum style style)
{
	static const char *const codes[] = {
		[STYLE_NONE] = "0", [STYLE_BOLD] = "1", [STYLE_GREEN] = "32",
		[STYLE_RED] = "1;31",
	};

	if (colour)
		fprintf(out, "\033[%sm", codes[style]);
}

/* Columns of a word that is at least almost all ASCII */
static size_t columns(const char *word, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		n += (word[i] & 0xc0) != 0x80;
	return n;
}

static void put_word(FILE *out, const char *word, size_t len)
{
	char text[256];

	/* a longer one is put piece by piece */
	for (; len >= sizeof(text); word += sizeof(text) - 1, len -= sizeof(text) - 1) {
		snprintf(text, sizeof(text), "%s", word);
		escape_put(out, text);
	}
	snprintf(text, sizeof(text), "%.*s", (int)len, word);
	escape_put(out, text);
}

/* Words, from column @at on, in lines that begin at column @indent */
static void put_wrapped(FILE *out, const char *text, size_t at, size_t indent)
{
	static const char blanks[] = { ' ', '\t', '\n', '\0' };
	bool first = true;
	size_t len, width;

	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		len = strcspn(text, blanks);
		width = columns(text, len);
		if (!first && at + 1 + width > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', out);
			at++;
		}
		put_word(out, text, len);
		at += width;
		text += len;
		first = false;
	}
	fputc('\n', out);
}

static void print_fact(FILE *out, const struct fact *f, bool colour)
{
	static const struct {
		char sign;
		enum style style;
	} looks[] = {
		[FACT_PLAIN] = { ' ', STYLE_NONE },
		[FACT_PASSES] = { ' ', STYLE_NONE },
		[FACT_DECIDES] = { '>', STYLE_GREEN },
		[FACT_LOST] = { 'x', STYLE_RED },
		[FACT_DIFFERS] = { '!', STYLE_RED },
	};
	size_t indent = 6;

	set_style(out, colour, looks[f->kind].style);
	fprintf(out, "    %c ", looks[f->kind].sign);
	if (f->what) {
		put_wrapped(out, f->what, indent, indent + 2);
		set_style(out, colour, STYLE_NONE);
		indent += 2;
		fprintf(out, "%*s", (int)indent, "");
	}
	put_wrapped(out, f->text, indent, indent);
	set_style(out, colour, STYLE_NONE);
}

static void print_head(FILE *out, const struct flow *f)
{
	char addr[PREFIX_TEXT_LEN];

	if (f->proto)
		fprintf(out, "A packet of %s", proto_name(f->proto));
	else
		fputs("A packet", out);
	if (f->from.family)
		fprintf(out, " from %s", addr_text(&f->from, addr));
	else
		fputs(" from this machine", out);
	if (f->sport)
		fprintf(out, ", port %u,", f->sport);
	fprintf(out, " to %s", addr_text(&f->to, addr));
	if (f->dport)
		fprintf(out, ", port %u", f->dport);
	if (f->mark)
		fprintf(out, ", with the mark 0x%" PRIx32, f->mark);
	fputs("\n(> decides where it goes or what it gets, x stops it)\n", out);
}

void journey_print(FILE *out, const struct journey *j, bool colour)
{
	const struct station *s;
	size_t i;

	set_style(out, colour, STYLE_BOLD);
	print_head(out, &j->asked);
	set_style(out, colour, STYLE_NONE);
	for (s = j->stations; s < j->stations + j->stations_len; s++) {
		if (s == j->stations || s->back != s[-1].back)
			fprintf(out, "\n%s\n", s->back ? "BACK" : j->asked.iif ? "THERE" : "OUT");
		set_style(out, colour, STYLE_BOLD);
		fprintf(out, "%2zu  ", s - j->stations + 1);
		put_wrapped(out, s->title, 4, 4);
		set_style(out, colour, STYLE_NONE);
		for (i = 0; i < s->facts_len; i++)
			print_fact(out, &s->facts[i], colour);
	}
	fputc('\n', out);
	if (j->hint) {
		put_wrapped(out, j->hint, 0, 0);
		fputc('\n', out);
	}
	set_style(out, colour, j->is_lost ? STYLE_RED : STYLE_BOLD);
	put_wrapped(out, j->end, 0, 0);
	set_style(out, colour, STYLE_NONE);
}
