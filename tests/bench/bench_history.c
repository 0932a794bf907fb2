/* SPDX-License-Identifier: Apache-2.0 */
/*
 * History by itself: the fold of device messages of 6 fields into hot series, sealing and flushing
 * included, and what a million series cost that are written once (8 fields, each with its own
 * time).
 *
 * A fake engine gives the rows and commits into a real store in a directory of its own. CPU time of
 * the fold's thread only, median of the rounds; bytes are those that history counts for itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fake_engine.h"
#include "history/history.h"
#include "store/store.h"

enum { FIELDS = 6, SLOW_FIELDS = 8, ROWS = 500, ROUNDS = 3, MESSAGES = 1500000 };

#define EPOCH INT64_C(1767225600000000000)

static px_store *store;
static px_engine *engine;
static px_history *history;
static px_time now;
static px_event events[ROWS];
static px_field_value fields[ROWS][SLOW_FIELDS];
static char dir[] = "/tmp/px_bench_history_XXXXXX";

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(px_status status, const px_err *err)
{
    if (status == PX_OK)
        return;
    fprintf(stderr, "bench_history: %s\n", err->text);
    exit(1);
}

static void open_all(void)
{
    px_store_opts store_opts = { .dir = dir, .reserve_bytes = -1 };
    px_history_opts opts = { 0 };
    px_err err;

    must(px_store_open(&store_opts, &store, &err), &err);
    engine = fake_engine_new(store, 0);
    opts.engine = engine;
    opts.store = store;
    must(px_history_open(&opts, &history, &err), &err);
    now = EPOCH;
}

static void close_all(void)
{
    char command[128];

    fake_engine_drop(engine);
    px_history_close(history);
    fake_engine_free(engine);
    px_store_close(store);
    snprintf(command, sizeof(command), "rm -rf %s/*", dir);
    if (system(command) != 0)
        exit(1);
}

/* One journal row of messages, the twins in turn; `own_times`: each field has its own. */
static void append(size_t first, size_t twins, size_t field_count, bool own_times, double rate)
{
    for (size_t k = 0; k < ROWS; k++) {
        size_t n = first + k;
        px_time time = now + (px_time)((double)k * 1e9 / rate) - 3000000;

        for (size_t c = 0; c < field_count; c++)
            fields[k][c] = (px_field_value){
                .field = (uint32_t)c,
                .source_time = own_times ? time - (px_time)c * 1000000 : PX_TIME_NONE,
                .value = px_value_num((px_num){
                    .mantissa = 2000 + (int64_t)((n / twins) * 7919 + c * 31) % (INT64_C(50) << c),
                    .exponent = -2 })
            };
        events[k] = (px_event){ .type = PX_EVENT_DEVICE_MESSAGE,
                                .tenant = 1,
                                .model_no = 1,
                                .twin_no = 1 + (uint32_t)(n % twins),
                                .source_time = own_times ? PX_TIME_NONE : time,
                                .fields = fields[k],
                                .field_count = field_count };
    }
    now += (px_time)(ROWS * 1e9 / rate);
    fake_engine_append(engine, now, events, ROWS);
}

/* CPU of the fold for these messages, in ns each. */
static double play(size_t messages, size_t twins, size_t field_count, bool own_times, double rate)
{
    double fold = 0;
    px_err err;

    for (size_t i = 0; i < messages; i += ROWS) {
        append(i, twins, field_count, own_times, rate);
        do {
            double start = cpu_ns();

            must(px_history_step(history, 0, NULL, &err), &err);
            fold += cpu_ns() - start;
            while (fake_engine_commit(engine, NULL))
                ;
        } while (px_history_position(history) < px_engine_position(engine));
        fake_engine_forget(engine);
    }
    return fold / (double)messages;
}

static int cmp_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void hot(size_t twins)
{
    px_history_stats stats = { 0 };
    double ns[ROUNDS];

    for (int round = 0; round < ROUNDS; round++) {
        open_all();
        ns[round] = play(MESSAGES, twins, FIELDS, false, 100000);
        stats = px_history_stat(history);
        close_all();
    }
    qsort(ns, ROUNDS, sizeof(*ns), cmp_double);
    printf("history: message of %d fields, %5zu hot series  %7.0f ns  (%.0f to %.0f), %.1f bytes a "
           "row sealed, %.0f MB held\n",
           FIELDS, twins, ns[ROUNDS / 2], ns[0], ns[ROUNDS - 1],
           stats.block_rows ? (double)stats.block_bytes / (double)stats.block_rows : 0,
           (double)stats.memory_bytes / 1e6);
}

static void slow(size_t twins)
{
    px_history_stats stats;
    double ns;

    open_all();
    ns = play(twins, twins, SLOW_FIELDS, true, 50000);
    stats = px_history_stat(history);
    printf("history: series of %d fields written once        %7.0f ns, %.1f bytes of memory each, "
           "%.0f bytes in the store\n",
           SLOW_FIELDS, ns, (double)stats.memory_bytes / (double)twins,
           (double)stats.open_bytes / (double)(stats.open_written ? stats.open_written : 1));
    close_all();
}

int main(int argc, char **argv)
{
    size_t twins = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;

    if (!mkdtemp(dir))
        return 1;
    hot(100);
    hot(1000);
    hot(10000);
    slow(twins - twins % ROWS);
    return rmdir(dir) != 0;
}
