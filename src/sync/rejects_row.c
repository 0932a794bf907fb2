/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/rejects_row.h"

enum { FORMAT = 1 };

/* The end of each of them. */
static px_status judge(const px_cut *cut, uint8_t format, px_err *ret_err)
{
    if (format > FORMAT)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "reject.format",
                          "a row of a reject has format %u: a newer release wrote this file",
                          format);
    if (cut->bad || format != FORMAT || px_cut_left(cut))
        return px_fail_id(ret_err, PX_CORRUPT, "reject.row", "a row of a reject does not read");
    return PX_OK;
}

void px_put_reject(px_buf *buf, const px_rejected *rejected, uint64_t whole_no)
{
    px_put_u8(buf, FORMAT);
    px_put_varint(buf, rejected->number);
    px_put_zigzag(buf, rejected->time);
    px_put_u8(buf, (uint8_t)rejected->role);
    px_put_varint(buf, rejected->document_no);
    px_put_varint(buf, rejected->row);
    px_put_varint(buf, rejected->slot);
    px_put_varint(buf, whole_no);
    px_put_block(buf, rejected->sender);
    px_put_block(buf, rejected->twin);
    px_put_block(buf, rejected->name);
    px_put_block(buf, rejected->reason_id);
    px_put_block(buf, rejected->reason);
    px_put_block(buf, rejected->binding);
    px_put_block(buf, rejected->source);
    px_put_block(buf, rejected->payload);
}

static px_str get_text(px_cut *cut)
{
    px_str text = px_get_block(cut);

    cut->bad |= text.len > PX_REJECT_PAYLOAD_BYTES_MAX;
    return text;
}

static px_role get_role(px_cut *cut)
{
    uint8_t role = px_get_u8(cut);

    cut->bad |= role > PX_ROLE_ADMIN;
    return cut->bad ? PX_ROLE_NONE : (px_role)role;
}

static uint64_t get_number(px_cut *cut)
{
    uint64_t number = px_get_varint(cut);

    cut->bad |= number > INT64_MAX;
    return number;
}

px_status px_get_reject(px_str bytes, px_rejected *ret_rejected, uint64_t *ret_whole_no,
                        px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    uint8_t format = px_get_u8(&cut);
    px_rejected rejected = { .number = get_number(&cut) };
    uint64_t whole_no;

    cut.bad |= rejected.number == 0;
    rejected.time = px_get_zigzag(&cut);
    rejected.role = get_role(&cut);
    rejected.document_no = px_get_varint32(&cut);
    rejected.row = px_get_varint32(&cut);
    rejected.slot = px_get_varint32(&cut);
    whole_no = get_number(&cut);
    rejected.sender = get_text(&cut);
    rejected.twin = get_text(&cut);
    rejected.name = get_text(&cut);
    rejected.reason_id = get_text(&cut);
    rejected.reason = get_text(&cut);
    rejected.binding = get_text(&cut);
    rejected.source = get_text(&cut);
    rejected.payload = get_text(&cut);
    PX_TRY(judge(&cut, format, ret_err));
    *ret_rejected = rejected;
    *ret_whole_no = whole_no;
    return PX_OK;
}

void px_put_reject_payload(px_buf *buf, px_str payload)
{
    px_put_u8(buf, FORMAT);
    px_put(buf, payload);
}

px_status px_get_reject_payload(px_str bytes, px_str *ret_payload, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    uint8_t format = px_get_u8(&cut);
    px_str payload = px_get_bytes(&cut, px_cut_left(&cut));

    PX_TRY(judge(&cut, format, ret_err));
    *ret_payload = payload;
    return PX_OK;
}

void px_put_reject_number(px_buf *buf, uint64_t number)
{
    px_put_u8(buf, FORMAT);
    px_put_varint(buf, number);
}

px_status px_get_reject_number(px_str bytes, uint64_t *ret_number, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    uint8_t format = px_get_u8(&cut);
    uint64_t number = get_number(&cut);

    PX_TRY(judge(&cut, format, ret_err));
    *ret_number = number;
    return PX_OK;
}
