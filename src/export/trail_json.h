/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail_json.h - trails as JSON; docs/json.md describes every member
 */
#ifndef EXPORT_TRAIL_JSON_H
#define EXPORT_TRAIL_JSON_H

#include "base/json.h"
#include "fact/trail.h"

/* one trail as an object */
void trail_json(struct json *j, const struct trail *t);

#endif
