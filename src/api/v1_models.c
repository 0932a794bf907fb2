/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/models/validate: what an upload would be told, all of it at once, and nothing is stored.
 * On a worker, because a large set takes its time. */
#include "api/inner.h"
#include "api/workers.h"
#include "expr/guard.h"

px_handler px_v1_validate_models;

/* The published models of the caller's tenant: a dry run may miss an upload of this very moment. */
static const px_model *find_stored(void *data, px_str dtmi)
{
    px_api_call *call = data;
    px_model_info info;

    return px_registry_find(px_engine_registry(call->api->opts.engine), call->principal.tenant,
                            dtmi, &info)
               ? info.model
               : NULL;
}

/* As an upload's `details`; what has no place of its own is said of the beginning. */
static void put_error(px_json_writer *w, const px_err *err)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("code"));
    px_json_string(w, px_str_c(err->id ? err->id : ""));
    px_json_key(w, PX_STR("message"));
    px_json_string(w, px_str_c(err->text));
    px_json_key(w, PX_STR("path"));
    px_json_string(w, px_str_c(err->path));
    px_json_key(w, PX_STR("line"));
    px_json_uint(w, err->line ? err->line : 1);
    px_json_key(w, PX_STR("column"));
    px_json_uint(w, err->column ? err->column : 1);
    px_json_end_object(w);
}

/* An upload refuses what is there already, at its identifier. */
static size_t put_known(px_api_call *call, px_json_writer *w)
{
    px_json *root;
    size_t count = 0;

    if (px_json_parse(call->body, NULL, &call->arena, &root, NULL) != PX_OK)
        return 0;
    for (const px_json *m = root->type == PX_JSON_ARRAY ? root->first : root; m; m = m->next) {
        const px_json *id = px_json_get(m, PX_STR("@id"));
        px_err err;

        if (!px_json_is(id, PX_JSON_STRING) || !find_stored(call, id->text))
            continue;
        (void)px_json_fail(id, &err, PX_CONFLICT, "model.exists",
                           "Some of the model ids already exist: %.*s. Use a new version, or "
                           "delete the model first",
                           PX_FMT(id->text));
        put_error(w, &err);
        count++;
    }
    return count;
}

/* How many errors there are. */
static size_t put_errors(px_api_call *call, px_json_writer *w, px_status status,
                         const px_model_report *report, const px_err *err)
{
    px_json_key(w, PX_STR("errors"));
    px_json_begin_array(w);
    for (size_t i = 0; i < report->count; i++)
        put_error(w, &report->errs[i]);
    if (status != PX_OK && report->count == 0)
        put_error(w, err);
    if (status != PX_OK)
        return report->count ? report->count : 1;
    return put_known(call, w);
}

static void validate(px_api_call *call)
{
    px_models_opts opts = { .stored = { find_stored, call }, .check_guard = px_guard_check };
    px_json_writer w = px_json_writer_of(&call->out);
    px_model_set set = { 0 };
    px_model_report report = { 0 };
    px_err err = { 0 };
    px_status status = px_models_parse_all(call->body, &opts, &set, &report, &err);
    size_t count;

    if (status == PX_OK && set.count == 0)
        status = px_fail_id(&err, PX_INVALID, "model.empty",
                            "models provided was empty or of a type that is not supported");
    if (status != PX_OK && status != PX_INVALID && status != PX_UNSUPPORTED) {
        px_api_fail(call, status, &err);
    } else {
        px_json_begin_object(&w);
        count = put_errors(call, &w, status, &report, &err);
        px_json_end_array(&w);
        px_json_key(&w, PX_STR("valid"));
        px_json_bool(&w, count == 0);
        px_json_key(&w, PX_STR("truncated"));
        px_json_bool(&w, report.truncated);
        px_json_end_object(&w);
        px_api_json(call, 200);
    }
    px_model_report_release(&report);
    px_model_set_release(&set);
}

void px_v1_validate_models(px_api_call *call)
{
    px_err err;
    px_status status = px_authorize(&call->principal, PX_ACTION_READ_MODEL, (px_str){ 0 }, &err);

    if (status != PX_OK)
        px_api_fail(call, status, &err);
    else
        px_workers_run(call, validate);
}
