/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.h - an event without the fields that it does not tell
 *
 * A line tells about a dozen of some sixty fields.  Packed, an event is a quarter of its size: so it is kept
 * or handed on.  The form is of this process only: its texts point to where the event's texts pointed.
 */
#ifndef EVENT_PACK_H
#define EVENT_PACK_H

#include <stddef.h>

#include "event/event.h"

/* more than any packed event needs; always a multiple of EVENT_PACK_ALIGN */
#define EVENT_PACK_MAX   (sizeof(struct event) + 8)
#define EVENT_PACK_ALIGN 8

/*
 * event_pack - write *e in its packed form, and clear it
 *
 * buf is aligned to EVENT_PACK_ALIGN and has room for EVENT_PACK_MAX bytes.  Returns the bytes used, a
 * multiple of EVENT_PACK_ALIGN: the next event can be packed right behind.  *e is left as
 * event_init(e, EV_FOREIGN) would leave it, for less: only what it told is written.
 */
size_t event_pack(struct event *e, void *buf);

/* where one event after the other is unpacked: what the last one told and the next one does not is cleared */
struct event_slot {
	struct event event; /* read-only */
	uint64_t told;      /* private */
};

void event_slot_init(struct event_slot *s);

/* the event that was packed, in all fields; returns where its packed form ends and the next one may begin */
const void *event_unpack(const void *packed, struct event_slot *s);

#endif
