/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "cli/cmds.h"
#include "cli/import.h"
#include "cli/out.h"

/* Goes on behind the line that the position names, if the file is the one it was. */
static px_status resume(px_import *m, FILE *stream, const px_json *json, px_err *ret_err)
{
    px_bulk_section section = px_bulk_section_find(px_json_get_text(json, PX_STR("section")));

    m->end = px_position_number(json, "end");
    m->number = px_position_number(json, "line");
    if (px_position_number(json, "bytes") != m->size || section < PX_BULK_MODELS ||
        m->end > m->size || fseeko(stream, (off_t)m->end, SEEK_SET) != 0) {
        px_cli_cure(m->cli, "--restart begins anew");
        return px_fail(ret_err, PX_INVALID, "%s is the position of another file",
                       m->position->path.ptr);
    }
    m->section = section;
    m->refused = px_position_number(json, "refused");
    for (int i = PX_BULK_MODELS; i < PX_BULK_SECTIONS; i++)
        m->taken[i] = px_position_number(json, px_bulk_section_name((px_bulk_section)i));
    px_bulk_reader_resume(&m->reader, section, m->number, m->end);
    px_cli_note(m->cli, "goes on behind line %llu; --restart would begin anew",
                (unsigned long long)m->number);
    return PX_OK;
}

static px_status begin(px_import *m, FILE *stream, bool restart, px_err *ret_err)
{
    px_json *json = NULL;
    px_status status = PX_OK;
    struct stat info;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    px_bulk_reader_init(&m->reader);
    px_bulk_order_init(&m->order);
    if (m->position && fstat(fileno(stream), &info) == 0)
        m->size = (uint64_t)info.st_size;
    m->progress = px_progress_of(m->cli->err, "lines", m->size);
    if (m->position && restart)
        px_position_remove(m->position);
    if (m->position)
        status = px_position_read(m->position, &arena, &json, ret_err);
    return status == PX_OK && json ? resume(m, stream, json, ret_err) : status;
}

static void release(px_import *m)
{
    px_bulk_reader_release(&m->reader);
    px_bulk_order_release(&m->order);
    px_buf_release(&m->body);
    PX_VEC_RELEASE(&m->numbers);
}

static px_status tell(px_import *m, px_err *ret_err)
{
    px_buf json = { 0 };
    px_json *root = NULL;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    px_putf(&json, "{\"models\":%llu,\"twins\":%llu,\"relationships\":%llu,\"refused\":%llu}",
            (unsigned long long)m->taken[PX_BULK_MODELS],
            (unsigned long long)m->taken[PX_BULK_TWINS],
            (unsigned long long)m->taken[PX_BULK_RELATIONSHIPS], (unsigned long long)m->refused);
    status = px_buf_status(&json, ret_err);
    if (status == PX_OK)
        status = px_json_parse(px_buf_str(&json), NULL, &arena, &root, ret_err);
    if (status == PX_OK)
        status = px_out_done(m->cli, root, ret_err,
                             "imported %llu models, %llu twins, %llu relationships",
                             (unsigned long long)m->taken[PX_BULK_MODELS],
                             (unsigned long long)m->taken[PX_BULK_TWINS],
                             (unsigned long long)m->taken[PX_BULK_RELATIONSHIPS]);
    px_buf_release(&json);
    if (status == PX_OK && m->refused)
        status =
            px_fail(ret_err, PX_INVALID, "%llu lines were refused", (unsigned long long)m->refused);
    return status;
}

static px_status run_stream(px_import *m, FILE *stream, const px_args *args, px_err *ret_err)
{
    px_status status = begin(m, stream, px_args_has(args, "restart"), ret_err);

    if (status == PX_OK) {
        status = px_import_run(m, stream, ret_err);
        if (status == PX_INVALID || status == PX_UNSUPPORTED)
            m->cli->file_name = m->file;
        if (status == PX_OK && m->position)
            px_position_remove(m->position);
        else if (status != PX_OK && m->position && status != PX_INVALID && m->number)
            px_cli_cure(m->cli, "the same command goes on where this one ended");
    }
    if (status == PX_OK)
        status = tell(m, ret_err);
    release(m);
    return status;
}

static px_status open_files(px_import *m, const px_args *args, FILE **ret_stream, px_err *ret_err)
{
    const char *errors = px_args_get(args, "errors");
    bool is_stdin = strcmp(m->file, "-") == 0;

    *ret_stream = is_stdin ? stdin : fopen(m->file, "rbe");
    if (!*ret_stream)
        return px_fail(ret_err, errno == ENOENT ? PX_NOT_FOUND : PX_IO, "cannot read '%s': %s",
                       m->file, strerror(errno));
    if (is_stdin)
        m->position = NULL;
    if (!errors)
        return PX_OK;
    m->errors = fopen(errors, "abe");
    return m->errors ? PX_OK
                     : px_fail(ret_err, PX_IO, "cannot write '%s': %s", errors, strerror(errno));
}

static px_status run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_position position = { 0 };
    px_import m = { .cli = cli, .file = px_args_operand(args, 0), .position = &position };
    FILE *stream = NULL;
    px_status status = px_position_init(&position, m.file, ret_err);

    if (status == PX_OK)
        status = open_files(&m, args, &stream, ret_err);
    if (status == PX_OK)
        status = run_stream(&m, stream, args, ret_err);
    if (stream && stream != stdin)
        fclose(stream);
    if (m.errors && fclose(m.errors) != 0 && status == PX_OK)
        status = px_fail(ret_err, PX_IO, "cannot write '%s'", px_args_get(args, "errors"));
    px_position_release(&position);
    return status;
}

static const px_opt options[] = {
    { "errors", 'e', "FILE", "append every refused line to FILE: line, code, detail, path" },
    { "restart", 0, NULL, "begin anew, whatever FILE.position says" },
    { 0 },
};

const px_cmd px_cmd_import[] = {
    { .noun = "import",
      .summary = "load models, twins and relationships from a bulk file",
      .operands = "FILE|-",
      .examples = "pollux import plant.ndjson\n"
                  "pollux import plant.ndjson --errors refused.ndjson\n"
                  "zcat plant.ndjson.gz | pollux import -",
      .notes =
          "The file is NDJSON in sections: {\"Section\": \"Header\"}, then Models, Twins and\n"
          "Relationships, as the import jobs of Azure Digital Twins take them. Models may come in\n"
          "any order. A line that is refused is named and passed over; any makes the exit code 2.\n"
          "What is there already is written over. FILE.position says how far it is: the same\n"
          "command goes on where one was stopped or killed.",
      .opts = options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run },
    { 0 },
};
