/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A model and a binding proposed from samples: lines of JSON, recorded MQTT messages, CSV.
 *
 *     px_propose_init(&p)
 *     px_propose_file(&p, "recorded.ndjson", text, err)      as many as there are
 *     px_propose_settle(&p, err)                             types, names, units of all columns
 *     px_put_proposal(&buf, &p, &opts)                       {"model": …, "binding": …}
 *
 * What a column is, is told by what stands in it and by its name: a measured quantity is a double
 * though its values came whole, a count is an integer, 0 and 1 alone are a boolean, a few texts
 * that repeat are an enum. Of values of several sorts the type is that of the most, and the odd
 * ones are told with the first one's place; a unit at the end of a name (`[K]`, `_kW`, `(bar)`)
 * becomes the property's. Threads: one.
 */
#ifndef PX_CLI_PROPOSE_H
#define PX_CLI_PROPOSE_H

#include "base/json.h"

enum { PX_PROPOSE_COLUMNS_MAX = 4096, PX_PROPOSE_WORDS_MAX = 16, PX_PROPOSE_ROWS_MAX = 100000 };

typedef enum px_guess {
    PX_GUESS_NONE, /* nothing stood in it */
    PX_GUESS_INTEGER,
    PX_GUESS_LONG,
    PX_GUESS_DOUBLE,
    PX_GUESS_BOOLEAN,
    PX_GUESS_ENUM,
    PX_GUESS_STRING,
    PX_GUESS_DATETIME,
    PX_GUESS_DATE,
} px_guess;

const char *px_guess_name(px_guess guess); /* "integer", "dateTime" … */

typedef struct px_unit_word {
    const char *word, *unit, *semantic_type; /* "kW", "kilowatt", "Power" */
} px_unit_word;

/* What one value is by itself. */
typedef enum px_cell_sort {
    PX_SORT_NUMBER,
    PX_SORT_BOOLEAN,
    PX_SORT_TIME,
    PX_SORT_DATE,
    PX_SORT_MISSING, /* n/a, null, -: a text that says there is none */
    PX_SORT_TEXT,    /* any other */
    PX_SORTS,
} px_cell_sort;

/* The first value of a sort and where it stood. */
typedef struct px_propose_first {
    px_str text, file;
    uint64_t row, line;
} px_propose_first;

typedef struct px_propose_column {
    px_str name; /* of a CSV column, or a pointer into the row */
    uint64_t count, whole, decimal, sorts[PX_SORTS];
    px_propose_first firsts[PX_SORTS];
    uint64_t epochs;                        /* numbers that are a Unix time of some unit */
    bool is_bits;                           /* nothing but 0 and 1 so far, and true and false */
    bool has_large;                         /* a whole number beyond 32 bits */
    px_str words[PX_PROPOSE_WORDS_MAX + 1]; /* different texts, the first that came */
    uint32_t word_count;                    /* PX_PROPOSE_WORDS_MAX + 1: more */

    /* settled */
    px_guess guess;
    uint64_t odd;                  /* values that are none of this type, */
    const px_propose_first *first; /* and the first of them */
    px_str property;
    const px_unit_word *unit; /* NULL: none */
} px_propose_column;

typedef struct px_propose {
    px_arena arena;
    px_propose_column *columns;
    size_t column_count, cap;
    uint64_t rows, line; /* `line` of `file` is being read */
    px_str file;
    px_str first_file;
    bool first_is_csv, is_csv, has_head; /* of the first file */
    char separator;
    px_str stem;         /* of the first file's name: what the model is called */
    px_str rows_pointer; /* where rows stand in a message; ptr NULL: the message is one */
    px_str topic;        /* pattern, levels that vary by name; ptr NULL: none was told */
    px_str levels[32];   /* of the first topic; empty where they vary */
    uint32_t level_count;
    bool topics_differ; /* in their number of levels */
    uint64_t arrays;    /* of values, which were left out, */
    px_str first_array; /* and the place of the first */
    size_t time_column; /* SIZE_MAX: none */
    size_t
        time_named; /* where there is none, the first that is only called like one, or SIZE_MAX */
} px_propose;

typedef struct px_propose_opts {
    const char *dtmi; /* NULL: dtmi:example:STEM;1 */
    bool telemetry;   /* Telemetry instead of Property */
} px_propose_opts;

void px_propose_init(px_propose *p);
void px_propose_release(px_propose *p);

/* Reads one file, by its name: .csv, or lines of JSON. `text` is borrowed for the call. Errors:
 * PX_INVALID (no rows, other columns or another form than the file before), PX_TOO_LARGE, PX_LIMIT,
 * PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_propose_file(px_propose *p, px_str path, px_str text, px_err *ret_err);
PX_NODISCARD px_status px_propose_settle(px_propose *p, px_err *ret_err);
void px_put_proposal(px_buf *buf, const px_propose *p, const px_propose_opts *opts);

/* ---- propose_words.c ---- */

/* The unit that ends a name, and the name without it; of one letter, `power_W`, where the rest
 * speaks of what is measured in it. NULL: none. */
const px_unit_word *px_unit_of_name(px_str name, px_str *ret_rest);
bool px_is_quantity_name(px_str name); /* speaks of something measured */
bool px_is_count_name(px_str name);    /* of something counted or numbered */
bool px_is_state_name(px_str name);    /* of something that is so or not */
bool px_is_time_name(px_str name);     /* of a time in some word of it */
/* Ends with the word for a moment, `/ts`, `event_time`, `startTime`: enough for a number to be a
 * Unix time, while `runtime` and `candidate` are none. */
bool px_is_clock_name(px_str name);

/* ---- propose_column.c ---- */

/* Each message is one value, so that its topic alone can say what it is. */
bool px_propose_is_bare(const px_propose *p);
/* NULL: there are too many, or no memory. */
px_propose_column *px_propose_column_of(px_propose *p, px_str name);
/* One value, as it stood there; CSV cells are texts that may stand for anything. */
bool px_propose_look(px_propose *p, px_propose_column *c, const px_json *value);
bool px_propose_look_cell(px_propose *p, px_propose_column *c, px_str cell);

#endif
