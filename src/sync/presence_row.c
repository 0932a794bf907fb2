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
