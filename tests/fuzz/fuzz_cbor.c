/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR from outside: what is read is JSON that our own reader takes. */
#include <stdlib.h>

#include "base/json.h"
#include "sync/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_arena arena;
    px_json *json;
    px_buf buf;

    px_buf_init(&buf, 1 << 20);
    px_arena_init(&arena, 256 << 20);
    if (px_cbor_put_json(&buf, px_str_of((const char *)data, size), NULL) == PX_OK &&
        px_json_parse(px_buf_str(&buf), NULL, &arena, &json, NULL) != PX_OK)
        abort();
    px_arena_release(&arena);
    px_buf_release(&buf);
    return 0;
}
