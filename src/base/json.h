/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The one JSON reader and writer of the tree: RFC 8259 exactly, with places and exact numbers.
 *
 * Two faces over one tokenizer: px_json_next pulls token by token and allocates nothing for text
 * without escapes (the hot path of telemetry); px_json_parse builds a tree in an arena (models,
 * requests, documents). Both validate all they pass. Nothing recurses.
 *
 * Errors are PX_INVALID with a stable id, line, column and JSON pointer: json.value json.key
 * json.colon json.comma json.trailing json.literal json.number json.number_range json.number_bytes
 * json.string json.control json.escape json.surrogate json.utf8 json.nul json.string_bytes
 * json.depth json.keys json.duplicate json.bom json.size; json.pointer from the pointer reader. A
 * full arena is PX_LIMIT, an empty machine PX_NO_MEMORY.
 *
 * A number beyond the range of a double (1e400) is refused (json.number_range): it has no value.
 * Threads: any, each object one at a time.
 */
#ifndef PX_BASE_JSON_H
#define PX_BASE_JSON_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/value.h"

/* Zero is the plain standard: every text that RFC 8259 allows is read, to 512 levels. */
typedef struct px_json_opts {
    uint32_t depth_max;        /* arrays and objects inside each other; 0 and above 512: 512 */
    uint32_t keys_max;         /* of one object; 0: any */
    uint32_t number_bytes_max; /* 0: any */
    uint32_t string_bytes_max; /* of one key or string, as written; 0: any */
    bool refuse_duplicates;    /* the same key twice in one object (after unescaping) */
    bool refuse_bad_text; /* invalid UTF-8 and lone surrogates; else bytes pass as they came and
                             a lone surrogate becomes U+FFFD */
    bool refuse_nul;      /* \u0000 */
} px_json_opts;

/* Every limit of limits.h and every refusal: what each door uses for bytes from outside. A caller
 * that finds duplicates itself may switch refuse_duplicates off in its copy. */
px_json_opts px_json_opts_door(void);

typedef enum px_json_type {
    PX_JSON_BAD,        /* tokens only: the input is refused, px_json_error says why */
    PX_JSON_DONE,       /* tokens only: the document is complete and nothing follows it */
    PX_JSON_KEY,        /* tokens only */
    PX_JSON_OBJECT_END, /* tokens only */
    PX_JSON_ARRAY_END,  /* tokens only */
    PX_JSON_OBJECT,     /* token: begins */
    PX_JSON_ARRAY,      /* token: begins */
    PX_JSON_STRING,
    PX_JSON_NUMBER,
    PX_JSON_TRUE,
    PX_JSON_FALSE,
    PX_JSON_NULL,
} px_json_type;

const char *px_json_type_name(px_json_type type); /* "an object", "a string", "true" … */

/* ---- pull reader ---- */

#define PX_JSON_READER_DEPTH_MAX 512

typedef struct px_json_seen px_json_seen;

typedef struct px_json_reader {
    /* of the last token */
    px_str text; /* KEY, STRING: unescaped; borrows from the input or, with escapes, the arena */
    px_num num;  /* NUMBER */

    /* the reader's own */
    const char *begin, *at, *end, *token;
    uint8_t state, error;
    bool in_object;
    uint32_t depth, count; /* open containers; keys so far of the innermost */
    px_json_opts opts;
    px_arena *arena;
    px_json_seen *seen; /* keys of all open objects, with refuse_duplicates */
    uint32_t seen_count, seen_cap;
    uint32_t stack[PX_JSON_READER_DEPTH_MAX]; /* of the containers outside: count << 1 | object */
} px_json_reader;

/**
 * Begins to read one document. The reader needs no release.
 *
 * @param text   borrowed until the last token (and what it gave) is done with; up to 2 GiB
 * @param opts   copied; NULL is the plain standard
 * @param arena  borrowed; gets unescaped strings and, with refuse_duplicates, lists of keys
 */
void px_json_reader_init(px_json_reader *reader, px_str text, const px_json_opts *opts,
                         px_arena *arena);

/**
 * The next token. After PX_JSON_DONE it is that again, after PX_JSON_BAD as well.
 *
 * The document is known to be well formed only at PX_JSON_DONE: read to the end before acting. A
 * duplicate key is reported at the end of its object.
 */
px_json_type px_json_next(px_json_reader *reader);

/**
 * Reads the next key if it is exactly `name`; else reads nothing and gives false.
 *
 * True is px_json_next giving PX_JSON_KEY with this text. For callers that can guess: a device
 * sends its fields in the same order again and again, and a right guess finds key and field at
 * once. `name` holds no byte that JSON would escape. False also where white space or an escape
 * hides the same name, and where a limit is reached: ask px_json_next then.
 */
PX_NODISCARD bool px_json_try_key(px_json_reader *reader, px_str name);

/* After PX_JSON_OBJECT or PX_JSON_ARRAY: reads to its end, validating, and gives the source text of
 * the whole, borrowed from the input. After any other value gives its text. False: PX_JSON_BAD. */
PX_NODISCARD bool px_json_skip(px_json_reader *reader, px_str *ret_raw);

/* The source text of the last token, quotes included; not of a key. */
px_str px_json_raw(const px_json_reader *reader);

/* After PX_JSON_BAD: the reason, with its place. Never PX_OK. */
px_status px_json_error(const px_json_reader *reader, px_err *ret_err);

/* Gives the caller's own complaint about the last token its line, column and path (after a key: the
 * path of its value), in place of any it had. Reads the input again up to there: for errors only.
 */
void px_json_place(const px_json_reader *reader, px_err *err);

/* ---- document ---- */

typedef struct px_json px_json;
struct px_json {
    px_json_type type;                     /* OBJECT, ARRAY, STRING, NUMBER, TRUE, FALSE or NULL */
    uint32_t line, column;                 /* where the value begins, from 1, column in bytes */
    uint32_t count;                        /* members or items */
    uint32_t index;                        /* among its siblings, from 0 */
    px_num num;                            /* NUMBER */
    px_str key;                            /* of a member of an object, unescaped; else empty */
    px_str text;                           /* STRING, unescaped */
    px_str raw;                            /* the source text of the value */
    px_json *parent, *first, *last, *next; /* for (m = object->first; m; m = m->next) */
};

/* Reads one document. Nodes live in `arena`, their slices there or in `text`: both must live as
 * long. About 130 bytes of arena a node. `opts` NULL is the plain standard. */
PX_NODISCARD px_status px_json_parse(px_str text, const px_json_opts *opts, px_arena *arena,
                                     px_json **ret_root, px_err *ret_err);

/* NULL when `object` is NULL or no object, or has no such key. The first, if duplicates were let
 * in. Cost: one pass over the members. */
px_json *px_json_get(const px_json *object, px_str key);
/* NULL when `array` is NULL or no array, or shorter. */
px_json *px_json_item(const px_json *array, size_t index);

static inline bool px_json_is(const px_json *node, px_json_type type)
{
    return node && node->type == type;
}

static inline bool px_json_is_bool(const px_json *node)
{
    return node && (node->type == PX_JSON_TRUE || node->type == PX_JSON_FALSE);
}

/* The text of a string member, or the empty slice with a NULL ptr when it is missing or no string.
 */
px_str px_json_get_text(const px_json *object, px_str key);
/* The whole number of such a member, or 0 where there is none, from 0 on. */
uint64_t px_json_get_uint(const px_json *object, px_str key);
/* The time that such a member tells as text, or PX_TIME_NONE. */
px_time px_json_get_time(const px_json *object, px_str key);

enum { PX_JSON_MEMBERS_MAX = 32 };
/* That it is an object, and has no other members than `names` (NULL ends them).
 * `what` begins the sentence: "a device has no 'twin'; did you mean 'twins'?". Errors: PX_INVALID
 * with this id and the place. */
PX_NODISCARD px_status px_json_members(const px_json *object, const char *what, const char *id,
                                       const char *const *names, px_err *ret_err);
/* The same of names that are slices. */
PX_NODISCARD px_status px_json_members_of(const px_json *object, const char *what, const char *id,
                                          const px_str *names, size_t count, px_err *ret_err);

/* px_fail_id with line, column and path of `node`. */
px_status px_json_fail(const px_json *node, px_err *ret_err, px_status status, const char *id,
                       const char *format, ...) PX_PRINTF(5, 6);

/* ---- pointer (RFC 6901) ---- */

typedef struct px_json_pointer {
    px_str
        *steps; /* unescaped; in the arena, slices borrow from the text where nothing is escaped */
    size_t count; /* 0: the whole document */
} px_json_pointer;

/* Limits:  PX_JSON_POINTER_DEPTH_MAX steps. Errors:  PX_INVALID, json.pointer (column). */
PX_NODISCARD px_status px_json_pointer_parse(px_str text, px_arena *arena,
                                             px_json_pointer *ret_pointer, px_err *ret_err);
/* A step as an array index: digits without leading zero. False for all else, "-" included. */
bool px_json_pointer_index(px_str step, uint32_t *ret_index);
/* The node it names, NULL when there is none. */
px_json *px_json_pointer_find(px_json *root, const px_json_pointer *pointer);
void px_put_json_pointer_step(px_buf *buf, px_str step); /* "/" and the escaped step */
void px_put_json_path(px_buf *buf, const px_json *node); /* from the root; "" for the root */

/* ---- writer ---- */

/* In quotes, with the fewest escapes; bytes that are not UTF-8 become U+FFFD. */
void px_put_json_string(px_buf *buf, px_str text);
void px_put_json_bool(px_buf *buf, bool value);
void px_put_json_time(px_buf *buf, px_time time); /* a string, px_put_time; NONE is null */
/* NONE is null; JSON is put as it is. */
void px_put_json_value(px_buf *buf, px_value value);
/* Compact and canonical, as base/value.h says: no white space, members in the order that came,
 * numbers as px_put_num writes them. */
void px_put_json_node(px_buf *buf, const px_json *node);

/* Commas and colons by themselves: begin, key, value …, end. Errors stick in the buffer. To 64
 * levels; an end without its begin is a bug. */
typedef struct px_json_writer {
    px_buf *buf;     /* borrowed */
    uint64_t filled; /* bit d: level d has a member already */
    uint32_t depth;
    bool after_key;
} px_json_writer;

px_json_writer px_json_writer_of(px_buf *buf);
void px_json_begin_object(px_json_writer *writer);
void px_json_end_object(px_json_writer *writer);
void px_json_begin_array(px_json_writer *writer);
void px_json_end_array(px_json_writer *writer);
void px_json_key(px_json_writer *writer, px_str key);
void px_json_string(px_json_writer *writer, px_str text);
void px_json_number(px_json_writer *writer, px_num num);
void px_json_int(px_json_writer *writer, int64_t value);
void px_json_uint(px_json_writer *writer, uint64_t value);
void px_json_bool(px_json_writer *writer, bool value);
void px_json_null(px_json_writer *writer);
void px_json_time(px_json_writer *writer, px_time time);
void px_json_value(px_json_writer *writer, px_value value);
void px_json_node(px_json_writer *writer, const px_json *node);
void px_json_put_raw(px_json_writer *writer, px_str json); /* already JSON */

/* A member, key and value. */
void px_json_member_text(px_json_writer *writer, const char *key, px_str text);
void px_json_member_uint(px_json_writer *writer, const char *key, uint64_t value);
void px_json_member_time(px_json_writer *writer, const char *key, px_time time);
/* A member that is left out where nothing is told: by an empty text, or PX_TIME_NONE and 0. */
void px_json_maybe_text(px_json_writer *writer, const char *key, px_str text);
void px_json_maybe_time(px_json_writer *writer, const char *key, px_time time);

#endif
