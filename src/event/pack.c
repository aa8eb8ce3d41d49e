/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.c - an event without the fields that it does not tell
 *
 * Packed form: what stands before the texts in struct event (kind, writer, marks, small fields); a word
 * with a bit for each text and each number; the texts and the numbers that are told.
 */
#include "event/pack.h"

enum {
#define F(type, name, help) FIELD_TEXT_##type(TEXT_##name, )
#include "event/fields.def"
#undef F
	TEXT_COUNT
};

enum {
#define F(type, name, help) FIELD_NUMBER_##type(NUMBER_##name, )
#include "event/fields.def"
#undef F
	NUMBER_COUNT
};

#define TEXT_BYTES   sizeof(struct slice)
#define NUMBER_BYTES sizeof(int64_t)

enum {
	HEAD_BYTES = sizeof(struct event) - TEXT_COUNT * TEXT_BYTES - NUMBER_COUNT * NUMBER_BYTES,
	NUMBERS_AT = HEAD_BYTES + TEXT_COUNT * TEXT_BYTES,
};

/* the layout of struct event that is relied upon: head, texts, numbers, without a gap */
#define LIES_AT(name, at) _Static_assert(offsetof(struct event, name) == (at), #name);
#define F(type, name, help)                                                         \
	FIELD_TEXT_##type(LIES_AT(name, HEAD_BYTES + TEXT_##name * TEXT_BYTES))     \
	FIELD_NUMBER_##type(LIES_AT(name, NUMBERS_AT + NUMBER_##name * NUMBER_BYTES))
#include "event/fields.def"
#undef F
_Static_assert(TEXT_COUNT + NUMBER_COUNT <= 64, "one bit for each");
_Static_assert(HEAD_BYTES % EVENT_PACK_ALIGN == 0, "what follows is aligned");
_Static_assert(EVENT_PACK_MAX == sizeof(struct event) + 8, "the event, and the word in between");

#define TEXT_MASK ((UINT64_C(1) << TEXT_COUNT) - 1)

/* Bit i: the last text but i is told; above them the numbers likewise.  No branch: any mix comes by. */
static inline uint64_t told_fields(const struct event *e)
{
	uint64_t texts = 0, numbers = 0;

#define F(type, name, help)                                                 \
	FIELD_TEXT_##type(texts = texts + texts + (e->name.p != NULL);)     \
	FIELD_NUMBER_##type(numbers = numbers + numbers + (e->name != -1);)
#include "event/fields.def"
#undef F
	return numbers << TEXT_COUNT | texts;
}

/* where the field of a mask's lowest bit lies; fields of n bytes end at `end` */
static inline size_t lowest(uint64_t mask, size_t end, size_t n)
{
	return end - ((size_t)__builtin_ctzll(mask) + 1) * n;
}

size_t event_pack(const struct event *e, void *buf)
{
	const char *from = (const char *)e;
	uint64_t told = told_fields(e), texts = told & TEXT_MASK, numbers = told >> TEXT_COUNT;
	char *p = buf;

	memcpy(p, from, HEAD_BYTES);
	p += HEAD_BYTES;
	memcpy(p, &told, sizeof told);
	p += sizeof told;
	for (; texts; texts &= texts - 1, p += TEXT_BYTES)
		memcpy(p, from + lowest(texts, NUMBERS_AT, TEXT_BYTES), TEXT_BYTES);
	for (; numbers; numbers &= numbers - 1, p += NUMBER_BYTES)
		memcpy(p, from + lowest(numbers, sizeof *e, NUMBER_BYTES), NUMBER_BYTES);
	return (size_t)(p - (char *)buf);
}

const void *event_unpack(const void *packed, struct event *ret)
{
	char *to = (char *)ret;
	const char *p = packed;
	uint64_t told, texts, numbers;

	event_init(ret, EV_OTHER);
	memcpy(to, p, HEAD_BYTES);
	p += HEAD_BYTES;
	memcpy(&told, p, sizeof told);
	p += sizeof told;
	texts = told & TEXT_MASK;
	numbers = told >> TEXT_COUNT;
	for (; texts; texts &= texts - 1, p += TEXT_BYTES)
		memcpy(to + lowest(texts, NUMBERS_AT, TEXT_BYTES), p, TEXT_BYTES);
	for (; numbers; numbers &= numbers - 1, p += NUMBER_BYTES)
		memcpy(to + lowest(numbers, sizeof *ret, NUMBER_BYTES), p, NUMBER_BYTES);
	return p;
}
