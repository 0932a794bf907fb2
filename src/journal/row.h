/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The journal row and the fold row: what is stored, and the check that stands over it.
 *
 * A journal row is one committed batch. Its body is stored as one zstd frame (level 1), or as it is
 * where compression does not pay; CRC-32C covers every header field and the stored body. A fold row
 * is one key of folded state with the position at which it is true. docs/formats/journal.md and
 * docs/formats/checkpoint.md give the bytes. Threads: one packer per thread, the rest from any.
 */
#ifndef PX_JOURNAL_ROW_H
#define PX_JOURNAL_ROW_H

#include "base/buf.h"
#include "base/time.h"

#define PX_ROW_FORMAT_MAX 1     /* the newest body format that this release writes and reads */
#define PX_ROW_COMPRESSED 0x80u /* bit of the stored format byte: the body is a zstd frame */

typedef struct px_row {
    uint32_t spine;
    uint64_t seq_first, seq_last; /* positions of its first and last event; first <= last */
    uint64_t epoch;               /* of the owner that wrote it; 1 on a single node */
    px_time time;                 /* commit time; never smaller than the row's before it */
    uint8_t format;               /* of the body: 1 to PX_ROW_FORMAT_MAX */
    px_str body;                  /* uncompressed, borrowed; at most PX_ROW_BYTES_MAX */
} px_row;

/* A row as it lies in the table: the header fields, the format byte with its bit, stored body. */
typedef struct px_row_stored {
    px_row head; /* body is the stored one; format carries PX_ROW_COMPRESSED */
    uint32_t crc32c;
} px_row_stored;

/* The check of a stored row: over its header fields, in the order of px_row, and its stored body.
 */
uint32_t px_row_crc32c(const px_row *stored_head);

typedef struct px_row_packer px_row_packer; /* compression contexts and one output buffer */

PX_NODISCARD px_status px_row_packer_new(px_row_packer **ret_packer, px_err *ret_err);
void px_row_packer_free(px_row_packer *packer);

/**
 * Turns a row into what is stored. `ret_stored` borrows the packer's buffer or `row->body`, until
 * the packer's next call.
 *
 * Errors: PX_INVALID (first > last, unknown format), PX_TOO_LARGE (body), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_row_pack(px_row_packer *packer, const px_row *row,
                                   px_row_stored *ret_stored, px_err *ret_err);

/**
 * The way back, over bytes that may be damaged or hostile. `ret_row->body` borrows the packer's
 * buffer or the stored body, until the packer's next call.
 *
 * Errors: PX_CORRUPT (check, frame, size or order of positions; the sentence names the row),
 * PX_UNSUPPORTED (a format of a newer release), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_row_unpack(px_row_packer *packer, const px_row_stored *stored,
                                     px_row *ret_row, px_err *ret_err);

/* The folds: tables of one shape. Numbers are on disk (they are part of the check). */
#define PX_TABLE_MAP(X)                                                                            \
    X(STATE, 1, "state")           /* a = tenant << 16 | slot, b = kind, c = number */             \
    X(BLOCK, 2, "block")           /* a = tenant << 29 | window, b = series, c = start */          \
    X(OPEN_BLOCK, 3, "open_block") /* a = tenant, b = series */                                    \
    X(CURSOR, 4, "cursor")         /* a = consumer */                                              \
    X(META, 5, "meta")             /* a = what: the store's own below 1000 */                      \
    X(OUTBOX, 6, "outbox")         /* a = tenant << 32 | endpoint, b = letter kind, c = place */   \
    X(SESSION, 7, "session")       /* a = tenant, b = session */                                   \
    X(MESSAGE, 8, "message")       /* a = tenant, b = position of its event */                     \
    X(FRESHNESS, 9, "freshness")   /* a = tenant, b = twin */                                      \
    X(DEVICE, 10, "device")        /* a = tenant, b = what, c = device */                          \
    X(REJECT, 11, "reject")        /* a = tenant, b = what, c = place or number */

typedef enum px_table {
#define X(name, number, sql) PX_TABLE_##name = number,
    PX_TABLE_MAP(X)
#undef X
        PX_TABLE_END = 12
} px_table;

const char *px_table_name(px_table table); /* "state" */

/* Keys order by a, then b, then c, as signed numbers. */
typedef struct px_key {
    int64_t a, b, c;
} px_key;

#define PX_KEY_MIN ((px_key){ INT64_MIN, INT64_MIN, INT64_MIN })
#define PX_KEY_MAX ((px_key){ INT64_MAX, INT64_MAX, INT64_MAX })

int px_key_cmp(px_key x, px_key y);

typedef struct px_fold {
    px_table table;
    px_key key;
    uint64_t seq; /* the position at which the row is true */
    px_str body;  /* borrowed */
} px_fold;

uint32_t px_fold_crc32c(const px_fold *fold);

#endif
