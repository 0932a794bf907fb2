/* SPDX-License-Identifier: Apache-2.0 */
/* Relationships of the data plane. Lists read one snapshot and give pages of PAGE. */
#include "api/inner.h"

enum { PAGE = 500 };

px_handler px_on_list_relationships, px_on_list_incoming, px_on_get_relationship,
    px_on_put_relationship, px_on_patch_relationship, px_on_delete_relationship;

typedef struct listing {
    px_snapshot *snapshot;
    const px_view *view;
    const px_twin *twin;
    const px_rel *last; /* given; the next page goes on behind it */
    bool more;
    px_json_writer w;
} listing;

static bool begin_list(px_api_call *call, listing *l)
{
    px_err err;
    px_status status = px_authorize(&call->principal, PX_ACTION_READ_TWIN, call->args[0], &err);

    *l = (listing){ 0 };
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

/* A token is number and name of the last relationship given: the order of a twin's edges. So each
 * comes once, whatever is written between two pages. */
static void put_next_link(px_api_call *call, listing *l)
{
    px_str wanted = px_api_param(call, "relationshipName");
    px_buf link = { 0 };

    px_api_put_origin(call, &link);
    px_put(&link, call->path); /* as it came, still encoded */
    px_putf(&link, "?continuationToken=%u.", px_rel_number(l->last));
    px_api_put_part(&link, px_rel_name(l->last));
    if (wanted.ptr) {
        px_put_c(&link, "&relationshipName=");
        px_api_put_part(&link, wanted);
    }
    px_put_char(&link, '&');
    px_api_put_version(call, &link);
    px_json_string(&l->w, px_buf_str(&link));
    px_buf_release(&link);
}

static void end_list(px_api_call *call, listing *l)
{
    px_err err;
    px_status status;

    px_json_end_array(&l->w);
    px_json_key(&l->w, PX_STR("nextLink"));
    if (l->more)
        put_next_link(call, l);
    else
        px_json_null(&l->w);
    px_json_end_object(&l->w);
    status = px_snapshot_status(l->snapshot, &err);
    px_snapshot_release(l->snapshot);
    if (status != PX_OK)
        px_api_fail(call, PX_BUSY, &err);
    else
        px_api_json(call, 200);
}

/* Where the page begins; false: answered. */
static bool read_token(px_api_call *call, px_edges *edges)
{
    px_str name = px_api_param(call, "continuationToken"), number;
    uint64_t rel_no = 0;
    px_err err;

    if (!name.ptr)
        return true;
    number = px_str_cut(&name, '.');
    for (size_t i = 0; i < number.len && rel_no <= UINT32_MAX; i++)
        rel_no =
            px_is_digit(number.ptr[i]) ? rel_no * 10 + (uint64_t)(number.ptr[i] - '0') : UINT64_MAX;
    if (number.len && rel_no <= UINT32_MAX && name.len <= PX_NAME_BYTES_MAX) {
        px_edges_seek(edges, name, (uint32_t)rel_no);
        return true;
    }
    px_fail_id(&err, PX_INVALID, "http.token", "the continuationToken is none of this server");
    px_api_fail(call, PX_INVALID, &err);
    return false;
}

/* Calls `put` for the relationships of one page. */
static void list(px_api_call *call, listing *l, px_edges *edges,
                 void (*put)(px_api_call *call, listing *l, const px_rel *rel))
{
    unsigned given = 0;

    if (!read_token(call, edges)) {
        px_snapshot_release(l->snapshot);
        return;
    }
    for (const px_rel *rel; (rel = px_edges_next(edges));) {
        l->more = given++ == PAGE;
        if (l->more)
            break;
        put(call, l, rel);
        l->last = rel;
    }
    end_list(call, l);
}

static px_str id_of(const listing *l, uint32_t tenant, uint32_t twin_no)
{
    const px_twin *twin = px_view_twin(l->view, tenant, twin_no);

    return twin ? px_twin_id(twin) : PX_STR("");
}

static void put_outgoing(px_api_call *call, listing *l, const px_rel *rel)
{
    px_json_put_raw(&l->w, PX_STR("")); /* the comma, if one is due */
    px_put_relationship_json(&call->out, rel, px_twin_id(l->twin),
                             id_of(l, call->principal.tenant, px_rel_target(rel)));
}

void px_on_list_relationships(px_api_call *call)
{
    px_edges edges;
    listing l;

    if (!begin_list(call, &l))
        return;
    edges = px_edges_out(l.view, px_twin_number(l.twin), px_api_param(call, "relationshipName"));
    list(call, &l, &edges, put_outgoing);
}

static void put_link(px_api_call *call, px_buf *buf, px_str source_id, px_str rel_id)
{
    px_api_put_origin(call, buf);
    px_put_c(buf, "/digitaltwins/");
    px_api_put_part(buf, source_id);
    px_put_c(buf, "/relationships/");
    px_api_put_part(buf, rel_id);
    px_put_char(buf, '?');
    px_api_put_version(call, buf);
}

static void put_incoming(px_api_call *call, listing *l, const px_rel *rel)
{
    px_str source = id_of(l, call->principal.tenant, px_rel_source(rel));
    px_buf link = { 0 };

    px_json_begin_object(&l->w);
    px_json_key(&l->w, PX_STR("$relationshipId"));
    px_json_string(&l->w, px_rel_id(rel));
    px_json_key(&l->w, PX_STR("$sourceId"));
    px_json_string(&l->w, source);
    px_json_key(&l->w, PX_STR("$relationshipName"));
    px_json_string(&l->w, px_rel_name(rel));
    px_json_key(&l->w, PX_STR("$relationshipLink"));
    put_link(call, &link, source, px_rel_id(rel));
    px_json_string(&l->w, px_buf_str(&link));
    px_buf_release(&link);
    px_json_end_object(&l->w);
}

void px_on_list_incoming(px_api_call *call)
{
    px_edges edges;
    listing l;

    if (!begin_list(call, &l))
        return;
    edges = px_edges_in(l.view, px_twin_number(l.twin), (px_str){ 0 });
    list(call, &l, &edges, put_incoming);
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
        if (px_str_starts(m->key, PX_STR("$")) && !px_str_eq(m->key, PX_STR("$targetId")) &&
            !px_str_eq(m->key, PX_STR("$relationshipName")))
            continue; /* the server's, or nobody's: not kept */
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
