/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cause.c - names of classes, sides and bases
 */
#include "diagnose/cause.h"

static const char *const CLASSES[] = {
#define X(id, name) [id] = name,
	CAUSE_CLASSES(X)
#undef X
};

static const char *const SIDES[] = {
#define X(id, name) [id] = name,
	CAUSE_SIDES(X)
#undef X
};

static const char *const BASES[] = {
#define X(id, name) [id] = name,
	CAUSE_BASES(X)
#undef X
};

const char *cause_class_name(enum cause_class c)
{
	return CLASSES[c];
}

const char *cause_side_name(enum cause_side s)
{
	return SIDES[s];
}

const char *cause_basis_name(enum cause_basis b)
{
	return BASES[b];
}
