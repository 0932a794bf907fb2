/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32c.h"

#include "px_test.h"

/* RFC 3720, appendix B.4: 32 bytes each. */
PX_TEST(the_vectors_of_rfc_3720_hold)
{
    char bytes[32] = { 0 };
    px_str all = px_str_of(bytes, sizeof(bytes));

    CHECK(px_crc32c(0, all) == 0x8A9136AA);
    memset(bytes, 0xFF, sizeof(bytes));
    CHECK(px_crc32c(0, all) == 0x62A8AB43);
    for (int i = 0; i < 32; i++)
        bytes[i] = (char)i;
    CHECK(px_crc32c(0, all) == 0x46DD794E);
    for (int i = 0; i < 32; i++)
        bytes[i] = (char)(31 - i);
    CHECK(px_crc32c(0, all) == 0x113FDB5C);
}

PX_TEST(the_check_word_of_the_catalogue_holds)
{
    CHECK(px_crc32c(0, PX_STR("123456789")) == 0xE3069283);
    CHECK(px_crc32c(0, (px_str){ 0 }) == 0);
}

PX_PROP(parts_give_what_the_whole_gives, 100)
{
    char bytes[100] = { 0 };
    size_t len = (size_t)px_gen_below(gen, sizeof(bytes) + 1), cut = px_gen_below(gen, len + 1);
    px_str all = px_str_of(bytes, len);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)px_gen_u64(gen);
    CHECK(px_crc32c(px_crc32c(0, px_str_of(bytes, cut)), px_str_skip(all, cut)) ==
          px_crc32c(0, all));
}

PX_PROP(any_flipped_bit_is_seen, 100)
{
    char bytes[64] = { 0 };
    px_str all = px_str_of(bytes, sizeof(bytes));
    uint32_t before;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)px_gen_u64(gen);
    before = px_crc32c(0, all);
    bytes[px_gen_below(gen, sizeof(bytes))] ^= (char)(1 << px_gen_below(gen, 8));
    CHECK(px_crc32c(0, all) != before);
}

PX_TEST_MAIN()
