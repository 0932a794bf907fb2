/* SPDX-License-Identifier: Apache-2.0 */
#include "model/parse.h"

#include "base/limits.h"

px_status px_keep(const px_el *el, px_str text, px_str *ret_kept, px_err *ret_err)
{
    const px_el *owner = el->owner;
    px_str raw = owner->node->raw;

    /* Most texts have no escapes and lie in the definition, of which the model has a copy. */
    if ((uintptr_t)text.ptr >= (uintptr_t)raw.ptr &&
        (uintptr_t)text.ptr + text.len <= (uintptr_t)raw.ptr + raw.len) {
        *ret_kept = px_str_of(owner->model->text.ptr + (text.ptr - raw.ptr), text.len);
        return PX_OK;
    }
    *ret_kept = px_arena_str(&owner->model->arena, text);
    return ret_kept->ptr ? PX_OK : px_arena_fail(&owner->model->arena, ret_err);
}

static px_status read_one(px_parse *parse, const px_json *node, px_err *ret_err)
{
    px_el *el;

    if (!px_json_is(node, PX_JSON_OBJECT)) {
        px_parse_report(parse, PX_RULE_NOT_JSON_OBJECT, NULL, node, PX_STR(""),
                        "the document holds %s", px_json_type_name(node->type));
        return PX_OK;
    }
    if (node->raw.len > PX_MODEL_BYTES_MAX) {
        px_parse_report(parse, PX_RULE_PARTITION_TOO_LARGE, NULL, node, PX_STR(""),
                        "an Interface has %zu bytes", node->raw.len);
        return PX_OK;
    }
    return px_element_read(parse, node, (px_place){ NULL, PX_MEMBER_NONE }, &el, ret_err);
}

uint32_t px_parse_models_max(const px_parse *parse)
{
    return parse->opts->models_max ? parse->opts->models_max : PX_MODELS_PER_CALL_MAX;
}

static px_status read_text(px_parse *parse, px_str json, uint32_t *models, px_err *ret_err)
{
    uint32_t most = px_parse_models_max(parse);
    px_json_opts opts = px_json_opts_door();
    px_status status;
    px_json *root;
    px_err err;

    opts.depth_max = PX_MODEL_JSON_DEPTH_MAX;
    status = px_json_parse(json, &opts, parse->arena, &root, &err);
    if (status == PX_INVALID) {
        px_parse_report_err(parse, &err);
        return PX_OK;
    }
    if (status != PX_OK) {
        if (ret_err)
            *ret_err = err;
        return status;
    }
    *models += px_json_is(root, PX_JSON_ARRAY) ? root->count : 1;
    if (*models > most) {
        px_parse_report(parse, PX_RULE_TOO_MANY_MODELS, NULL, root, PX_STR(""),
                        "the request holds %u or more, the most is %u", *models, most);
        return PX_OK;
    }
    if (!px_json_is(root, PX_JSON_ARRAY))
        return read_one(parse, root, ret_err);
    for (const px_json *node = root->first; node && !px_parse_is_full(parse); node = node->next)
        PX_TRY(read_one(parse, node, ret_err));
    return PX_OK;
}

static px_status read_texts(px_parse *parse, px_err *ret_err)
{
    uint32_t models = 0;

    for (size_t i = 0; i < parse->text_count && !px_parse_is_full(parse); i++) {
        parse->source = (uint32_t)i;
        PX_TRY(read_text(parse, parse->texts[i].json, &models, ret_err));
    }
    return PX_OK;
}

/* PX_INVALID with the first of the reported errors, or PX_OK. */
static px_status verdict(const px_parse *parse, px_err *ret_err)
{
    if (parse->report.count == 0)
        return parse->report.truncated ? px_no_memory(ret_err) : PX_OK;
    if (ret_err)
        *ret_err = parse->report.errs[0];
    return PX_INVALID;
}

/* Each stage relies on what the one before has made sure of. */
static px_status run(px_parse *parse, px_err *ret_err)
{
    PX_TRY(read_texts(parse, ret_err));
    PX_TRY(verdict(parse, ret_err));
    px_resolve(parse);
    PX_TRY(verdict(parse, ret_err));
    PX_TRY(px_compile(parse, ret_err));
    return verdict(parse, ret_err);
}

/* Top-level Interfaces in the order of the request, then the nested ones. */
static px_status give_set(px_parse *parse, px_model_set *ret_set, px_err *ret_err)
{
    px_model_set set = { 0 };

    set.models = px_zalloc(parse->interfaces.len ? parse->interfaces.len : 1, sizeof(px_model *));
    if (!set.models)
        return px_no_memory(ret_err);
    for (int nested = 0; nested <= 1; nested++) {
        PX_VEC_EACH (&parse->interfaces, el) {
            const px_json *parent = (*el)->node->parent;
            bool is_nested = parent && (parent->parent || px_json_is(parent, PX_JSON_OBJECT));

            if (is_nested == (nested == 1))
                set.models[set.count++] = px_model_ref((*el)->model);
        }
        set.top = nested ? set.top : set.count;
    }
    *ret_set = set;
    return PX_OK;
}

static void release(px_parse *parse)
{
    PX_VEC_EACH (&parse->interfaces, el) {
        px_model_unref((*el)->model);
    }
    PX_VEC_RELEASE(&parse->interfaces);
    PX_VEC_RELEASE(&parse->named);
    PX_VEC_RELEASE(&parse->pending);
    px_map_release(&parse->by_id);
}

static px_status check_bytes(const px_model_file *texts, size_t count, size_t *ret_bytes,
                             px_err *ret_err)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += texts[i].json.len;
    *ret_bytes = bytes;
    if (bytes <= PX_MODELS_BYTES_MAX)
        return PX_OK;
    return px_fail_id(ret_err, PX_TOO_LARGE, "dtdl.requestTooLarge",
                      "the request has %zu bytes, the most is %d", bytes, PX_MODELS_BYTES_MAX);
}

px_status px_models_parse_texts(const px_model_file *texts, size_t count,
                                const px_models_opts *opts, px_model_set *ret_set,
                                px_model_report *ret_report, px_err *ret_err)
{
    static const px_models_opts defaults = { 0 };
    px_arena arena;
    px_parse parse = {
        .arena = &arena, .opts = opts ? opts : &defaults, .texts = texts, .text_count = count
    };
    px_status status;
    size_t bytes;

    PX_TRY(check_bytes(texts, count, &bytes, ret_err));
    px_arena_init(&arena, bytes * PX_MODEL_PARSE_FACTOR_MAX + PX_MODEL_BYTES_MAX);
    status = run(&parse, ret_err);
    if (status == PX_OK)
        status = give_set(&parse, ret_set, ret_err);
    if (status == PX_INVALID && ret_report) {
        *ret_report = parse.report;
        parse.report = (px_model_report){ 0 };
    }
    px_model_report_release(&parse.report);
    release(&parse);
    px_arena_release(&arena);
    return status;
}

px_status px_models_parse_all(px_str json, const px_models_opts *opts, px_model_set *ret_set,
                              px_model_report *ret_report, px_err *ret_err)
{
    px_model_file text = { .json = json };

    return px_models_parse_texts(&text, 1, opts, ret_set, ret_report, ret_err);
}

px_status px_models_parse(px_str json, const px_model_source *stored, px_model_set *ret_set,
                          px_err *ret_err)
{
    px_models_opts opts = { 0 };

    if (stored)
        opts.stored = *stored;
    return px_models_parse_all(json, &opts, ret_set, NULL, ret_err);
}
