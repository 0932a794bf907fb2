/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/local.h"

#include "cli/texts.h"
#include "cli/verdict.h"

enum { ARENA_BYTES = 256 << 20, CANDIDATES_MAX = 256 };

static px_status parse(px_cli *cli, const px_texts *texts, px_model_set *ret_set, px_err *ret_err)
{
    px_models_opts opts = { .nested_interfaces = true, .models_max = PX_LOCAL_MODELS_MAX };
    px_model_report report = { 0 };
    px_buf text = { 0 };
    px_status status =
        px_models_parse_texts(texts->list.ptr, texts->list.len, &opts, ret_set, &report, ret_err);

    if (status == PX_INVALID && report.count > 0) {
        px_put_complaints(&text, &report, texts->list.ptr);
        if (!cli->json)
            fwrite(text.ptr, 1, text.len, cli->err);
        if (report.count > 1 || !cli->json)
            status = px_fail_id(ret_err, PX_INVALID, "model.invalid", "%zu%s error%s in the models",
                                report.count, report.truncated ? " and more" : "",
                                report.count == 1 ? "" : "s");
        px_buf_release(&text);
    }
    px_model_report_release(&report);
    return status;
}

px_status px_local_models(px_cli *cli, const char *const *paths, size_t count,
                          px_model_set *ret_set, px_err *ret_err)
{
    px_status status = PX_OK;
    px_texts texts;
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES);
    px_texts_init(&texts, &arena);
    for (size_t i = 0; i < count && status == PX_OK; i++)
        status = px_texts_add(&texts, paths[i], ret_err);
    if (status == PX_OK)
        status = parse(cli, &texts, ret_set, ret_err);
    px_texts_release(&texts);
    px_arena_release(&arena);
    return status;
}

px_str px_local_unversioned(px_str id)
{
    px_str rest = id;

    return px_str_cut(&rest, ';');
}

px_status px_local_find(const px_model_set *set, const char *id, const px_model **ret_model,
                        px_err *ret_err)
{
    bool versioned = strchr(id, ';') != NULL;
    px_str candidates[CANDIDATES_MAX], nearest;
    const px_model *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        px_str other = px_model_id(set->models[i]);

        if (!px_str_eq(versioned ? other : px_local_unversioned(other), px_str_c(id)))
            continue;
        if (found)
            return px_fail(ret_err, PX_INVALID, "'%s' is there in several versions: say which", id);
        found = set->models[i];
    }
    if (found) {
        *ret_model = found;
        return PX_OK;
    }
    for (size_t i = 0; i < set->count && count < CANDIDATES_MAX; i++)
        candidates[count++] = px_model_id(set->models[i]);
    nearest = px_str_nearest(px_str_c(id), candidates, count);
    return px_fail(ret_err, PX_NOT_FOUND, "there is no Interface '%s'%s%.*s%s", id,
                   nearest.len ? "; did you mean '" : "", PX_FMT(nearest), nearest.len ? "'?" : "");
}
