/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pollux model diff`: what changed between two versions, and what that breaks. When the first is a
 * model of the server, its twins are looked at, and those that would break are named.
 *
 * With --json two versions of files give an array of changes; a model of the server gives an object
 * {"changes":[…],"misfits":[…],"twins":N,"broken":N}, whose misfits are written as they are found.
 */
#include "base/json.h"
#include "cli/cmds.h"
#include "cli/compat.h"
#include "cli/out.h"
#include "cli/stored.h"
#include "cli/world.h"
#include "model/compare.h"

enum { ARENA_BYTES = 256 << 20, SHOWN_MAX = 20, FLUSH_BYTES = 1 << 16, VALUE_COLUMNS_MAX = 60 };

const px_opt px_cmd_diff_options[] = {
    { "all", 0, NULL, "name every twin that would break, not the first 20 things alone" },
    { 0 },
};

/* ---- changes ---- */

/* What was asked for of the other side that has the same id, without the version. */
static const px_model *counterpart(const px_world *world, const px_model *model)
{
    px_str id = px_id_unversioned(px_model_id(model));

    for (size_t i = 0; i < world->set.count; i++)
        if (world->named[i] && px_str_eq(px_id_unversioned(px_model_id(world->set.models[i])), id))
            return world->set.models[i];
    return NULL;
}

static void put_change_json(px_json_writer *w, px_str model, const px_model_change *change)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("model"));
    px_json_string(w, model);
    px_json_key(w, PX_STR("change"));
    px_json_string(w, px_str_c(px_change_kind_name(change->kind)));
    px_json_key(w, PX_STR("breaks"));
    px_json_string(w, px_str_c(px_breaks_name(change->breaks)));
    px_json_key(w, PX_STR("path"));
    px_json_string(w, change->path);
    px_json_key(w, PX_STR("message"));
    px_json_string(w, change->sentence);
    px_json_end_object(w);
}

typedef struct diff {
    px_cli *cli;
    px_world from, to;
    px_buf text;
    px_json_writer json;
    size_t changes;
    bool all;
    uint64_t shown;
} diff;

static void put_changes(diff *d, const px_model *model, const px_model_changes *changes)
{
    if (changes->count > 0 && !d->cli->json)
        px_putf(&d->text, "%.*s\n", PX_FMT(px_model_id(model)));
    d->changes += changes->count;
    for (size_t i = 0; i < changes->count; i++) {
        const px_model_change *change = &changes->items[i];

        if (d->cli->json)
            put_change_json(&d->json, px_model_id(model), change);
        else
            px_putf(&d->text, "  %-8s breaks %-8s %.*s\n", px_change_kind_name(change->kind),
                    px_breaks_name(change->breaks), PX_FMT(change->sentence));
    }
}

/* An Interface that only one of the two has. */
static void put_alone(diff *d, const px_model *model, px_change_kind kind)
{
    px_model_change change = { .kind = kind,
                               .breaks =
                                   kind == PX_CHANGE_ADDED ? PX_BREAKS_NOTHING : PX_BREAKS_TWINS,
                               .sentence = kind == PX_CHANGE_ADDED
                                               ? PX_STR("the Interface is new")
                                               : PX_STR("the Interface is gone") };
    px_model_changes changes = { &change, 1, change.breaks };

    put_changes(d, model, &changes);
}

static px_status compare(diff *d, const px_model *from, const px_model *to, px_err *ret_err)
{
    px_model_changes changes = { 0 };
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    PX_TRY(px_model_compare(from, to, &arena, &changes, ret_err));
    put_changes(d, to, &changes);
    return PX_OK;
}

static px_status compare_all(diff *d, px_err *ret_err)
{
    const px_world *from = &d->from, *to = &d->to;

    for (size_t i = 0; i < from->set.count; i++) {
        const px_model *other = counterpart(to, from->set.models[i]);

        if (from->named[i] && !other)
            put_alone(d, from->set.models[i], PX_CHANGE_REMOVED);
        else if (from->named[i])
            PX_TRY(compare(d, from->set.models[i], other, ret_err));
    }
    for (size_t i = 0; i < to->set.count; i++)
        if (to->named[i] && !counterpart(from, to->set.models[i]))
            put_alone(d, to->set.models[i], PX_CHANGE_ADDED);
    return PX_OK;
}

static px_status diff_files(diff *d, px_err *ret_err)
{
    px_status status;

    if (d->cli->json)
        px_json_begin_array(&d->json);
    status = compare_all(d, ret_err);
    if (d->cli->json)
        px_json_end_array(&d->json);
    else if (d->changes == 0)
        px_put_c(&d->text, "no difference");
    if (d->cli->json || d->changes == 0)
        px_put_char(&d->text, '\n');
    return px_out_text(d->cli, status, &d->text, ret_err);
}

/* ---- twins of the server ---- */

static px_status flush(diff *d, px_err *ret_err)
{
    px_status status = px_buf_status(&d->text, ret_err);

    if (status == PX_OK)
        status = px_cli_write(d->cli, px_buf_str(&d->text), ret_err);
    px_buf_clear(&d->text);
    return status;
}

static void put_broken_json(px_json_writer *w, const px_broken *broken)
{
    const px_misfit *misfit = broken->misfit;

    px_json_begin_object(w);
    px_put_member(w, "twin", broken->twin);
    px_put_member(w, "source", broken->source);
    px_put_member(w, "relationship", broken->relationship);
    px_put_member(w, "path", misfit->path);
    if (misfit->value) {
        px_json_key(w, PX_STR("value"));
        px_json_node(w, misfit->value);
    }
    px_put_member(w, "rule", px_str_c(misfit->rule));
    px_put_member(w, "message", px_str_c(misfit->sentence));
    px_json_end_object(w);
    px_put_char(w->buf, '\n');
}

/* "  pump-1  speed = "fast": … (schema.double)" */
static void put_broken(px_buf *buf, const px_broken *broken)
{
    const px_misfit *misfit = broken->misfit;
    px_buf value = { 0 };

    px_put_c(buf, "  ");
    px_put_text(buf, broken->twin, 0);
    px_put_c(buf, "  ");
    px_put_text(buf, misfit->path, 0);
    if (misfit->value) {
        px_put_json_node(&value, misfit->value);
        px_put_c(buf, " = ");
        px_put_text(buf, px_buf_str(&value), VALUE_COLUMNS_MAX);
    }
    if (broken->relationship.len)
        px_putf(buf, " (%.*s of %.*s)", PX_FMT(broken->relationship), PX_FMT(broken->source));
    px_putf(buf, ": %s (%s)\n", misfit->sentence, misfit->rule);
    px_buf_release(&value);
}

static px_status take_broken(void *data, const px_broken *broken, px_err *ret_err)
{
    diff *d = data;

    if (d->cli->json) {
        put_broken_json(&d->json, broken);
    } else if (d->all || d->shown < SHOWN_MAX) {
        put_broken(&d->text, broken);
        d->shown++;
    }
    return d->text.len >= FLUSH_BYTES ? flush(d, ret_err) : PX_OK;
}

static void put_figures(diff *d, const px_compat *compat)
{
    if (d->cli->json) {
        px_json_end_array(&d->json);
        px_put_number_member(&d->json, "twins", compat->twins);
        px_put_number_member(&d->json, "broken", compat->broken);
        px_json_end_object(&d->json);
        px_put_char(&d->text, '\n');
        return;
    }
    if (compat->misfits > d->shown)
        px_putf(&d->text, "  … and %llu more: --all names them\n",
                (unsigned long long)(compat->misfits - d->shown));
    px_putf(&d->text, "%llu of %llu twin%s of %.*s would break\n",
            (unsigned long long)compat->broken, (unsigned long long)compat->twins,
            compat->twins == 1 ? "" : "s", PX_FMT(px_model_id(compat->from)));
}

/* The one model of the server with the one of the other side, whatever their ids are. */
static px_status diff_served(diff *d, px_err *ret_err)
{
    px_compat compat = { .cli = d->cli, .known = &d->from.set, .each = take_broken, .data = d };
    px_status status;

    PX_TRY(px_world_one(&d->from, NULL, &compat.from, ret_err));
    compat.to = counterpart(&d->to, compat.from);
    if (!compat.to)
        PX_TRY(px_world_one(&d->to, NULL, &compat.to, ret_err));
    if (d->cli->json) {
        px_json_begin_object(&d->json);
        px_json_key(&d->json, PX_STR("changes"));
        px_json_begin_array(&d->json);
    }
    PX_TRY(compare(d, compat.from, compat.to, ret_err));
    if (d->cli->json) {
        px_json_end_array(&d->json);
        px_json_key(&d->json, PX_STR("misfits"));
        px_json_begin_array(&d->json);
    } else if (d->changes == 0) {
        px_put_c(&d->text, "no difference\n");
    }
    status = px_compat_run(&compat, ret_err);
    if (status == PX_OK)
        put_figures(d, &compat);
    return px_out_text(d->cli, status, &d->text, ret_err);
}

px_status px_cmd_diff_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *const *words = args->operands.ptr;
    bool served = px_word_is_model(words[0]);
    px_world_opts from = { .words = words, .count = 1, .whole = true };
    px_world_opts to = { .words = words + 1, .count = 1 };
    diff d = { .cli = cli, .all = px_args_has(args, "all") };
    px_model_source source;
    px_stored stored;
    px_status status;

    px_stored_init(&stored, cli);
    source = px_stored_source(&stored);
    to.stored = served ? &source : NULL; /* a draft may extend what the server has */
    d.json = px_json_writer_of(&d.text);
    status = px_world_open(cli, &from, &d.from, ret_err);
    if (status == PX_OK)
        status = px_world_open(cli, &to, &d.to, ret_err);
    status = px_stored_status(&stored, status, ret_err);
    if (status == PX_OK)
        status = served ? diff_served(&d, ret_err) : diff_files(&d, ret_err);
    px_buf_release(&d.text);
    px_world_release(&d.from);
    px_world_release(&d.to);
    px_stored_release(&stored);
    return status;
}
