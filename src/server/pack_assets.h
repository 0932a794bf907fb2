/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The files of packs/, embedded in the binary: "/manufacturing/models/line.json".
 *
 * Static and constant, in the order of packs/CMakeLists.txt; the target is `px_packs`. Threads:
 * any.
 */
#ifndef PX_SERVER_PACK_ASSETS_H
#define PX_SERVER_PACK_ASSETS_H

#include "server/console_assets.h"

extern const px_asset pxi_pack_table[];
extern const size_t pxi_pack_count;

static inline px_str px_pack_text(const px_asset *asset)
{
    return px_str_of((const char *)asset->bytes, asset->size);
}

#endif
