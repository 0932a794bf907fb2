/* SPDX-License-Identifier: Apache-2.0 */
/* The console as it was bundled; the table is generated/console_table.c. */
#include "server/console_assets.h"

const px_asset *px_console_asset(px_str path)
{
    px_str wanted = px_str_eq(path, PX_STR("/")) ? PX_STR("/index.html") : path;

    for (size_t i = 0; i < pxi_console_count; i++)
        if (px_str_eq(pxi_console_table[i].path, wanted))
            return &pxi_console_table[i];
    return NULL;
}
