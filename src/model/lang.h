/* SPDX-License-Identifier: Apache-2.0 */
/** Localized text: displayName and description of every element. Borrowed from its model. */
#ifndef PX_MODEL_LANG_H
#define PX_MODEL_LANG_H

#include "base/str.h"

typedef struct px_lang_text {
    px_str lang; /* BCP 47, as it came: "en", "zh-Hans"; each at most once */
    px_str text;
} px_lang_text;

typedef struct px_lang_map {
    const px_lang_text *items; /* in the order of the definition; a plain string is "en" */
    uint32_t count;
} px_lang_map;

/* The text for `lang`; else for a longer or shorter form of it (zh-Hans for zh, en for en-GB), else
 * English, else the first; empty when there is none at all. Languages compare without case. */
px_str px_lang_find(px_lang_map map, px_str lang);

#endif
