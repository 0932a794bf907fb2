/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of the public service on one query's text. Words and brackets are counted in one pass
 * that knows strings and escaped names, and no more of the language: what is no query is refused by
 * the parser behind this.
 */
#include "api/azure.h"

typedef struct scan {
    px_str rest;
    unsigned terms, joins;
    unsigned list, hops; /* the largest */
    bool after_in, in_list, in_edge;
    unsigned members; /* of the list that is open */
} scan;

static bool is_word(char c)
{
    return px_is_letter(c) || px_is_digit(c) || c == '_' || c == '$';
}

static bool is_keyword(px_str word, const char *keyword)
{
    size_t len = strlen(keyword);

    for (size_t i = 0; i < len; i++)
        if (word.len != len || (word.ptr[i] & ~0x20) != keyword[i])
            return false;
    return true;
}

static void take_string(scan *s)
{
    size_t i = 1;

    while (i < s->rest.len && s->rest.ptr[i] != '\'')
        i += s->rest.ptr[i] == '\\' ? 2 : 1;
    s->rest = px_str_skip(s->rest, i < s->rest.len ? i + 1 : s->rest.len);
}

static void take_escaped(scan *s)
{
    while (s->rest.len && !px_str_starts(s->rest, PX_STR("]]")))
        s->rest = px_str_skip(s->rest, 1);
    s->rest = px_str_skip(s->rest, s->rest.len < 2 ? s->rest.len : 2);
}

static void take_word(scan *s)
{
    px_str word = s->rest;
    size_t len = 0;

    while (len < word.len && is_word(word.ptr[len]))
        len++;
    word.len = len;
    s->rest = px_str_skip(s->rest, len);
    s->terms += is_keyword(word, "AND") || is_keyword(word, "OR");
    s->joins += is_keyword(word, "JOIN");
    s->after_in = is_keyword(word, "IN") || is_keyword(word, "NIN");
}

/* `*3`, `*..3`, `*1..3` of an edge: the last number is the most hops. */
static void take_hops(scan *s)
{
    unsigned number = 0;

    s->rest = px_str_skip(s->rest, 1);
    while (s->rest.len && (px_is_digit(s->rest.ptr[0]) || strchr(" .", s->rest.ptr[0]))) {
        char c = s->rest.ptr[0];

        if (c == '.')
            number = 0;
        else if (px_is_digit(c) && number < 100000)
            number = number * 10 + (unsigned)(c - '0');
        s->rest = px_str_skip(s->rest, 1);
    }
    s->hops = number > s->hops ? number : s->hops;
}

static void take_sign(scan *s)
{
    char c = s->rest.ptr[0];

    if (c == '*' && s->in_edge) {
        take_hops(s);
        return;
    }
    if (c == '[') {
        s->in_list = s->after_in;
        s->in_edge = !s->after_in;
        s->members = 1;
    } else if (c == ']') {
        s->list = s->in_list && s->members > s->list ? s->members : s->list;
        s->in_list = s->in_edge = false;
    } else if (c == ',') {
        s->members++;
    }
    if (!strchr(" \t\r\n", c))
        s->after_in = false;
    s->rest = px_str_skip(s->rest, 1);
}

static size_t char_count(px_str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

static px_status hold(size_t found, unsigned most, const char *what, px_err *ret_err)
{
    if (found <= most)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "query.azure",
                      "SQL query parse failed: the public service takes at most %u %s, not %zu",
                      most, what, found);
}

px_status px_azure_query_check(px_str text, px_err *ret_err)
{
    scan s = { .rest = text };

    while (s.rest.len) {
        if (s.rest.ptr[0] == '\'')
            take_string(&s);
        else if (px_str_starts(s.rest, PX_STR("[[")))
            take_escaped(&s);
        else if (is_word(s.rest.ptr[0]))
            take_word(&s);
        else
            take_sign(&s);
    }
    PX_TRY(hold(char_count(text), PX_AZURE_QUERY_CHARS_MAX, "characters of a query", ret_err));
    PX_TRY(hold(s.terms, PX_AZURE_QUERY_TERMS_MAX, "AND and OR in a query", ret_err));
    PX_TRY(hold(s.joins, PX_AZURE_QUERY_JOINS_MAX, "JOINs in a query", ret_err));
    PX_TRY(hold(s.list, PX_AZURE_QUERY_LIST_MAX, "members of a list", ret_err));
    return hold(s.hops, PX_AZURE_QUERY_HOPS_MAX, "hops", ret_err);
}
