/* SPDX-License-Identifier: Apache-2.0 */
#include "api/gunzip.h"

#include <zlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"

enum { STEP = 64 * 1024, GZIP_ONLY = 15 + 16 };

static void *take(void *opaque, unsigned count, unsigned size)
{
    (void)opaque;
    return px_zalloc(count, size);
}

static void give(void *opaque, void *ptr)
{
    (void)opaque;
    px_free(ptr);
}

static px_status refuse(px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "gzip.form",
                      "the body says that it is gzip, and is none, or is cut off");
}

/* Members may follow each other, as files that were put together. */
static px_status inflate_all(z_stream *z, px_buf *out, size_t bytes_max, px_err *ret_err)
{
    for (;;) {
        int result;

        if (!px_buf_reserve(out, STEP))
            return px_buf_status(out, ret_err);
        z->next_out = (unsigned char *)out->ptr + out->len;
        z->avail_out = STEP;
        result = inflate(z, Z_NO_FLUSH);
        out->len += STEP - z->avail_out;
        if (out->len > bytes_max)
            return px_fail_id(ret_err, PX_TOO_LARGE, "gzip.size",
                              "the body is larger than %zu bytes once it is unpacked", bytes_max);
        if (result == Z_MEM_ERROR)
            return px_no_memory(ret_err);
        if (result == Z_STREAM_END && z->avail_in == 0)
            return PX_OK;
        if (result == Z_STREAM_END && inflateReset(z) == Z_OK)
            continue;
        if (result != Z_OK || (z->avail_in == 0 && z->avail_out > 0))
            return refuse(ret_err);
    }
}

px_status px_gunzip(px_str bytes, size_t bytes_max, px_arena *arena, px_str *ret_text,
                    px_err *ret_err)
{
    z_stream z = { .zalloc = take,
                   .zfree = give,
                   .next_in = (unsigned char *)(uintptr_t)bytes.ptr,
                   .avail_in = (unsigned)bytes.len };
    size_t by_ratio = bytes.len * PX_INGEST_RATIO_MAX + STEP;
    px_buf out = { 0 };
    px_status status;

    if (bytes.len > UINT32_MAX)
        return refuse(ret_err);
    if (inflateInit2(&z, GZIP_ONLY) != Z_OK)
        return px_no_memory(ret_err);
    status = inflate_all(&z, &out, by_ratio < bytes_max ? by_ratio : bytes_max, ret_err);
    inflateEnd(&z);
    if (status == PX_OK) {
        *ret_text = px_arena_str(arena, px_buf_str(&out));
        if (!ret_text->ptr)
            status = px_arena_fail(arena, ret_err);
    }
    px_buf_release(&out);
    return status;
}
