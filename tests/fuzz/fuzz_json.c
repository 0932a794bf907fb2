/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON readers under arbitrary bytes: no crash, and promises that hold for every input.
 *
 * A refusal has a place. What a door takes, the plain standard takes. What is read and written
 * compactly reads back and is written the same. Every string is also tried as a time and as a
 * pointer, every number as a number.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

enum { ARENA_BYTES = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_text(px_str text, px_arena *arena)
{
    px_json_pointer pointer;
    px_time time;
    px_err err;

    if (px_time_parse(text, &time, &err) == PX_OK)
        px_assert(time >= 0);
    else
        px_assert(err.column >= 1 && err.column <= text.len + 1);
    if (px_json_pointer_parse(text, arena, &pointer, &err) == PX_OK) {
        px_buf buf = { 0 };

        for (size_t i = 0; i < pointer.count; i++)
            px_put_json_pointer_step(&buf, pointer.steps[i]);
        px_assert(px_str_eq(px_buf_str(&buf), text));
        px_buf_release(&buf);
    }
}

static void try_number(px_str raw, px_num num)
{
    px_num again;

    px_assert(px_num_parse(raw, &again, NULL) == PX_OK && px_num_same(num, again));
    px_assert(px_num_cmp(num, px_num_double(px_num_to_double(num))) *
                  px_num_cmp(px_num_double(px_num_to_double(num)), num) <=
              0);
}

/* Every token, to the end or the first bad byte; true when all is well formed. */
static bool pull(px_str text, const px_json_opts *opts, px_arena *arena)
{
    px_json_reader r;

    px_json_reader_init(&r, text, opts, arena);
    for (;;) {
        if (px_json_try_key(&r, PX_STR("a")))
            continue;
        switch (px_json_next(&r)) {
        case PX_JSON_DONE:
            return true;
        case PX_JSON_BAD: {
            px_err err = { 0 };
            px_status status = px_json_error(&r, &err);

            px_assert(status != PX_OK && status == err.status);
            px_assert(status != PX_INVALID || (err.line >= 1 && err.column >= 1 && err.id[0]));
            return false;
        }
        case PX_JSON_STRING:
            try_text(r.text, arena);
            break;
        case PX_JSON_NUMBER:
            try_number(px_json_raw(&r), r.num);
            break;
        default:
            break;
        }
    }
}

static bool compact(px_str text, const px_json_opts *opts, px_buf *ret_out)
{
    PX_AUTO_ARENA arena = { 0 };
    px_json *root;
    px_err err;

    px_arena_init(&arena, ARENA_BYTES);
    if (px_json_parse(text, opts, &arena, &root, &err) != PX_OK)
        return false;
    px_put_json_node(ret_out, root);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str text = px_str_of((const char *)data, size);
    px_json_opts door = px_json_opts_door();
    px_buf once = { 0 }, twice = { 0 };
    PX_AUTO_ARENA arena = { 0 };
    bool plain, strict;

    px_arena_init(&arena, ARENA_BYTES);
    strict = pull(text, &door, &arena);
    px_arena_reset(&arena);
    plain = pull(text, NULL, &arena);
    px_assert(plain || !strict);
    px_assert(compact(text, &door, &twice) == strict);
    px_buf_clear(&twice);
    px_assert(compact(text, NULL, &once) == plain);
    if (plain) {
        px_assert(compact(px_buf_str(&once), NULL, &twice));
        px_assert(px_str_eq(px_buf_str(&once), px_buf_str(&twice)));
    }
    px_buf_release(&once);
    px_buf_release(&twice);
    return 0;
}
