/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Digital Twin Model Identifiers: `dtmi:com:acme:Pump;1`.
 *
 *     dtmi     = "dtmi" ":" segment { ":" segment } [ ";" version ] [ "#" fragment ]
 *     segment  = letter [ { letter | digit | "_" } ( letter | digit ) ]     (system: begins with _)
 *     version  = 1-9 digits, first not 0 [ "." 1-6 digits, first not 0 ]
 *
 * Comparison is case sensitive. Threads: any. Source: DTDL v3, "Digital Twin Model Identifier".
 */
#ifndef PX_MODEL_DTMI_H
#define PX_MODEL_DTMI_H

#include "base/err.h"

typedef struct px_dtmi {
    px_str text;          /* borrowed: the whole identifier */
    px_str path;          /* `com:acme:Pump`, after the scheme, before version and fragment */
    px_str fragment;      /* without '#'; empty when there is none */
    uint32_t major;       /* 0 when there is no version */
    uint32_t minor;       /* 0 when there is none */
    uint32_t label_count; /* segments of the path, at least 1 */
    bool is_system;       /* a segment begins with '_': made by processors, not allowed in models */
} px_dtmi;

/**
 * Reads one identifier.
 *
 * @param text     borrowed: the whole identifier and nothing else
 * @param ret_id   written only on PX_OK; its slices borrow from `text`
 *
 * Limits:  PX_DTMI_BYTES_MAX; users' identifiers are limited further by who checks the model.
 * Errors:  PX_INVALID (ret_err->column is the first bad byte), PX_TOO_LARGE.
 * Cost:    one pass, no allocation.
 */
PX_NODISCARD px_status px_dtmi_parse(px_str text, px_dtmi *ret_id, px_err *ret_err);

/* `dtmi:dtdl:…` and `dtmi:standard:…`: not to be defined in models. */
bool px_dtmi_is_reserved(px_str text);

#endif
