/* SPDX-License-Identifier: Apache-2.0 */
#include "bulk/reader.h"

#include "base/limits.h"

static const char *const names[PX_BULK_SECTIONS] = {
    [PX_BULK_NOTHING] = "",
    [PX_BULK_HEADER] = "Header",
    [PX_BULK_MODELS] = "Models",
    [PX_BULK_TWINS] = "Twins",
    [PX_BULK_RELATIONSHIPS] = "Relationships",
};

const char *px_bulk_section_name(px_bulk_section section)
{
    return names[section];
}

px_bulk_section px_bulk_section_find(px_str name)
{
    for (int i = PX_BULK_HEADER; i < PX_BULK_SECTIONS; i++)
        if (px_str_eq(name, px_str_c(names[i])))
            return (px_bulk_section)i;
    return PX_BULK_NOTHING;
}

void px_bulk_reader_init(px_bulk_reader *reader)
{
    *reader = (px_bulk_reader){ 0 };
}

void px_bulk_reader_resume(px_bulk_reader *reader, px_bulk_section section, uint64_t number,
                           uint64_t end)
{
    *reader = (px_bulk_reader){ .section = section,
                                .furthest = section,
                                .has_header = section > PX_BULK_HEADER,
                                .number = number,
                                .end = end };
}

void px_bulk_reader_release(px_bulk_reader *reader)
{
    px_buf_release(&reader->bytes);
}

px_status px_bulk_feed(px_bulk_reader *reader, px_str bytes, bool is_last, px_err *ret_err)
{
    px_buf *held = &reader->bytes;

    if (reader->at) {
        memmove(held->ptr, held->ptr + reader->at, held->len - reader->at);
        held->len -= reader->at;
        reader->at = 0;
    }
    px_put(held, bytes);
    reader->is_last = is_last;
    return px_buf_status(held, ret_err);
}

/* ---- lines ---- */

typedef enum cut { CUT_LINE, CUT_TOO_LONG, CUT_MORE, CUT_END } cut;

/* What is too long is not kept: its bytes are dropped as they come. */
static cut cut_line(px_bulk_reader *r, px_str *ret_text)
{
    px_str left = px_str_of(r->bytes.ptr + r->at, r->bytes.len - r->at);
    const char *newline = left.len ? memchr(left.ptr, '\n', left.len) : NULL;
    size_t len = newline ? (size_t)(newline - left.ptr) : left.len;
    bool is_whole = newline || (r->is_last && (left.len || r->too_long));

    if (!is_whole && !r->is_last && left.len > PX_BULK_LINE_BYTES_MAX)
        r->too_long = true;
    if (!is_whole && !r->too_long)
        return r->is_last ? CUT_END : CUT_MORE;
    r->at += newline ? len + 1 : len;
    r->end += newline ? len + 1 : len;
    if (!is_whole)
        return CUT_MORE;
    r->number++;
    if (r->too_long || len > PX_BULK_LINE_BYTES_MAX) {
        r->too_long = false;
        return CUT_TOO_LONG;
    }
    *ret_text = px_str_trim(px_str_of(left.ptr, len));
    return CUT_LINE;
}

/* `{"Section":"Twins"}`, and nothing else in it. */
static bool is_section_line(px_str text, px_str *ret_name, px_arena *arena)
{
    enum { SECTION_BYTES_MAX = 200 };
    px_json *json = NULL;

    if (text.len > SECTION_BYTES_MAX || text.len < 2 || text.ptr[0] != '{' ||
        px_json_parse(text, NULL, arena, &json, NULL) != PX_OK || json->count != 1 ||
        !px_str_eq(json->first->key, PX_STR("Section")))
        return false;
    *ret_name = json->first->type == PX_JSON_STRING ? json->first->text : PX_STR("");
    return true;
}

/* ---- sections ---- */

/* The name as it may stand in a sentence. */
static px_str shown(px_str name)
{
    enum { SHOWN_BYTES = 40 };

    return px_str_of(name.ptr, name.len < SHOWN_BYTES ? name.len : SHOWN_BYTES);
}

static px_bulk_kind enter_section(px_bulk_reader *r, px_str name, px_err *ret_err)
{
    px_bulk_section section = px_bulk_section_find(name);

    r->has_header |= section > PX_BULK_HEADER;
    if (section != PX_BULK_NOTHING && section > r->furthest) {
        r->section = r->furthest = section;
        return PX_BULK_SECTION;
    }
    r->section = PX_BULK_NOTHING;
    if (section == PX_BULK_NOTHING)
        px_fail_id(ret_err, PX_INVALID, "bulk.section",
                   "there is no section '%.*s'; there are Header, Models, Twins and "
                   "Relationships. Its lines are passed over",
                   PX_FMT(shown(name)));
    else
        px_fail_id(ret_err, PX_INVALID, "bulk.order",
                   "the section '%.*s' comes twice or too late; Header, Models, Twins, "
                   "Relationships is the order. Its lines are passed over",
                   PX_FMT(shown(name)));
    return PX_BULK_BAD;
}

/* Only the versions 1 are known; a file that does not say is read as one. */
static px_status read_header(px_bulk_reader *r, px_str text, px_arena *arena, px_err *ret_err)
{
    px_json *json;
    px_str version;

    PX_TRY(px_json_parse(text, NULL, arena, &json, ret_err));
    r->has_header = true;
    version = px_json_get_text(json, PX_STR("fileVersion"));
    if (version.len == 0 || px_str_starts(version, PX_STR("1.")))
        return PX_OK;
    return px_fail_id(ret_err, PX_UNSUPPORTED, "bulk.version",
                      "the file says fileVersion '%.*s'; 1.0.0 is understood",
                      PX_FMT(shown(version)));
}

static px_status no_header(px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "bulk.header",
                      "the file does not begin with {\"Section\": \"Header\"}");
}

static px_status take(px_bulk_reader *r, px_str text, px_arena *arena, px_bulk_kind *ret_kind,
                      px_err *ret_err)
{
    px_str name;

    *ret_kind = PX_BULK_LINE;
    if (is_section_line(text, &name, arena)) {
        if (r->furthest == PX_BULK_NOTHING && px_bulk_section_find(name) != PX_BULK_HEADER)
            return no_header(ret_err);
        *ret_kind = enter_section(r, name, ret_err);
        return PX_OK;
    }
    if (r->furthest == PX_BULK_NOTHING)
        return no_header(ret_err);
    if (r->section == PX_BULK_HEADER && !r->has_header)
        return read_header(r, text, arena, ret_err);
    if (r->section == PX_BULK_HEADER) {
        px_fail_id(ret_err, PX_INVALID, "bulk.order", "the header is one line");
        *ret_kind = PX_BULK_BAD;
    }
    return PX_OK;
}

px_status px_bulk_next(px_bulk_reader *r, px_bulk_line *ret_line, px_err *ret_err)
{
    enum { ARENA_BYTES_MAX = 64 * 1024 * 1024 };
    px_arena arena;
    px_status status = PX_OK;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    for (bool given = false; !given && status == PX_OK;) {
        px_bulk_line line = { 0 };
        cut what = cut_line(r, &line.text);

        given = true;
        line.kind = what == CUT_END ? PX_BULK_END : PX_BULK_MORE;
        if (what == CUT_END && r->furthest == PX_BULK_NOTHING) /* nothing in it */
            status = no_header(ret_err);
        if (what == CUT_TOO_LONG) {
            line.kind = PX_BULK_BAD;
            px_fail_id(ret_err, PX_TOO_LARGE, "bulk.line_bytes", "the line is longer than %d bytes",
                       PX_BULK_LINE_BYTES_MAX);
        }
        if (what == CUT_LINE) {
            if (r->number == 1 && px_str_starts(line.text, PX_STR("\xEF\xBB\xBF")))
                line.text = px_str_skip(line.text, 3);
            if (line.text.len)
                status = take(r, line.text, &arena, &line.kind, ret_err);
            /* empty, passed over, or the header: nothing to tell */
            given = line.text.len && !(line.kind == PX_BULK_LINE && r->section < PX_BULK_MODELS);
        }
        line.section = r->section;
        line.number = r->number;
        line.end = r->end;
        *ret_line = line;
        px_arena_reset(&arena);
    }
    px_arena_release(&arena);
    return status;
}

/* ---- things ---- */

static px_status want(const px_json *json, const char *name, px_str *ret_text, px_err *ret_err)
{
    *ret_text = px_json_get_text(json, px_str_c(name));
    if (ret_text->ptr)
        return PX_OK;
    return px_json_fail(json, ret_err, PX_INVALID, "bulk.form", "the line has no text '%s'", name);
}

px_status px_bulk_thing_read(px_bulk_section section, px_str text, px_arena *arena,
                             px_bulk_thing *ret_thing, px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();
    px_bulk_thing thing = { 0 };

    if (section == PX_BULK_MODELS)
        opts.depth_max = PX_MODEL_JSON_DEPTH_MAX;
    PX_TRY(px_json_parse(text, &opts, arena, &thing.json, ret_err));
    if (thing.json->type != PX_JSON_OBJECT)
        return px_json_fail(thing.json, ret_err, PX_INVALID, "bulk.form",
                            "a line is one JSON object");
    PX_TRY(want(thing.json, section == PX_BULK_MODELS ? "@id" : "$dtId", &thing.id, ret_err));
    if (section == PX_BULK_RELATIONSHIPS)
        PX_TRY(want(thing.json, "$relationshipId", &thing.relationship_id, ret_err));
    *ret_thing = thing;
    return PX_OK;
}
