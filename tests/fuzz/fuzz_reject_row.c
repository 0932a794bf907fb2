/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of rejects from bytes that somebody else wrote: what reads gives the same again. */
#include "base/mem.h"
#include "sync/rejects_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_entry(px_str bytes)
{
    px_buf first = { 0 }, second = { 0 };
    px_rejected rejected, again;
    uint64_t whole_no, whole_again;
    px_err err = { 0 };

    if (px_get_reject(bytes, &rejected, &whole_no, &err) == PX_OK) {
        px_put_reject(&first, &rejected, whole_no);
        px_assert(px_get_reject(px_buf_str(&first), &again, &whole_again, &err) == PX_OK);
        px_put_reject(&second, &again, whole_again);
        px_assert(px_str_eq(px_buf_str(&first), px_buf_str(&second)));
        px_assert(rejected.payload.len <= PX_REJECT_PAYLOAD_BYTES_MAX);
    } else {
        px_assert(err.text[0] != '\0');
    }
    px_buf_release(&first);
    px_buf_release(&second);
}

/* The first byte says what it is the row of. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str bytes = px_str_of((const char *)data + 1, size ? size - 1 : 0), payload;
    uint64_t number;
    px_err err;

    if (!size)
        return 0;
    if (data[0] % 4 == 0)
        (void)!px_get_reject_number(bytes, &number, &err);
    else if (data[0] % 4 == 1)
        (void)!px_get_reject_payload(bytes, &payload, &err);
    else
        read_entry(bytes);
    return 0;
}
