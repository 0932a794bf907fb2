/* SPDX-License-Identifier: Apache-2.0 */
#include "store/gather.h"

#include <string.h>

#include "base/mem.h"

bool pxi_gather_add(pxi_gather *gather, const void *bytes, size_t size, int64_t offset)
{
    if (gather->len > 0 && offset != gather->offset + (int64_t)gather->len)
        return false;
    if (size > PXI_GATHER_BYTES - gather->len)
        return false;
    if (!gather->bytes && !(gather->bytes = px_alloc(PXI_GATHER_BYTES)))
        return false;
    if (gather->len == 0)
        gather->offset = offset;
    memcpy(gather->bytes + gather->len, bytes, size);
    gather->len += size;
    return true;
}

void pxi_gather_release(pxi_gather *gather)
{
    px_free(gather->bytes);
    *gather = (pxi_gather){ 0 };
}
