/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of what devices did from bytes that somebody else wrote: what reads gives the same again. */
#include "base/mem.h"
#include "sync/presence_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_facts(px_str bytes)
{
    px_buf first = { 0 }, second = { 0 };
    px_presence_facts facts, again;
    px_err err = { 0 };

    if (px_get_presence_facts(bytes, &facts, &err) == PX_OK) {
        px_put_presence_facts(&first, &facts);
        px_assert(px_get_presence_facts(px_buf_str(&first), &again, &err) == PX_OK);
        px_put_presence_facts(&second, &again);
        px_assert(px_str_eq(px_buf_str(&first), px_buf_str(&second)));
    } else {
        px_assert(err.text[0] != '\0');
    }
    px_buf_release(&first);
    px_buf_release(&second);
}

static void read_log(px_str bytes)
{
    px_buf first = { 0 }, second = { 0 };
    px_str reasons[PX_DEVICE_LOG_MAX], reasons_again[PX_DEVICE_LOG_MAX];
    char words[PX_DEVICE_LOG_MAX][PX_DEVICE_REASON_BYTES_MAX] = { 0 };
    px_presence_facts log, again;
    bool is_connected, is_connected_again;
    px_err err = { 0 };

    if (px_get_presence_log(bytes, &log, reasons, &is_connected, &err) == PX_OK) {
        log.connections = is_connected;
        for (size_t i = 0; i < log.log_count; i++) {
            if (reasons[i].len)
                memcpy(words[i], reasons[i].ptr, reasons[i].len);
            log.log[i].reason = words[i];
        }
        px_put_presence_log(&first, &log);
        px_assert(px_get_presence_log(px_buf_str(&first), &again, reasons_again,
                                      &is_connected_again, &err) == PX_OK);
        px_assert(is_connected == is_connected_again && log.log_count == again.log_count);
        for (size_t i = 0; i < log.log_count; i++) {
            px_assert(px_str_eq(reasons[i], reasons_again[i]));
            again.log[i].reason = words[i];
        }
        again.connections = is_connected_again;
        px_put_presence_log(&second, &again);
        px_assert(px_str_eq(px_buf_str(&first), px_buf_str(&second)));
    } else {
        px_assert(err.text[0] != '\0');
    }
    px_buf_release(&first);
    px_buf_release(&second);
}

/* The first byte says what it is the row of. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str bytes = px_str_of((const char *)data + 1, size ? size - 1 : 0);
    px_time since;
    px_err err;

    if (size && data[0] % 3 == 1)
        read_facts(bytes);
    else if (size && data[0] % 3 == 2)
        read_log(bytes);
    else if (size)
        (void)!px_get_presence_since(bytes, &since, &err);
    return 0;
}
