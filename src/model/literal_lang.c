/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Localized text:
 *
 *     text   = string | { language: string … } | [ entry … ]
 *     entry  = string | { "@value": string [, "@language": language] }
 *
 * A string without a language is English. A language is a primary subtag of two to four letters,
 * perhaps a script, perhaps a region: en, zh-Hans, fr-155, sr-Latn-RS.
 */
#include "base/limits.h"
#include "model/parse.h"

typedef struct lang_reader {
    px_parse *parse;
    const px_el *el;
    const char *member;
    uint32_t length_max;
    px_lang_text *items; /* in the model's arena, room for every entry */
    uint32_t count;
} lang_reader;

uint32_t px_utf16_length(px_str text)
{
    uint32_t length = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        if ((byte & 0xC0) != 0x80)
            length += byte >= 0xF0 ? 2 : 1;
    }
    return length;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_script(px_str tag)
{
    return tag.len == 4 && is_upper(tag.ptr[0]) && is_lower(tag.ptr[1]) && is_lower(tag.ptr[2]) &&
           is_lower(tag.ptr[3]);
}

static bool is_region(px_str tag)
{
    if (tag.len == 2)
        return is_upper(tag.ptr[0]) && is_upper(tag.ptr[1]);
    if (tag.len != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (tag.ptr[i] < '0' || tag.ptr[i] > '9')
            return false;
    return true;
}

static bool is_language(px_str code)
{
    px_str rest = code, primary = px_str_cut(&rest, '-'), tag;

    if (primary.len < 2 || primary.len > 4 || px_str_ends(code, PX_STR("-")))
        return false;
    for (size_t i = 0; i < primary.len; i++)
        if (!is_lower(primary.ptr[i]))
            return false;
    if (rest.len == 0)
        return true;
    tag = px_str_cut(&rest, '-');
    if (is_script(tag)) {
        if (rest.len == 0)
            return true;
        tag = px_str_cut(&rest, '-');
    }
    return is_region(tag) && rest.len == 0;
}

static px_status add_text(lang_reader *reader, const px_json *node, px_str lang,
                          const px_json *text, px_err *ret_err)
{
    px_lang_text item;

    if (!px_json_is(text, PX_JSON_STRING)) {
        px_parse_report(reader->parse, PX_RULE_LANG_STRING_VALUE_NOT_STRING, reader->el,
                        text ? text : node, PX_STR(""), "'%s' holds %s", reader->member,
                        text ? px_json_type_name(text->type) : "no @value");
        return PX_OK;
    }
    if (!is_language(lang)) {
        px_parse_report(reader->parse,
                        node == text ? PX_RULE_LANG_STRING_INVALID_CODE
                                     : PX_RULE_LANG_ELEMENT_INVALID_CODE,
                        reader->el, node, PX_STR(""), "'%s' has the language '%.*s'",
                        reader->member, PX_FMT(lang));
        return PX_OK;
    }
    if (px_utf16_length(text->text) > reader->length_max) {
        px_parse_report(reader->parse, PX_RULE_LANG_STRING_VALUE_TOO_LONG, reader->el, text,
                        PX_STR(""), "'%s' has %u characters, the most is %u", reader->member,
                        px_utf16_length(text->text), reader->length_max);
        return PX_OK;
    }
    if (reader->count == PX_MODEL_LANGUAGES_MAX) {
        px_parse_report(reader->parse, PX_RULE_OBJECT_COUNT_ABOVE_MAX, reader->el, node, PX_STR(""),
                        "'%s' has more than %d languages", reader->member, PX_MODEL_LANGUAGES_MAX);
        return PX_OK;
    }
    for (uint32_t i = 0; i < reader->count; i++)
        if (px_str_eq(reader->items[i].lang, lang)) {
            px_parse_report(reader->parse, PX_RULE_LANG_STRING_CODE_NOT_UNIQUE, reader->el, node,
                            PX_STR(""), "'%s' has two texts for '%.*s'", reader->member,
                            PX_FMT(lang));
            return PX_OK;
        }
    PX_TRY(px_keep(reader->el, lang, &item.lang, ret_err));
    PX_TRY(px_keep(reader->el, text->text, &item.text, ret_err));
    reader->items[reader->count++] = item;
    return PX_OK;
}

/* The rule that a member of a tagged value breaks, or PX_RULE_COUNT. DTDL v2 passes over other
 * keywords. */
static px_rule rule_of_key(px_str key, uint32_t version)
{
    if (px_str_eq(key, PX_STR("@value")) || px_str_eq(key, PX_STR("@language")))
        return PX_RULE_COUNT;
    if (px_str_eq(key, PX_STR("@id")))
        return PX_RULE_LANG_ELEMENT_ID;
    if (px_str_eq(key, PX_STR("@context")))
        return PX_RULE_LANG_ELEMENT_CONTEXT;
    if (px_str_eq(key, PX_STR("@graph")))
        return PX_RULE_LANG_ELEMENT_GRAPH;
    return version == 2 && px_str_starts(key, PX_STR("@")) ? PX_RULE_COUNT
                                                           : PX_RULE_LANG_STRING_ELEMENT_INVALID;
}

/* { "@value": "Pumpe", "@language": "de" } */
static px_status read_tagged(lang_reader *reader, const px_json *object, px_err *ret_err)
{
    const px_json *lang = px_json_get(object, PX_STR("@language"));
    uint32_t version = reader->el->context.version;

    for (const px_json *m = object->first; m; m = m->next) {
        px_rule rule = rule_of_key(m->key, version);

        if (rule == PX_RULE_COUNT)
            continue;
        px_parse_report(reader->parse, rule, reader->el, m, PX_STR(""),
                        "'%s' has an entry with a member '%.*s'", reader->member, PX_FMT(m->key));
        return PX_OK;
    }
    if (lang && !px_json_is(lang, PX_JSON_STRING)) {
        px_parse_report(reader->parse, PX_RULE_LANG_STRING_INVALID_CODE, reader->el, lang,
                        PX_STR(""), "'%s' has a language that is %s", reader->member,
                        px_json_type_name(lang->type));
        return PX_OK;
    }
    return add_text(reader, object, lang ? lang->text : PX_STR("en"),
                    px_json_get(object, PX_STR("@value")), ret_err);
}

static px_status read_map(lang_reader *reader, const px_json *object, px_err *ret_err)
{
    for (const px_json *m = object->first; m; m = m->next) {
        if (px_str_starts(m->key, PX_STR("@"))) {
            px_parse_report(reader->parse,
                            px_json_get(object, PX_STR("@value")) ? PX_RULE_LANG_TAG_IN_MAP
                                                                  : PX_RULE_LANG_MAP_OBJ_KEYWORD,
                            reader->el, m, PX_STR(""), "'%s' has a member '%.*s'", reader->member,
                            PX_FMT(m->key));
            return PX_OK;
        }
        PX_TRY(add_text(reader, m, m->key, m, ret_err));
    }
    return PX_OK;
}

static px_status read_entry(lang_reader *reader, const px_json *node, px_err *ret_err)
{
    if (px_json_is(node, PX_JSON_STRING))
        return add_text(reader, node, PX_STR("en"), node, ret_err);
    if (px_json_is(node, PX_JSON_OBJECT))
        return read_tagged(reader, node, ret_err);
    px_parse_report(reader->parse,
                    px_json_is(node->parent, PX_JSON_ARRAY)
                        ? PX_RULE_LANG_ELEMENT_NOT_STRING_OR_OBJECT
                        : PX_RULE_LANG_STRING_NOT_LANG_STRING,
                    reader->el, node, PX_STR(""), "'%s' holds %s", reader->member,
                    px_json_type_name(node->type));
    return PX_OK;
}

px_status px_literal_lang(px_parse *parse, const px_el *el, const px_json *node, const char *member,
                          uint32_t length_max, px_lang_map *ret_map, px_err *ret_err)
{
    bool many = px_json_is(node, PX_JSON_ARRAY) || px_json_is(node, PX_JSON_OBJECT);
    px_arena *arena = PX_MODEL_ARENA(el);
    lang_reader reader = { parse, el, member, length_max, NULL, 0 };

    reader.items = PX_ARENA_ARRAY(arena, px_lang_text, many ? node->count + 1 : 1);
    if (!reader.items)
        return px_arena_fail(arena, ret_err);
    if (px_json_is(node, PX_JSON_OBJECT)) {
        PX_TRY(read_map(&reader, node, ret_err));
    } else if (px_json_is(node, PX_JSON_ARRAY)) {
        for (const px_json *entry = node->first; entry && !px_parse_is_full(parse);
             entry = entry->next)
            PX_TRY(read_entry(&reader, entry, ret_err));
    } else {
        PX_TRY(read_entry(&reader, node, ret_err));
    }
    *ret_map = (px_lang_map){ reader.items, reader.count };
    return PX_OK;
}
