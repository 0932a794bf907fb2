/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of one section of a bulk file: POST /api/v1/import?section=Twins, NDJSON. Each line is for
 * itself; the answer names those that were refused by their number in the body. Answered when all
 * is durable, so a client that was cut off sends the same lines again.
 */
#include "api/load.h"
#include "api/workers.h"

px_handler px_v1_post_import;

static px_status add_lines(px_load *load, px_bulk_section section, px_str body, px_err *ret_err)
{
    px_bulk_reader reader;
    px_bulk_line line;
    px_err bad = { 0 };
    px_status status;

    px_bulk_reader_resume(&reader, section, 0, 0);
    status = px_bulk_feed(&reader, body, true, ret_err);
    px_load_begin(load, section);
    while (status == PX_OK && (status = px_bulk_next(&reader, &line, &bad)) == PX_OK &&
           line.kind != PX_BULK_MORE && line.kind != PX_BULK_END) {
        if (load->count == PX_BULK_LINES_MAX)
            status = px_fail_id(ret_err, PX_TOO_LARGE, "bulk.lines",
                                "one call takes at most %d lines", PX_BULK_LINES_MAX);
        else if (line.kind != PX_BULK_LINE || line.section != section)
            status = px_fail_id(ret_err, PX_INVALID, "bulk.section",
                                "line %llu: one call takes the lines of one section",
                                (unsigned long long)line.number);
        else
            status = px_load_add(load, line.number, line.text, ret_err);
    }
    px_bulk_reader_release(&reader);
    return status;
}

static void put_refused(px_json_writer *w, const px_load_item *item, const px_err *err)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("line"));
    px_json_uint(w, item->number);
    px_json_key(w, PX_STR("code"));
    px_json_string(w, px_str_c(err->id && err->id[0] ? err->id : px_status_code(err->status)));
    px_json_key(w, PX_STR("detail"));
    px_json_string(w, px_str_c(err->text));
    if (err->path[0]) {
        px_json_key(w, PX_STR("path"));
        px_json_string(w, px_str_c(err->path));
    }
    px_json_end_object(w);
}

static void answer(px_api_call *call, const px_load *load)
{
    px_json_writer w = px_json_writer_of(&call->out);
    size_t refused = 0;

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("refused"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < load->count; i++) {
        const px_err *err = px_load_refused(load, i);

        if (!err)
            continue;
        put_refused(&w, &load->items[i], err);
        refused++;
    }
    px_json_end_array(&w);
    px_json_key(&w, PX_STR("taken"));
    px_json_uint(&w, load->count - refused);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

static void work(px_api_call *call)
{
    px_bulk_section section = (px_bulk_section)call->request.code;
    px_load load;
    px_err err = { 0 };
    px_status status = px_load_init(&load, call->api->opts.engine, &call->principal, &err);

    if (status == PX_OK)
        status = add_lines(&load, section, call->body, &err);
    if (status == PX_OK)
        status = px_load_run(&load, &err);
    if (status == PX_OK)
        answer(call, &load);
    else
        px_api_fail(call, status, &err);
    px_load_release(&load);
}

void px_v1_post_import(px_api_call *call)
{
    px_str name = px_api_param(call, "section");
    px_bulk_section section = px_bulk_section_find(name);
    px_err err;
    px_status status = px_authorize(
        &call->principal, section == PX_BULK_MODELS ? PX_ACTION_WRITE_MODEL : PX_ACTION_WRITE_TWIN,
        (px_str){ 0 }, &err);

    if (status == PX_OK && section < PX_BULK_MODELS)
        status = px_fail_id(&err, PX_INVALID, "bulk.section",
                            "section is Models, Twins or Relationships, not '%.*s'", PX_FMT(name));
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    call->request.code = (uint8_t)section;
    px_workers_run_on(call->api->bulk_workers, call, work);
}
