/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Bindings: any payload to any twin, by a document and without code.
 *
 *     {"source":  {"mqtt": "factory/{line}/{machine}/data"},
 *      "format":  "json",
 *      "time":    {"from": "/ts", "form": "ms"},
 *      "twin":    "press-{machine}",
 *      "fields": [{"from": "/temp", "to": "temperature", "unit": "degreeFahrenheit"},
 *                 {"name": "power", "formula": "u * i", "to": "power"}]}
 *
 * A document is compiled once; px_binding_map then turns the bytes of one message into samples of
 * twins, and a list of what it could not map, with reasons. Nothing here asks a clock or the disk:
 * twins and models are found by a px_bind_world. docs/bindings.md has every member. Threads: a
 * px_binding from any; one mapping at a time each.
 */
#ifndef PX_SYNC_BINDING_H
#define PX_SYNC_BINDING_H

#include "base/limits.h"
#include "engine/request.h"
#include "model/layout.h"

typedef struct px_binding px_binding;

/* What a message's bytes are. */
typedef enum px_binding_format {
    PX_BINDING_JSON,
    PX_BINDING_CSV,  /* with a head line, unless the document names the columns */
    PX_BINDING_CBOR, /* as if it were JSON */
    PX_BINDING_TEXT, /* the whole payload is one value: a number, true, false or a text */
    PX_BINDING_LINE, /* Influx line protocol: measurement, tags, fields, time */
} px_binding_format;

/**
 * Compiles a document.
 *
 * @param name  of the binding, copied; so is the body
 * Limits:  PX_BINDING_*, those of formulas and pointers.
 * Errors:  PX_INVALID (document.json, binding.form, formula.parse …) with the pointer to what is
 * wrong; PX_LIMIT (memory), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_binding_new(px_str name, px_str body, px_binding **ret_binding,
                                      px_err *ret_err);
void px_binding_free(px_binding *binding);

px_str px_binding_name(const px_binding *binding);
bool px_binding_is_enabled(const px_binding *binding);
/* Values are written, and twins made, by the binding itself and not by who sends. */
bool px_binding_writes_itself(const px_binding *binding);
/* It takes messages of this MQTT topic, which has passed its check. */
bool px_binding_takes_topic(const px_binding *binding, px_str topic);
/* It takes what this connection brings, under this topic; empty: it has none. */
bool px_binding_takes_connection(const px_binding *binding, px_str connection, px_str topic);
/* It takes metrics of this edge node, `GROUP/NODE`, or device, `GROUP/NODE/DEVICE`. */
bool px_binding_takes_sparkplug(const px_binding *binding, px_str source);
/* Something of the binding reads the member of this name in a row. */
bool px_binding_reads(const px_binding *binding, px_str member);
bool px_binding_takes_http(const px_binding *binding);
/* Each empty where the document does not say it: the connection, the topic or place of its source
 * with + for names, the model that it makes twins of. */
px_str px_binding_connection(const px_binding *binding);
px_str px_binding_filter(const px_binding *binding);
px_str px_binding_creates(const px_binding *binding);
/* Some topic is of that filter and of this of MQTT, which has passed its check. */
bool px_binding_filter_meets(const px_binding *binding, px_str filter);
/* Whether a message of this topic, empty where none is said, would come to the binding at all: for
 * people who try one, who get the sentence. Errors: PX_INVALID (binding.topic). */
PX_NODISCARD px_status px_binding_fits_topic(const px_binding *binding, px_str topic,
                                             px_err *ret_err);
px_binding_format px_binding_format_of(const px_binding *binding);

/* ---- mapping ---- */

typedef struct px_bind_model {
    uint32_t model_no;
    const px_layout *layout;
    px_str dtmi;
} px_bind_model;

/* Where twins and models are found. */
typedef struct px_bind_world {
    /* PX_NOT_FOUND when there is no such twin; PX_DENIED when the sender may not report for it. */
    px_status (*twin)(void *data, px_str id, px_bind_model *ret_model, px_err *ret_err);
    px_status (*model)(void *data, px_str dtmi, px_bind_model *ret_model, px_err *ret_err);
    void *data;
} px_bind_world;

typedef struct px_bind_input {
    px_str topic; /* empty: it came by another way */
    px_str payload;
    int64_t unit_ns; /* of times in line protocol; 0: nanoseconds */
    /* Only what was missed before is wanted: of this row, slot and field (0 and empty: all). Of a
     * field that could not be read that is also what is calculated from it. */
    uint32_t only_row, only_slot;
    px_str only_name;
    uint32_t misses_max; /* that are kept; 0: PX_BIND_MISSES_MAX */
} px_bind_input;

#define PX_BIND_MISSES_MAX 16

/* What could not be mapped. */
typedef struct px_bind_miss {
    uint32_t row;  /* from 1; 0: the whole message */
    uint32_t slot; /* by which of the templates for twins; 0: none in particular */
    px_str twin;   /* empty: none in particular */
    px_str name;   /* of the field; empty: the whole row */
    const char *id;
    char text[160];
} px_bind_miss;

/* A twin that the message says something of. */
typedef struct px_bound_twin {
    px_str id;
    px_bind_model model;
    bool is_new;                    /* made from the template, and not there yet */
    const px_json *document;        /* is_new: the twin, as PUT takes it */
    px_str parent, relationship_id; /* is_new: whom it belongs to; empty: nobody */
    const px_json *relationship;    /* is_new, with a parent */
    px_sample *samples;
    size_t sample_count, sample_cap; /* room, */
    size_t field_cap;                /* of the last sample, */
    uint32_t row;                    /* and the row of the last one: the mapping's own */
} px_bound_twin;

typedef struct px_bound {
    px_bound_twin **twins;
    size_t twin_count;
    uint32_t rows;        /* in the message */
    uint32_t passed;      /* of them, for which `when` does not hold */
    size_t values;        /* mapped */
    size_t missed;        /* fields and rows, in all */
    px_bind_miss *misses; /* the first misses_max */
    size_t miss_count, misses_max;
    size_t empty; /* rows that say themselves that they have no value: null, an empty cell */
    /* Other rows of which nothing was taken and nothing missed: px_bound_tell_nothing makes them
     * misses. Kept are the first misses_max. */
    size_t nothing;
    px_bind_miss *nothings;
} px_bound;

/**
 * Maps one message.
 *
 * @param payload  borrowed as long as the result is used, like `binding`; all else is in `arena`
 * Limits:  PX_MESSAGE_SAMPLES_MAX rows, PX_BINDING_ITEMS_MAX twins, PX_BINDING_VALUES_MAX values,
 * those of the payload's form.
 * Errors:  PX_INVALID (the payload is not what `format` says), PX_TOO_LARGE, PX_LIMIT,
 * PX_NO_MEMORY: then nothing of it is to be used. What the sender may not do, or a model refuses,
 * is a miss.
 */
PX_NODISCARD px_status px_binding_map(const px_binding *binding, const px_bind_input *input,
                                      const px_bind_world *world, px_arena *arena,
                                      px_bound *ret_bound, px_err *ret_err);

/* The rows that became nothing are misses. For a message that no other binding understood, and once
 * for each mapping. `binding`: of messages that nobody waits for the answer of, it keeps one of
 * them in PX_BINDING_NOTHING_NS, so that a device that says other things, too, washes nothing out;
 * all are counted. NULL: each is kept. */
void px_bound_tell_nothing(px_bound *bound, const px_binding *binding, px_time now);
/* Something of the message was taken, missed, or there without a value: it is for this binding. */
bool px_bound_is_understood(const px_bound *bound);

/**
 * What of a message no field takes: pointers to its values, in the arena, each once. For people who
 * try a binding; the payload is read anew.
 */
PX_NODISCARD px_status px_binding_leftovers(const px_binding *binding, const px_bind_input *input,
                                            px_arena *arena, px_str *ret_pointers, size_t max,
                                            size_t *ret_count, px_err *ret_err);

#endif
