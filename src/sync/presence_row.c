/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/presence_row.h"

enum { FORMAT = 1 };

/* The end of all of them: nothing is missing, and nothing stands behind it. */
static px_status judge(const px_cut *cut, uint8_t format, px_err *ret_err)
{
    if (format > FORMAT)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "device.format",
                          "a row of a device has format %u: a newer release wrote this file",
                          format);
    if (cut->bad || format != FORMAT || px_cut_left(cut))
        return px_fail_id(ret_err, PX_CORRUPT, "device.row",
                          "a row of what a device did does not read");
    return PX_OK;
}

void px_put_presence_facts(px_buf *buf, const px_presence_facts *facts)
{
    px_put_u8(buf, FORMAT);
    px_put_zigzag(buf, facts->since);
    px_put_zigzag(buf, facts->seen);
    px_put_varint(buf, facts->connects);
    px_put_varint(buf, facts->refusals);
    px_put_varint(buf, facts->messages);
    px_put_varint(buf, facts->bytes);
    px_put_varint(buf, facts->rejects);
}

px_status px_get_presence_facts(px_str bytes, px_presence_facts *ret_facts, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    uint8_t format = px_get_u8(&cut);
    px_presence_facts facts = { 0 };

    facts.since = px_get_zigzag(&cut);
    facts.seen = px_get_zigzag(&cut);
    facts.connects = px_get_varint(&cut);
    facts.refusals = px_get_varint(&cut);
    facts.messages = px_get_varint(&cut);
    facts.bytes = px_get_varint(&cut);
    facts.rejects = px_get_varint(&cut);
    PX_TRY(judge(&cut, format, ret_err));
    *ret_facts = facts;
    return PX_OK;
}

/* ---- the log ---- */

void px_put_presence_log(px_buf *buf, const px_presence_facts *facts)
{
    px_put_u8(buf, FORMAT);
    px_put_u8(buf, facts->connections > 0);
    px_put_u8(buf, (uint8_t)facts->log_count);
    for (size_t i = 0; i < facts->log_count; i++) {
        const px_presence_entry *entry = &facts->log[i];

        px_put_u8(buf, (uint8_t)entry->event);
        px_put_u8(buf, entry->version);
        px_put_zigzag(buf, entry->time);
        px_put_varint(buf, entry->count);
        px_put_block(buf, px_str_head(px_str_c(entry->reason), PX_DEVICE_REASON_BYTES_MAX - 1));
        px_put_block(buf, px_str_c(entry->address));
    }
}

/* What is a string of C in memory. */
static px_str get_text(px_cut *cut, size_t size)
{
    px_str text = px_get_block(cut);

    cut->bad |= text.len >= size || (text.len && memchr(text.ptr, '\0', text.len));
    return cut->bad ? (px_str){ 0 } : text;
}

static void get_entry(px_cut *cut, px_presence_entry *entry, px_str *ret_reason)
{
    uint8_t event = px_get_u8(cut);
    px_str address;

    cut->bad |= event > PX_PRESENCE_ENDED;
    entry->event = cut->bad ? PX_PRESENCE_CONNECTED : (px_presence_event)event;
    entry->version = px_get_u8(cut);
    entry->time = px_get_zigzag(cut);
    entry->count = px_get_varint32(cut);
    entry->reason = "";
    *ret_reason = get_text(cut, PX_DEVICE_REASON_BYTES_MAX);
    address = get_text(cut, sizeof(entry->address));
    if (address.len)
        memcpy(entry->address, address.ptr, address.len);
}

px_status px_get_presence_log(px_str bytes, px_presence_facts *ret_log,
                              px_str ret_reasons[PX_DEVICE_LOG_MAX], bool *ret_is_connected,
                              px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    uint8_t format = px_get_u8(&cut), is_connected = px_get_u8(&cut), count = px_get_u8(&cut);
    px_presence_facts log = { .log_count = count };

    cut.bad |= is_connected > 1 || count > PX_DEVICE_LOG_MAX;
    for (size_t i = 0; i < count && !cut.bad; i++)
        get_entry(&cut, &log.log[i], &ret_reasons[i]);
    PX_TRY(judge(&cut, format, ret_err));
    *ret_log = log;
    *ret_is_connected = is_connected;
    return PX_OK;
}

/* ---- what is of no device ---- */

void px_put_presence_since(px_buf *buf, px_time since)
{
    px_put_u8(buf, FORMAT);
    px_put_zigzag(buf, since);
}

px_status px_get_presence_since(px_str bytes, px_time *ret_since, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    uint8_t format = px_get_u8(&cut);
    px_time since = px_get_zigzag(&cut);

    PX_TRY(judge(&cut, format, ret_err));
    *ret_since = since;
    return PX_OK;
}
