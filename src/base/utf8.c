/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.c - UTF-8 from strangers
 */
#include "base/utf8.h"

#include "base/attr.h"

/* in order */
static const struct {
	uint32_t first, last;
} UNSAFE[] = {
	{ 0x00, 0x1f },         /* C0 */
	{ 0x7f, 0x9f },         /* DEL and C1 */
	{ 0xad, 0xad },         /* soft hyphen */
	{ 0x061c, 0x061c },     /* Arabic letter mark */
	{ 0x180e, 0x180e },     /* Mongolian vowel separator */
	{ 0x200b, 0x200c },     /* zero width space and non-joiner; the joiner makes emoji */
	{ 0x200e, 0x200f },     /* left-to-right and right-to-left mark */
	{ 0x2028, 0x202e },     /* line and paragraph separator, embeddings and overrides */
	{ 0x2060, 0x206f },     /* word joiner, invisible operators, isolates, deprecated controls */
	{ 0xfeff, 0xfeff },     /* byte order mark */
	{ 0xfff9, 0xfffb },     /* interlinear annotation */
	{ 0xe0000, 0xe0fff },   /* tags and supplementary variation selectors */
};

size_t utf8_next(struct slice s, uint32_t *ret_cp)
{
	static const uint32_t LEAST[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s.p;
	size_t len;
	uint32_t cp;

	if (!s.n)
		return 0;
	len = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf8 ? 4 : 0;
	if (len == 0 || len > s.n)
		return 0;
	cp = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (p[i] & 0x3fu);
	}
	if (cp < LEAST[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret_cp = cp;
	return len;
}

bool utf8_unsafe(uint32_t cp)
{
	for (size_t i = 0; i < ARRAY_LEN(UNSAFE) && cp >= UNSAFE[i].first; i++)
		if (cp <= UNSAFE[i].last)
			return true;
	return false;
}
