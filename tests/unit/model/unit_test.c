/* SPDX-License-Identifier: Apache-2.0 */
#include "model/unit.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/unit_convert.h"

#include "px_test.h"

PX_TEST(a_semantic_type_has_a_unit_type_and_units)
{
    px_str type = px_semantic_unit_type(PX_UNITS_V2, PX_STR("Temperature"));

    CHECK_SLICE(type, "TemperatureUnit");
    CHECK_SLICE(px_unit_term(PX_UNITS_V2, type, PX_STR("kelvin")), "kelvin");
    CHECK_SLICE(px_unit_term(PX_UNITS_V2, type, PX_STR("metre")), "");
    CHECK_SLICE(px_unit_type_of(PX_UNITS_V2, PX_STR("metre")), "LengthUnit");
}

PX_TEST(later_vocabularies_hold_more_and_never_less)
{
    CHECK_SLICE(px_semantic_term(PX_UNITS_V2, PX_STR("Concentration")), "");
    CHECK_SLICE(px_semantic_term(PX_UNITS_QUANTITATIVE_1, PX_STR("Concentration")),
                "Concentration");
    CHECK_SLICE(px_semantic_term(PX_UNITS_QUANTITATIVE_2, PX_STR("Throttle")), "");
    CHECK_SLICE(px_semantic_term(PX_UNITS_QUANTITATIVE_3, PX_STR("Throttle")), "Throttle");
    CHECK_SLICE(px_unit_type_of(PX_UNITS_V2, PX_STR("kiloampere")), "");
    CHECK_SLICE(px_unit_type_of(PX_UNITS_QUANTITATIVE_1, PX_STR("kiloampere")), "CurrentUnit");
}

PX_TEST(words_that_are_cut_or_joined_are_no_terms)
{
    CHECK_SLICE(px_unit_type_of(PX_UNITS_V2, PX_STR("")), "");
    CHECK_SLICE(px_unit_type_of(PX_UNITS_V2, PX_STR("metr")), "");
    CHECK_SLICE(px_unit_type_of(PX_UNITS_V2, PX_STR("metre micrometre")), "");
}

PX_TEST(offers_the_nearest_unit_of_the_same_type)
{
    CHECK_SLICE(px_unit_nearest(PX_UNITS_V2, PX_STR("TemperatureUnit"), PX_STR("degreeCelcius")),
                "degreeCelsius");
    CHECK_SLICE(px_semantic_nearest(PX_UNITS_V2, PX_STR("Temprature")), "Temperature");
}

/* units.json: context → { semanticTypes: { name: unit type }, units: { unit type: [ unit ] } } */
PX_TEST(agrees_with_the_tables_of_the_reference)
{
    px_str file = px_test_read_file(px_test_shared("dtdl/units.json"));
    size_t semantic_types = 0, units = 0;
    px_arena arena;
    px_json *root;
    px_err err;

    px_arena_init(&arena, SIZE_MAX);
    CHECK_OK(px_json_parse(file, NULL, &arena, &root, &err), &err);
    for (const px_json *context = root->first; context; context = context->next) {
        const px_json *types = px_json_get(context, PX_STR("semanticTypes"));
        const px_json *lists = px_json_get(context, PX_STR("units"));
        px_unit_context which = (px_unit_context)context->index;

        for (const px_json *type = types->first; type; type = type->next, semantic_types++)
            CHECK(px_str_eq(px_semantic_unit_type(which, type->key), type->text));
        for (const px_json *list = lists->first; list; list = list->next)
            for (const px_json *unit = list->first; unit; unit = unit->next, units++)
                CHECK(px_str_eq(px_unit_type_of(which, unit->text), list->key));
    }
    CHECK_EQ(root->count, 4);
    CHECK_EQ(semantic_types, 42 + 52 + 52 + 61);
    CHECK_EQ(units, 172 + 240 + 240 + 268);
    px_arena_release(&arena);
    px_free((void *)(uintptr_t)file.ptr);
}

/* Each word of the vocabulary can be turned into the others of its type, and nothing else can. */
PX_TEST(every_unit_has_a_factor)
{
    px_str words[64];
    size_t factors = 0, units = 0;

    for (; px_unit_factor_at(factors); factors++) {
        px_str name = px_unit_factor_name(px_unit_factor_at(factors));
        px_str type = px_unit_type_of(PX_UNITS_QUANTITATIVE_3, name);
        size_t count = px_unit_list(PX_UNITS_QUANTITATIVE_3, type, words, 64);

        if (type.len == 0)
            fail_msg("%.*s is no unit of DTDL", PX_FMT(name));
        units += count > 0 && px_str_eq(words[0], name); /* each type by its first unit */
        for (size_t i = 0; i < count; i++)
            if (!px_unit_factor_find(words[i]))
                fail_msg("%.*s has no factor", PX_FMT(words[i]));
    }
    CHECK(units > 40);
}

PX_TEST_MAIN()
