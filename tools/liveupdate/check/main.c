// SPDX-License-Identifier: GPL-2.0
/*
 * luo-check - "luoctl check" as a program of its own
 */

#include "check.h"

int main(int argc, char **argv)
{
	return luo_check(argc, argv);
}
