/* SPDX-License-Identifier: Apache-2.0 */
/* What one column holds, and what it is therefore. */
#include <strings.h>

#include "base/cell.h"
#include "cli/colmap.h"
#include "cli/propose.h"

enum { WORD_BYTES_MAX = 64, ENUM_ROWS_MIN = 4 };

const char *px_guess_name(px_guess guess)
{
    static const char *const names[] = { "none", "integer", "long",     "double", "boolean",
                                         "enum", "string",  "dateTime", "date" };

    return names[guess];
}

px_propose_column *px_propose_column_of(px_propose *p, px_str name)
{
    px_propose_column *c;

    for (size_t i = 0; i < p->column_count; i++)
        if (px_str_eq(p->columns[i].name, name))
            return &p->columns[i];
    if (p->column_count == PX_PROPOSE_COLUMNS_MAX)
        return NULL;
    if (p->column_count == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 64;
        px_propose_column *columns = PX_ARENA_ARRAY(&p->arena, px_propose_column, cap);

        if (!columns)
            return NULL;
        if (p->column_count)
            memcpy(columns, p->columns, p->column_count * sizeof(*columns));
        p->columns = columns;
        p->cap = cap;
    }
    c = &p->columns[p->column_count];
    *c = (px_propose_column){ .name = px_arena_str(&p->arena, name), .is_bits = true };
    if (!c->name.ptr)
        return NULL;
    p->column_count++;
    return c;
}

/* ---- looking ---- */

/* Of the years 1990 to 2099 in seconds, or in ms, us, ns, which `time` of a binding tells apart by
 * size: no day and no minute written as digits, 20261129 or 202611291200, falls into these. */
static bool is_epoch(px_num num)
{
    const double first = 631152000, end = 4102444800;
    double size = px_num_to_double(num);

    for (double scale = 1; scale <= 1e9; scale *= 1000)
        if (size >= first * scale && size < end * scale)
            return true;
    return false;
}

static void look_number(px_propose_column *c, px_num num, px_str text)
{
    static const px_num one = { .mantissa = 1 }, zero = { .mantissa = 0 };
    int64_t whole;
    bool is_whole = px_num_to_int(num, &whole);

    for (size_t i = 0; i < text.len; i++)
        is_whole = is_whole && text.ptr[i] != '.' && text.ptr[i] != 'e' && text.ptr[i] != 'E';
    c->whole += is_whole;
    c->decimal += !is_whole;
    c->epochs += is_epoch(num);
    c->has_large = c->has_large || (is_whole && (whole > INT32_MAX || whole < INT32_MIN));
    c->is_bits = c->is_bits && (px_num_cmp(num, one) == 0 || px_num_cmp(num, zero) == 0);
}

static bool keep_word(px_propose *p, px_propose_column *c, px_str text)
{
    for (uint32_t i = 0; i < c->word_count && i <= PX_PROPOSE_WORDS_MAX; i++)
        if (px_str_eq(c->words[i], text))
            return true;
    if (c->word_count > PX_PROPOSE_WORDS_MAX)
        return true;
    if (text.len > WORD_BYTES_MAX) {
        c->word_count = PX_PROPOSE_WORDS_MAX + 1;
        return true;
    }
    c->words[c->word_count] = px_arena_str(&p->arena, text);
    return c->words[c->word_count++].ptr != NULL;
}

/* YYYY-MM-DD */
static bool is_date(px_str text)
{
    char whole[24];
    px_time unused;

    if (text.len != 10)
        return false;
    memcpy(whole, text.ptr, 10);
    memcpy(whole + 10, "T00:00:00Z", 10);
    return px_time_parse(px_str_of(whole, 20), &unused, NULL) == PX_OK;
}

/* RFC 3339, or date and time without a zone. */
static bool is_time(px_str text)
{
    char whole[48];
    px_time unused;

    if (text.len < 19 || text.len + 1 > sizeof(whole))
        return false;
    if (px_time_parse(text, &unused, NULL) == PX_OK)
        return true;
    memcpy(whole, text.ptr, text.len);
    whole[10] = whole[10] == ' ' ? 'T' : whole[10];
    whole[text.len] = 'Z';
    return px_time_parse(px_str_of(whole, text.len + 1), &unused, NULL) == PX_OK;
}

static bool is_missing(px_str text)
{
    static const char *const words[] = { "",     "n/a",  "na", "#n/a", "nan", "nil",
                                         "null", "none", "-",  "--",   "?",   "missing" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (text.len == strlen(words[i]) && strncasecmp(text.ptr, words[i], text.len) == 0)
            return true;
    return false;
}

static px_cell_sort sort_of_text(px_str text)
{
    if (is_time(text))
        return PX_SORT_TIME;
    if (is_date(text))
        return PX_SORT_DATE;
    return is_missing(px_str_trim(text)) ? PX_SORT_MISSING : PX_SORT_TEXT;
}

/* Counts it and keeps its text: numbers too are words among texts, as in 1, 2, other. */
static bool take(px_propose *p, px_propose_column *c, px_cell_sort sort, px_str text)
{
    px_propose_first *first = &c->firsts[sort];

    c->count++;
    if (c->sorts[sort]++ == 0) {
        *first = (px_propose_first){ px_arena_str(&p->arena, px_str_head(text, WORD_BYTES_MAX)),
                                     p->file, p->rows, p->line };
        if (!first->text.ptr)
            return false;
    }
    if (sort != PX_SORT_NUMBER && sort != PX_SORT_BOOLEAN)
        c->is_bits = false;
    return keep_word(p, c, text);
}

bool px_propose_look_cell(px_propose *p, px_propose_column *c, px_str cell)
{
    px_str text = px_str_trim(cell);
    px_buf number = { 0 };
    px_num num;
    bool is_number;

    if (text.len == 0)
        return true;
    if ((text.len == 4 && strncasecmp(text.ptr, "true", 4) == 0) ||
        (text.len == 5 && strncasecmp(text.ptr, "false", 5) == 0))
        return take(p, c, PX_SORT_BOOLEAN, text);
    is_number = text.len < 64 && px_put_json_number(&number, text) &&
                px_num_parse(px_buf_str(&number), &num, NULL) == PX_OK;
    px_buf_release(&number);
    if (!is_number)
        return take(p, c, sort_of_text(text), text);
    look_number(c, num, text);
    return take(p, c, PX_SORT_NUMBER, text);
}

bool px_propose_look(px_propose *p, px_propose_column *c, const px_json *value)
{
    switch (value->type) {
    case PX_JSON_NUMBER:
        look_number(c, value->num, value->raw);
        c->is_bits = false; /* JSON has booleans of its own */
        return take(p, c, PX_SORT_NUMBER, value->raw);
    case PX_JSON_TRUE:
        return take(p, c, PX_SORT_BOOLEAN, PX_STR("true"));
    case PX_JSON_FALSE:
        return take(p, c, PX_SORT_BOOLEAN, PX_STR("false"));
    case PX_JSON_STRING:
        return take(p, c, sort_of_text(value->text), value->text);
    default:
        return true;
    }
}

/* ---- settling ---- */

static bool is_few_words(const px_propose_column *c)
{
    return c->word_count <= PX_PROPOSE_WORDS_MAX && c->count >= ENUM_ROWS_MIN &&
           2 * (uint64_t)c->word_count <= c->count;
}

/* More than half of all values, those that say that there is none not counted. */
static bool is_most(const px_propose_column *c, px_cell_sort sort)
{
    return 2 * c->sorts[sort] > c->count - c->sorts[PX_SORT_MISSING];
}

/* More than one, and a tenth or more of all: no slip. */
static bool is_label_sort(const px_propose_column *c, px_cell_sort sort)
{
    return c->sorts[sort] > 1 && 10 * c->sorts[sort] >= c->count;
}

/* Whole numbers with texts among them are labels: 1, 2, other; A17, 1804. */
static bool is_labels(const px_propose_column *c, bool is_measured)
{
    return !is_measured && !c->decimal && is_label_sort(c, PX_SORT_TEXT);
}

static px_guess guess_number(const px_propose_column *c, px_str name, bool is_quantity)
{
    if (c->is_bits && (px_is_state_name(name) || (!is_quantity && !px_is_count_name(name))))
        return PX_GUESS_BOOLEAN;
    if (c->decimal || c->unit || is_quantity)
        return PX_GUESS_DOUBLE;
    return c->has_large ? PX_GUESS_LONG : PX_GUESS_INTEGER;
}

static px_guess guess(const px_propose_column *c, px_str name)
{
    bool is_quantity = px_is_quantity_name(name) && !px_is_count_name(name);

    if (c->count == 0)
        return PX_GUESS_NONE;
    if (is_most(c, PX_SORT_BOOLEAN) || (c->is_bits && c->sorts[PX_SORT_BOOLEAN]))
        return PX_GUESS_BOOLEAN;
    if (is_most(c, PX_SORT_NUMBER) && !is_labels(c, is_quantity || c->unit))
        return guess_number(c, name, is_quantity);
    if (is_most(c, PX_SORT_TIME))
        return PX_GUESS_DATETIME;
    if (is_most(c, PX_SORT_DATE))
        return PX_GUESS_DATE;
    return is_few_words(c) ? PX_GUESS_ENUM : PX_GUESS_STRING;
}

/* Whether such a value belongs to what the column was taken for. */
static bool fits(const px_propose_column *c, px_cell_sort sort)
{
    switch (c->guess) {
    case PX_GUESS_BOOLEAN:
        return sort == PX_SORT_BOOLEAN || (sort == PX_SORT_NUMBER && c->is_bits);
    case PX_GUESS_DATETIME:
        return sort == PX_SORT_TIME;
    case PX_GUESS_DATE:
        return sort == PX_SORT_DATE;
    case PX_GUESS_ENUM:
    case PX_GUESS_STRING:
        return sort >= PX_SORT_TIME || is_label_sort(c, sort);
    default:
        return sort == PX_SORT_NUMBER;
    }
}

static void find_odd(px_propose_column *c)
{
    c->odd = 0;
    c->first = NULL;
    for (px_cell_sort sort = 0; sort < PX_SORTS; sort++) {
        if (c->sorts[sort] == 0 || fits(c, sort))
            continue;
        c->odd += c->sorts[sort];
        if (!c->first || c->firsts[sort].row < c->first->row)
            c->first = &c->firsts[sort];
    }
}

/* A name that no column before has. */
static px_status name_property(px_propose *p, size_t index, px_str source, px_err *ret_err)
{
    px_propose_column *c = &p->columns[index];
    px_buf name = { 0 };
    px_status status;
    size_t len;

    px_put_property_name(&name, source, index);
    len = name.len;
    for (size_t i = 0, again = 2; i < index; i++) {
        if (!px_str_eq(p->columns[i].property, px_buf_str(&name)))
            continue;
        name.len = len;
        px_putf(&name, "_%zu", again++);
        i = SIZE_MAX; /* from the first on */
    }
    status = px_buf_status(&name, ret_err);
    c->property = px_arena_str(&p->arena, px_buf_str(&name));
    px_buf_release(&name);
    if (status == PX_OK && !c->property.ptr)
        status = px_arena_fail(&p->arena, ret_err);
    return status;
}

/* A message that is one value has no name but its topic's last level. */
static px_str name_of(const px_propose *p, size_t index)
{
    if (!px_propose_is_bare(p) || p->topics_differ || !p->levels[p->level_count - 1].ptr)
        return p->columns[index].name;
    return p->levels[p->level_count - 1];
}

bool px_propose_is_bare(const px_propose *p)
{
    return !p->is_csv && p->column_count == 1 && p->columns[0].name.len == 0 && p->level_count;
}

/* A time where its values are, else a temperature as well. */
static bool is_called_t(px_str name)
{
    return px_str_eq(name, PX_STR("t")) || px_str_ends(name, PX_STR("/t"));
}

/* `rest` is the name without a unit. */
static bool is_time_column(const px_propose *p, const px_propose_column *c, px_str rest)
{
    bool is_span = c->unit && strcmp(c->unit->semantic_type, "TimeSpan") == 0;

    if (c->guess == PX_GUESS_DATETIME || c->guess == PX_GUESS_DATE)
        return px_is_time_name(c->name);
    if (!is_most(c, PX_SORT_NUMBER) || c->epochs < c->sorts[PX_SORT_NUMBER])
        return false;
    return px_is_clock_name(is_span ? rest : c->name) || is_called_t(c->name) ||
           (c->guess == PX_GUESS_LONG && !p->is_csv && px_is_time_name(c->name));
}

static void find_time(px_propose *p, size_t index, px_str rest)
{
    const px_propose_column *c = &p->columns[index];

    if (p->time_column == SIZE_MAX && is_time_column(p, c, rest))
        p->time_column = index;
    if (p->time_named == SIZE_MAX && c->count && px_is_clock_name(c->name))
        p->time_named = index;
}

px_status px_propose_settle(px_propose *p, px_err *ret_err)
{
    p->time_column = p->time_named = SIZE_MAX;
    for (size_t i = 0; i < p->column_count; i++) {
        px_propose_column *c = &p->columns[i];
        px_str name = name_of(p, i), rest = name;

        c->unit = px_unit_of_name(name, &rest);
        c->guess = guess(c, name);
        find_odd(c);
        find_time(p, i, rest);
        if (c->guess != PX_GUESS_DOUBLE) {
            c->unit = NULL;
            rest = c->guess == PX_GUESS_INTEGER || c->guess == PX_GUESS_LONG ? rest : name;
        }
        PX_TRY(name_property(p, i, rest, ret_err));
    }
    return PX_OK;
}
