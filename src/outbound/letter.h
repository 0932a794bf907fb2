/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A letter: one event on its way to one endpoint, as a row of the outbox (docs/formats/outbox.md).
 *
 * Its place is the order within the endpoint, made of the event's position in the journal, so the
 * same event makes the same letter again. Threads: any, values only.
 */
#ifndef PX_OUTBOUND_LETTER_H
#define PX_OUTBOUND_LETTER_H

#include "base/time.h"
#include "journal/journal.h"

typedef enum px_letter_kind { PX_LETTER_WAITS = 0, PX_LETTER_DEAD = 1 } px_letter_kind;

enum { PX_LETTER_REASON_BYTES_MAX = 256 };

typedef struct px_letter {
    uint32_t tenant, endpoint_no;
    uint64_t place;
    px_time time; /* of the event */
    px_str event; /* the CloudEvent, structured JSON; borrowed */

    px_time died; /* PX_LETTER_DEAD: when, after so many tries, and why */
    uint32_t tries;
    px_str reason;
} px_letter;

/* The position of the event and the number of the letter among those made of it. */
uint64_t px_letter_place(uint64_t seq, uint32_t index);
uint64_t px_letter_seq(uint64_t place);

px_key px_letter_key(const px_letter *letter, px_letter_kind kind);
/* The first key of an endpoint's letters of a kind, from a place on. */
px_key px_letter_from(uint32_t tenant, uint32_t endpoint_no, px_letter_kind kind, uint64_t place);

void px_put_letter(px_buf *buf, const px_letter *letter);
/* Slices borrow from the row. Errors: PX_CORRUPT, PX_UNSUPPORTED. */
PX_NODISCARD px_status px_get_letter(const px_fold *row, px_letter *ret_letter, px_err *ret_err);

#endif
