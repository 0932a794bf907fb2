/* SPDX-License-Identifier: Apache-2.0 */
/* A document, a line break, a patch: what is accepted must print and read back as itself. */
#include <stdlib.h>

#include "base/json_patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str rest = { (const char *)data, size }, doc_text = px_str_cut(&rest, '\n');
    px_json_opts opts = px_json_opts_door();
    px_json *doc, *ops, *again;
    px_buf once = { 0 }, twice = { 0 };
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 8 << 20);
    if (px_json_parse(doc_text, &opts, &arena, &doc, &err) == PX_OK &&
        px_json_parse(rest, &opts, &arena, &ops, &err) == PX_OK) {
        px_status status = ops->type == PX_JSON_ARRAY
                               ? px_json_patch(doc, ops, NULL, &arena, &doc, &err)
                               : px_json_merge(doc, ops, &arena, &doc, &err);

        if (status == PX_OK) {
            px_put_json_node(&once, doc);
            if (px_json_parse(px_buf_str(&once), NULL, &arena, &again, &err) != PX_OK)
                abort();
            px_put_json_node(&twice, again);
            if (!px_str_eq(px_buf_str(&once), px_buf_str(&twice)))
                abort();
        }
    }
    px_buf_release(&once);
    px_buf_release(&twice);
    px_arena_release(&arena);
    return 0;
}
