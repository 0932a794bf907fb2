/* SPDX-License-Identifier: Apache-2.0 */
#include "model/schema.h"

static const struct {
    const char *term;
    px_value_kind value;
    uint32_t since;
    px_schema_family family;
} kinds[PX_SCHEMA_KIND_COUNT] = {
#define X(name, term, value, since, family)                                                        \
    [PX_SCHEMA_##name] = { term, PX_VALUE_##value, since, PX_SCHEMA_FAMILY_##family },
    PX_SCHEMA_MAP(X)
#undef X
};

static const px_schema plain[PX_SCHEMA_KIND_COUNT] = {
#define X(name, term, value, since, family) [PX_SCHEMA_##name] = { .kind = PX_SCHEMA_##name },
    PX_SCHEMA_MAP(X)
#undef X
};

/* { "scale": short, "value": decimal } stands for value times 10 to the -scale. */
static const px_schema_field scaled_decimal_fields[] = {
    { .name = { "scale", 5 }, .schema = &plain[PX_SCHEMA_SHORT] },
    { .name = { "value", 5 }, .schema = &plain[PX_SCHEMA_DECIMAL] },
};
static const uint32_t scaled_decimal_sorted[] = { 0, 1 };
static const px_schema scaled_decimal = { .kind = PX_SCHEMA_OBJECT,
                                          .fields = scaled_decimal_fields,
                                          .field_count = 2,
                                          .sorted = scaled_decimal_sorted };

const char *px_schema_term(px_schema_kind kind)
{
    return kinds[kind].term;
}

px_schema_family px_schema_family_of(px_schema_kind kind)
{
    return kinds[kind].family;
}

uint32_t px_schema_since(px_schema_kind kind)
{
    return kinds[kind].since;
}

px_value_kind px_schema_value_kind(const px_schema *schema)
{
    if (schema->kind == PX_SCHEMA_ENUM)
        return schema->enum_of == PX_SCHEMA_STRING ? PX_VALUE_TEXT : PX_VALUE_NUM;
    return kinds[schema->kind].value;
}

const px_schema *px_schema_plain(px_schema_kind kind)
{
    px_assert(kinds[kind].family != PX_SCHEMA_FAMILY_COMPLEX);
    return kind == PX_SCHEMA_SCALED_DECIMAL ? &scaled_decimal : &plain[kind];
}

const px_schema_field *px_schema_field_find(const px_schema *schema, px_str name)
{
    uint32_t first = 0, last = schema->field_count;

    while (first < last) {
        uint32_t middle = first + (last - first) / 2;
        const px_schema_field *field = &schema->fields[schema->sorted[middle]];
        int order = px_str_cmp(name, field->name);

        if (order == 0)
            return field;
        if (order < 0)
            last = middle;
        else
            first = middle + 1;
    }
    return NULL;
}

const px_enum_value *px_schema_enum_find(const px_schema *schema, const px_value *value)
{
    uint32_t first = 0, last = schema->enum_value_count;

    while (first < last) {
        uint32_t middle = first + (last - first) / 2;
        const px_enum_value *entry = &schema->enum_values[schema->sorted[middle]];
        int order = value->kind == PX_VALUE_TEXT ? px_str_cmp(value->text, entry->value.text)
                                                 : px_num_cmp(value->num, entry->value.num);

        if (order == 0)
            return entry;
        if (order < 0)
            last = middle;
        else
            first = middle + 1;
    }
    return NULL;
}
