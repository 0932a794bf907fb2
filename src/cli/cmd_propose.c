/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux binding suggest`: samples in, a model and a binding to begin with out. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "cli/cmds.h"
#include "cli/file.h"
#include "cli/out.h"
#include "cli/propose.h"
#include "cli/suggest.h"

enum { FILE_BYTES_MAX = 64 << 20, FILES_MAX = 1000, ODD_TOLD_MAX = 20 };

typedef PX_VEC(char *) path_vec;

static bool is_sample(const char *name)
{
    static const char *const ends[] = { ".csv", ".ndjson", ".jsonl", ".json" };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (px_str_ends(px_str_c(name), px_str_c(ends[i])))
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static px_status add_path(path_vec *paths, const char *folder, const char *name, px_err *ret_err)
{
    px_buf path = { 0 };

    if (paths->len == FILES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "propose.files", "at most %d files are looked at",
                          FILES_MAX);
    px_putf(&path, "%s%s%s", folder, folder[0] ? "/" : "", name);
    PX_TRY(px_buf_status(&path, ret_err));
    if (PX_VEC_PUSH(paths, path.ptr))
        return PX_OK;
    px_buf_release(&path);
    return px_no_memory(ret_err);
}

static px_status add_folder(path_vec *paths, const char *folder, px_err *ret_err)
{
    DIR *listing = opendir(folder);
    px_status status = PX_OK;
    size_t first = paths->len;

    if (!listing)
        return px_fail(ret_err, PX_NOT_FOUND, "cannot read the folder '%s'", folder);
    for (const struct dirent *entry; status == PX_OK && (entry = readdir(listing));)
        if (entry->d_name[0] != '.' && is_sample(entry->d_name))
            status = add_path(paths, folder, entry->d_name, ret_err);
    closedir(listing);
    if (paths->len > first)
        qsort(paths->ptr + first, paths->len - first, sizeof(*paths->ptr), by_name);
    else if (status == PX_OK)
        status = px_fail_id(ret_err, PX_NOT_FOUND, "propose.files",
                            "the folder '%s' holds no .csv, .ndjson, .jsonl or .json", folder);
    return status;
}

static px_status find_files(path_vec *paths, const px_args *args, px_err *ret_err)
{
    for (size_t i = 0; i < args->operands.len; i++) {
        const char *word = args->operands.ptr[i];
        struct stat info;

        if (stat(word, &info) == 0 && S_ISDIR(info.st_mode))
            PX_TRY(add_folder(paths, word, ret_err));
        else
            PX_TRY(add_path(paths, "", word, ret_err));
    }
    return PX_OK;
}

static px_status read_files(px_cli *cli, px_propose *p, const path_vec *paths, px_err *ret_err)
{
    for (size_t i = 0; i < paths->len; i++) {
        px_str path = px_str_c(paths->ptr[i]), text;
        px_status status;
        PX_AUTO_ARENA arena;

        px_arena_init(&arena, FILE_BYTES_MAX + 4096);
        PX_TRY(px_file_read(path, FILE_BYTES_MAX, &arena, &text, ret_err));
        status = px_propose_file(p, path, text, ret_err);
        if (status != PX_OK && ret_err && ret_err->line)
            px_cli_note(cli, "%s:%u:%u", paths->ptr[i], ret_err->line, ret_err->column);
        else if (status != PX_OK)
            px_cli_note(cli, "%s", paths->ptr[i]);
        PX_TRY(status);
    }
    return PX_OK;
}

static px_status write_part(const char *folder, const char *name, const px_json *part,
                            px_err *ret_err)
{
    px_buf path = { 0 };
    FILE *file;
    bool good;

    px_putf(&path, "%s/%s", folder, name);
    PX_TRY(px_buf_status(&path, ret_err));
    file = fopen(path.ptr, "we");
    good = file && fwrite(part->raw.ptr, 1, part->raw.len, file) == part->raw.len &&
           fputc('\n', file) != EOF;
    if (file)
        good = fclose(file) == 0 && good;
    px_buf_release(&path);
    return good ? PX_OK
                : px_fail(ret_err, PX_IO, "cannot write %s in '%s': %s", name, folder,
                          strerror(errno));
}

static px_status make_folder(const char *folder, px_err *ret_err)
{
    if (mkdir(folder, 0777) == 0 || errno == EEXIST)
        return PX_OK;
    return px_fail(ret_err, PX_IO, "cannot make the folder '%s': %s", folder, strerror(errno));
}

static px_status give(px_cli *cli, const px_args *args, px_buf *proposal, px_err *ret_err)
{
    const char *folder = px_args_get(args, "out");
    px_json *root;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, FILE_BYTES_MAX);
    PX_TRY(px_json_parse(px_buf_str(proposal), NULL, &arena, &root, ret_err));
    if (!folder) {
        px_put_char(proposal, '\n');
        PX_TRY(px_buf_status(proposal, ret_err));
        return px_cli_write(cli, px_buf_str(proposal), ret_err);
    }
    PX_TRY(make_folder(folder, ret_err));
    PX_TRY(write_part(folder, "model.json", px_json_get(root, PX_STR("model")), ret_err));
    PX_TRY(write_part(folder, "binding.json", px_json_get(root, PX_STR("binding")), ret_err));
    return px_out_done(cli, NULL, ret_err, "wrote %s/model.json and %s/binding.json", folder,
                       folder);
}

static void note_columns(px_cli *cli, const px_propose *p)
{
    size_t empty = 0;

    for (size_t i = 0; i < p->column_count; i++)
        empty += p->columns[i].guess == PX_GUESS_NONE;
    px_cli_note(cli, "looked at %llu rows: %zu columns%s", (unsigned long long)p->rows,
                p->column_count,
                empty ? ", some of them without a value, which were left out" : "");
    if (p->arrays)
        px_cli_note(cli, "%llu arrays of values were left out, the first at '%.*s'",
                    (unsigned long long)p->arrays, PX_FMT(p->first_array));
    if (p->topics_differ)
        px_cli_note(cli, "the topics have different numbers of levels, so the source is left as "
                         "HTTP: suggest for each kind of topic by itself");
    else if (px_propose_is_bare(p) && !p->levels[p->level_count - 1].ptr)
        px_cli_note(cli, "each message is one value, and the last level of the topic varies: where "
                         "it names the property, suggest for each of these topics by itself");
}

/* Odd values are told, so that nobody finds the type wrong only when messages are missed. */
static void note_odd(px_cli *cli, const px_propose *p)
{
    size_t told = 0, columns = 0;

    for (size_t i = 0; i < p->column_count; i++) {
        const px_propose_column *c = &p->columns[i];

        if (!c->odd || columns++ >= ODD_TOLD_MAX)
            continue;
        told++;
        px_cli_note(cli,
                    "'%.*s' is taken for %s%s, but %llu of its %llu values %s, the first "
                    "'%.*s' in %.*s:%llu: see whether %s there",
                    PX_FMT(c->name), strchr("aeiou", px_guess_name(c->guess)[0]) ? "an " : "a ",
                    px_guess_name(c->guess), (unsigned long long)c->odd,
                    (unsigned long long)c->count, c->odd == 1 ? "is none" : "are none",
                    PX_FMT(c->first->text), PX_FMT(c->first->file),
                    (unsigned long long)c->first->line, c->odd == 1 ? "it belongs" : "they belong");
    }
    if (columns > told)
        px_cli_note(cli, "%zu more columns hold such values", columns - told);
}

static void note_time(px_cli *cli, const px_propose *p)
{
    if (p->time_column != SIZE_MAX)
        return;
    if (p->time_named == SIZE_MAX)
        px_cli_note(cli, "no column is called like a time: arrival will be the time");
    else
        px_cli_note(cli,
                    "'%.*s' is called like a time, but not all its values are one (RFC 3339, "
                    "or a Unix time in s, ms, us or ns): arrival will be the time",
                    PX_FMT(p->columns[p->time_named].name));
}

static px_status propose(px_cli *cli, const px_args *args, px_propose *p, const path_vec *paths,
                         px_err *ret_err)
{
    px_propose_opts opts = { .dtmi = px_args_get(args, "id"),
                             .telemetry = px_args_has(args, "telemetry") };
    px_buf proposal = { 0 };
    px_status status;

    PX_TRY(read_files(cli, p, paths, ret_err));
    if (p->column_count == 0)
        return px_fail_id(ret_err, PX_INVALID, "propose.empty", "the samples hold no values");
    PX_TRY(px_propose_settle(p, ret_err));
    px_put_proposal(&proposal, p, &opts);
    status = px_buf_status(&proposal, ret_err);
    if (status == PX_OK)
        status = give(cli, args, &proposal, ret_err);
    px_buf_release(&proposal);
    if (status == PX_OK) {
        note_columns(cli, p);
        note_odd(cli, p);
        note_time(cli, p);
    }
    return status;
}

px_status px_cmd_propose_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    path_vec paths = { 0 };
    px_status status = px_suggest_check_id(px_args_get(args, "id"), ret_err);
    px_propose p;

    px_propose_init(&p);
    if (status == PX_OK)
        status = find_files(&paths, args, ret_err);
    if (status == PX_OK)
        status = propose(cli, args, &p, &paths, ret_err);
    px_propose_release(&p);
    PX_VEC_EACH (&paths, path)
        px_free(*path);
    PX_VEC_RELEASE(&paths);
    return status;
}

const px_opt px_cmd_propose_options[] = {
    { "id", 0, "DTMI", "the model's identifier (dtmi:example:FILE;1)" },
    { "telemetry", 0, NULL, "Telemetry instead of Property" },
    { "out", 'o', "DIR", "write DIR/model.json and DIR/binding.json" },
    { 0 },
};
