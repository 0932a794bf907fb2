/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a bulk file, page by page: GET /api/v1/export?section=Twins. Every page reads a
 * snapshot of its own. Twins come by number, and numbers only grow, so what is created meanwhile
 * comes last or not at all; relationships with `until`, the number of the last twin given, name
 * only twins that were.
 */
#include <stdio.h>

#include "api/inner.h"
#include "api/workers.h"
#include "bulk/reader.h"

px_handler px_v1_get_export;

typedef struct export
{
    px_api_call *call;
    px_snapshot *snapshot;
    const px_view *view;
    px_json_writer w;
    size_t given;
    uint64_t after, after_rel; /* where the page begins: a model or twin, and one of its edges */
    px_str after_name;
    uint64_t until;
    px_buf cursor; /* where the next one does; empty: there is none */
}
export;

static bool is_full(const export *e)
{
    return e->given >= PX_EXPORT_ITEMS_MAX || e->call->out.len >= PX_EXPORT_PAGE_BYTES_MAX;
}

/* ---- what is exported ---- */

static px_status put_models(export *e, px_err *ret_err)
{
    px_api_call *call = e->call;
    px_model_info *infos;
    size_t count;

    PX_TRY(px_registry_list(px_engine_registry(call->api->opts.engine), call->principal.tenant,
                            (px_str){ 0 }, &call->arena, &infos, &count, ret_err));
    for (size_t i = 0; i < count; i++) {
        px_json *json;

        if (infos[i].model_no <= e->after)
            continue;
        if (is_full(e)) {
            px_putf(&e->cursor, "%u", infos[i - 1].model_no);
            return PX_OK;
        }
        PX_TRY(px_json_parse(px_model_text(infos[i].model), NULL, &call->arena, &json, ret_err));
        px_json_node(&e->w, json); /* on one line, however it was uploaded */
        e->given++;
    }
    return PX_OK;
}

static px_status put_twins(export *e, px_err *ret_err)
{
    px_registry *registry = px_engine_registry(e->call->api->opts.engine);
    px_twins twins = px_twins_of(e->view, e->call->principal.tenant, NULL, 0);

    (void)ret_err;
    if (e->after)
        px_twins_seek(&twins, (uint32_t)e->after);
    e->until = e->after;
    for (const px_twin *twin; (twin = px_twins_next(&twins));) {
        if (is_full(e)) {
            px_putf(&e->cursor, "%llu", (unsigned long long)e->until);
            return PX_OK;
        }
        px_json_put_raw(&e->w, PX_STR(""));
        px_put_twin_json(&e->call->out, px_registry_model(registry, px_twin_model(twin)), twin);
        e->until = px_twin_number(twin);
        e->given++;
    }
    return PX_OK;
}

/* `$dtId` names the source, as the format wants it. */
static void put_relationship(export *e, const px_twin *source, const px_rel *rel,
                             const px_twin *target)
{
    px_str properties = px_rel_properties(rel);
    px_buf *out = &e->call->out;

    px_json_put_raw(&e->w, PX_STR(""));
    px_put_c(out, "{\"$dtId\":");
    px_put_json_string(out, px_twin_id(source));
    px_put_c(out, ",\"$relationshipId\":");
    px_put_json_string(out, px_rel_id(rel));
    px_put_c(out, ",\"$targetId\":");
    px_put_json_string(out, px_twin_id(target));
    px_put_c(out, ",\"$relationshipName\":");
    px_put_json_string(out, px_rel_name(rel));
    if (properties.len > 2) {
        px_put_char(out, ',');
        px_put(out, px_str_skip(properties, 1));
    } else {
        px_put_char(out, '}');
    }
    e->given++;
}

/* The relationships of one twin; true when the page is full in the middle of them. */
static bool put_edges(export *e, const px_twin *twin, bool resumes)
{
    uint32_t tenant = e->call->principal.tenant;
    px_edges edges = px_edges_out(e->view, px_twin_number(twin), (px_str){ 0 });

    if (resumes)
        px_edges_seek(&edges, e->after_name, (uint32_t)e->after_rel);
    for (const px_rel *rel; (rel = px_edges_next(&edges));) {
        const px_twin *target = px_view_twin(e->view, tenant, px_rel_target(rel));

        if (target && px_twin_number(target) <= e->until)
            put_relationship(e, twin, rel, target);
        if (!is_full(e))
            continue;
        px_putf(&e->cursor, "%u.%u.%.*s", px_twin_number(twin), px_rel_number(rel),
                PX_FMT(px_rel_name(rel)));
        return true;
    }
    return false;
}

static px_status put_relationships(export *e, px_err *ret_err)
{
    px_twins twins = px_twins_of(e->view, e->call->principal.tenant, NULL, 0);

    (void)ret_err;
    if (e->after > 1)
        px_twins_seek(&twins, (uint32_t)e->after - 1); /* itself once more, for the rest of it */
    for (const px_twin *twin; (twin = px_twins_next(&twins));) {
        uint32_t no = px_twin_number(twin);

        if (no > e->until || put_edges(e, twin, no == e->after && e->after_name.ptr))
            return PX_OK;
    }
    return PX_OK;
}

static const struct {
    px_action action;
    px_status (*put)(export *e, px_err *ret_err);
} sections[PX_BULK_SECTIONS] = {
    [PX_BULK_MODELS] = { PX_ACTION_READ_MODEL, put_models },
    [PX_BULK_TWINS] = { PX_ACTION_READ_TWIN, put_twins },
    [PX_BULK_RELATIONSHIPS] = { PX_ACTION_READ_TWIN, put_relationships },
};

/* ---- a page ---- */

static bool read_number(px_str text, uint64_t *ret_number)
{
    *ret_number = 0;
    for (size_t i = 0; i < text.len && *ret_number <= UINT32_MAX; i++) {
        if (!px_is_digit(text.ptr[i]))
            return false;
        *ret_number = *ret_number * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return text.len > 0 && *ret_number <= UINT32_MAX;
}

/* `TWIN` or `TWIN.RELATIONSHIP.NAME`. */
static px_status read_place(export *e, px_str rest, px_err *ret_err)
{
    bool good = true;

    if (rest.ptr) {
        good = read_number(px_str_cut(&rest, '.'), &e->after);
        if (good && rest.len) {
            good = read_number(px_str_cut(&rest, '.'), &e->after_rel) && rest.len > 0;
            e->after_name = rest;
        }
    }
    if (good && e->after_name.len <= PX_NAME_BYTES_MAX)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "http.cursor",
                      "the cursor is of another section; give one back as it came");
}

static void end_page(export *e)
{
    px_json_end_array(&e->w);
    px_api_put_cursor(e->call, &e->w, e->cursor.len ? px_buf_str(&e->cursor) : (px_str){ 0 });
    px_json_member_uint(&e->w, "until", e->until);
    px_json_end_object(&e->w);
}

static px_status put_page(export *e, px_bulk_section section, px_err *ret_err)
{
    PX_TRY(px_graph_snapshot(px_engine_graph(e->call->api->opts.engine), &e->snapshot, ret_err));
    e->view = px_snapshot_view(e->snapshot);
    e->w = px_json_writer_of(&e->call->out);
    px_json_begin_object(&e->w);
    px_json_key(&e->w, PX_STR("items"));
    px_json_begin_array(&e->w);
    PX_TRY(sections[section].put(e, ret_err));
    end_page(e);
    return px_snapshot_status(e->snapshot, ret_err);
}

static void work(px_api_call *call)
{
    px_bulk_section section = (px_bulk_section)call->request.code;
    export e = { .call = call };
    px_err err = { 0 };
    px_status status;
    px_str at;

    if (!px_api_param_number(call, "until", UINT32_MAX, 0, UINT32_MAX, &e.until) ||
        !px_api_cursor(call, &at))
        return;
    status = read_place(&e, at, &err);
    if (status == PX_OK)
        status = put_page(&e, section, &err);
    px_snapshot_release(e.snapshot);
    px_buf_release(&e.cursor);
    if (status == PX_OK)
        px_api_json(call, 200);
    else
        px_api_fail(call, status == PX_STALE ? PX_BUSY : status, &err);
}

void px_v1_get_export(px_api_call *call)
{
    px_str name = px_api_param(call, "section");
    px_bulk_section section = px_bulk_section_find(name);
    px_err err;
    px_status status =
        px_fail_id(&err, PX_INVALID, "bulk.section",
                   "section is Models, Twins or Relationships, not '%.*s'", PX_FMT(name));

    if (sections[section].put)
        status = px_authorize(&call->principal, sections[section].action, (px_str){ 0 }, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    call->request.code = (uint8_t)section;
    px_workers_run_on(call->api->bulk_workers, call, work);
}
