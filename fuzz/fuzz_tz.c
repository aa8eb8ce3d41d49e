/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_tz.c - any bytes as a time zone file
 */
#include <assert.h>

#include "envelope/tz.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t YEARS[] = { -500, -70, 0, 20, 56, 67, 430, 900, 8000 }; /* since 1970 */
	struct tz *tz;

	if (tz_from_bytes(slice_of((const char *)data, size), &tz, NULL) < 0)
		return 0;
	for (size_t i = 0; i < sizeof YEARS / sizeof YEARS[0]; i++) {
		usec_t t = YEARS[i] * 31556952 * USEC_PER_SEC, from, until;
		int32_t offset;

		offset = tz_offset_at(tz, t);
		assert(offset >= -26 * 3600 && offset <= 26 * 3600);
		tz_flat_range(tz, t, &from, &until);
		assert(from <= t && t < until);
		(void)tz_local_to_utc(tz, t, i % 2, &offset);
	}
	tz_free(tz);
	return 0;
}
