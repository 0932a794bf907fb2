/* SPDX-License-Identifier: Apache-2.0 */
/* A server that was built without Node: one page, which says what is missing and what works. */
#include "server/console_assets.h"

static const char page[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Pollux</title>"
    "<p>This server was built without the console. Build again with Node.js and npm installed to "
    "embed it.</p><p lang=\"zh-Hans\">这个服务器构建时没有包含控制台。安装 Node.js 和 npm "
    "后重新构建即可。</p><p>The API is complete: <code>/api/v1/twins</code>, "
    "<code>/metrics</code>.</p>";

static const px_asset index_page = {
    .path = { "/index.html", sizeof("/index.html") - 1 },
    .mime = "text/html; charset=utf-8",
    .etag = "\"none-1\"",
    .bytes = (const uint8_t *)page,
    .size = sizeof(page) - 1,
};

const px_asset *px_console_asset(px_str path)
{
    bool wanted = px_str_eq(path, PX_STR("/")) || px_str_eq(path, index_page.path);

    return wanted ? &index_page : NULL;
}
