/* SPDX-License-Identifier: Apache-2.0 */
#include "server/verify_backup.h"

#include "engine/engine.h"
#include "store/dry_env.h"
#include "store/store.h"

#define DIR "backup"

static px_status count_fold(void *data, const px_fold *fold, px_err *ret_err)
{
    px_backup_report *report = data;

    (void)fold, (void)ret_err;
    report->fold_rows++;
    return PX_OK;
}

static px_status count_row(void *data, const px_row *row, px_err *ret_err)
{
    px_backup_report *report = data;

    (void)row, (void)ret_err;
    report->journal_rows++;
    return PX_OK;
}

static px_status read_folds(px_store *store, px_backup_report *report, px_err *ret_err)
{
    px_store_reader *reader;
    px_status status = PX_OK;

    PX_TRY(px_store_reader_open(store, &reader, ret_err));
    for (int table = PX_TABLE_STATE; table < PX_TABLE_END && status == PX_OK; table++)
        status = px_store_scan(reader, (px_table)table, PX_KEY_MIN, PX_KEY_MAX, count_fold, report,
                               ret_err);
    px_store_reader_close(reader);
    return status;
}

static px_status read_journal(px_store *store, px_backup_report *report, px_err *ret_err)
{
    px_journal_bounds bounds;
    px_journal *journal;
    px_status status;

    PX_TRY(px_journal_open(store, &journal, ret_err));
    status = px_journal_bounds_get(journal, 0, &bounds, ret_err);
    if (status == PX_OK && !bounds.empty) {
        report->seq_first = bounds.seq_first;
        report->seq_last = bounds.seq_last;
        report->time_last = bounds.time_last;
        status = px_journal_read(journal, 0, 0, count_row, report, ret_err);
    }
    px_journal_close(journal);
    return status;
}

/* What a server would do: every row is decoded, every event since is folded. */
static px_status play_start(px_env *env, px_store *store, px_backup_report *report, px_err *ret_err)
{
    px_engine_opts opts = { .env = env, .store = store, .threadless = true };
    px_graph_stats stats;
    px_engine *engine;

    PX_TRY(px_engine_open(&opts, &engine, ret_err));
    stats = px_graph_stat(px_engine_graph(engine));
    report->twins = stats.twins;
    report->relationships = stats.relationships;
    px_engine_close(engine);
    return PX_OK;
}

static px_status verify(px_env *env, px_backup_report *report, px_err *ret_err)
{
    px_store_opts opts = { .env = env, .dir = DIR, .threadless = true, .reserve_bytes = -1 };
    px_store *store;
    px_status status;

    PX_TRY(px_store_open(&opts, &store, ret_err));
    status = read_folds(store, report, ret_err);
    if (status == PX_OK)
        status = read_journal(store, report, ret_err);
    if (status == PX_OK)
        status = play_start(env, store, report, ret_err);
    px_store_close(store);
    return status;
}

px_status px_verify_backup(const char *path, px_backup_report *ret_report, px_err *ret_err)
{
    px_backup_report report = { 0 };
    px_dry_env *dry;
    px_status status;

    PX_TRY(px_dry_env_new(path, DIR "/pollux.db", &dry, ret_err));
    status = verify(px_dry_env_env(dry), &report, ret_err);
    px_dry_env_free(dry);
    if (status == PX_OK)
        *ret_report = report;
    return status;
}
