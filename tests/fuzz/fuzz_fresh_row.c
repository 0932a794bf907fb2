/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of tracked twins from bytes that somebody else wrote: what reads gives the same row again.
 */
#include "base/mem.h"
#include "freshness/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_buf first = { 0 }, second = { 0 };
    px_fresh_row row, again;
    px_err err = { 0 };

    if (px_fresh_row_read(px_str_of((const char *)data, size), &row, &err) == PX_OK) {
        px_put_fresh_row(&first, &row);
        px_assert(px_fresh_row_read(px_buf_str(&first), &again, &err) == PX_OK);
        px_put_fresh_row(&second, &again);
        px_assert(px_str_eq(px_buf_str(&first), px_buf_str(&second)));
        px_fresh_row_release(&row);
        px_fresh_row_release(&again);
    } else {
        px_assert(err.text[0] != '\0');
    }
    px_buf_release(&first);
    px_buf_release(&second);
    return 0;
}
