/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wrap.h"

#include "cli/term.h"

enum { FULL_COLUMNS = 70 }; /* a line of the source that is so long goes on in the next one */

static size_t blanks_before(px_str text)
{
    size_t count = 0;

    while (count < text.len && text.ptr[count] == ' ')
        count++;
    return count;
}

static void put_blanks(px_buf *buf, size_t count)
{
    for (size_t i = 0; i < count; i++)
        px_put_char(buf, ' ');
}

/* Up to the next blank; of a command, that outside quotes. */
static px_str cut_word(px_str *rest, bool is_command)
{
    px_str word = *rest;
    char quote = 0;
    size_t len = 0;

    for (; len < word.len && (quote || word.ptr[len] != ' '); len++) {
        char c = word.ptr[len];

        if (is_command && quote)
            quote = c == quote ? 0 : quote;
        else if (is_command && (c == '\'' || c == '"'))
            quote = c;
    }
    word.len = len;
    *rest = px_str_skip(*rest, len);
    return word;
}

static void put_words(px_buf *buf, px_str rest, unsigned used, unsigned indent, unsigned width,
                      bool is_command)
{
    unsigned room = is_command && width > 2 ? width - 2 : width; /* for the ` \` */
    bool is_first = true;

    while (rest.len) {
        size_t blanks = blanks_before(rest);
        px_str word;
        unsigned columns;

        rest = px_str_skip(rest, blanks);
        word = cut_word(&rest, is_command);
        columns = px_text_columns(word);
        if (word.len == 0)
            break;
        if (!is_first && used + blanks + columns > (rest.len ? room : width)) {
            px_put_c(buf, is_command ? " \\\n" : "\n");
            put_blanks(buf, indent);
            used = indent;
            blanks = 0;
        }
        put_blanks(buf, blanks);
        px_put(buf, word);
        used += (unsigned)blanks + columns;
        is_first = false;
    }
    px_put_char(buf, '\n');
}

static bool fits(px_str line, unsigned used, unsigned width)
{
    return width == 0 || used + px_text_columns(line) <= width;
}

void px_put_wrapped(px_buf *buf, px_str text, unsigned used, unsigned indent, unsigned width)
{
    if (fits(text, used, width))
        px_putf(buf, "%.*s\n", PX_FMT(text));
    else
        put_words(buf, text, used, indent, width, false);
}

void px_put_wrapped_command(px_buf *buf, px_str command, unsigned width)
{
    put_blanks(buf, 2);
    if (fits(command, 2, width))
        px_putf(buf, "%.*s\n", PX_FMT(command));
    else
        put_words(buf, command, 2, 6, width, true);
}

/* ---- notes ---- */

/* Where the second column of a row begins; 0: it is no row. */
static size_t second_column(px_str line)
{
    size_t at = blanks_before(line);

    if (at == 0)
        return 0;
    for (; at + 1 < line.len; at++)
        if (line.ptr[at] == ' ' && line.ptr[at + 1] == ' ')
            return at + blanks_before(px_str_skip(line, at));
    return 0;
}

/* Lines that are one sentence, or one row. */
typedef struct piece {
    size_t before, column; /* blanks in front; where the second column begins, or 0 */
    unsigned columns_max;
    px_buf words; /* all of it on one line */
} piece;

/* Whether `next` goes on where the full line `last` ended. */
static bool goes_on(const piece *p, px_str last, px_str next)
{
    size_t before = blanks_before(next);

    if (px_text_columns(last) < FULL_COLUMNS || before == next.len)
        return false;
    return p->before == 0 ? before == 0 : p->column > 0 && before == p->column;
}

static void add_line(piece *p, px_str line)
{
    unsigned columns = px_text_columns(line);

    if (p->words.len)
        px_put_char(&p->words, ' ');
    px_put(&p->words, p->words.len ? px_str_skip(line, blanks_before(line)) : line);
    p->columns_max = columns > p->columns_max ? columns : p->columns_max;
}

static void cut_piece(px_str *rest, piece *p)
{
    px_str last = px_str_cut(rest, '\n');

    *p = (piece){ .before = blanks_before(last), .column = second_column(last) };
    add_line(p, last);
    while (rest->len) {
        px_str ahead = *rest, next = px_str_cut(&ahead, '\n');

        if (!goes_on(p, last, next))
            return;
        add_line(p, next);
        last = next;
        *rest = ahead;
    }
}

void px_put_wrapped_notes(px_buf *buf, px_str notes, unsigned width)
{
    while (notes.len) {
        px_str begin = notes;
        size_t indent;
        piece p;

        cut_piece(&notes, &p);
        indent = p.column && p.column < width / 2 ? p.column : p.before ? p.before + 2 : 0;
        if (width == 0 || p.columns_max <= width) {
            px_put(buf, px_str_of(begin.ptr, begin.len - notes.len));
            if (notes.len == 0)
                px_put_char(buf, '\n'); /* the last line has none of its own */
        } else {
            put_words(buf, px_buf_str(&p.words), 0, (unsigned)indent, width, false);
        }
        px_buf_release(&p.words);
    }
}
