/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.c - the bytes that are not near
 */
#include "base/scan.h"

const char *scan_far(const char *p, const char *end, char a, char b)
{
	return scan_either(p, end, a, b);
}
