/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Print the result of a comparison.
 */

#ifndef LUO_CHECK_REPORT_H
#define LUO_CHECK_REPORT_H

#include <stdio.h>

#include "compare.h"

const char *verdict_name(enum verdict verdict);
void report_text(FILE *out, const struct comparison *there,
		 const struct comparison *back);
int report_json(FILE *out, const struct comparison *there,
		const struct comparison *back);

#endif /* LUO_CHECK_REPORT_H */
