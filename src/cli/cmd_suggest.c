/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux model suggest`: a model to begin with, from a recorded file. */
#include <errno.h>

#include "cli/cmds.h"
#include "cli/suggest.h"

static px_status read_file(void *data, char *bytes, size_t size, size_t *ret_count, px_err *ret_err)
{
    *ret_count = fread(bytes, 1, size, (FILE *)data);
    if (ferror((FILE *)data))
        return px_fail(ret_err, PX_IO, "cannot read the file: %s", strerror(errno));
    return PX_OK;
}

/* dtmi:example:NAME;1, the name made from the file's. */
static void put_dtmi(px_buf *dtmi, const char *path)
{
    const char *slash = strrchr(path, '/'), *stem = slash ? slash + 1 : path;
    const char *dot = strrchr(stem, '.');

    px_put_c(dtmi, "dtmi:example:");
    px_put_property_name(dtmi, px_str_of(stem, dot ? (size_t)(dot - stem) : strlen(stem)), 0);
    px_put_c(dtmi, ";1");
}

/* Without a column that is called like a time, all columns are values. */
static px_status open_rows(px_rows *rows, px_rows_opts *opts, FILE *file, px_err *ret_err)
{
    px_err err;
    px_status status = px_rows_open(rows, opts, &err);

    if (status == PX_INVALID && strcmp(err.id, "rows.time") == 0 && !opts->time_column &&
        fseek(file, 0, SEEK_SET) == 0) {
        opts->period_ns = 1;
        return px_rows_open(rows, opts, ret_err);
    }
    if (status != PX_OK && ret_err)
        *ret_err = err;
    return status;
}

static px_status print(px_cli *cli, px_suggestion *made, px_err *ret_err)
{
    px_status status = px_cli_write(cli, px_buf_str(&made->json), ret_err);

    px_cli_note(cli, "looked at %llu rows", (unsigned long long)made->rows);
    for (size_t i = 0; i < made->odd_count; i++)
        px_cli_note(cli,
                    "the column '%.*s' holds numbers and text: replay it as text, --map "
                    "'auto,%.*s=NAME:text'",
                    PX_FMT(made->odd[i]), PX_FMT(made->odd[i]));
    px_buf_release(&made->json);
    return status;
}

static px_status suggest(px_cli *cli, const px_args *args, FILE *file, px_colmap *map,
                         px_err *ret_err)
{
    px_rows_opts opts = { .map = map,
                          .source = { read_file, file },
                          .time_column = px_args_get(args, "time") };
    px_suggest_opts how = { .dtmi = px_args_get(args, "id"),
                            .telemetry = px_args_has(args, "telemetry") };
    px_suggestion made;
    px_buf dtmi = { 0 };
    px_rows rows;
    px_status status;

    put_dtmi(&dtmi, px_args_operand(args, 0));
    PX_TRY(px_buf_status(&dtmi, ret_err));
    if (!how.dtmi)
        how.dtmi = dtmi.ptr;
    status = open_rows(&rows, &opts, file, ret_err);
    if (status == PX_OK) {
        status = px_suggest_model(&rows, &how, &made, ret_err);
        if (status == PX_OK)
            status = print(cli, &made, ret_err);
        px_rows_close(&rows);
    }
    px_buf_release(&dtmi);
    return status;
}

px_status px_cmd_suggest_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *path = px_args_operand(args, 0), *item;
    px_status status = PX_OK;
    px_colmap map;
    FILE *file;

    PX_TRY(px_suggest_check_id(px_args_get(args, "id"), ret_err));
    file = fopen(path, "rbe");
    if (!file)
        return px_fail(ret_err, errno == ENOENT ? PX_NOT_FOUND : PX_IO, "cannot read '%s': %s",
                       path, strerror(errno));
    cli->file_name = path;
    px_colmap_init(&map);
    for (size_t at = 0; status == PX_OK && (item = px_args_next(args, "map", &at)) != NULL;)
        status = px_colmap_add(&map, px_str_c(item), ret_err);
    if (status == PX_OK)
        status = suggest(cli, args, file, &map, ret_err);
    px_colmap_release(&map);
    fclose(file);
    return status;
}

const px_opt px_cmd_suggest_options[] = {
    { "id", 0, "DTMI", "the model's identifier (dtmi:example:FILE;1)" },
    { "map", 'm', "MAP", "as for replay" },
    { "time", 0, "COL", "the column that holds the time (found by its name)" },
    { "telemetry", 0, NULL, "Telemetry instead of Property" },
    { 0 },
};
