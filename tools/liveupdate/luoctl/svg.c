// SPDX-License-Identifier: GPL-2.0
/*
 * The timeline of the last update as a picture: one bar per phase on a common
 * time axis, with the blackout shaded.
 */

#include <inttypes.h>
#include <stdio.h>

#include "luoctl.h"

/* In SVG user units. */
#define LABELS		150
#define TRACK		600
#define NUMBERS		110
#define ROW		28
#define TOP		56

static double scale(uint64_t us, uint64_t total)
{
	return total ? (double)us * TRACK / (double)total : 0;
}

static uint64_t total_of(const struct timeline *timeline)
{
	uint64_t begin, end, total = 1;
	size_t i;

	for (i = 0; i < phase_count; i++) {
		if (timeline_phase(timeline, &phases[i], &begin, &end) &&
		    end > total)
			total = end;
	}
	return total;
}

static size_t rows_of(const struct timeline *timeline)
{
	uint64_t begin, end;
	size_t i, n = 0;

	for (i = 0; i < phase_count; i++)
		n += timeline_phase(timeline, &phases[i], &begin, &end);
	return n;
}

static void print_head(int height)
{
	const int width = LABELS + TRACK + NUMBERS;

	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">\n",
	       width, height, width, height);
	puts("<title>live update</title>");
	puts("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>");
}

static void print_blackout(const struct timeline *timeline, uint64_t total,
			   int height)
{
	uint64_t begin, end;

	if (!timeline_blackout(timeline, &begin, &end))
		return;
	printf("<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#e6e6e6\"/>\n",
	       LABELS + scale(begin, total), TOP - 24,
	       scale(end - begin, total), height - TOP + 12);
	printf("<text x=\"12\" y=\"20\" font-size=\"15\">blackout: %" PRIu64
	       ".%01" PRIu64 " ms</text>\n",
	       (end - begin) / 1000, (end - begin) % 1000 / 100);
}

static void print_phase(const struct phase *phase, uint64_t begin,
			uint64_t end, uint64_t total, int y)
{
	double width = scale(end - begin, total);

	printf("<text x=\"12\" y=\"%d\">%s</text>\n", y + 15, phase->name);
	printf("<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"20\" fill=\"%s\"/>\n",
	       LABELS + scale(begin, total), y, width < 1 ? 1 : width,
	       phase->blackout ? "#b03030" : "#3070b0");
	printf("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%" PRIu64
	       ".%01" PRIu64 " ms</text>\n",
	       LABELS + TRACK + NUMBERS - 12, y + 15, (end - begin) / 1000,
	       (end - begin) % 1000 / 100);
}

void timeline_svg(const struct timeline *timeline)
{
	const int height = TOP + (int)rows_of(timeline) * ROW + 12;
	const uint64_t total = total_of(timeline);
	uint64_t begin, end;
	int y = TOP;
	size_t i;

	print_head(height);
	print_blackout(timeline, total, height);
	for (i = 0; i < phase_count; i++) {
		if (!timeline_phase(timeline, &phases[i], &begin, &end))
			continue;
		print_phase(&phases[i], begin, end, total, y);
		y += ROW;
	}
	puts("</svg>");
}
