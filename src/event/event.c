/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.c - names and JSON form of the vocabulary
 */
#include "event/event.h"

#include <stddef.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "base/attr.h"

static inline void init_head(struct event *e, enum event_kind kind)
{
	e->kind = kind;
	e->writer = WRITER_NONE;
	e->marks = 0;
#define F(type, name, help) FIELD_SMALL_##type(e->name = FIELD_NONE_##type;)
#include "event/fields.def"
#undef F
}

#if defined __SSE2__ && defined __x86_64__
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

#define STEP     ((size_t)64)
#define TEXTS_AT offsetof(struct event, queue_id)
#define NUMBERS_AT (TEXTS_AT + TEXT_COUNT * sizeof(struct slice))

/* the layout of struct event that is relied upon: head, texts, numbers, without a gap */
#define LIES_AT(name, at) _Static_assert(offsetof(struct event, name) == (at), #name);
#define F(type, name, help)                                                       \
	FIELD_TEXT_##type(LIES_AT(name, TEXTS_AT + TEXT_##name * sizeof(struct slice))) \
	FIELD_NUMBER_##type(LIES_AT(name, NUMBERS_AT + NUMBER_##name * sizeof(int64_t)))
#include "event/fields.def"
#undef F
_Static_assert(sizeof(struct event) == NUMBERS_AT + NUMBER_COUNT * sizeof(int64_t), "nothing behind the numbers");
_Static_assert(TEXT_COUNT * sizeof(struct slice) >= STEP && NUMBER_COUNT * sizeof(int64_t) >= STEP, "a step fits into each");

/* With the widest stores there are: this is done for each line.  The last step may go over bytes of the one before. */
__attribute__((target("avx2"))) static inline ATTR_ALWAYS_INLINE void fill_avx2(char *p, size_t n, __m256i what)
{
	for (size_t i = 0; i < n; i += STEP) {
		char *at = p + (i + STEP <= n ? i : n - STEP);

		_mm256_storeu_si256((__m256i *)(void *)at, what);
		_mm256_storeu_si256((__m256i *)(void *)(at + STEP / 2), what);
	}
}

__attribute__((target("avx2"))) static void clear_avx2(struct event *e)
{
	fill_avx2((char *)e + TEXTS_AT, NUMBERS_AT - TEXTS_AT, _mm256_setzero_si256());
	fill_avx2((char *)e + NUMBERS_AT, sizeof *e - NUMBERS_AT, _mm256_set1_epi8(-1));
}
#endif

/* Field by field, sort by sort: few and wide stores.  A copy of a constant costs twice that. */
static inline void clear(struct event *e)
{
#define F(type, name, help) FIELD_TEXT_##type(e->name = FIELD_NONE_##type;)
#include "event/fields.def"
#undef F
#define F(type, name, help) FIELD_NUMBER_##type(e->name = FIELD_NONE_##type;)
#include "event/fields.def"
#undef F
}

void event_init(struct event *e, enum event_kind kind)
{
	init_head(e, kind);
#if defined __SSE2__ && defined __x86_64__
	if (__builtin_cpu_supports("avx2")) {
		clear_avx2(e);
		return;
	}
#endif
	clear(e);
}

#define NAMES(function, list, type)                        \
	const char *function(type v)                       \
	{                                                  \
		return (size_t)v < ARRAY_LEN(list) ? list[v] : "?"; \
	}

#define X(id, name) [id] = name,
static const char *const envelope_names[] = { ENVELOPE_KINDS(X) };
static const char *const outcome_names[] = { OUTCOMES(X) };
static const char *const relation_names[] = { RELATIONS(X) };
static const char *const severity_names[] = { SEVERITIES(X) };
static const char *const writer_names[] = { WRITERS(X) };
#undef X
#define X(id, name, help) [id] = name,
static const char *const kind_names[] = { EVENT_KINDS(X) };
static const char *const notice_names[] = { NOTICES(X) };
#undef X

_Static_assert(ARRAY_LEN(kind_names) == EVENT_KIND_COUNT, "one name per kind");

NAMES(envelope_kind_name, envelope_names, enum envelope_kind)
NAMES(outcome_name, outcome_names, enum outcome)
NAMES(relation_name, relation_names, enum relation)
NAMES(severity_name, severity_names, enum severity)
NAMES(writer_name, writer_names, enum writer)
NAMES(event_kind_name, kind_names, enum event_kind)
NAMES(notice_name, notice_names, enum notice)

static bool name_index(struct slice name, const char *const *names, size_t n, size_t *ret)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(name, slice_str(names[i]))) {
			*ret = i;
			return true;
		}
	return false;
}

bool outcome_parse(struct slice name, enum outcome *ret)
{
	size_t i;

	if (!name_index(name, outcome_names, ARRAY_LEN(outcome_names), &i))
		return false;
	*ret = (enum outcome)i;
	return true;
}

bool writer_parse(struct slice name, enum writer *ret)
{
	size_t i;

	if (!name_index(name, writer_names, ARRAY_LEN(writer_names), &i))
		return false;
	*ret = (enum writer)i;
	return true;
}

/* One told field: its name, and its value written through a struct json. */
typedef void field_fn(void *ctx, const char *name, void (*value)(struct json *, const struct event *),
		      const struct event *e);

#define TOLD_TEXT(v)          ((v).p != NULL)
#define TOLD_INT(v)           ((v) != -1)
#define TOLD_SECONDS(v)       ((v) != -1)
#define TOLD_BOOL(v)          ((v) != -1)
#define TOLD_ENUM_RELATION(v) ((v) != RELATION_NONE)
#define TOLD_ENUM_OUTCOME(v)  ((v) != OUTCOME_NONE)
#define TOLD_ENUM_SEVERITY(v) ((v) != SEVERITY_NONE)
#define TOLD_ENUM_NOTICE(v)   ((v) != NOTICE_NONE)
#define PUT_TEXT(j, v)          json_string(j, v)
#define PUT_INT(j, v)           json_int(j, v)
#define PUT_SECONDS(j, v)       json_decimal(j, v, 6)
#define PUT_BOOL(j, v)          json_bool(j, (v) != 0)
#define PUT_ENUM_RELATION(j, v) json_string(j, slice_str(relation_name(v)))
#define PUT_ENUM_OUTCOME(j, v)  json_string(j, slice_str(outcome_name(v)))
#define PUT_ENUM_SEVERITY(j, v) json_string(j, slice_str(severity_name(v)))
#define PUT_ENUM_NOTICE(j, v)   json_string(j, slice_str(notice_name(v)))

#define F(type, name, help)                                                \
	static void put_##name(struct json *j, const struct event *e)      \
	{                                                                  \
		PUT_##type(j, e->name);                                    \
	}
#include "event/fields.def"
#undef F

static void each_told_field(const struct event *e, field_fn *fn, void *ctx)
{
#define F(type, name, help)        \
	if (TOLD_##type(e->name)) \
		fn(ctx, #name, put_##name, e);
#include "event/fields.def"
#undef F
}

static const struct {
	uint32_t bit;
	const char *name;
} MARKS[] = {
#define X(id, bit, name, help) { id, name },
	EVENT_MARKS(X)
#undef X
};

static void json_field(void *ctx, const char *name, void (*value)(struct json *, const struct event *),
		       const struct event *e)
{
	json_key(ctx, name);
	value(ctx, e);
}

void event_json(struct json *j, const struct event *e)
{
	json_kv_str(j, "event", event_kind_name(e->kind));
	if (e->marks) {
		json_key(j, "marks");
		json_begin_array(j);
		for (size_t i = 0; i < ARRAY_LEN(MARKS); i++)
			if (e->marks & MARKS[i].bit)
				json_string(j, slice_str(MARKS[i].name));
		json_end_array(j);
	}
	each_told_field(e, json_field, j);
}

static void text_field(void *ctx, const char *name, void (*value)(struct json *, const struct event *),
		       const struct event *e)
{
	struct strbuf *out = ctx;
	struct json j;

	strbuf_printf(out, " %s=", name);
	json_init(&j, out, 0);
	value(&j, e);
}

void event_text(struct strbuf *out, const struct event *e)
{
	strbuf_add_str(out, event_kind_name(e->kind));
	for (size_t i = 0; i < ARRAY_LEN(MARKS); i++)
		if (e->marks & MARKS[i].bit)
			strbuf_printf(out, " +%s", MARKS[i].name);
	each_told_field(e, text_field, out);
}
