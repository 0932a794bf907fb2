/* SPDX-License-Identifier: Apache-2.0 */
/* Line protocol from outside: each line that is read is JSON that our own reader takes, and every
 * call moves on. */
#include <stdlib.h>

#include "base/json.h"
#include "sync/line_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_lines lines = { .rest = px_str_of((const char *)data, size) };
    px_str line;
    px_json *json;

    for (size_t left = size + 1; px_line_next(&lines, &line); left = lines.rest.len) {
        px_arena arena;
        px_buf buf;

        if (lines.rest.len >= left)
            abort();
        px_buf_init(&buf, 1 << 20);
        px_arena_init(&arena, 64 << 20);
        if (px_line_put_json(&buf, line, 1000, NULL) == PX_OK &&
            px_json_parse(px_buf_str(&buf), NULL, &arena, &json, NULL) != PX_OK)
            abort();
        px_arena_release(&arena);
        px_buf_release(&buf);
    }
    return 0;
}
