/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups in the middle of it all. One that says it is done is served as a data directory and has
 * the state of that moment; one that a crash cut short is not there, or is whole. Numbers of its
 * own, so that a seed's story stays what it was.
 */
#include <stdio.h>

#include "engine/backup.h"
#include "spine.h"

static const char *path_of(const spine *s)
{
    static char path[64];

    snprintf(path, sizeof(path), "copy-%llu/pollux.db", (unsigned long long)s->backup_number);
    return path;
}

/* Opens it as a server would; `ret_text`: what is in it. */
static void serve(spine *s, px_buf *ret_text)
{
    px_world copy;

    px_world_init_from(&copy, px_fakedisk_bytes(s->real.disk, path_of(s)));
    px_world_dump(&copy, ret_text);
    px_world_release(&copy);
}

static void check_done(spine *s, uint64_t seq)
{
    px_buf got = { 0 }, wanted = { 0 };

    px_world_dump(&s->real, &wanted);
    serve(s, &got);
    if (seq == px_engine_position(s->real.engine)) /* nothing came since */
        spine_same_text(s, &got, &wanted, "a backup against the server at its end");
    px_buf_release(&got);
    px_buf_release(&wanted);
    s->backups++;
}

/* What refuses it is told by the faults that stand. */
void spine_begin_backup(spine *s)
{
    if (s->backup_runs || px_gen_below(&s->backup_gen, 4))
        return;
    s->backup_number++;
    s->backup_kept = false;
    s->backup_runs = px_engine_backup_begin(s->real.engine, path_of(s), NULL) == PX_OK;
}

void spine_look_at_backup(spine *s)
{
    px_backup_stat stat = px_engine_backup_stat(s->real.engine);

    if (!s->backup_runs || stat.phase == PX_BACKUP_COPYING)
        return;
    s->backup_runs = false;
    s->backup_kept = stat.phase == PX_BACKUP_DONE;
    if (s->backup_kept)
        check_done(s, stat.seq);
    else if (!px_fakedisk_crashed(s->real.disk) && px_fakedisk_bytes(s->real.disk, path_of(s)).ptr)
        spine_fail(s, "a backup that failed bears its name");
}

void spine_check_lost_backup(spine *s)
{
    px_buf text = { 0 };

    s->backup_runs = false;
    if (px_fakedisk_bytes(s->real.disk, path_of(s)).ptr)
        serve(s, &text);
    else if (s->backup_kept)
        spine_fail(s, "a backup that was durable is gone");
    px_buf_release(&text);
}
