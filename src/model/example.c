/* SPDX-License-Identifier: Apache-2.0 */
#include "model/example.h"

#include "base/limits.h"

/* Beyond that much nesting, or text, what may be left out is. */
enum { DEPTH_MAX = 4, STEPS_MAX = 10000 };

typedef struct writer {
    px_buf *buf;
    uint32_t steps; /* values written, kept or not: a schema that requires itself ends here */
} writer;

/* By kind, for those that have one value to begin with; NULL: see below. */
static const char *const plain_values[PX_SCHEMA_KIND_COUNT] = {
    [PX_SCHEMA_BOOLEAN] = "false",
    [PX_SCHEMA_DATE] = "\"2000-01-01\"",
    [PX_SCHEMA_DATETIME] = "\"2000-01-01T00:00:00Z\"",
    [PX_SCHEMA_DOUBLE] = "0",
    [PX_SCHEMA_DURATION] = "\"PT0S\"",
    [PX_SCHEMA_FLOAT] = "0",
    [PX_SCHEMA_INTEGER] = "0",
    [PX_SCHEMA_LONG] = "0",
    [PX_SCHEMA_STRING] = "\"\"",
    [PX_SCHEMA_TIME] = "\"00:00:00Z\"",
    [PX_SCHEMA_BYTE] = "0",
    [PX_SCHEMA_SHORT] = "0",
    [PX_SCHEMA_UNSIGNED_BYTE] = "0",
    [PX_SCHEMA_UNSIGNED_SHORT] = "0",
    [PX_SCHEMA_UNSIGNED_INTEGER] = "0",
    [PX_SCHEMA_UNSIGNED_LONG] = "0",
    [PX_SCHEMA_BYTES] = "\"\"",
    [PX_SCHEMA_DECIMAL] = "\"0\"",
    [PX_SCHEMA_UUID] = "\"00000000-0000-0000-0000-000000000000\"",
    [PX_SCHEMA_POINT] = "{\"type\":\"Point\",\"coordinates\":[0,0]}",
    [PX_SCHEMA_MULTI_POINT] = "{\"type\":\"MultiPoint\",\"coordinates\":[[0,0]]}",
    [PX_SCHEMA_LINE_STRING] = "{\"type\":\"LineString\",\"coordinates\":[[0,0],[1,1]]}",
    [PX_SCHEMA_MULTI_LINE_STRING] =
        "{\"type\":\"MultiLineString\",\"coordinates\":[[[0,0],[1,1]]]}",
    [PX_SCHEMA_POLYGON] = "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1],[0,0]]]}",
    [PX_SCHEMA_MULTI_POLYGON] =
        "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[1,0],[1,1],[0,0]]]]}",
    [PX_SCHEMA_ARRAY] = "[]",
    [PX_SCHEMA_MAP] = "{}",
};

static bool put_value(writer *w, const px_schema *schema, uint32_t depth);

static void put_object(writer *w, const px_schema *schema, uint32_t depth)
{
    px_buf *buf = w->buf;
    bool first = true;

    px_put_char(buf, '{');
    for (uint32_t i = 0; i < schema->field_count; i++) {
        size_t before = buf->len;

        if (!schema->fields[i].required && (depth > DEPTH_MAX || buf->len > PX_TWIN_BYTES_MAX))
            continue;
        px_put_c(buf, first ? "" : ",");
        px_put_json_string(buf, schema->fields[i].name);
        px_put_char(buf, ':');
        if (put_value(w, schema->fields[i].schema, depth + 1))
            first = false;
        else
            buf->len = before;
    }
    px_put_char(buf, '}');
}

static bool put_value(writer *w, const px_schema *schema, uint32_t depth)
{
    px_buf *buf = w->buf;

    if (depth > PX_JSON_DEPTH_MAX || ++w->steps > STEPS_MAX)
        return false;
    if (plain_values[schema->kind]) {
        px_put_c(buf, plain_values[schema->kind]);
        return true;
    }
    if (schema->kind == PX_SCHEMA_OBJECT) {
        put_object(w, schema, depth);
        return true;
    }
    if (schema->enum_value_count == 0) /* an Enum */
        return false;
    px_put_json_value(buf, schema->enum_values[0].value);
    return true;
}

bool px_put_example(px_buf *buf, const px_schema *schema)
{
    writer w = { .buf = buf };

    return put_value(&w, schema, 0);
}

/* ",\"name\":value" for each Property of the Interface or of one Component. */
static void put_properties(px_buf *buf, const px_layout *layout, uint32_t component)
{
    for (uint32_t i = 0; i < px_layout_field_count(layout); i++) {
        const px_field *field = px_layout_field(layout, i);
        size_t before = buf->len;

        if (field->component != component || field->kind != PX_FIELD_PROPERTY)
            continue;
        px_put_char(buf, ',');
        px_put_json_string(buf, field->name);
        px_put_char(buf, ':');
        if (!px_put_example(buf, field->schema))
            buf->len = before;
    }
}

void px_put_example_twin(px_buf *buf, const px_model *model, px_str twin_id)
{
    const px_layout *layout = px_model_layout(model);
    const px_component *components;
    uint32_t count;

    px_put_char(buf, '{');
    if (twin_id.len > 0) {
        px_put_c(buf, "\"$dtId\":");
        px_put_json_string(buf, twin_id);
        px_put_char(buf, ',');
    }
    px_put_c(buf, "\"$metadata\":{\"$model\":");
    px_put_json_string(buf, px_model_id(model));
    px_put_char(buf, '}');
    put_properties(buf, layout, PX_NO_COMPONENT);
    components = px_layout_components(layout, &count);
    for (uint32_t i = 0; i < count; i++) {
        px_put_char(buf, ',');
        px_put_json_string(buf, components[i].name);
        px_put_c(buf, ":{\"$metadata\":{}");
        put_properties(buf, layout, i);
        px_put_char(buf, '}');
    }
    px_put_char(buf, '}');
}
