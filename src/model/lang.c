/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lang.h"

#include <strings.h>

/* How many leading subtags (`zh-Hans-CN` has three) two tags share, compared without case. */
static int shared_subtags(px_str a, px_str b)
{
    int shared = 0;

    while (a.len > 0 && b.len > 0) {
        px_str x = px_str_cut(&a, '-'), y = px_str_cut(&b, '-');

        if (x.len != y.len || x.len == 0 || strncasecmp(x.ptr, y.ptr, x.len) != 0)
            break;
        shared++;
    }
    return shared;
}

static bool same_tag(px_str a, px_str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

px_str px_lang_find(px_lang_map map, px_str lang)
{
    const px_lang_text *best = NULL;
    int best_shared = 0;

    for (uint32_t i = 0; i < map.count; i++) {
        int shared = shared_subtags(map.items[i].lang, lang);

        if (same_tag(map.items[i].lang, lang))
            return map.items[i].text;
        if (shared > best_shared) {
            best = &map.items[i];
            best_shared = shared;
        }
    }
    for (uint32_t i = 0; !best && i < map.count; i++)
        if (same_tag(map.items[i].lang, PX_STR("en")))
            best = &map.items[i];
    if (!best && map.count > 0)
        best = &map.items[0];
    return best ? best->text : PX_STR("");
}
