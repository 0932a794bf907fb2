/* SPDX-License-Identifier: Apache-2.0 */
#include "kit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

px_status kit_open(px_fakedisk *disk, px_store **ret_store, px_err *ret_err)
{
    return kit_open_with_room(disk, 0, ret_store, ret_err);
}

px_status kit_open_with_room(px_fakedisk *disk, int64_t room, px_store **ret_store, px_err *ret_err)
{
    const px_store_opts opts = {
        .env = px_fakedisk_env(disk),
        .dir = "d",
        .threadless = true,
        .wal_bytes_max = 64 * 1024,
        .wal_room_bytes = room,
        .reserve_bytes = -1,
    };

    return px_store_open(&opts, ret_store, ret_err);
}

px_store *kit_must_open(px_fakedisk *disk)
{
    px_store *store = NULL;
    px_err err = { 0 };

    CHECK_OK(kit_open(disk, &store, &err), &err);
    return store;
}

void kit_make_dir(char ret_dir[64])
{
    snprintf(ret_dir, 64, "/tmp/px-store-XXXXXX");
    CHECK(mkdtemp(ret_dir) != NULL);
}

void kit_remove_dir(const char *dir)
{
    DIR *d = opendir(dir);
    char path[512];

    CHECK(d != NULL);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof(path), "%s/%.200s", dir, e->d_name);
        unlink(path);
    }
    closedir(d);
    rmdir(dir);
}

px_row kit_row(uint64_t seq_first, uint64_t seq_last, char body[64])
{
    int len = snprintf(body, 64, "row %llu to %llu", (unsigned long long)seq_first,
                       (unsigned long long)seq_last);

    return (px_row){
        .seq_first = seq_first,
        .seq_last = seq_last,
        .epoch = 1,
        .time = (px_time)seq_last * PX_SECOND,
        .format = 1,
        .body = px_str_of(body, (size_t)len),
    };
}

px_status kit_commit_row(px_store *store, uint64_t seq, px_err *ret_err)
{
    char body[64];
    px_row row = kit_row(seq, seq, body);
    px_commit commit = { .row = &row };

    return px_store_commit(store, &commit, ret_err);
}

px_status kit_commit_ops(px_store *store, const px_op *ops, size_t count, px_err *ret_err)
{
    px_effect effect = { "test", ops, count };
    px_commit commit = { .effects = &effect, .effect_count = 1 };

    return px_store_commit(store, &commit, ret_err);
}

px_op kit_put(px_table table, px_key key, uint64_t seq, px_str body)
{
    return (px_op){ .kind = PX_OP_PUT, .table = table, .key = key, .seq = seq, .body = body };
}

static px_status count_row(void *data, const px_row *row, px_err *ret_err)
{
    (void)row, (void)ret_err;
    ++*(uint64_t *)data;
    return PX_OK;
}

static px_status count_fold(void *data, const px_fold *fold, px_err *ret_err)
{
    (void)fold, (void)ret_err;
    ++*(uint64_t *)data;
    return PX_OK;
}

static px_status read_folds(px_store *store, uint64_t *rows, px_err *ret_err)
{
    px_store_reader *reader = NULL;
    px_status status = px_store_reader_open(store, &reader, ret_err);

    for (px_table t = PX_TABLE_STATE; t < PX_TABLE_END && status == PX_OK; t++)
        status = px_store_scan(reader, t, PX_KEY_MIN, PX_KEY_MAX, count_fold, rows, ret_err);
    px_store_reader_close(reader);
    return status;
}

px_status kit_read_all(px_store *store, uint64_t *ret_rows, px_err *ret_err)
{
    px_journal *journal = NULL;
    px_status status = px_journal_open(store, &journal, ret_err);

    *ret_rows = 0;
    if (status == PX_OK)
        status = px_journal_read(journal, 0, 0, count_row, ret_rows, ret_err);
    px_journal_close(journal);
    return status == PX_OK ? read_folds(store, ret_rows, ret_err) : status;
}
