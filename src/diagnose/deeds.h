/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deeds.h - causes that are no reply: see deeds.def
 */
#ifndef DIAGNOSE_DEEDS_H
#define DIAGNOSE_DEEDS_H

#include "diagnose/cause.h"

enum deed {
#define DEED(id, name, class, side, temporary, summary, action) id,
#include "diagnose/deeds.def"
#undef DEED
	DEED_COUNT
};

struct cause deed_cause(enum deed d);

#endif
