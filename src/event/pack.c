/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.c - an event without the fields that it does not tell
 *
 * Behind its head (kind, writer, marks, small fields) an event is a row of units of 16 bytes: each is a
 * text, or a pair of numbers.  Packed form: the head; a word with a bit for each unit; the units that tell
 * something.
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

#define UNIT_BYTES sizeof(struct slice)

enum {
	PAIR_COUNT = (NUMBER_COUNT + 1) / 2,
	UNIT_COUNT = TEXT_COUNT + PAIR_COUNT,
	HEAD_BYTES = sizeof(struct event) - UNIT_COUNT * UNIT_BYTES,
	NUMBERS_AT = HEAD_BYTES + TEXT_COUNT * UNIT_BYTES,
};

/* the layout of struct event that is relied upon: head, texts, numbers, without a gap */
#define LIES_AT(name, at) _Static_assert(offsetof(struct event, name) == (at), #name);
#define F(type, name, help)                                                      \
	FIELD_TEXT_##type(LIES_AT(name, HEAD_BYTES + TEXT_##name * UNIT_BYTES))  \
	FIELD_NUMBER_##type(LIES_AT(name, NUMBERS_AT + NUMBER_##name * sizeof(int64_t)))
#include "event/fields.def"
#undef F
_Static_assert(UNIT_BYTES == 2 * sizeof(int64_t), "a text is as long as a pair of numbers");
_Static_assert(UNIT_COUNT < 64, "one bit for each");
_Static_assert(HEAD_BYTES % EVENT_PACK_ALIGN == 0, "what follows is aligned");
_Static_assert(EVENT_PACK_MAX == sizeof(struct event) + 8, "the event, and the word in between");

/* the units of an event that tells nothing */
static const int64_t CLEAR[2 * UNIT_COUNT] = {
#define F(type, name, help) FIELD_TEXT_##type(0, 0, )
#include "event/fields.def"
#undef F
#define F(type, name, help) FIELD_NUMBER_##type(-1, )
#include "event/fields.def"
#undef F
};

_Static_assert(NUMBER_COUNT % 2 == 0, "pairs: one more number needs one that is always -1 behind it");

#ifdef __SSE2__
_Static_assert(TEXT_COUNT >= 8 && PAIR_COUNT == 8, "units are looked at by eight");

static inline __m128i load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* the pointers of two texts */
static inline __m128i pointers2(const char *p)
{
	__m128d first = _mm_load_sd((const double *)(const void *)p);

	return _mm_castpd_si128(_mm_loadh_pd(first, (const double *)(const void *)(p + UNIT_BYTES)));
}

/*
 * Which of eight texts have no pointer: all bits of their words are set.  Packing makes the halves of a
 * pointer or a number narrower, and it saturates: 0 and -1 stay what they are, and nothing else becomes one
 * of them.
 */
static inline __m128i untold_texts8(const char *p)
{
	__m128i a = _mm_packs_epi32(pointers2(p), pointers2(p + 2 * UNIT_BYTES));
	__m128i b = _mm_packs_epi32(pointers2(p + 4 * UNIT_BYTES), pointers2(p + 6 * UNIT_BYTES));

	return _mm_cmpeq_epi16(_mm_packs_epi16(a, b), _mm_setzero_si128());
}

/* all bits of a pair's 32 are set if both numbers are -1 */
static inline __m128i untold_pairs4(const char *p)
{
	__m128i a = _mm_packs_epi32(load(p), load(p + UNIT_BYTES));
	__m128i b = _mm_packs_epi32(load(p + 2 * UNIT_BYTES), load(p + 3 * UNIT_BYTES));

	return _mm_cmpeq_epi32(_mm_packs_epi16(a, b), _mm_set1_epi32(-1));
}

/* the same as that of texts */
static inline __m128i untold_pairs8(const char *p)
{
	return _mm_packs_epi32(untold_pairs4(p), untold_pairs4(p + 4 * UNIT_BYTES));
}

/* a bit for each of sixteen */
static inline uint64_t bits16(__m128i a, __m128i b)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(_mm_packs_epi16(a, b));
}

/* The last eight texts go with the numbers, whether or not some of them were looked at before. */
static inline uint64_t told_units(const struct event *e)
{
	const char *texts = (const char *)e + HEAD_BYTES, *numbers = (const char *)e + NUMBERS_AT;
	uint64_t untold = bits16(untold_texts8(numbers - 8 * UNIT_BYTES), untold_pairs8(numbers));

	untold <<= TEXT_COUNT - 8;
	for (size_t i = 0; i < TEXT_COUNT - 8; i += 16) {
		size_t at = i + 16 <= TEXT_COUNT ? i : TEXT_COUNT - 16;
		const char *p = texts + at * UNIT_BYTES;

		untold |= bits16(untold_texts8(p), untold_texts8(p + 8 * UNIT_BYTES)) << at;
	}
	return ~untold & ((UINT64_C(1) << UNIT_COUNT) - 1);
}
#else
static inline uint64_t told_units(const struct event *e)
{
	uint64_t told = 0;

#define F(type, name, help)                                                       \
	FIELD_TEXT_##type(told |= (uint64_t)(e->name.p != NULL) << TEXT_##name;)  \
	FIELD_NUMBER_##type(told |= (uint64_t)(e->name != -1) << (TEXT_COUNT + NUMBER_##name / 2);)
#include "event/fields.def"
#undef F
	return told;
}
#endif

/* A unit, whatever is in it.  By assignment: a fortified memcpy() may become a call. */
struct unit {
	uint64_t words[2];
} __attribute__((may_alias));

static inline void copy_unit(void *to, const void *from)
{
	*(struct unit *)to = *(const struct unit *)from;
}

/* where the first unit in a mask lies */
static inline size_t unit_at(uint64_t mask)
{
	return (unsigned)__builtin_ctzll(mask) * UNIT_BYTES;
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
	const char *clear = (const char *)CLEAR;
	char *units = (char *)e + HEAD_BYTES, *p = buf;
	uint64_t told = told_units(e);

	memcpy(p, e, HEAD_BYTES);
	clear_head(e);
	p += HEAD_BYTES;
	memcpy(p, &told, sizeof told);
	p += sizeof told;
	for (; told; told &= told - 1, p += UNIT_BYTES) {
		copy_unit(p, units + unit_at(told));
		copy_unit(units + unit_at(told), clear + unit_at(told));
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
	const char *clear = (const char *)CLEAR, *p = packed;
	char *units = (char *)&s->event + HEAD_BYTES;
	uint64_t told, gone;

	memcpy(&s->event, p, HEAD_BYTES);
	p += HEAD_BYTES;
	memcpy(&told, p, sizeof told);
	p += sizeof told;
	gone = s->told & ~told;
	s->told = told;
	for (; gone; gone &= gone - 1)
		copy_unit(units + unit_at(gone), clear + unit_at(gone));
	for (; told; told &= told - 1, p += UNIT_BYTES)
		copy_unit(units + unit_at(told), p);
	return p;
}
