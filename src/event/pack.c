/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.c - an event without the fields that it does not tell
 *
 * Packed form: what stands before the texts in struct event (kind, writer, marks, small fields); a word
 * with a bit for each text and each number; the texts and the numbers that are told.
 */
#include "event/pack.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <string.h>

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
	NUMBER_BIT = 64 - NUMBER_COUNT, /* of the first number, in the word of bits */
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

#define TEXT_MASK   ((UINT64_C(1) << TEXT_COUNT) - 1)
#define NUMBER_MASK (~UINT64_C(0) << NUMBER_BIT)

#if defined __SSE2__ && UINTPTR_MAX == UINT64_MAX
_Static_assert(TEXT_COUNT >= 8 && NUMBER_COUNT <= 16, "looked at by eight and by sixteen");

static inline __m128i load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* the pointers of two texts */
static inline __m128i pointers2(const char *p)
{
	__m128d first = _mm_load_sd((const double *)(const void *)p);

	return _mm_castpd_si128(_mm_loadh_pd(first, (const double *)(const void *)(p + TEXT_BYTES)));
}

/*
 * Which of eight texts have no pointer: all bits of their words are set.  Packing makes the halves of a pointer
 * or a number narrower, and it saturates: 0 and -1 stay what they are, and nothing else becomes one of them.
 */
static inline __m128i untold_texts8(const char *p)
{
	__m128i a = _mm_packs_epi32(pointers2(p), pointers2(p + 2 * TEXT_BYTES));
	__m128i b = _mm_packs_epi32(pointers2(p + 4 * TEXT_BYTES), pointers2(p + 6 * TEXT_BYTES));

	return _mm_cmpeq_epi16(_mm_packs_epi16(a, b), _mm_setzero_si128());
}

/* the same for eight numbers that are -1 */
static inline __m128i untold_numbers8(const char *p)
{
	__m128i a = _mm_packs_epi32(load(p), load(p + 2 * NUMBER_BYTES));
	__m128i b = _mm_packs_epi32(load(p + 4 * NUMBER_BYTES), load(p + 6 * NUMBER_BYTES));

	return _mm_cmpeq_epi16(_mm_packs_epi16(a, b), _mm_set1_epi16(-1));
}

/* a bit for each of sixteen */
static inline uint64_t bits16(__m128i a, __m128i b)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(_mm_packs_epi16(a, b));
}

/* What is left of the texts is looked at together with some that were looked at before. */
static inline uint64_t told_fields(const struct event *e)
{
	const char *texts = (const char *)e + HEAD_BYTES, *end = (const char *)e + sizeof *e;
	const char *p = end - 16 * NUMBER_BYTES;
	uint64_t untold = bits16(untold_numbers8(p), untold_numbers8(p + 8 * NUMBER_BYTES)) << 48;
	size_t i;

	untold &= NUMBER_MASK;
	for (i = 0; i + 16 <= TEXT_COUNT; i += 16) {
		p = texts + i * TEXT_BYTES;
		untold |= bits16(untold_texts8(p), untold_texts8(p + 8 * TEXT_BYTES)) << i;
	}
	for (; i < TEXT_COUNT; i += 8) {
		size_t at = i + 8 <= TEXT_COUNT ? i : TEXT_COUNT - 8;

		untold |= bits16(untold_texts8(texts + at * TEXT_BYTES), _mm_setzero_si128()) << at;
	}
	return ~untold & (TEXT_MASK | NUMBER_MASK);
}
#else
static inline uint64_t told_fields(const struct event *e)
{
	uint64_t told = 0;

#define F(type, name, help)                                                                       \
	FIELD_TEXT_##type(told |= (uint64_t)(e->name.p != NULL) << TEXT_##name;)                  \
	FIELD_NUMBER_##type(told |= (uint64_t)(e->name != -1) << (NUMBER_BIT + NUMBER_##name);)
#include "event/fields.def"
#undef F
	return told;
}
#endif

static inline struct slice *texts_of(struct event *e)
{
	return (struct slice *)(void *)((char *)e + HEAD_BYTES);
}

static inline int64_t *numbers_of(struct event *e)
{
	return (int64_t *)(void *)((char *)e + NUMBERS_AT);
}

/* the number of the lowest field in a mask */
static inline unsigned lowest(uint64_t mask)
{
	return (unsigned)__builtin_ctzll(mask);
}

static inline void clear_head(struct event *e)
{
	e->kind = EV_FOREIGN;
	e->writer = WRITER_NONE;
	e->marks = 0;
#define F(type, name, help) FIELD_SMALL_##type(e->name = FIELD_NONE_##type;)
#include "event/fields.def"
#undef F
}

size_t event_pack(struct event *e, void *buf)
{
	uint64_t told = told_fields(e), texts = told & TEXT_MASK, numbers = told >> NUMBER_BIT;
	struct slice *text = texts_of(e);
	int64_t *number = numbers_of(e);
	char *p = buf;

	memcpy(p, e, HEAD_BYTES);
	clear_head(e);
	p += HEAD_BYTES;
	memcpy(p, &told, sizeof told);
	p += sizeof told;
	for (; texts; texts &= texts - 1, p += TEXT_BYTES) {
		memcpy(p, &text[lowest(texts)], TEXT_BYTES);
		text[lowest(texts)] = slice_none;
	}
	for (; numbers; numbers &= numbers - 1, p += NUMBER_BYTES) {
		memcpy(p, &number[lowest(numbers)], NUMBER_BYTES);
		number[lowest(numbers)] = -1;
	}
	return (size_t)(p - (char *)buf);
}

void event_slot_init(struct event_slot *s)
{
	event_init(&s->event, EV_FOREIGN);
	s->told = 0;
}

const void *event_unpack(const void *packed, struct event_slot *s)
{
	struct slice *text = texts_of(&s->event);
	int64_t *number = numbers_of(&s->event);
	const char *p = packed;
	uint64_t told, mask;

	memcpy(&s->event, p, HEAD_BYTES);
	p += HEAD_BYTES;
	memcpy(&told, p, sizeof told);
	p += sizeof told;
	mask = s->told & ~told;
	s->told = told;
	for (uint64_t texts = mask & TEXT_MASK; texts; texts &= texts - 1)
		text[lowest(texts)] = slice_none;
	for (uint64_t numbers = mask >> NUMBER_BIT; numbers; numbers &= numbers - 1)
		number[lowest(numbers)] = -1;
	for (uint64_t texts = told & TEXT_MASK; texts; texts &= texts - 1, p += TEXT_BYTES)
		memcpy(&text[lowest(texts)], p, TEXT_BYTES);
	for (uint64_t numbers = told >> NUMBER_BIT; numbers; numbers &= numbers - 1, p += NUMBER_BYTES)
		memcpy(&number[lowest(numbers)], p, NUMBER_BYTES);
	return p;
}
