/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lang.h"

#include "px_test.h"

static const px_lang_text texts[] = {
    { { "de", 2 }, { "Pumpe", 5 } },
    { { "en", 2 }, { "Pump", 4 } },
    { { "zh-Hans", 7 }, { "\xe6\xb3\xb5", 3 } },
};
static const px_lang_map names = { texts, 3 };

PX_TEST(finds_a_language_whatever_its_case)
{
    CHECK_SLICE(px_lang_find(names, PX_STR("DE")), "Pumpe");
}

PX_TEST(a_longer_or_shorter_tag_of_the_same_language_will_do)
{
    CHECK_SLICE(px_lang_find(names, PX_STR("zh")), "\xe6\xb3\xb5");
    CHECK_SLICE(px_lang_find(names, PX_STR("zh-Hans-CN")), "\xe6\xb3\xb5");
    CHECK_SLICE(px_lang_find(names, PX_STR("de-AT")), "Pumpe");
}

PX_TEST(an_unknown_language_gets_english_else_the_first)
{
    px_lang_map only_german = { texts, 1 };
    px_lang_map none = { 0 };

    CHECK_SLICE(px_lang_find(names, PX_STR("fr")), "Pump");
    CHECK_SLICE(px_lang_find(only_german, PX_STR("fr")), "Pumpe");
    CHECK_SLICE(px_lang_find(none, PX_STR("fr")), "");
}

PX_TEST_MAIN()
