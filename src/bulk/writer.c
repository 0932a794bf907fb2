/* SPDX-License-Identifier: Apache-2.0 */
#include "bulk/writer.h"

void px_put_bulk_header(px_buf *buf, px_str author)
{
    px_put_bulk_section(buf, PX_BULK_HEADER);
    px_put_c(buf, "{\"fileVersion\":\"1.0.0\",\"author\":");
    px_put_json_string(buf, author);
    px_put_c(buf, ",\"organization\":\"\"}\n");
}

void px_put_bulk_section(px_buf *buf, px_bulk_section section)
{
    px_putf(buf, "{\"Section\":\"%s\"}\n", px_bulk_section_name(section));
}
