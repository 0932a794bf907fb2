/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The public bulk format, line by line: NDJSON in sections.
 *
 *     {"Section":"Header"}
 *     {"fileVersion":"1.0.0","author":"…","organization":"…"}
 *     {"Section":"Models"}          then an Interface a line, in any order
 *     {"Section":"Twins"}           then a twin a line
 *     {"Section":"Relationships"}   then a relationship a line: $dtId names its source
 *
 * Sections keep this order, each at most once, and may be left out, but for the first. The reader
 * takes bytes as they come and holds one line. A line that cannot be taken is told and passed over;
 * only a file that is none of these ends it. Pure. Threads: one at a time.
 *
 *     px_bulk_feed(&reader, bytes, is_last);
 *     while (px_bulk_next(&reader, &line, &err) == PX_OK && line.kind != PX_BULK_MORE) …
 */
#ifndef PX_BULK_READER_H
#define PX_BULK_READER_H

#include "base/buf.h"
#include "base/json.h"

typedef enum px_bulk_section {
    PX_BULK_NOTHING, /* before the first section, or in one that is passed over */
    PX_BULK_HEADER,
    PX_BULK_MODELS,
    PX_BULK_TWINS,
    PX_BULK_RELATIONSHIPS,
    PX_BULK_SECTIONS
} px_bulk_section;

const char *px_bulk_section_name(px_bulk_section section); /* "Twins" */
/* PX_BULK_NOTHING when there is none of this name. */
px_bulk_section px_bulk_section_find(px_str name);

typedef enum px_bulk_kind {
    PX_BULK_MORE,    /* the bytes are used up: feed */
    PX_BULK_SECTION, /* `section` begins */
    PX_BULK_LINE,    /* one thing of `section` */
    PX_BULK_BAD,     /* passed over; the error says why */
    PX_BULK_END,
} px_bulk_kind;

typedef struct px_bulk_line {
    px_bulk_kind kind;
    px_bulk_section section;
    uint64_t number; /* from 1 */
    uint64_t end;    /* bytes of the input up to behind this line: where another reader goes on */
    px_str text;     /* without its line end; borrowed until the next feed */
} px_bulk_line;

typedef struct px_bulk_reader {
    px_buf bytes;
    size_t at;                /* in bytes */
    uint64_t number, end;     /* of the line read last */
    px_bulk_section section;  /* open now; NOTHING: its lines are passed over */
    px_bulk_section furthest; /* that began so far */
    bool has_header;          /* the line after Header was read, or another section began */
    bool is_last, too_long;   /* no more comes; the line at hand is passed over to its end */
} px_bulk_reader;

void px_bulk_reader_init(px_bulk_reader *reader);
/* Goes on behind a line that another reader gave: `section` is the one it stood in. */
void px_bulk_reader_resume(px_bulk_reader *reader, px_bulk_section section, uint64_t number,
                           uint64_t end);
void px_bulk_reader_release(px_bulk_reader *reader);

/* Copies; what was given before must have been read to PX_BULK_MORE. PX_NO_MEMORY. */
PX_NODISCARD px_status px_bulk_feed(px_bulk_reader *reader, px_str bytes, bool is_last,
                                    px_err *ret_err);

/**
 * The next line. Empty lines are counted and not given.
 *
 * @param ret_err  of a BAD line: status, id, sentence. ids: bulk.line_bytes bulk.section bulk.order
 *
 * Errors: PX_INVALID, PX_UNSUPPORTED (bulk.header, bulk.version): this is no file of the format.
 */
PX_NODISCARD px_status px_bulk_next(px_bulk_reader *reader, px_bulk_line *ret_line,
                                    px_err *ret_err);

/* One thing of a file, by what identifies it. Slices of the arena and the text. */
typedef struct px_bulk_thing {
    px_json *json;
    px_str id;              /* of the model, the twin, or the relationship's source */
    px_str relationship_id; /* of a relationship only */
} px_bulk_thing;

/* Errors: those of the JSON reader; PX_INVALID, bulk.form: a member that identifies it is missing.
 */
PX_NODISCARD px_status px_bulk_thing_read(px_bulk_section section, px_str text, px_arena *arena,
                                          px_bulk_thing *ret_thing, px_err *ret_err);

#endif
