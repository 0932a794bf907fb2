/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The twin document of the Azure data plane: the one writer of it, for queries and the HTTP door.
 *
 *     {"$dtId":…,"$etag":…, properties, components, "$metadata":{"$model":…,"$lastUpdateTime":…}}
 *
 * Reported values of Properties only: no telemetry, no desired values. Errors stick in the buffer.
 * Threads: any, under the rules of the px_twin. Source: reference/dtdl-and-api.md section 4.
 */
#ifndef PX_QUERY_TWIN_JSON_H
#define PX_QUERY_TWIN_JSON_H

#include "model/model.h"
#include "twin/twin.h"

/* `model` is the model of the twin. */
void px_put_twin_json(px_buf *buf, const px_model *model, const px_twin *twin);

/* One component alone: its properties and its `$metadata`. `component` is an index of the layout's
 * list. A component's `$lastUpdateTime` is the newest of its properties', and the twin's own while
 * it has none. */
void px_put_component_json(px_buf *buf, const px_model *model, const px_twin *twin,
                           uint32_t component);

/* The `$metadata` object alone, of the twin or with `component` of that one. */
void px_put_metadata_json(px_buf *buf, const px_model *model, const px_twin *twin,
                          uint32_t component);

/* What stands below `$metadata` for one property:
 * `{"lastUpdateTime":…}`, with `sourceTime` when its source told one. */
void px_put_property_metadata_json(px_buf *buf, const px_slot *slot);

#endif
