/* SPDX-License-Identifier: Apache-2.0 */
#define XXH_INLINE_ALL
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wcast-qual"
#include <xxhash.h>
#pragma GCC diagnostic pop

#include "twin/graph.h"
#include "twin/record.h"

uint64_t pxi_key_hash(uint32_t prefix, px_str id)
{
    unsigned char bytes[4 + PX_TWIN_ID_BYTES_MAX];

    px_assert(id.len <= PX_TWIN_ID_BYTES_MAX);
    for (uint32_t i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(prefix >> (8 * i));
    if (id.len)
        memcpy(bytes + 4, id.ptr, id.len);
    return XXH3_64bits(bytes, 4 + id.len);
}

uint32_t pxi_name_hash(px_str name)
{
    return (uint32_t)XXH3_64bits(name.len ? name.ptr : "", name.len);
}

uint32_t px_graph_id_slot(uint32_t tenant, px_str twin_id)
{
    return (uint32_t)(pxi_key_hash(tenant, twin_id) % PX_ID_SLOTS);
}
