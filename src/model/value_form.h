/* SPDX-License-Identifier: Apache-2.0 */
/** Forms of values that are texts, and of geometries. Inside the room only. Threads: any. */
#ifndef PX_MODEL_VALUE_FORM_H
#define PX_MODEL_VALUE_FORM_H

#include "base/json.h"
#include "model/schema.h"

bool px_form_is_date(px_str text);     /* YYYY-MM-DD, a real day of the years 1 to 9999 */
bool px_form_is_datetime(px_str text); /* date, T, time */
bool px_form_is_time(px_str text);     /* hh:mm:ss, fraction, Z or ±hh:mm (required) */
bool px_form_is_duration(px_str text); /* ISO 8601: P, parts, T before hours and less */
bool px_form_is_base64(px_str text);   /* RFC 4648, padded; may be empty */
bool px_form_is_decimal(px_str text);  /* sign, digits without a leading zero, point and digits */
bool px_form_is_uuid(px_str text);     /* 8-4-4-4-12 hexadecimal digits */

/* Whether the node is a GeoJSON geometry of that kind (RFC 7946). */
px_status px_form_geometry(px_schema_kind kind, const px_json *node, px_err *ret_err);

#endif
