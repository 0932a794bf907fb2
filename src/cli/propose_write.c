/* SPDX-License-Identifier: Apache-2.0 */
/* The model (DTDL v3) and the binding of what was found. */
#include "cli/colmap.h"
#include "cli/propose.h"

static void put_text(px_json_writer *w, const char *key, px_str text)
{
    px_json_key(w, px_str_c(key));
    px_json_string(w, text);
}

/* ---- model ---- */

/* Letters, digits and underscores of the word, behind its number: DTDL, "name". */
static void put_enum_name(px_buf *name, px_str word, uint32_t index)
{
    bool gap = true;

    px_putf(name, "v%u", index + 1);
    for (size_t i = 0; i < word.len; i++) {
        bool good = px_is_letter(word.ptr[i]) || px_is_digit(word.ptr[i]);

        if (good)
            px_putf(name, "%s%c", gap ? "_" : "", word.ptr[i]);
        gap = !good;
    }
}

static void put_enum(px_json_writer *w, const px_propose_column *c)
{
    px_json_begin_object(w);
    put_text(w, "@type", PX_STR("Enum"));
    put_text(w, "valueSchema", PX_STR("string"));
    px_json_key(w, PX_STR("enumValues"));
    px_json_begin_array(w);
    for (uint32_t i = 0; i < c->word_count; i++) {
        px_buf name = { 0 };

        put_enum_name(&name, c->words[i], i);
        px_json_begin_object(w);
        put_text(w, "name", px_buf_str(&name));
        put_text(w, "displayName", c->words[i]);
        put_text(w, "enumValue", c->words[i]);
        px_json_end_object(w);
        px_buf_release(&name);
    }
    px_json_end_array(w);
    px_json_end_object(w);
}

static void put_content(px_json_writer *w, const px_propose_column *c, bool telemetry)
{
    px_str kind = telemetry ? PX_STR("Telemetry") : PX_STR("Property");

    px_json_begin_object(w);
    px_json_key(w, PX_STR("@type"));
    if (c->unit) {
        px_json_begin_array(w);
        px_json_string(w, kind);
        px_json_string(w, px_str_c(c->unit->semantic_type));
        px_json_end_array(w);
    } else {
        px_json_string(w, kind);
    }
    put_text(w, "name", c->property);
    if (c->name.len && !px_str_eq(c->name, c->property))
        put_text(w, "displayName", px_str_head(c->name, 64));
    px_json_key(w, PX_STR("schema"));
    if (c->guess == PX_GUESS_ENUM)
        put_enum(w, c);
    else
        px_json_string(w, px_str_c(px_guess_name(c->guess)));
    if (c->unit)
        put_text(w, "unit", px_str_c(c->unit->unit));
    px_json_end_object(w);
}

static bool is_content(const px_propose *p, size_t index)
{
    return index != p->time_column && p->columns[index].guess != PX_GUESS_NONE;
}

static void put_model(px_json_writer *w, const px_propose *p, const px_propose_opts *opts)
{
    px_buf dtmi = { 0 };

    if (opts->dtmi) {
        px_put_c(&dtmi, opts->dtmi);
    } else {
        px_put_c(&dtmi, "dtmi:example:");
        px_put_property_name(&dtmi, p->stem, 0);
        px_put_c(&dtmi, ";1");
    }
    px_json_begin_object(w);
    px_json_key(w, PX_STR("@context"));
    px_json_begin_array(w);
    px_json_string(w, PX_STR("dtmi:dtdl:context;3"));
    px_json_string(w, PX_STR("dtmi:dtdl:extension:quantitativeTypes;1"));
    px_json_end_array(w);
    put_text(w, "@id", px_buf_str(&dtmi));
    put_text(w, "@type", PX_STR("Interface"));
    px_json_key(w, PX_STR("contents"));
    px_json_begin_array(w);
    for (size_t i = 0; i < p->column_count; i++)
        if (is_content(p, i))
            put_content(w, &p->columns[i], opts->telemetry);
    px_json_end_array(w);
    px_json_end_object(w);
    px_buf_release(&dtmi);
}

/* ---- binding ---- */

/* A name that begins with a slash would be a pointer: it is made one. */
static void put_from(px_json_writer *w, const px_propose *p, px_str name)
{
    px_buf pointer = { 0 };

    if (!p->is_csv || name.len == 0 || name.ptr[0] != '/') {
        put_text(w, "from", name);
        return;
    }
    px_put_json_pointer_step(&pointer, name);
    put_text(w, "from", px_buf_str(&pointer));
    px_buf_release(&pointer);
}

static void put_field(px_json_writer *w, const px_propose *p, const px_propose_column *c)
{
    px_json_begin_object(w);
    put_from(w, p, c->name);
    put_text(w, "to", c->property);
    if (c->unit)
        put_text(w, "unit", px_str_c(c->unit->unit));
    if (c->guess == PX_GUESS_BOOLEAN && c->sorts[PX_SORT_BOOLEAN] < c->count)
        put_text(w, "type", PX_STR("boolean"));
    if ((c->guess == PX_GUESS_ENUM || c->guess == PX_GUESS_STRING) &&
        c->sorts[PX_SORT_NUMBER] + c->sorts[PX_SORT_BOOLEAN])
        put_text(w, "type", PX_STR("string"));
    px_json_end_object(w);
}

static bool varies(const px_propose *p, uint32_t level)
{
    return p->levels[level].ptr == NULL;
}

/* factory/{level2}/data */
static void put_source(px_json_writer *w, const px_propose *p)
{
    px_buf topic = { 0 };

    px_json_begin_object(w);
    if (p->level_count && !p->topics_differ) {
        for (uint32_t i = 0; i < p->level_count; i++) {
            px_put_c(&topic, i ? "/" : "");
            if (varies(p, i))
                px_putf(&topic, "{level%u}", i + 1);
            else
                px_put(&topic, p->levels[i]);
        }
        put_text(w, "mqtt", px_buf_str(&topic));
    } else {
        px_json_key(w, PX_STR("http"));
        px_json_bool(w, true);
    }
    px_json_end_object(w);
    px_buf_release(&topic);
}

/* By what varies in the topic; else one twin, called as the file. */
static void put_twin(px_json_writer *w, const px_propose *p)
{
    px_buf twin = { 0 };

    for (uint32_t i = 0; i < p->level_count && !p->topics_differ; i++)
        if (varies(p, i))
            px_putf(&twin, "%s{level%u}", twin.len ? "-" : "", i + 1);
    if (twin.len == 0)
        px_put_property_name(&twin, p->stem, 0);
    put_text(w, "twin", px_buf_str(&twin));
    px_buf_release(&twin);
}

static void put_table(px_json_writer *w, const px_propose *p)
{
    px_str separator = px_str_of(&p->separator, 1);

    put_text(w, "format", PX_STR("csv"));
    put_text(w, "separator", separator);
    if (p->has_head)
        return;
    px_json_key(w, PX_STR("columns"));
    px_json_begin_array(w);
    for (size_t i = 0; i < p->column_count; i++)
        px_json_string(w, p->columns[i].name);
    px_json_end_array(w);
}

static void put_time(px_json_writer *w, const px_propose *p)
{
    const px_propose_column *c = &p->columns[p->time_column];
    px_str time = c->firsts[PX_SORT_TIME].text;

    px_json_key(w, PX_STR("time"));
    px_json_begin_object(w);
    put_from(w, p, c->name);
    if (c->guess == PX_GUESS_DATE ||
        (c->guess == PX_GUESS_DATETIME && !memchr(time.ptr, 'T', time.len)))
        put_text(w, "form", PX_STR("utc"));
    px_json_end_object(w);
}

static void put_binding(px_json_writer *w, const px_propose *p)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("source"));
    put_source(w, p);
    if (p->is_csv)
        put_table(w, p);
    if (p->rows_pointer.len)
        put_text(w, "rows", p->rows_pointer);
    put_twin(w, p);
    if (p->time_column != SIZE_MAX)
        put_time(w, p);
    px_json_key(w, PX_STR("fields"));
    px_json_begin_array(w);
    for (size_t i = 0; i < p->column_count; i++)
        if (is_content(p, i))
            put_field(w, p, &p->columns[i]);
    px_json_end_array(w);
    px_json_end_object(w);
}

void px_put_proposal(px_buf *buf, const px_propose *p, const px_propose_opts *opts)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("model"));
    put_model(&w, p, opts);
    px_json_key(&w, PX_STR("binding"));
    put_binding(&w, p);
    px_json_end_object(&w);
}
