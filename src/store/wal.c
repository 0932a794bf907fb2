/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header, 32 bytes, big-endian: magic (last bit: byte order of the sums), version, page size,
 * checkpoint number, salt 1, salt 2, sum 1, sum 2 (over the 24 bytes before).
 * Frame: page number, size of the file after a commit (0: no commit), salt 1, salt 2, sum 1, sum 2,
 * then the page. A frame's sums begin with those of the frame before it.
 */
#include "store/wal.h"

#include "base/mem.h"

enum { WAL_MAGIC = 0x377f0682, WALK_FRAMES = 64 };

typedef struct sums {
    uint32_t a, b;
} sums;

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static sums sums_at(const uint8_t *p)
{
    return (sums){ big_endian(p), big_endian(p + 4) };
}

static bool sums_equal(sums x, sums y)
{
    return x.a == y.a && x.b == y.b;
}

/* `swap`: the words are in the byte order that this machine does not use. */
static sums sums_over(sums s, const uint8_t *p, size_t size, bool swap)
{
    for (const uint8_t *end = p + size; p < end; p += 8) {
        uint32_t x, y;

        memcpy(&x, p, 4);
        memcpy(&y, p + 4, 4);
        s.a += (swap ? __builtin_bswap32(x) : x) + s.b;
        s.b += (swap ? __builtin_bswap32(y) : y) + s.a;
    }
    return s;
}

static bool must_swap(const uint8_t *head)
{
    bool big = big_endian(head) & 1;

    return big == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
}

static bool frame_fits(sums before, const uint8_t *frame, bool swap)
{
    sums s = sums_over(before, frame, 8, swap);

    s = sums_over(s, frame + PXI_FRAME_HEAD, PXI_PAGE_BYTES, swap);
    return sums_equal(s, sums_at(frame + 16));
}

static px_status read_all(px_env *env, px_file *file, void *bytes, size_t size, int64_t offset)
{
    size_t got = 0;

    PX_TRY(env->read(env, file, bytes, size, offset, &got));
    return got == size ? PX_OK : PX_CORRUPT;
}

px_status pxi_wal_read_page(px_env *env, px_file *file, void *ret_page, int64_t offset)
{
    uint8_t frame[PXI_FRAME_BYTES], head[PXI_WAL_HEAD], before[8];
    int64_t at = offset - PXI_FRAME_HEAD;

    PX_TRY(read_all(env, file, frame, sizeof(frame), at));
    PX_TRY(read_all(env, file, head, sizeof(head), 0));
    if (at == PXI_WAL_HEAD)
        memcpy(before, head + 24, 8);
    else
        PX_TRY(read_all(env, file, before, 8, at - PXI_FRAME_BYTES + 16));
    if (!frame_fits(sums_at(before), frame, must_swap(head)))
        return PX_CORRUPT;
    memcpy(ret_page, frame + PXI_FRAME_HEAD, PXI_PAGE_BYTES);
    return PX_OK;
}

/* --- the walk at start ------------------------------------------------------------------------ */

typedef struct walk {
    px_env *env;
    px_file *file;
    const char *path;
    uint8_t head[PXI_WAL_HEAD];
    uint8_t *frames; /* room for WALK_FRAMES */
    bool swap;
    sums before;      /* as stored in the frame (or header) before */
    int64_t broken;   /* index of the first frame that does not fit; -1: none yet */
    uint32_t commits; /* from that frame on, whole ones that belong to this log */
    int64_t whole;    /* so many frames, to the end of the last whole commit before it */
    bool loose;       /* frames of this log lie behind that commit */
} walk;

static bool is_zero(const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static px_status damaged(const walk *w, int64_t frame, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_CORRUPT, "store.wal_frame",
                      "%s is damaged at frame %lld (byte %lld): a commit that was acknowledged "
                      "cannot be read whole; restore the last backup",
                      w->path, (long long)frame + 1,
                      (long long)(PXI_WAL_HEAD + frame * PXI_FRAME_BYTES));
}

static px_status check_head(walk *w, px_err *ret_err)
{
    sums s = { 0, 0 };

    w->swap = must_swap(w->head);
    s = sums_over(s, w->head, 24, w->swap);
    if ((big_endian(w->head) & ~1u) != WAL_MAGIC || big_endian(w->head + 8) != PXI_PAGE_BYTES ||
        !sums_equal(s, sums_at(w->head + 24)))
        return px_fail_id(ret_err, PX_CORRUPT, "store.wal_head",
                          "%s is damaged in its header (bytes 0 to 31); restore the last backup",
                          w->path);
    w->before = sums_at(w->head + 24);
    return PX_OK;
}

/* Disks write 512 bytes whole or not at all: such a head cannot mix two frames. */
static bool head_is_in_one_sector(int64_t index)
{
    return (PXI_WAL_HEAD + index * PXI_FRAME_BYTES) % 512 <= 512 - PXI_FRAME_HEAD;
}

/* A frame with other salts belongs to an older round of the log. */
static void walk_frame(walk *w, int64_t index, const uint8_t *frame)
{
    bool ours = memcmp(frame + 8, w->head + 16, 8) == 0;
    bool whole = ours && frame_fits(w->before, frame, w->swap);
    bool commit = ours && big_endian(frame + 4) != 0;

    if (whole && commit && w->broken < 0)
        w->whole = index + 1;
    if (ours)
        w->loose = w->whole != index + 1;
    if (!whole && w->broken < 0) {
        w->broken = index;
        w->commits = commit && head_is_in_one_sector(index) ? 1 : 0;
    } else if (w->broken >= 0 && whole && commit) {
        w->commits++;
    }
    w->before = sums_at(frame + 16);
}

static px_status walk_log(walk *w, int64_t size, px_err *ret_err)
{
    int64_t count = (size - PXI_WAL_HEAD) / PXI_FRAME_BYTES;

    for (int64_t at = 0; at < count; at += WALK_FRAMES) {
        int64_t n = count - at < WALK_FRAMES ? count - at : WALK_FRAMES;
        px_status status = read_all(w->env, w->file, w->frames, (size_t)n * PXI_FRAME_BYTES,
                                    PXI_WAL_HEAD + at * PXI_FRAME_BYTES);

        if (status != PX_OK)
            return px_fail(ret_err, PX_IO, "cannot read %s", w->path);
        for (int64_t i = 0; i < n; i++)
            walk_frame(w, at + i, w->frames + i * PXI_FRAME_BYTES);
    }
    return w->broken >= 0 && w->commits >= 2 ? damaged(w, w->broken, ret_err) : PX_OK;
}

static px_status check_open_log(walk *w, px_err *ret_err)
{
    int64_t size = 0;

    if (w->env->size(w->env, w->file, &size) != PX_OK)
        return px_fail(ret_err, PX_IO, "cannot read the size of %s", w->path);
    if (size < PXI_WAL_HEAD)
        return PX_OK;
    if (read_all(w->env, w->file, w->head, sizeof(w->head), 0) != PX_OK)
        return px_fail(ret_err, PX_IO, "cannot read %s", w->path);
    if (is_zero(w->head, sizeof(w->head)))
        return PX_OK; /* made, never written: the header is synced before the first frame */
    PX_TRY(check_head(w, ret_err));
    w->frames = px_alloc((size_t)WALK_FRAMES * PXI_FRAME_BYTES);
    if (!w->frames)
        return px_no_memory(ret_err);
    px_status status = walk_log(w, size, ret_err);
    px_free(w->frames);
    return status;
}

static px_status settle(walk *w, int64_t *ret_bytes, px_err *ret_err)
{
    PX_TRY(check_open_log(w, ret_err));
    *ret_bytes = PXI_WAL_HEAD + w->whole * PXI_FRAME_BYTES;
    if (w->loose && w->env->truncate(w->env, w->file, *ret_bytes) != PX_OK)
        return px_fail(ret_err, PX_IO, "cannot cut %s to %lld bytes", w->path,
                       (long long)*ret_bytes);
    if (w->env->sync(w->env, w->file) != PX_OK)
        return px_fail(ret_err, PX_IO, "cannot sync %s", w->path);
    return PX_OK;
}

px_status pxi_wal_settle(px_env *env, const char *path, int64_t *ret_bytes, px_err *ret_err)
{
    walk w = { .env = env, .path = path, .broken = -1 };
    px_status status = env->open(env, path, PX_OPEN_READ | PX_OPEN_WRITE, &w.file, NULL);

    *ret_bytes = 0;
    if (status == PX_NOT_FOUND)
        return PX_OK;
    if (status != PX_OK)
        return px_fail(ret_err, status, "cannot open %s: %s", path, px_status_meaning(status));
    status = settle(&w, ret_bytes, ret_err);
    env->close(env, w.file);
    return status;
}
