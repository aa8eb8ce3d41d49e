/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.c - writing JSON
 */
#include "base/json.h"

#include <assert.h>

#include "base/ascii.h"
#include "base/civil.h"
#include "base/utf8.h"

#define MAX_DEPTH 32

void json_init(struct json *j, struct strbuf *out, int indent)
{
	*j = (struct json){ .out = out, .indent = indent };
}

static void newline(struct json *j)
{
	char *p;
	size_t n = (size_t)(j->depth * j->indent);

	if (!j->indent)
		return;
	strbuf_add_byte(j->out, '\n');
	p = strbuf_reserve(j->out, n);
	memset(p, ' ', n);
	p[n] = '\0';
	j->out->n += n;
}

static void before_value(struct json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->comma)
		strbuf_add_byte(j->out, ',');
	if (j->depth)
		newline(j);
}

static void begin(struct json *j, char bracket)
{
	before_value(j);
	strbuf_add_byte(j->out, bracket);
	j->depth++;
	assert(j->depth <= MAX_DEPTH);
	j->comma = false;
}

static void end(struct json *j, char bracket)
{
	assert(j->depth > 0 && !j->after_key);
	j->depth--;
	if (j->comma)
		newline(j);
	strbuf_add_byte(j->out, bracket);
	j->comma = true;
}

void json_begin_object(struct json *j)
{
	begin(j, '{');
}

void json_end_object(struct json *j)
{
	end(j, '}');
}

void json_begin_array(struct json *j)
{
	begin(j, '[');
}

void json_end_array(struct json *j)
{
	end(j, ']');
}

void json_key(struct json *j, const char *key)
{
	before_value(j);
	strbuf_add_byte(j->out, '"');
	strbuf_add_str(j->out, key);
	strbuf_add_str(j->out, j->indent ? "\": " : "\":");
	j->comma = true;
	j->after_key = true;
}

static void add_escaped(struct json *j, uint32_t cp)
{
	if (cp == '\n')
		strbuf_add_str(j->out, "\\n");
	else if (cp == '\t')
		strbuf_add_str(j->out, "\\t");
	else if (cp > 0xffff) /* a surrogate pair */
		strbuf_printf(j->out, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (cp >> 10)), (unsigned)(0xdc00 | (cp & 0x3ff)));
	else
		strbuf_printf(j->out, "\\u%04x", (unsigned)cp);
}

void json_string(struct json *j, struct slice s)
{
	size_t from = 0, i = 0;

	if (!s.p) {
		json_null(j);
		return;
	}
	before_value(j);
	strbuf_add_byte(j->out, '"');
	while (i < s.n) {
		uint32_t cp = 0;
		size_t len;

		if (ascii_print(s.p[i]) && s.p[i] != '"' && s.p[i] != '\\') {
			i++;
			continue;
		}
		len = utf8_next(slice_from(s, i), &cp);
		if (len > 1 && !utf8_unsafe(cp)) {
			i += len;
			continue;
		}
		strbuf_add(j->out, slice_of(s.p + from, i - from));
		if (len == 0)
			strbuf_add_str(j->out, "\xef\xbf\xbd");
		else if (cp == '"' || cp == '\\') {
			strbuf_add_byte(j->out, '\\');
			strbuf_add_byte(j->out, (char)cp);
		} else
			add_escaped(j, cp);
		i += len ? len : 1;
		from = i;
	}
	strbuf_add(j->out, slice_of(s.p + from, i - from));
	strbuf_add_byte(j->out, '"');
	j->comma = true;
}

void json_int(struct json *j, int64_t v)
{
	before_value(j);
	strbuf_add_i64(j->out, v);
	j->comma = true;
}

void json_decimal(struct json *j, int64_t v, int decimals)
{
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, unit = 1;

	assert(decimals > 0 && decimals <= 9);
	for (int i = 0; i < decimals; i++)
		unit *= 10;
	before_value(j);
	strbuf_printf(j->out, "%s%llu.%0*llu", v < 0 ? "-" : "", (unsigned long long)(u / unit), decimals,
		      (unsigned long long)(u % unit));
	j->comma = true;
}

void json_bool(struct json *j, bool v)
{
	before_value(j);
	strbuf_add_str(j->out, v ? "true" : "false");
	j->comma = true;
}

void json_null(struct json *j)
{
	before_value(j);
	strbuf_add_str(j->out, "null");
	j->comma = true;
}

void json_time(struct json *j, usec_t t)
{
	if (t == USEC_NONE) {
		json_null(j);
		return;
	}
	before_value(j);
	strbuf_add_byte(j->out, '"');
	civil_format_rfc3339(j->out, t);
	strbuf_add_byte(j->out, '"');
	j->comma = true;
}

void json_kv_string(struct json *j, const char *key, struct slice s)
{
	json_key(j, key);
	json_string(j, s);
}

void json_kv_str(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_string(j, slice_str(s));
}

void json_kv_int(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_int(j, v);
}

void json_kv_int_or_null(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	if (v == -1)
		json_null(j);
	else
		json_int(j, v);
}

void json_kv_seconds_or_null(struct json *j, const char *key, usec_t v)
{
	json_key(j, key);
	if (v == -1)
		json_null(j);
	else
		json_decimal(j, v, 6);
}

void json_kv_bool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

void json_kv_time(struct json *j, const char *key, usec_t t)
{
	json_key(j, key);
	json_time(j, t);
}
