/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/replay.h"

#include "cli/interrupt.h"

enum { TURN_MS_MAX = 100 };

/* ---- telling ---- */

static void complain(px_replay *replay, uint64_t line, uint32_t column, const char *what,
                     const char *why)
{
    px_cli *cli = replay->cli;
    px_buf text = { 0 };

    if (replay->complaints++ >= PX_REPLAY_COMPLAINTS_MAX)
        return;
    px_progress_clear(&replay->progress);
    px_putf(&text, "%s:%llu:", replay->file, (unsigned long long)line);
    if (column > 1)
        px_putf(&text, "%u:", column);
    px_putf(&text, " %s: ", what);
    px_put_text(&text, px_str_c(why), 0);
    if (text.status == PX_OK)
        fprintf(cli->err, "%s\n", text.ptr);
    if (replay->complaints == PX_REPLAY_COMPLAINTS_MAX)
        fprintf(cli->err, "further complaints are only counted\n");
    px_buf_release(&text);
}

void px_replay_on_note(void *data, const char *text)
{
    px_replay *replay = data;

    px_progress_clear(&replay->progress);
    px_cli_note(replay->cli, "%s", text);
}

void px_replay_on_refused(void *data, uint64_t row, bool partly, const char *reason)
{
    complain(data, row, 0, partly ? "taken in part" : "refused", reason);
}

/* ---- rows ---- */

/* Reads on to the next row that can be sent; `ended` behind the last. */
static px_status read_next(px_replay *replay, px_err *ret_err)
{
    while (!replay->next && !replay->ended) {
        px_err err = { 0 };
        const px_row *row;
        px_status status = px_rows_next(&replay->rows, &row, &err);

        if (status != PX_OK && status != PX_INVALID) {
            if (ret_err)
                *ret_err = err;
            return status;
        }
        replay->row_count += status != PX_OK || !row->end;
        if (status != PX_OK) {
            replay->bad++;
            complain(replay, err.line, err.column, "bad row", err.text);
        } else if (row->end) {
            replay->ended = true;
        } else if (row->empty) {
            replay->empty++;
        } else {
            replay->next = row;
        }
    }
    return PX_OK;
}

/* How long until the next row is due; 0: now. */
static int64_t due_in_ns(px_replay *replay)
{
    double since;

    if (replay->speed <= 0 || !replay->next)
        return 0;
    if (replay->first_time == PX_TIME_NONE) {
        replay->first_time = replay->next->time;
        replay->begin_ns = px_monotonic_ns();
    }
    since = (double)(replay->next->time - replay->first_time) / replay->speed;
    since -= (double)(px_monotonic_ns() - replay->begin_ns);
    return since > 0 ? (int64_t)(since < 1e15 ? since : 1e15) : 0;
}

/* Fills the window with rows that are due; gives how long the sender may wait. */
static px_status feed(px_replay *replay, int *ret_wait_ms, px_err *ret_err)
{
    *ret_wait_ms = TURN_MS_MAX;
    while (px_sender_has_room(replay->sender)) {
        int64_t wait_ns;

        PX_TRY(read_next(replay, ret_err));
        if (!replay->next)
            return PX_OK;
        wait_ns = due_in_ns(replay);
        if (wait_ns > 0) {
            if (wait_ns < TURN_MS_MAX * PX_MILLISECOND)
                *ret_wait_ms = (int)((wait_ns + PX_MILLISECOND - 1) / PX_MILLISECOND);
            return PX_OK;
        }
        PX_TRY(px_sender_put(replay->sender, px_buf_str(&replay->next->payload), replay->next->line,
                             ret_err));
        replay->next = NULL;
    }
    return PX_OK;
}

px_status px_replay_run(px_replay *replay, px_err *ret_err)
{
    int wait_ms;

    replay->first_time = PX_TIME_NONE;
    for (;;) {
        PX_TRY(feed(replay, &wait_ms, ret_err));
        if (replay->ended && px_sender_is_idle(replay->sender))
            return PX_OK;
        PX_TRY(px_sender_turn(replay->sender, wait_ms, ret_err));
        if (px_interrupted())
            return px_interrupt_fail(ret_err);
        px_progress_show(&replay->progress, replay->rows.csv.taken,
                         px_sender_count(replay->sender).acknowledged, NULL);
    }
}
