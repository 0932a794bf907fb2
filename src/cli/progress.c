/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include "base/env.h"

enum { BAR_COLUMNS = 20, ETA_SECONDS_MIN = 2 }; /* before that a guess is none */

int64_t px_monotonic_ns(void)
{
    px_env *env = px_env_posix();

    return env->monotonic_ns(env);
}

px_progress px_progress_of(FILE *stream, const char *unit, uint64_t total)
{
    return (px_progress){ .stream = stream,
                          .term = px_term_of(stream),
                          .unit = unit,
                          .total = total,
                          .begin_ns = px_monotonic_ns() };
}

static void put_count(px_buf *buf, uint64_t count)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            px_put_char(buf, ',');
        px_put_char(buf, digits[i]);
    }
}

static void put_duration(px_buf *buf, uint64_t seconds)
{
    if (seconds < 100)
        px_putf(buf, "%u s", (unsigned)seconds);
    else if (seconds < 6000)
        px_putf(buf, "%u min %02u s", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
    else
        px_putf(buf, "%llu h %02u min", (unsigned long long)(seconds / 3600),
                (unsigned)(seconds / 60 % 60));
}

static void put_bar(px_buf *buf, uint64_t done, uint64_t total)
{
    double share = done < total ? (double)done / (double)total : 1;

    px_put_char(buf, '[');
    for (int i = 0; i < BAR_COLUMNS; i++)
        px_put_char(buf, i < (int)(share * BAR_COLUMNS) ? '#' : '.');
    px_putf(buf, "] %3d %%  ", (int)(share * 100));
}

void px_put_progress(px_buf *buf, const px_progress *progress, uint64_t done, uint64_t count,
                     int64_t now_ns, const char *label)
{
    double seconds = (double)(now_ns - progress->begin_ns) / 1e9;
    double rate = seconds > 0 ? (double)count / seconds : 0;

    if (label)
        px_putf(buf, "%s  ", label);
    if (progress->total)
        put_bar(buf, done, progress->total);
    put_count(buf, count);
    px_putf(buf, " %s, ", progress->unit);
    put_count(buf, (uint64_t)rate);
    px_putf(buf, " %s/s", progress->unit);
    if (seconds >= ETA_SECONDS_MIN && progress->total && done && done < progress->total) {
        px_put_c(buf, ", ");
        put_duration(buf, (uint64_t)(seconds * (double)(progress->total - done) / (double)done));
        px_put_c(buf, " to go");
    }
}

void px_progress_show(px_progress *progress, uint64_t done, uint64_t count, const char *label)
{
    int64_t now_ns;
    px_buf line = { 0 };

    if (!progress->term.is_terminal)
        return;
    now_ns = px_monotonic_ns();
    if (progress->visible && now_ns - progress->drawn_ns < 100 * PX_MILLISECOND)
        return;
    px_put_progress(&line, progress, done, count, now_ns, label);
    fputs("\r\033[K", progress->stream);
    if (line.status == PX_OK) {
        px_buf cut = { 0 };

        px_put_text(&cut, px_buf_str(&line), progress->term.columns - 1);
        if (cut.status == PX_OK && cut.ptr)
            fputs(cut.ptr, progress->stream);
        px_buf_release(&cut);
    }
    fflush(progress->stream);
    px_buf_release(&line);
    progress->drawn_ns = now_ns;
    progress->visible = true;
}

void px_progress_clear(px_progress *progress)
{
    if (!progress->visible)
        return;
    fputs("\r\033[K", progress->stream);
    fflush(progress->stream);
    progress->visible = false;
}
