/* SPDX-License-Identifier: Apache-2.0 */
/** Pages of docs/ that are printed from a table: compared, or with PX_UPDATE_DOCS=1 written. */
#ifndef PX_PAGE_H
#define PX_PAGE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "px_test.h"

static inline void check_page(const char *path, const px_buf *wanted)
{
    const char *update = getenv("PX_UPDATE_DOCS");
    FILE *file = fopen(path, update ? "we" : "re");
    px_buf page = { 0 };
    char bytes[4096];
    size_t got;

    CHECK(file != NULL);
    if (update) {
        CHECK_EQ(fwrite(wanted->ptr, 1, wanted->len, file), wanted->len);
    } else {
        while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
            px_put(&page, px_str_of(bytes, got));
        if (!px_str_eq(px_buf_str(&page), px_buf_str(wanted)))
            print_error("%s is not what its table says; run the test with PX_UPDATE_DOCS=1\n",
                        path);
        CHECK(px_str_eq(px_buf_str(&page), px_buf_str(wanted)));
    }
    fclose(file);
    px_buf_release(&page);
}

#endif
