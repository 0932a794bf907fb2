/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Values to begin with: the smallest value of a schema, and a twin that its model accepts.
 *
 * What is written passes px_schema_check. Threads: any.
 */
#ifndef PX_MODEL_EXAMPLE_H
#define PX_MODEL_EXAMPLE_H

#include "model/model.h"

/* JSON of one value: 0, "", false, the first of an Enum, an Object with all its fields, [] and {}.
 * False, and nothing written, when the schema has no value (an Enum without values). A schema that
 * contains itself is followed a few steps and then left out. */
bool px_put_example(px_buf *buf, const px_schema *schema);

/* A twin of the model as the data plane takes it: `$dtId` (left out when empty), `$metadata` with
 * the model, every Property, and each Component with its own. */
void px_put_example_twin(px_buf *buf, const px_model *model, px_str twin_id);

#endif
