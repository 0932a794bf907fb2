/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/mem.h"

struct px_arena_chunk {
    px_arena_chunk *older;
    size_t used, size;
    _Alignas(max_align_t) char bytes[];
};

enum { CHUNK_BYTES_FIRST = 4096 - sizeof(px_arena_chunk), CHUNK_BYTES_MOST = 1 << 20 };

void px_arena_init(px_arena *arena, size_t limit)
{
    *arena = (px_arena){ .limit = limit };
}

static void free_chunks(px_arena_chunk *chunk)
{
    while (chunk) {
        px_arena_chunk *older = chunk->older;

        px_free(chunk);
        chunk = older;
    }
}

void px_arena_release(px_arena *arena)
{
    free_chunks(arena->chunks);
    arena->chunks = NULL;
    arena->used = 0;
}

void px_arena_reset(px_arena *arena)
{
    px_arena_chunk *kept = arena->chunks;

    if (!kept)
        return;
    while (kept->older) {
        px_arena_chunk *older = kept->older;

        px_free(kept);
        kept = older;
    }
    kept->used = 0;
    arena->chunks = kept;
    arena->used = 0;
}

static px_arena_chunk *add_chunk(px_arena *arena, size_t size)
{
    size_t bytes = arena->chunks ? arena->chunks->size * 2 : CHUNK_BYTES_FIRST;
    px_arena_chunk *chunk;

    bytes = bytes > CHUNK_BYTES_MOST ? CHUNK_BYTES_MOST : bytes;
    bytes = bytes < size ? size : bytes;
    chunk = px_alloc(sizeof(*chunk) + bytes);
    if (!chunk)
        return NULL;
    chunk->older = arena->chunks;
    chunk->used = 0;
    chunk->size = bytes;
    arena->chunks = chunk;
    return chunk;
}

void *px_arena_alloc(px_arena *arena, size_t size)
{
    size_t rounded = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    px_arena_chunk *chunk = arena->chunks;
    void *ptr;

    if (rounded < size || rounded > arena->limit || arena->used > arena->limit - rounded)
        return NULL;
    if (!chunk || chunk->size - chunk->used < rounded)
        chunk = add_chunk(arena, rounded);
    if (!chunk)
        return NULL;
    ptr = chunk->bytes + chunk->used;
    chunk->used += rounded;
    arena->used += rounded;
    return ptr;
}

void *px_arena_zero(px_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    void *ptr;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    ptr = px_arena_alloc(arena, bytes);
    return ptr ? memset(ptr, 0, bytes) : NULL;
}

px_str px_arena_str(px_arena *arena, px_str bytes)
{
    char *copy = px_arena_alloc(arena, bytes.len + 1);

    if (!copy)
        return (px_str){ 0 };
    if (bytes.len)
        memcpy(copy, bytes.ptr, bytes.len);
    copy[bytes.len] = '\0';
    return px_str_of(copy, bytes.len);
}

px_status px_arena_fail(const px_arena *arena, px_err *ret_err)
{
    /* A full arena refuses while plenty is left of the machine: the last request decides, and a
     * request that fits the limit failed for want of memory. The bound of half a chunk keeps this
     * honest for small ones. */
    if (arena->limit - arena->used < CHUNK_BYTES_MOST)
        return px_fail(ret_err, PX_LIMIT, "the work needs more than its %zu bytes of memory",
                       arena->limit);
    return px_no_memory(ret_err);
}
