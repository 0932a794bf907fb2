/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/undo.h"

#include <errno.h>
#include <unistd.h>

#include "cli/api.h"
#include "cli/file.h"
#include "cli/twin_call.h"

enum { FILE_BYTES_MAX = 16 << 20, ARENA_BYTES = 64 << 20 };

/* ---- writing ---- */

/* The ETag that a thing has once all is done: desired values, which come behind their twin, change
 * it once more. Their own is another one, and is not asked for. */
static px_str etag_behind(const px_migration *m, size_t index, const px_json *made)
{
    const px_move *next = index + 1 < m->moves.len ? &m->moves.ptr[index + 1] : NULL;

    if (!made || m->moves.ptr[index].desired)
        return (px_str){ 0 };
    return px_json_get_text(next && next->desired && next->forward.len ? made->next : made,
                            PX_STR("etag"));
}

/* A change of each line. */
static void put_file(px_buf *buf, const px_migration *m, const px_json *answer)
{
    const px_json *made = px_json_get(answer, PX_STR("changes"));
    bool any = false;

    px_put_c(buf, "{\"pollux\":\"undo\",\"from\":");
    px_put_json_string(buf, px_model_id(m->from));
    px_put_c(buf, ",\"to\":");
    px_put_json_string(buf, px_model_id(m->to));
    px_putf(buf, ",\"state\":\"%s\",\"changes\":[", made ? "done" : "planned");
    made = made ? made->first : NULL;
    for (size_t i = 0; i < m->moves.len; i++) {
        const px_move *move = &m->moves.ptr[i];
        px_str etag = etag_behind(m, i, made);

        if (move->back.len) {
            px_put_c(buf, any ? ",\n" : "\n");
            px_put(buf, move->back);
            if (etag.len)
                px_put_condition(buf, etag);
            px_put_char(buf, '}');
            any = true;
        }
        if (move->forward.len && made)
            made = made->next;
    }
    px_put_c(buf, "]}\n");
}

static px_status write_file(FILE *file, const char *path, const px_buf *text, px_err *ret_err)
{
    bool good = fwrite(text->ptr, 1, text->len, file) == text->len && fflush(file) == 0 &&
                fsync(fileno(file)) == 0;

    good = fclose(file) == 0 && good;
    return good ? PX_OK : px_fail(ret_err, PX_IO, "cannot write '%s': %s", path, strerror(errno));
}

px_status px_undo_plan(const px_migration *migration, const char *path, px_err *ret_err)
{
    px_buf text = { 0 };
    FILE *file;
    px_status status;

    put_file(&text, migration, NULL);
    status = px_buf_status(&text, ret_err);
    file = status == PX_OK ? fopen(path, "wbxe") : NULL;
    if (file)
        status = write_file(file, path, &text, ret_err);
    else if (status == PX_OK)
        status = px_fail(ret_err, errno == EEXIST ? PX_CONFLICT : PX_IO, "cannot write '%s': %s",
                         path, strerror(errno));
    px_buf_release(&text);
    return status;
}

/* The old one stands until the new one is whole. */
px_status px_undo_finish(const px_migration *migration, const char *path, const px_json *answer,
                         px_err *ret_err)
{
    px_buf text = { 0 }, next = { 0 };
    FILE *file;
    px_status status;

    put_file(&text, migration, answer);
    px_putf(&next, "%s.new", path);
    status = px_buf_status(&text, ret_err);
    if (status == PX_OK)
        status = px_buf_status(&next, ret_err);
    file = status == PX_OK ? fopen(next.ptr, "wbe") : NULL;
    if (file)
        status = write_file(file, next.ptr, &text, ret_err);
    if (status == PX_OK && (!file || rename(next.ptr, path) != 0))
        status = px_fail(ret_err, PX_IO, "cannot write '%s': %s", path, strerror(errno));
    px_buf_release(&text);
    px_buf_release(&next);
    return status;
}

/* ---- reading ---- */

px_status px_undo_read(const char *path, px_arena *arena, px_undo_file *ret_file, px_err *ret_err)
{
    px_json *root;
    px_str text, state;

    PX_TRY(px_file_read(px_str_c(path), FILE_BYTES_MAX, arena, &text, ret_err));
    if (px_json_parse(text, NULL, arena, &root, NULL) != PX_OK ||
        !px_str_eq(px_json_get_text(root, PX_STR("pollux")), PX_STR("undo")) ||
        !px_json_is(px_json_get(root, PX_STR("changes")), PX_JSON_ARRAY))
        return px_fail(ret_err, PX_INVALID, "'%s' is no file that a migration wrote", path);
    state = px_json_get_text(root, PX_STR("state"));
    *ret_file = (px_undo_file){ .from = px_json_get_text(root, PX_STR("from")),
                                .to = px_json_get_text(root, PX_STR("to")),
                                .is_done = px_str_eq(state, PX_STR("done")),
                                .changes = px_json_get(root, PX_STR("changes")) };
    return PX_OK;
}

/* ---- going back by force ---- */

typedef struct forced {
    px_cli *cli;
    px_json_writer json;
    px_arena arena; /* of one change */
    uint64_t gone;
} forced;

/* What the path of a removal leads to in the document; NULL: nothing is to be removed. */
static const px_json *removed(forced *f, px_json *document, const px_json *op)
{
    px_json_pointer pointer;

    if (px_json_pointer_parse(px_json_get_text(op, PX_STR("path")), &f->arena, &pointer, NULL) !=
        PX_OK)
        return op;
    return px_json_pointer_find(document, &pointer);
}

static void put_patch(forced *f, px_json *document, const px_json *ops)
{
    px_json_begin_array(&f->json);
    for (const px_json *op = ops->first; op; op = op->next)
        if (!px_str_eq(px_json_get_text(op, PX_STR("op")), PX_STR("remove")) ||
            removed(f, document, op))
            px_json_node(&f->json, op);
    px_json_end_array(&f->json);
}

static px_status put_forced(forced *f, const px_json *change, px_err *ret_err)
{
    px_http_call call = { .method = "GET" };
    px_str twin = px_json_get_text(change, PX_STR("twin"));
    px_json *document = NULL;
    px_status status;

    px_arena_reset(&f->arena);
    twin = px_arena_str(&f->arena, twin);
    if (!twin.ptr)
        return px_arena_fail(&f->arena, ret_err);
    status = px_twin_call(f->cli, call, "/digitaltwins/", twin.ptr, "?" PX_AZURE_VERSION, &f->arena,
                          &document, ret_err);
    if (status == PX_NOT_FOUND) {
        f->gone++;
        return PX_OK;
    }
    PX_TRY(status);
    px_json_begin_object(&f->json);
    for (const px_json *m = change->first; m; m = m->next) {
        if (px_str_eq(m->key, PX_STR("ifMatch")) || px_str_eq(m->key, PX_STR("ifNoneMatch")))
            continue;
        px_json_key(&f->json, m->key);
        if (px_str_eq(m->key, PX_STR("value")) && px_json_is(m, PX_JSON_ARRAY))
            put_patch(f, document, m);
        else
            px_json_node(&f->json, m);
    }
    px_json_end_object(&f->json);
    return PX_OK;
}

px_status px_put_undo_changes(px_buf *buf, px_cli *cli, const px_undo_file *file, bool force,
                              uint64_t *ret_gone, px_err *ret_err)
{
    forced f = { .cli = cli, .json = px_json_writer_of(buf) };
    px_status status = PX_OK;

    *ret_gone = 0;
    if (!force) {
        px_put(buf, file->changes->raw);
        return px_buf_status(buf, ret_err);
    }
    px_arena_init(&f.arena, ARENA_BYTES);
    px_json_begin_array(&f.json);
    for (const px_json *c = file->changes->first; c && status == PX_OK; c = c->next)
        status = put_forced(&f, c, ret_err);
    px_json_end_array(&f.json);
    *ret_gone = f.gone;
    px_arena_release(&f.arena);
    return status == PX_OK ? px_buf_status(buf, ret_err) : status;
}
