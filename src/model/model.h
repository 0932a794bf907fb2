/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Models: DTDL v2, v3 and v4 Interfaces, parsed, resolved, checked, compiled to layouts.
 *
 * A px_model is one resolved Interface. It is immutable, shared and counted (atomically), and holds
 * references on its bases and on the models of its Components. Models are stored as their JSON text
 * and compiled again at start. Threads: any, for everything that takes a const px_model.
 * Source: DTDL v2 to v4 and their extensions; rules: model/rule.h.
 */
#ifndef PX_MODEL_MODEL_H
#define PX_MODEL_MODEL_H

#include "model/layout.h"

/* How the stored models of the tenant are found: borrowed for the call, or NULL. Zeroed: none are.
 */
typedef struct px_model_source {
    const px_model *(*find)(void *data, px_str dtmi);
    void *data;
} px_model_source;

/* The Interfaces of one call, in the order of the request. Give back with px_model_set_release, or
 * take models out of it with px_model_ref. */
typedef struct px_model_set {
    px_model **models; /* each with one reference, held by the set */
    size_t count;
    size_t top; /* so many of them, the first ones, are not defined inside others */
} px_model_set;
void px_model_set_release(px_model_set *set);

/* All that is wrong with a request, not only the first: at most PX_MODEL_ERRORS_MAX. A zeroed one
 * is empty. */
typedef struct px_model_report {
    px_err *errs;
    uint32_t *sources; /* of each error, the index of its text */
    size_t count, cap, sources_cap;
    bool truncated; /* there was more to say */
} px_model_report;
void px_model_report_release(px_model_report *report);
/* Adds what somebody else found wrong with the text of that index; one too many, or one that there
 * is no memory for, makes the report a truncated one. */
void px_model_report_add(px_model_report *report, const px_err *err, uint32_t source);

typedef enum px_extensions {
    PX_EXTENSIONS_BY_VERSION, /* DTDL v2 tolerates contexts that are not known, v3 refuses them */
    PX_EXTENSIONS_ALLOW,      /* tolerated: their co-types and members are ignored */
    PX_EXTENSIONS_DISALLOW,
} px_extensions;

typedef struct px_models_opts {
    px_model_source stored;
    /* Accepts Interfaces defined inside others, as DTDL does; the service does not (each is
     * uploaded by itself, and referred to by id). They stand in the set after the top-level ones.
     */
    bool nested_interfaces;
    px_extensions unknown_extensions;
    uint32_t dtdl_version_max; /* 0: all that are known */
    uint32_t models_max;       /* of one call, all texts together; 0: PX_MODELS_PER_CALL_MAX */
    /* Whether the expression of a guard is one, in a room that knows the language; told with the
     * guard's place. NULL: it is taken as it is. */
    px_status (*check_guard)(const px_layout *layout, const px_guard *guard, px_err *ret_err);
} px_models_opts;

/* A text with the name by which its reader knows it: a file, "stdin", "line 7". */
typedef struct px_model_file {
    px_str name; /* for sentences; empty: none is said */
    px_str json; /* one Interface or an array of them */
} px_model_file;

/**
 * Parses, resolves and checks a set of Interfaces; all or nothing.
 *
 * @param json     borrowed: one Interface or an array of them
 * @param stored   may be NULL: nothing is stored
 * @param ret_set  written only on PX_OK
 *
 * Whether an id is stored already is the caller's to say: here the request wins.
 * Limits:  PX_MODELS_PER_CALL_MAX, PX_MODEL_BYTES_MAX each, PX_FIELDS_MAX each.
 * Errors:  PX_INVALID (id of a rule, line, column, pointer), PX_TOO_LARGE, PX_LIMIT, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_models_parse(px_str json, const px_model_source *stored,
                                       px_model_set *ret_set, px_err *ret_err);

/* The same with options (NULL: defaults) and all errors (`ret_report` may be NULL; filled on
 * PX_INVALID). */
PX_NODISCARD px_status px_models_parse_all(px_str json, const px_models_opts *opts,
                                           px_model_set *ret_set, px_model_report *ret_report,
                                           px_err *ret_err);

/* The same for several texts that make one set and may refer to each other. All that is wrong is
 * told, of every text: one that is no JSON does not hide what is wrong with the others. */
PX_NODISCARD px_status px_models_parse_texts(const px_model_file *texts, size_t count,
                                             const px_models_opts *opts, px_model_set *ret_set,
                                             px_model_report *ret_report, px_err *ret_err);

px_model *px_model_ref(px_model *model);
void px_model_unref(px_model *model); /* NULL is fine */

px_str px_model_id(const px_model *model);
px_str px_model_text(const px_model *model);           /* the definition, as uploaded */
uint32_t px_model_dtdl_version(const px_model *model); /* 2 to 4 */
/* The version in its id: `;1` is 1.0, none is 0.0. */
uint32_t px_model_version_major(const px_model *model);
uint32_t px_model_version_minor(const px_model *model);
px_lang_map px_model_display_names(const px_model *model);
px_lang_map px_model_descriptions(const px_model *model);

/* Direct bases, in the order of `extends`. */
const px_model *const *px_model_extends(const px_model *model, uint32_t *ret_count);
/* Itself and all bases, each once, bases first. */
const px_model *const *px_model_lineage(const px_model *model, uint32_t *ret_count);
/* All that must exist for it to exist: bases and Components' models, transitively, itself not
 * included, each once, dependencies first. */
const px_model *const *px_model_dependencies(const px_model *model, uint32_t *ret_count);

/* True for its own id and the id of every base. */
bool px_model_is_a(const px_model *model, px_str dtmi);

const px_layout *px_model_layout(const px_model *model);
/* An entry of the Interface's `schemas`, or NULL. */
const px_schema *px_model_schema(const px_model *model, px_str dtmi);

#endif
