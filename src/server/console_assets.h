/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The console's files, embedded in the binary.
 *
 * With Node at build time the table comes from the bundle of console/ (tools/embed.c writes it);
 * without, console_none.c takes its place and serves one page that says so. The target is
 * `px_console` either way. Everything here is static and constant. Threads: any.
 */
#ifndef PX_SERVER_CONSOLE_ASSETS_H
#define PX_SERVER_CONSOLE_ASSETS_H

#include "base/str.h"

typedef struct px_asset {
    px_str path;      /* "/app-4KQ2.js" */
    const char *mime; /* whole Content-Type, charset included */
    const char *etag; /* quoted and strong: changes with the bytes */
    const uint8_t *bytes;
    size_t size;    /* of `bytes` as they are stored */
    bool gzip;      /* stored compressed: send Content-Encoding: gzip */
    bool immutable; /* its name carries a hash of it: may be cached for ever; else revalidate */
} px_asset;

/* Headers that every asset should be sent with, besides its own. */
#define PX_CONSOLE_CSP                                                                             \
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "                 \
    "frame-ancestors 'none'"
#define PX_CONSOLE_CACHE_IMMUTABLE "public, max-age=31536000, immutable"
#define PX_CONSOLE_CACHE_REVALIDATE "no-cache"

/**
 * Finds one file by the path of the request, without its query: "/" is the page itself.
 *
 * @return  NULL when there is no such file. The console keeps its own routes behind '#', so no
 *          other path ever needs to answer with the page.
 * Cost:    one pass over about ten entries.
 */
const px_asset *px_console_asset(px_str path);

/* The table that the build generates; read it through px_console_asset. */
extern const px_asset pxi_console_table[];
extern const size_t pxi_console_count;

#endif
