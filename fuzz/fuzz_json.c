/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_json.c - a record in JSON: what both the quick reader and jansson take is the same (the quick one does not look into values that nobody wants)
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "envelope/json_members.h"
#include "fuzz.h"

static char *take(void *ctx, size_t n)
{
	return arena_bytes(ctx, n + !n);
}

static bool wanted(struct slice name)
{
	return name.n > 0 && name.n < 40 && name.p[0] != '_';
}

static const struct json_member *member(const struct json_members *m, struct slice name)
{
	for (size_t i = 0; i < m->n; i++)
		if (slice_eq(m->all[i].name, name))
			return &m->all[i];
	return NULL;
}

static bool is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *block = malloc(size + !size); /* of exactly its size: ASan sees every step past the end */
	struct slice record = slice_of(block, size);
	struct arena arena = { 0 };
	const struct envelope_room room = { take, &arena };
	struct json_members quick, full;

	if (size)
		memcpy(block, data, size);
	if (json_members_quick(record, wanted, &room, &quick) && is_ascii(record) && json_members_in_full(record, wanted, &room, &full)) {
		assert(quick.n == full.n);
		for (size_t i = 0; i < quick.n; i++) {
			const struct json_member *q = &quick.all[i], *f = member(&full, q->name);

			assert(f && f->form == q->form && slice_eq(f->value, q->value));
		}
	} else {
		(void)json_members(record, wanted, &room, &full);
	}
	arena_clear(&arena);
	free(block);
	return 0;
}
