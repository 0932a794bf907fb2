/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unit_convert.h"

#include <math.h>
#include <stdio.h>

#include "px_test.h"

static const px_unit_factor *unit(const char *name)
{
    const px_unit_factor *factor = px_unit_factor_find(px_str_c(name));

    CHECK(factor != NULL);
    return factor;
}

static const char *convert(const char *value, const char *from, const char *to)
{
    static char text[64];
    px_buf buf = { 0 };
    px_num num;

    CHECK_EQ(px_num_parse(px_str_c(value), &num, NULL), PX_OK);
    if (!px_unit_convert(unit(from), unit(to), num, &num))
        return "none";
    px_put_num(&buf, num);
    snprintf(text, sizeof(text), "%s", buf.ptr);
    px_buf_release(&buf);
    return text;
}

PX_TEST(decimal_factors_are_exact)
{
    CHECK_STR(convert("212", "degreeFahrenheit", "degreeCelsius"), "100");
    CHECK_STR(convert("68", "degreeFahrenheit", "degreeCelsius"), "20");
    CHECK_STR(convert("-40", "degreeCelsius", "degreeFahrenheit"), "-40");
    CHECK_STR(convert("21.4", "degreeCelsius", "kelvin"), "294.55");
    CHECK_STR(convert("1", "inch", "millimetre"), "25.4");
    CHECK_STR(convert("1.5", "kilowatt", "watt"), "1500");
    CHECK_STR(convert("36", "kilometrePerHour", "metrePerSecond"), "10");
    CHECK_STR(convert("2.5", "bar", "kilopascal"), "250");
    CHECK_STR(convert("42", "percent", "unity"), "0.42");
    CHECK_STR(convert("21.40", "degreeCelsius", "degreeCelsius"), "21.40");
}

PX_TEST(units_of_two_quantities_are_never_converted)
{
    CHECK_STR(convert("1", "metre", "second"), "none");
    CHECK_STR(convert("1", "gray", "sievert"), "none");
    CHECK(px_unit_factor_find(PX_STR("furlong")) == NULL);
    CHECK(px_unit_factor_find(PX_STR("")) == NULL);
}

/* There and back again is the same within a few units of the last place, for every pair. */
PX_TEST(every_pair_of_a_quantity_converts_there_and_back)
{
    px_num value = { .mantissa = 1234567, .exponent = -3 }, there, back;
    size_t pairs = 0;

    for (size_t i = 0; px_unit_factor_at(i); i++)
        for (size_t j = 0; px_unit_factor_at(j); j++) {
            const px_unit_factor *from = px_unit_factor_at(i), *to = px_unit_factor_at(j);
            double x;

            if (!px_str_eq(px_unit_factor_quantity(from), px_unit_factor_quantity(to)))
                continue;
            CHECK(px_unit_convert(from, to, value, &there));
            CHECK(px_unit_convert(to, from, there, &back));
            x = px_num_to_double(back);
            if (fabs(x - 1234.567) > 1e-9)
                fail_msg("%.*s to %.*s and back: %.17g", PX_FMT(px_unit_factor_name(from)),
                         PX_FMT(px_unit_factor_name(to)), x);
            pairs++;
        }
    CHECK(pairs > 1000);
}

PX_TEST_MAIN()
