/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row is packed once per commit and unpacked once per read: contexts and the output buffer are
 * kept. The check is computed over the header fields in little-endian and the stored body, so it
 * also holds against fields that SQLite hands back changed.
 */
#include "journal/row.h"

#define ZSTD_STATIC_LINKING_ONLY /* for its allocator hooks */
#include <zstd.h>

#include "base/crc32c.h"
#include "base/limits.h"
#include "base/mem.h"

/* Below this a frame's own header eats what it saves. */
enum { COMPRESS_BYTES_MIN = 128, HEAD_BYTES = 37, FOLD_HEAD_BYTES = 33 };

struct px_row_packer {
    ZSTD_CCtx *compress;
    ZSTD_DCtx *expand;
    char *bytes;
    size_t cap;
};

static void *zstd_alloc(void *opaque, size_t size)
{
    (void)opaque;
    return px_alloc(size);
}

static void zstd_free(void *opaque, void *ptr)
{
    (void)opaque;
    px_free(ptr);
}

px_status px_row_packer_new(px_row_packer **ret_packer, px_err *ret_err)
{
    const ZSTD_customMem memory = { zstd_alloc, zstd_free, NULL };
    px_row_packer *packer = px_zalloc(1, sizeof(*packer));

    if (!packer)
        return px_no_memory(ret_err);
    packer->compress = ZSTD_createCCtx_advanced(memory);
    packer->expand = ZSTD_createDCtx_advanced(memory);
    if (!packer->compress || !packer->expand) {
        px_row_packer_free(packer);
        return px_no_memory(ret_err);
    }
    *ret_packer = packer;
    return PX_OK;
}

void px_row_packer_free(px_row_packer *packer)
{
    if (!packer)
        return;
    ZSTD_freeCCtx(packer->compress);
    ZSTD_freeDCtx(packer->expand);
    px_free(packer->bytes);
    px_free(packer);
}

static px_status reserve(px_row_packer *packer, size_t size, px_err *ret_err)
{
    char *bytes;

    if (size <= packer->cap)
        return PX_OK;
    bytes = px_realloc(packer->bytes, size);
    if (!bytes)
        return px_no_memory(ret_err);
    packer->bytes = bytes;
    packer->cap = size;
    return PX_OK;
}

static uint8_t *put_le(uint8_t *at, uint64_t v, int size)
{
    for (int i = 0; i < size; i++)
        *at++ = (uint8_t)(v >> (8 * i));
    return at;
}

uint32_t px_row_crc32c(const px_row *stored_head)
{
    uint8_t head[HEAD_BYTES], *at = head;
    uint32_t crc;

    at = put_le(at, stored_head->spine, 4);
    at = put_le(at, stored_head->seq_first, 8);
    at = put_le(at, stored_head->seq_last, 8);
    at = put_le(at, stored_head->epoch, 8);
    at = put_le(at, (uint64_t)stored_head->time, 8);
    at = put_le(at, stored_head->format, 1);
    crc = px_crc32c(0, px_str_of((const char *)head, (size_t)(at - head)));
    return px_crc32c(crc, stored_head->body);
}

px_status px_row_pack(px_row_packer *packer, const px_row *row, px_row_stored *ret_stored,
                      px_err *ret_err)
{
    size_t size;

    if (row->seq_first > row->seq_last || row->seq_last > INT64_MAX || row->epoch > INT64_MAX)
        return px_fail(ret_err, PX_INVALID, "journal row %llu to %llu is no run of positions",
                       (unsigned long long)row->seq_first, (unsigned long long)row->seq_last);
    if (row->format == 0 || row->format > PX_ROW_FORMAT_MAX)
        return px_fail(ret_err, PX_INVALID, "journal row format %u is not one of 1 to %u",
                       row->format, PX_ROW_FORMAT_MAX);
    if (row->body.len > PX_ROW_BYTES_MAX)
        return px_fail(ret_err, PX_TOO_LARGE, "journal row of %zu bytes is larger than %d",
                       row->body.len, PX_ROW_BYTES_MAX);

    ret_stored->head = *row;
    if (row->body.len >= COMPRESS_BYTES_MIN) {
        PX_TRY(reserve(packer, ZSTD_compressBound(row->body.len), ret_err));
        size = ZSTD_compressCCtx(packer->compress, packer->bytes, packer->cap, row->body.ptr,
                                 row->body.len, 1);
        if (ZSTD_isError(size))
            return px_no_memory(ret_err); /* the output always fits: only memory can be short */
        if (size < row->body.len) {
            ret_stored->head.body = px_str_of(packer->bytes, size);
            ret_stored->head.format = (uint8_t)(row->format | PX_ROW_COMPRESSED);
        }
    }
    ret_stored->crc32c = px_row_crc32c(&ret_stored->head);
    return PX_OK;
}

static px_status corrupt(const px_row *row, const char *what, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_CORRUPT, "store.journal_row",
                      "journal row (spine %u, positions %llu to %llu) is damaged: %s", row->spine,
                      (unsigned long long)row->seq_first, (unsigned long long)row->seq_last, what);
}

static px_status expand(px_row_packer *packer, const px_row *stored, px_str *ret_body,
                        px_err *ret_err)
{
    unsigned long long size = ZSTD_getFrameContentSize(stored->body.ptr, stored->body.len);
    size_t done;

    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
        return corrupt(stored, "its body is no zstd frame of known size", ret_err);
    if (size > PX_ROW_BYTES_MAX)
        return corrupt(stored, "its body claims more bytes than a row may have", ret_err);
    PX_TRY(reserve(packer, (size_t)size, ret_err));
    done = ZSTD_decompressDCtx(packer->expand, packer->bytes, packer->cap, stored->body.ptr,
                               stored->body.len);
    if (ZSTD_isError(done) || done != size)
        return corrupt(stored, "its body does not expand", ret_err);
    *ret_body = px_str_of(packer->bytes, done);
    return PX_OK;
}

px_status px_row_unpack(px_row_packer *packer, const px_row_stored *stored, px_row *ret_row,
                        px_err *ret_err)
{
    px_row row = stored->head;

    if (px_row_crc32c(&stored->head) != stored->crc32c)
        return corrupt(&row, "its CRC-32C does not match", ret_err);
    if (row.seq_first > row.seq_last)
        return corrupt(&row, "its positions run backwards", ret_err);
    row.format = (uint8_t)(row.format & ~PX_ROW_COMPRESSED);
    if (row.format == 0 || row.format > PX_ROW_FORMAT_MAX)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "store.row_format",
                          "journal row at position %llu has format %u; this release knows 1 to %u",
                          (unsigned long long)row.seq_first, row.format, PX_ROW_FORMAT_MAX);
    if (stored->head.format & PX_ROW_COMPRESSED)
        PX_TRY(expand(packer, &stored->head, &row.body, ret_err));
    else if (row.body.len > PX_ROW_BYTES_MAX)
        return corrupt(&row, "its body has more bytes than a row may have", ret_err);
    *ret_row = row;
    return PX_OK;
}

const char *px_table_name(px_table table)
{
    switch (table) {
#define X(name, number, sql)                                                                       \
    case PX_TABLE_##name:                                                                          \
        return sql;
        PX_TABLE_MAP(X)
#undef X
    case PX_TABLE_END:
        break;
    }
    return "unknown";
}

int px_key_cmp(px_key x, px_key y)
{
    if (x.a != y.a)
        return x.a < y.a ? -1 : 1;
    if (x.b != y.b)
        return x.b < y.b ? -1 : 1;
    return x.c < y.c ? -1 : x.c > y.c;
}

uint32_t px_fold_crc32c(const px_fold *fold)
{
    uint8_t head[FOLD_HEAD_BYTES], *at = head;
    uint32_t crc;

    at = put_le(at, (uint64_t)fold->table, 1);
    at = put_le(at, (uint64_t)fold->key.a, 8);
    at = put_le(at, (uint64_t)fold->key.b, 8);
    at = put_le(at, (uint64_t)fold->key.c, 8);
    at = put_le(at, fold->seq, 8);
    crc = px_crc32c(0, px_str_of((const char *)head, (size_t)(at - head)));
    return px_crc32c(crc, fold->body);
}
