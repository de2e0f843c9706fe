// SPDX-License-Identifier: GPL-2.0
/*
 * Journeys as an SVG picture: out down the left side, and back up the right
 */
#include <string.h>

#include "escape.h"
#include "journey.h"

/* In pixels; letters are seven wide or less, those of the last sentence nine */
#define BOX_WIDTH 440
#define BOX_GAP 22
#define COLUMN 480
#define MARGIN 20
#define LINE 16
#define LETTERS 58
#define END_LETTERS 96

static const char style[] =
	"<style>\n"
	"text{font:12px sans-serif;fill:#222}\n"
	"rect{fill:#f6f8fa;stroke:#888}\n"
	"path{fill:#555;stroke:#555}\n"
	".way{fill:none}\n"
	".title{font-weight:bold}\n"
	".what{font:11px monospace;fill:#555}\n"
	".decides{fill:#176117}\n"
	".end{font-size:14px;font-weight:bold}\n"
	".lost{fill:#b00020;font-weight:bold}\n"
	"</style>\n";

/**
 * struct pen - where the picture is being drawn
 * @out: where to; NULL to measure only
 * @x: left edge
 * @y: base of the next line
 */
struct pen {
	FILE *out;
	int x;
	int y;
};

static void put_xml(FILE *out, const char *text, size_t len)
{
	size_t i, bytes;

	for (i = 0; i < len; i += bytes) {
		bytes = utf8_len(text + i);
		/* XML 1.0 cannot have control characters, nor what is no UTF-8, at all */
		if (!bytes || utf8_is_control(text + i)) {
			fputc('?', out);
			bytes = bytes ?: 1;
			continue;
		}
		switch (text[i]) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		default:
			fwrite(text + i, 1, bytes, out);
			break;
		}
	}
}

/* Bytes of the next line, which ends between two words if it can */
static size_t line_len(const char *text, size_t letters)
{
	size_t len = strlen(text), end;

	if (len <= letters)
		return len;
	for (end = letters; end && text[end] != ' '; end--)
		;
	if (end)
		return end;
	/* not inside of a character */
	for (end = letters; end && (text[end] & 0xc0) == 0x80; end--)
		;
	return end ?: letters;
}

static void put_text(struct pen *p, const char *class, const char *text, size_t letters)
{
	size_t len;

	for (; *text; text += strspn(text, " ")) {
		len = line_len(text, letters);
		if (p->out) {
			fprintf(p->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, p->x, p->y);
			put_xml(p->out, text, len);
			fputs("</text>\n", p->out);
		}
		p->y += LINE;
		text += len;
	}
}

/* What of a station is worth a place in the picture */
static void put_facts(struct pen *p, const struct station *s)
{
	static const char *const classes[] = {
		[FACT_PASSES] = "passes", [FACT_DECIDES] = "decides",
		[FACT_LOST] = "lost", [FACT_DIFFERS] = "lost",
	};
	const struct fact *f;

	for (f = s->facts; f < s->facts + s->facts_len; f++) {
		if (f->kind == FACT_PLAIN)
			continue;
		if (f->what)
			put_text(p, "what", f->what, LETTERS);
		put_text(p, classes[f->kind], f->text, LETTERS);
	}
}

static void put_station(struct pen *p, const struct journey *j, const struct station *s)
{
	char title[256];

	snprintf(title, sizeof(title), "%zu  %s", s - j->stations + 1, s->title);
	p->y += LINE + 4;
	put_text(p, "title", title, LETTERS);
	put_facts(p, s);
}

static int station_height(const struct journey *j, const struct station *s)
{
	struct pen p = { 0 };

	put_station(&p, j, s);
	return p.y - LINE / 2;
}

static int column_height(const struct journey *j, bool back)
{
	const struct station *s;
	int height = 0;

	for (s = j->stations; s < j->stations + j->stations_len; s++) {
		if (s->back == back)
			height += station_height(j, s) + BOX_GAP;
	}
	return height;
}

static void draw_station(FILE *out, const struct journey *j, const struct station *s, int y,
			 int height)
{
	int x = MARGIN + (s->back ? COLUMN : 0);
	struct pen p = { .out = out, .x = x + 12, .y = y };

	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n", x, y,
		BOX_WIDTH, height);
	put_station(&p, j, s);
}

static void draw_arrow(FILE *out, int x, int from, int to)
{
	int head = to > from ? -6 : 6;

	fprintf(out, "<path d=\"M%d %dV%dM%d %dl5 %dh-10z\"/>\n", x, from, to, x, to, head);
}

/* Down the left side, and up the right one from where that ends */
static int draw_stations(FILE *out, const struct journey *j, int top)
{
	int left = column_height(j, false), right = column_height(j, true);
	int bottom = top + (left > right ? left : right);
	int middle = BOX_WIDTH / 2 + MARGIN, down = top, up = bottom - BOX_GAP;
	const struct station *s, *last = j->stations + j->stations_len;
	int height, y;

	for (s = j->stations; s < last; s++) {
		height = station_height(j, s);
		if (s->back)
			up -= height;
		y = s->back ? up : down;
		draw_station(out, j, s, y, height);
		if (!s->back)
			down += height + BOX_GAP;
		else
			up -= BOX_GAP;
		if (s + 1 == last || s[1].back != s->back)
			continue;
		if (s->back)
			draw_arrow(out, middle + COLUMN, y, y - BOX_GAP);
		else
			draw_arrow(out, middle, y + height, down);
	}
	if (right) {
		fprintf(out, "<path class=\"way\" d=\"M%d %dV%dH%dV%d\"/>\n", middle,
			down - BOX_GAP, bottom, middle + COLUMN, bottom - BOX_GAP);
		draw_arrow(out, middle + COLUMN, bottom, bottom - BOX_GAP);
	}
	return bottom;
}

static void put_end(struct pen *p, const struct journey *j)
{
	put_text(p, j->is_lost ? "end lost" : "end", j->end, END_LETTERS);
	if (j->hint)
		put_text(p, "hint", j->hint, 2 * LETTERS);
}

static int draw_journey(FILE *out, const struct journey *j, int top)
{
	struct pen p = { .out = out, .x = MARGIN, .y = top + LINE };

	put_end(&p, j);
	return draw_stations(out, j, p.y) + 2 * BOX_GAP;
}

static int journey_height(const struct journey *j)
{
	int left = column_height(j, false), right = column_height(j, true);
	struct pen p = { .y = LINE };

	put_end(&p, j);
	return p.y + (left > right ? left : right) + 2 * BOX_GAP;
}

void journey_print_svg(FILE *out, const struct journey *list, size_t len)
{
	int height = MARGIN, top = MARGIN, width = 2 * MARGIN + COLUMN + BOX_WIDTH;
	size_t i;

	for (i = 0; i < len; i++)
		height += journey_height(&list[i]);
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n",
		width, height, width, height);
	fputs(style, out);
	fprintf(out, "<rect width=\"%d\" height=\"%d\" style=\"fill:#fff;stroke:none\"/>\n", width,
		height);
	for (i = 0; i < len; i++)
		top = draw_journey(out, &list[i], top);
	fputs("</svg>\n", out);
}
