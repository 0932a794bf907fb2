/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Twin documents of the data plane: JSON into field values by the model, and a twin's own values
 * into JSON.
 *
 * Room-internal. Source of the form: the data-plane reference, sections 4 and 7.
 */
#ifndef PX_ENGINE_TWIN_BODY_H
#define PX_ENGINE_TWIN_BODY_H

#include "engine/request.h"
#include "model/model.h"
#include "twin/twin.h"

typedef struct px_fields {
    px_field_value *ptr; /* in the arena */
    size_t count, cap;
} px_fields;

PX_NODISCARD px_status px_fields_add(px_fields *fields, px_arena *arena, px_field_value value,
                                     px_err *ret_err);

/* All properties of a whole twin document, each checked. Every component must be there. `$dtId` and
 * `$etag` are ignored, null included. Errors: PX_INVALID, twin.invalid or schema's own, with the
 * place in the document. */
PX_NODISCARD px_status px_twin_body_read(const px_layout *layout, const px_json *body,
                                         px_arena *arena, px_fields *ret_fields, px_err *ret_err);

/* The properties that `old` has and `fields`, numbered by `layout`, do not give, as values NONE
 * numbered by `old_layout`. One whose source time is still to come at `now` keeps that, so that its
 * end is not before its beginning. */
PX_NODISCARD px_status px_twin_body_dropped(const px_layout *old_layout, const px_twin *old,
                                            const px_layout *layout, const px_fields *fields,
                                            px_time now, px_arena *arena, px_fields *ret_dropped,
                                            px_err *ret_err);

/* One property's value from its JSON, with the source time that `metadata` (`$metadata`, may be
 * NULL) gives. */
PX_NODISCARD px_status px_twin_body_field(const px_field *field, const px_json *value,
                                          const px_json *metadata, px_arena *arena,
                                          px_field_value *ret_value, px_err *ret_err);

/* ---- desired values: check_desired.c ---- */

/* The desired values of a twin that goes to another model, numbered by its layout: those that have
 * a writable property of the same path there, and fit it. In the arena. */
PX_NODISCARD px_status px_desired_kept(px_engine_state *state, const px_twin *twin,
                                       const px_layout *layout, px_fields *ret_fields,
                                       px_err *ret_err);
/* PX_TOO_LARGE when a twin with these values and these desired ones would weigh too much. */
PX_NODISCARD px_status px_desired_check_size(px_engine_state *state, px_str id,
                                             const px_fields *fields, const px_fields *desired,
                                             px_err *ret_err);
/* The event of desired values, if there are any. */
PX_NODISCARD px_status px_desired_emit(px_engine_state *state, const px_request *request,
                                       uint32_t twin_no, uint32_t model_no, const px_fields *fields,
                                       px_err *ret_err);

/* ---- writing ---- */

/* The properties of a twin as a JSON object, components nested, with `$metadata.<p>.sourceTime`
 * where there is one, and `$metadata.$model`: what a patch applies to. */
void px_twin_body_write(px_buf *buf, const px_model *model, const px_twin *twin);

#endif
