/* SPDX-License-Identifier: Apache-2.0 */
/* Relationships of the data plane. Lists read one snapshot and give pages of PAGE. */
#include <stdio.h>

#include "api/inner.h"

enum { PAGE = 500 };

px_handler px_on_list_relationships, px_on_list_incoming, px_on_get_relationship,
    px_on_put_relationship, px_on_patch_relationship, px_on_delete_relationship;

typedef struct listing {
    px_snapshot *snapshot;
    const px_view *view;
    const px_twin *twin;
    px_json_writer w;
} listing;

static bool begin_list(px_api_call *call, listing *l)
{
    px_err err;
    px_status status = px_authorize(&call->principal, PX_ACTION_READ_TWIN, call->args[0], &err);

    l->snapshot = NULL;
    if (status == PX_OK)
        status = px_graph_snapshot(px_engine_graph(call->api->opts.engine), &l->snapshot, &err);
    if (status == PX_OK) {
        l->view = px_snapshot_view(l->snapshot);
        l->twin = px_view_find(l->view, call->principal.tenant, call->args[0]);
        if (!l->twin)
            status = px_fail_id(&err, PX_NOT_FOUND, "twin.not_found",
                                "There is no digital twin instance that exists with the ID %.*s",
                                PX_FMT(call->args[0]));
    }
    if (status != PX_OK) {
        px_snapshot_release(l->snapshot);
        px_api_fail(call, status, &err);
        return false;
    }
    l->w = px_json_writer_of(&call->out);
    px_json_begin_object(&l->w);
    px_json_key(&l->w, PX_STR("value"));
    px_json_begin_array(&l->w);
    return true;
}

static void end_list(px_api_call *call, listing *l, uint64_t next)
{
    px_err err;
    px_status status = px_snapshot_status(l->snapshot, &err);

    px_snapshot_release(l->snapshot);
    if (status != PX_OK) {
        px_api_fail(call, PX_BUSY, &err);
        return;
    }
    px_json_end_array(&l->w);
    px_json_key(&l->w, PX_STR("nextLink"));
    if (next) {
        px_buf link = { 0 };
        px_str id = call->path; /* as it came, still encoded */

        px_putf(&link, "%.*s?continuationToken=%llu&api-version=2023-10-31", PX_FMT(id),
                (unsigned long long)next);
        px_json_string(&l->w, px_buf_str(&link));
        px_buf_release(&link);
    } else {
        px_json_null(&l->w);
    }
    px_json_end_object(&l->w);
    px_api_json(call, 200);
}

static px_str id_of(const listing *l, uint32_t tenant, uint32_t twin_no)
{
    const px_twin *twin = px_view_twin(l->view, tenant, twin_no);

    return twin ? px_twin_id(twin) : PX_STR("");
}

/* Pages count relationships: a token is how many were given before. Stable while nothing changes
 * between pages. */
void px_on_list_relationships(px_api_call *call)
{
    px_str name = px_api_param(call, "relationshipName");
    uint64_t skip, seen = 0, next = 0;
    px_edges edges;
    listing l;

    if (!px_api_param_number(call, "continuationToken", 0, UINT32_MAX, &skip) ||
        !begin_list(call, &l))
        return;
    edges = px_edges_out(l.view, px_twin_number(l.twin), name);
    for (const px_rel *rel; (rel = px_edges_next(&edges));) {
        if (seen++ < skip)
            continue;
        if (seen > skip + PAGE) {
            next = skip + PAGE;
            break;
        }
        px_buf one = { 0 };

        px_put_relationship_json(&one, rel, px_twin_id(l.twin),
                                 id_of(&l, call->principal.tenant, px_rel_target(rel)));
        px_json_put_raw(&l.w, px_buf_str(&one));
        px_buf_release(&one);
    }
    end_list(call, &l, next);
}

static void put_link(px_buf *buf, px_str source_id, px_str rel_id)
{
    static const char hex[] = "0123456789ABCDEF";
    px_str parts[2] = { source_id, rel_id };

    for (int p = 0; p < 2; p++) {
        px_put_c(buf, p == 0 ? "/digitaltwins/" : "/relationships/");
        for (size_t i = 0; i < parts[p].len; i++) {
            unsigned char c = (unsigned char)parts[p].ptr[i];

            if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                strchr("-._~", c)) {
                px_put_char(buf, (char)c);
            } else {
                px_put_char(buf, '%');
                px_put_char(buf, hex[c >> 4]);
                px_put_char(buf, hex[c & 15]);
            }
        }
    }
    px_put_c(buf, "?api-version=2023-10-31");
}

void px_on_list_incoming(px_api_call *call)
{
    uint64_t skip, seen = 0, next = 0;
    px_edges edges;
    listing l;

    if (!px_api_param_number(call, "continuationToken", 0, UINT32_MAX, &skip) ||
        !begin_list(call, &l))
        return;
    edges = px_edges_in(l.view, px_twin_number(l.twin), (px_str){ 0 });
    for (const px_rel *rel; (rel = px_edges_next(&edges));) {
        px_buf link = { 0 };
        px_str source;

        if (seen++ < skip)
            continue;
        if (seen > skip + PAGE) {
            next = skip + PAGE;
            break;
        }
        source = id_of(&l, call->principal.tenant, px_rel_source(rel));
        px_json_begin_object(&l.w);
        px_json_key(&l.w, PX_STR("$relationshipId"));
        px_json_string(&l.w, px_rel_id(rel));
        px_json_key(&l.w, PX_STR("$sourceId"));
        px_json_string(&l.w, source);
        px_json_key(&l.w, PX_STR("$relationshipName"));
        px_json_string(&l.w, px_rel_name(rel));
        px_json_key(&l.w, PX_STR("$relationshipLink"));
        put_link(&link, source, px_rel_id(rel));
        px_json_string(&l.w, px_buf_str(&link));
        px_buf_release(&link);
        px_json_end_object(&l.w);
    }
    end_list(call, &l, next);
}

static void answer_relationship(px_api_call *call)
{
    const px_rel *rel;
    px_err err;
    listing l;

    if (!begin_list(call, &l))
        return;
    px_buf_clear(&call->out);
    rel = px_view_rel_find(l.view, px_twin_number(l.twin), call->args[1]);
    if (!rel) {
        px_snapshot_release(l.snapshot);
        px_fail_id(&err, PX_NOT_FOUND, "relationship.not_found",
                   "Relationship %.*s not found on twin %.*s", PX_FMT(call->args[1]),
                   PX_FMT(call->args[0]));
        px_api_fail(call, PX_NOT_FOUND, &err);
        return;
    }
    px_put_relationship_json(&call->out, rel, px_twin_id(l.twin),
                             id_of(&l, call->principal.tenant, px_rel_target(rel)));
    px_api_etag(call, px_rel_seq(rel));
    px_snapshot_release(l.snapshot);
    px_api_json(call, 200);
}

void px_on_get_relationship(px_api_call *call)
{
    answer_relationship(call);
}

/* On the engine's thread: what was written is known, so no snapshot is asked there. */
static void put_done(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_buf etag = { 0 };

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("$relationshipId"));
    px_json_string(&w, call->args[1]);
    px_json_key(&w, PX_STR("$sourceId"));
    px_json_string(&w, call->args[0]);
    px_json_key(&w, PX_STR("$etag"));
    px_put_etag(&etag, call->request.result.seq);
    px_json_string(&w, px_buf_str(&etag));
    px_buf_release(&etag);
    for (const px_json *m = call->request.json->first; m; m = m->next) {
        if (px_str_eq(m->key, PX_STR("$relationshipId")) ||
            px_str_eq(m->key, PX_STR("$sourceId")) || px_str_eq(m->key, PX_STR("$etag")))
            continue;
        px_json_key(&w, m->key);
        px_json_node(&w, m);
    }
    px_json_end_object(&w);
    px_api_etag(call, call->request.result.seq);
    px_api_json(call, 200);
}

static void changed(px_api_call *call)
{
    px_api_etag(call, call->request.result.seq);
    px_api_finish(call, 204);
}

static void gone(px_api_call *call)
{
    px_api_finish(call, 204);
}

static void begin(px_api_call *call, px_request_kind kind)
{
    call->request.kind = kind;
    call->request.id = call->args[0];
    call->request.relationship_id = call->args[1];
}

void px_on_put_relationship(px_api_call *call)
{
    begin(call, PX_REQUEST_RELATIONSHIP_PUT);
    if (px_api_conditions(call, false, true))
        px_api_submit(call, put_done);
}

void px_on_patch_relationship(px_api_call *call)
{
    begin(call, PX_REQUEST_RELATIONSHIP_PATCH);
    if (px_api_conditions(call, true, false))
        px_api_submit(call, changed);
}

void px_on_delete_relationship(px_api_call *call)
{
    begin(call, PX_REQUEST_RELATIONSHIP_DELETE);
    if (px_api_conditions(call, true, false))
        px_api_submit(call, gone);
}
