/* SPDX-License-Identifier: Apache-2.0 */
#include "model/schema.h"

static const struct {
    const char *term;
    px_value_kind value;
} kinds[PX_SCHEMA_KIND_COUNT] = {
#define X(name, term, value) [PX_SCHEMA_##name] = { term, PX_VALUE_##value },
    PX_SCHEMA_MAP(X)
#undef X
};

static const px_schema plain[PX_SCHEMA_KIND_COUNT] = {
#define X(name, term, value) [PX_SCHEMA_##name] = { .kind = PX_SCHEMA_##name },
    PX_SCHEMA_MAP(X)
#undef X
};

const char *px_schema_term(px_schema_kind kind)
{
    return kinds[kind].term;
}

px_value_kind px_schema_value_kind(const px_schema *schema)
{
    if (schema->kind == PX_SCHEMA_ENUM)
        return schema->enum_of == PX_SCHEMA_STRING ? PX_VALUE_TEXT : PX_VALUE_NUM;
    return kinds[schema->kind].value;
}

const px_schema *px_schema_plain(px_schema_kind kind)
{
    px_assert(kind <= PX_SCHEMA_MULTI_POLYGON);
    return &plain[kind];
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
