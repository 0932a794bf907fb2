/* SPDX-License-Identifier: Apache-2.0 */
#include "api/device_body.h"

enum { TWINS_MAX = 10000 };

static px_status read_twins(const px_json *body, px_arena *arena, px_device *device,
                            px_err *ret_err)
{
    const px_json *twins = px_json_get(body, PX_STR("twins"));
    bool good = px_json_is(twins, PX_JSON_ARRAY) && twins->count <= TWINS_MAX;
    px_buf buf = { 0 };

    for (const px_json *m = good ? twins->first : NULL; m; m = m->next)
        good = good && m->type == PX_JSON_STRING && m->text.len > 0 &&
               m->text.len <= PX_TWIN_ID_BYTES_MAX;
    if (!good)
        return px_fail_id(ret_err, PX_INVALID, "device.twins",
                          "a device's body is {\"twins\":[\"ID\", …]} with at most %d twins",
                          TWINS_MAX);
    px_put_json_node(&buf, twins);
    device->twins = buf.status == PX_OK ? px_arena_str(arena, px_buf_str(&buf)) : (px_str){ 0 };
    px_buf_release(&buf);
    return device->twins.ptr ? PX_OK : px_arena_fail(arena, ret_err);
}

static bool is_attribute(const px_json *m)
{
    return m->type == PX_JSON_STRING && m->key.len <= PX_DOC_ID_BYTES_MAX &&
           m->text.len <= PX_DEVICE_ATTRIBUTE_BYTES_MAX;
}

static px_status read_labels(const px_json *body, px_device *device, px_err *ret_err)
{
    const px_json *group = px_json_get(body, PX_STR("group"));
    const px_json *attributes = px_json_get(body, PX_STR("attributes"));
    bool good = !attributes || (attributes->type == PX_JSON_OBJECT &&
                                attributes->count <= PX_DEVICE_ATTRIBUTES_MAX);

    for (const px_json *m = good && attributes ? attributes->first : NULL; m; m = m->next)
        good = good && is_attribute(m);
    if (group)
        good = good && group->type == PX_JSON_STRING && group->text.len <= PX_DOC_ID_BYTES_MAX;
    if (!good)
        return px_fail_id(ret_err, PX_INVALID, "device.attributes",
                          "`group` is a text of at most %d bytes, `attributes` an object of at "
                          "most %d texts of at most %d bytes",
                          PX_DOC_ID_BYTES_MAX, PX_DEVICE_ATTRIBUTES_MAX,
                          PX_DEVICE_ATTRIBUTE_BYTES_MAX);
    if (group)
        device->group = group->text;
    if (attributes)
        device->attributes = attributes;
    return PX_OK;
}

px_status px_device_body_read(const px_json *body, px_arena *arena, px_device *device,
                              px_err *ret_err)
{
    PX_TRY(read_twins(body, arena, device, ret_err));
    return read_labels(body, device, ret_err);
}
