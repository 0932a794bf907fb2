/* SPDX-License-Identifier: Apache-2.0 */
#include "query/relationship_json.h"

#include "base/json.h"
#include "engine/engine.h"

void px_put_relationship_json(px_buf *buf, const px_rel *rel, px_str source_id, px_str target_id)
{
    px_json_writer w = px_json_writer_of(buf);
    px_str properties = px_rel_properties(rel);
    px_buf etag = { 0 };

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("$relationshipId"));
    px_json_string(&w, px_rel_id(rel));
    px_json_key(&w, PX_STR("$sourceId"));
    px_json_string(&w, source_id);
    px_json_key(&w, PX_STR("$targetId"));
    px_json_string(&w, target_id);
    px_json_key(&w, PX_STR("$relationshipName"));
    px_json_string(&w, px_rel_name(rel));
    px_json_key(&w, PX_STR("$etag"));
    px_put_etag(&etag, px_rel_seq(rel));
    px_json_string(&w, px_buf_str(&etag));
    px_buf_release(&etag);
    if (properties.len > 2) { /* compact and not `{}`: its members follow ours */
        px_put_char(buf, ',');
        px_put(buf, px_str_of(properties.ptr + 1, properties.len - 2));
    }
    px_json_end_object(&w);
}
