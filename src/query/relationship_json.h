/* SPDX-License-Identifier: Apache-2.0 */
/** The relationship document of the Azure data plane: the one writer of it. Errors stick in the
 * buffer. Source: reference/dtdl-and-api.md section 4. */
#ifndef PX_QUERY_RELATIONSHIP_JSON_H
#define PX_QUERY_RELATIONSHIP_JSON_H

#include "base/buf.h"
#include "twin/twin.h"

void px_put_relationship_json(px_buf *buf, const px_rel *rel, px_str source_id, px_str target_id);

#endif
