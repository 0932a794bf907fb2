/* SPDX-License-Identifier: Apache-2.0 */
#include "spine.h"

static void crash_soon(spine *s, px_fakedisk *disk)
{
    px_fakedisk_crash_is_kill(disk, px_gen_below(&s->gen, 3) == 0);
    px_fakedisk_crash_at(disk, px_fakedisk_ops(disk) + px_gen_below(&s->gen, 120));
}

static void fail_write(spine *s, px_fakedisk *disk)
{
    px_fakedisk_fail(disk, PX_FAKE_WRITE, px_gen_below(&s->gen, 40) + 1,
                     px_gen_below(&s->gen, 2) ? PX_IO : PX_FULL, px_gen_below(&s->gen, 2));
}

static void fail_sync(spine *s, px_fakedisk *disk)
{
    px_fakedisk_fail(disk, PX_FAKE_SYNC, px_gen_below(&s->gen, 8) + 1, PX_IO, false);
}

static void fail_read(spine *s, px_fakedisk *disk)
{
    px_fakedisk_fail(disk, PX_FAKE_READ, px_gen_below(&s->gen, 30) + 1, PX_IO,
                     px_gen_below(&s->gen, 2));
}

static void fill(spine *s, px_fakedisk *disk)
{
    px_fakedisk_capacity(disk, px_fakedisk_used(disk) + (int64_t)px_gen_below(&s->gen, 65536));
}

static void jump(spine *s, px_fakedisk *disk)
{
    enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S }; /* a day on, kept answers go */
    int64_t seconds =
        px_gen_below(&s->gen, 4) == 0 ? DAY_S : (int64_t)px_gen_below(&s->gen, 2 * HOUR_S) - HOUR_S;

    px_fakedisk_jump(disk, seconds * PX_SECOND);
}

static void slow_down(spine *s, px_fakedisk *disk)
{
    s->slow = true;
    px_fakedisk_sync_ns(disk, 5 * PX_SECOND);
}

void spine_plan_fault(spine *s)
{
    static void (*const faults[])(spine *, px_fakedisk *) = {
        crash_soon, crash_soon, crash_soon, fail_write, fail_sync, fail_read, fill, jump, slow_down,
    };
    uint64_t which = px_gen_below(&s->gen, sizeof(faults) / sizeof(*faults) + 1);

    if (which == sizeof(faults) / sizeof(*faults))
        return;
    faults[which](s, s->real.disk);
    s->faults++;
}

void spine_take_faults_back(spine *s)
{
    px_fakedisk *disk = s->real.disk;

    px_fakedisk_fail(disk, PX_FAKE_READ, 0, PX_OK, false);
    px_fakedisk_fail(disk, PX_FAKE_WRITE, 0, PX_OK, false);
    px_fakedisk_fail(disk, PX_FAKE_SYNC, 0, PX_OK, false);
    px_fakedisk_capacity(disk, INT64_MAX);
    px_fakedisk_sync_ns(disk, 0);
    s->slow = false;
}
