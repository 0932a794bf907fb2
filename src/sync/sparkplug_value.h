/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The value of a Sparkplug metric as a value of a twin's model. Pure. Threads: any.
 */
#ifndef PX_SYNC_SPARKPLUG_VALUE_H
#define PX_SYNC_SPARKPLUG_VALUE_H

#include "base/json.h"
#include "model/schema.h"
#include "sync/sparkplug_payload.h"

/**
 * @param type  that of the birth: the value must stand in its form and its range
 *
 * Whole numbers, Float, Double and Boolean as they are; a Float and a Double have the fewest digits
 * that mean them (20.1, not 20.1000003815). String, Text and UUID are texts, Bytes and File base64,
 * a DateTime RFC 3339, or milliseconds where the schema is a number. Arrays are JSON arrays.
 * DataSet, Template and PropertySet have no place in a twin.
 *
 * Errors: PX_INVALID with the sentence for the sender, PX_LIMIT, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_spark_value(const px_spark_metric *metric, uint32_t type,
                                      const px_schema *schema, px_arena *arena, px_value *ret_value,
                                      px_err *ret_err);

/* Writes the value without a schema to settle it: numbers, booleans, texts, arrays, base64, and a
 * DateTime as RFC 3339. What was written before a failure is of no use. Errors: PX_INVALID. */
PX_NODISCARD px_status px_put_spark_value(px_json_writer *w, const px_spark_metric *metric,
                                          uint32_t type, px_err *ret_err);

#endif
