/* SPDX-License-Identifier: Apache-2.0 */
/* The reference parser's own cases, and ontologies in use: read from the shared data, never copied.
 * PX_CORPUS_VERBOSE=1 prints each case that differs. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "model/example.h"
#include "model/model.h"

#include "px_test.h"

typedef struct case_tally {
    uint32_t cases, agree, valid, accepted_wrongly, refused_wrongly;
    uint32_t with_errors, named_alike;
    uint32_t values, values_agree;
} case_tally;

static bool has_text(const px_json *array, px_str text)
{
    for (const px_json *item = array ? array->first : NULL; item; item = item->next)
        if (px_str_eq(item->text, text))
            return true;
    return false;
}

static void put_models_of(px_buf *buf, const px_json *list)
{
    for (const px_json *item = list ? list->first : NULL; item; item = item->next) {
        const px_json *model = item->type == PX_JSON_ARRAY ? item->first : item;

        while (model) {
            px_put_c(buf, buf->len > 1 ? "," : "");
            px_put(buf, model->raw);
            model = item->type == PX_JSON_ARRAY ? model->next : NULL;
        }
    }
}

/* The models of a case as one array: each entry of `input` is a model, or an array of them. What
 * the reference parser is given later, by a callback, stands in the same request. */
static void put_input(px_buf *buf, const px_json *test)
{
    const px_json *resolution = px_json_get(test, PX_STR("resolution"));

    px_put_char(buf, '[');
    put_models_of(buf, px_json_get(test, PX_STR("input")));
    for (const px_json *one = resolution ? resolution->first : NULL; one; one = one->next)
        put_models_of(buf, px_json_get(one, PX_STR("response")));
    px_put_char(buf, ']');
}

/* Whether one of our ids is among those that the reference gives. */
static bool same_id(const px_model_report *report, const px_json *errors)
{
    for (size_t i = 0; i < report->count; i++)
        if (has_text(errors, px_str_c(report->errs[i].id + strlen("dtdl."))))
            return true;
    return false;
}

/* The schema that an instance case is about: a predefined one, or an entry of `schemas`. */
static const px_schema *subject_of(const px_model_set *set, px_str subject)
{
    px_str prefix = PX_STR("dtmi:dtdl:instance:Schema:");

    if (px_str_starts(subject, prefix)) {
        px_str rest = px_str_skip(subject, prefix.len);
        px_str term = px_str_cut(&rest, ';');

        for (uint32_t kind = 0; kind < PX_SCHEMA_POINT; kind++)
            if (px_str_eq(px_str_c(px_schema_term((px_schema_kind)kind)), term))
                return px_schema_plain((px_schema_kind)kind);
        return NULL;
    }
    if (px_str_eq(subject, PX_STR("dtmi:standard:schema:scaledDecimal;4")))
        return px_schema_plain(PX_SCHEMA_SCALED_DECIMAL);
    for (size_t i = 0; i < set->count; i++)
        if (px_model_schema(set->models[i], subject))
            return px_model_schema(set->models[i], subject);
    return NULL;
}

/* One value case; what is no JSON does not conform either. */
static bool conforms(const px_schema *schema, px_str json)
{
    px_json_opts opts = px_json_opts_door();
    px_value value;
    px_json *node;
    px_arena arena;
    bool ok;

    px_arena_init(&arena, 1 << 20);
    ok = px_json_parse(json, &opts, &arena, &node, NULL) == PX_OK &&
         px_schema_check(schema, node, &arena, &value, NULL) == PX_OK;
    px_arena_release(&arena);
    return ok;
}

static void judge_values(const px_json *test, const px_model_set *set, case_tally *tally)
{
    const px_json *cases = px_json_get(test, PX_STR("instances"));

    for (const px_json *one = cases ? cases->first : NULL; one; one = one->next) {
        const px_schema *schema = subject_of(set, px_json_get_text(one, PX_STR("subject")));
        bool wanted = px_json_is(px_json_get(one, PX_STR("conforms")), PX_JSON_TRUE);
        px_str json = px_json_get_text(one, PX_STR("submit"));

        if (!schema || px_json_get(one, PX_STR("throws")))
            continue;
        tally->values++;
        if (conforms(schema, json) == wanted)
            tally->values_agree++;
        else if (getenv("PX_CORPUS_VERBOSE"))
            printf("VALUE %.*s of %.*s should %sconform\n", PX_FMT(json),
                   PX_FMT(px_json_get_text(one, PX_STR("subject"))), wanted ? "" : "not ");
    }
}

static void judge(const px_json *test, case_tally *tally)
{
    px_str extensions = px_json_get_text(test, PX_STR("undefinedExtensions"));
    bool valid = px_json_get(test, PX_STR("valid"))->type == PX_JSON_TRUE;
    const px_json *errors = px_json_get(test, PX_STR("errors"));
    px_models_opts opts = { .nested_interfaces = true };
    px_model_report report = { 0 };
    px_model_set set = { 0 };
    px_buf input = { 0 };
    px_err err = { 0 };
    bool accepted;

    if (px_str_eq(extensions, PX_STR("allow")))
        opts.unknown_extensions = PX_EXTENSIONS_ALLOW;
    else if (px_str_eq(extensions, PX_STR("disallow")))
        opts.unknown_extensions = PX_EXTENSIONS_DISALLOW;
    if (px_json_is(px_json_get(test, PX_STR("maxDtdlVersion")), PX_JSON_NUMBER)) {
        int64_t most;

        CHECK(px_num_to_int(px_json_get(test, PX_STR("maxDtdlVersion"))->num, &most));
        opts.dtdl_version_max = (uint32_t)most;
    }
    put_input(&input, test);
    accepted = px_models_parse_all(px_buf_str(&input), &opts, &set, &report, &err) == PX_OK;
    tally->cases++;
    tally->valid += valid;
    tally->agree += accepted == valid;
    tally->accepted_wrongly += accepted && !valid;
    tally->refused_wrongly += !accepted && valid;
    if (!accepted && !valid && errors) {
        tally->with_errors++;
        tally->named_alike += same_id(&report, errors);
    }
    if (getenv("PX_CORPUS_VERBOSE") &&
        (accepted != valid || (!accepted && errors && !same_id(&report, errors))))
        printf("%s %.*s %.*s\n    %s %s\n    %.*s\n", valid ? "VALID" : "INVALID",
               PX_FMT(px_json_get_text(test, PX_STR("id"))),
               PX_FMT(errors ? errors->raw : PX_STR("")), accepted ? "accepted" : err.id,
               accepted ? "" : err.text, (int)(input.len > 600 ? 600 : input.len), input.ptr);
    if (accepted) {
        judge_values(test, &set, tally);
        px_model_set_release(&set);
    }
    px_model_report_release(&report);
    px_buf_release(&input);
}

/* What a case needs beside the core, told by its profiles. */
typedef enum case_group {
    GROUP_CORE,
    GROUP_UNKNOWN,    /* contexts that are not known */
    GROUP_EXTENSIONS, /* extensions, limits, the highest version */
    GROUP_LEFT_OUT,
    GROUP_COUNT
} case_group;
static const char *const group_names[] = { "core", "unknown extensions", "extensions" };

/* Profiles that are left out, and why. */
static const struct {
    const char *word, *reason;
} left_out[] = {
    { "layering", "a feature that the reference parser does not ship" },
    { "quirk", "an option of the reference parser to tolerate mistakes of old models" },
};

/* An extension of a partner, of which no description is published. */
static const char unpublished[] = "dtmi:iotoperations:";

static case_group group_of(const px_json *test)
{
    const px_json *profiles = px_json_get(test, PX_STR("profile"));
    px_str input = px_json_get(test, PX_STR("input"))->raw;
    bool partner = has_text(profiles, PX_STR("partner-ext"));

    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
        if (has_text(profiles, px_str_c(left_out[i].word)))
            return GROUP_LEFT_OUT;
    if (partner && memmem(input.ptr, input.len, unpublished, strlen(unpublished)))
        return GROUP_LEFT_OUT;
    if (has_text(profiles, PX_STR("core")))
        return GROUP_CORE;
    return has_text(profiles, PX_STR("undefined-ext")) ? GROUP_UNKNOWN : GROUP_EXTENSIONS;
}

/* Runs all cases of a group and of one version; those about no version count as v4. */
static case_tally run_cases(case_group group, int64_t version)
{
    px_str file = px_test_read_file(px_test_shared("dtdl/parser-cases/cases.ndjson"));
    px_str rest = file;
    case_tally tally = { 0 };
    px_arena arena;

    px_arena_init(&arena, SIZE_MAX);
    while (rest.len > 0) {
        px_str line = px_str_cut(&rest, '\n');
        px_json *test;
        int64_t dtdl = 4;
        px_err err;

        if (line.len == 0)
            continue;
        px_arena_reset(&arena);
        CHECK_OK(px_json_parse(line, NULL, &arena, &test, &err), &err);
        if (px_json_is(px_json_get(test, PX_STR("dtdl")), PX_JSON_NUMBER))
            (void)px_num_to_int(px_json_get(test, PX_STR("dtdl"))->num, &dtdl);
        if (dtdl == version && group_of(test) == group)
            judge(test, &tally);
    }
    px_arena_release(&arena);
    px_free((void *)(uintptr_t)file.ptr);
    printf("%s, DTDL v%d: %u of %u verdicts agree (%u accepted wrongly, %u refused wrongly); "
           "%u of %u refusals name the reference's rule; %u of %u values agree\n",
           group_names[group], (int)version, tally.agree, tally.cases, tally.accepted_wrongly,
           tally.refused_wrongly, tally.named_alike, tally.with_errors, tally.values_agree,
           tally.values);
    CHECK_EQ(tally.values_agree, tally.values);
    return tally;
}

static void check_group(case_group group, int64_t version, uint32_t cases_min)
{
    case_tally tally = run_cases(group, version);

    CHECK(tally.cases >= cases_min);
    CHECK_EQ(tally.agree, tally.cases);
}

PX_TEST(agrees_with_the_reference_parser_on_dtdl_v2)
{
    check_group(GROUP_CORE, 2, 2295);
}

PX_TEST(agrees_with_the_reference_parser_on_dtdl_v3)
{
    check_group(GROUP_CORE, 3, 2243);
}

PX_TEST(agrees_with_the_reference_parser_on_dtdl_v4)
{
    check_group(GROUP_CORE, 4, 2268);
}

PX_TEST(agrees_with_the_reference_parser_on_extensions)
{
    check_group(GROUP_EXTENSIONS, 2, 60);
    check_group(GROUP_EXTENSIONS, 3, 90);
    check_group(GROUP_EXTENSIONS, 4, 150);
}

PX_TEST(agrees_with_the_reference_parser_on_unknown_extensions)
{
    check_group(GROUP_UNKNOWN, 2, 1161);
    check_group(GROUP_UNKNOWN, 3, 1173);
    check_group(GROUP_UNKNOWN, 4, 1175);
}

/* All Interfaces of an ontology. */
typedef struct definitions {
    px_str file;
    px_arena arena;
    const px_json **models; /* `model` of each line */
    size_t count;
} definitions;

static definitions read_ontology(const char *path)
{
    definitions all = { .file = px_test_read_file(px_test_shared(path)) };
    px_str rest = all.file;

    px_arena_init(&all.arena, SIZE_MAX);
    all.models = px_zalloc(2000, sizeof(px_json *));
    while (rest.len > 0) {
        px_str line = px_str_cut(&rest, '\n');
        px_json *root;
        px_err err;

        if (line.len == 0)
            continue;
        CHECK_OK(px_json_parse(line, NULL, &all.arena, &root, &err), &err);
        CHECK(all.count < 2000);
        all.models[all.count++] = px_json_get(root, PX_STR("model"));
    }
    return all;
}

static void release_ontology(definitions *all)
{
    px_free((void *)(uintptr_t)all->file.ptr);
    px_free((void *)(uintptr_t)all->models);
    px_arena_release(&all->arena);
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void put_models(px_buf *buf, const px_json **models, size_t count)
{
    px_buf_clear(buf);
    px_put_char(buf, '[');
    for (size_t i = 0; i < count; i++) {
        px_put_c(buf, i ? "," : "");
        px_put(buf, models[i]->raw);
    }
    px_put_char(buf, ']');
}

/* A twin of the model, made of values to begin with, is right to the last of them. */
static void check_properties(const px_layout *layout, uint32_t component, const px_json *object,
                             px_arena *arena)
{
    for (const px_json *member = object->first; member; member = member->next) {
        uint32_t inner = px_layout_component_find(layout, member->key);
        const px_field *field;
        px_value value;
        px_err err;

        if (member->key.ptr[0] == '$')
            continue;
        if (component == PX_NO_COMPONENT && inner != PX_NO_COMPONENT) {
            check_properties(layout, inner, member, arena);
            continue;
        }
        field = px_layout_find(layout, component, member->key);
        CHECK(field);
        CHECK_OK(px_schema_check(field->schema, member, arena, &value, &err), &err);
    }
}

static void check_instance(const px_model *model, px_arena *arena)
{
    const px_layout *layout = px_model_layout(model);
    uint32_t properties = 0, components;
    px_buf text = { 0 };
    px_json *root;
    px_err err;

    px_arena_reset(arena);
    for (uint32_t i = 0; i < px_layout_field_count(layout); i++)
        properties += px_layout_field(layout, i)->kind == PX_FIELD_PROPERTY &&
                      px_layout_field(layout, i)->component == PX_NO_COMPONENT;
    px_layout_components(layout, &components);
    px_put_example_twin(&text, model, PX_STR("one"));
    CHECK_OK(px_json_parse(px_buf_str(&text), NULL, arena, &root, &err), &err);
    CHECK_EQ(root->count, 2 + properties + components);
    check_properties(layout, PX_NO_COMPONENT, root, arena);
    px_buf_release(&text);
}

static void load_ontology(const char *path, size_t wanted)
{
    definitions all = read_ontology(path);
    px_models_opts opts = { .models_max = 2000 };
    px_model_set set = { 0 };
    px_buf request = { 0 };
    size_t fields = 0;
    px_arena arena;
    double begin;
    px_err err;

    CHECK_EQ(all.count, wanted);
    put_models(&request, all.models, all.count);
    begin = seconds_now();
    CHECK_OK(px_models_parse_all(px_buf_str(&request), &opts, &set, NULL, &err), &err);
    printf("%s: %.1f ms, ", path, (seconds_now() - begin) * 1e3);
    CHECK_EQ(set.count, wanted);
    px_arena_init(&arena, 64 << 20);
    for (size_t i = 0; i < set.count; i++) {
        fields += px_layout_field_count(px_model_layout(set.models[i]));
        check_instance(set.models[i], &arena);
    }
    printf("%zu Interfaces, %zu fields\n", all.count, fields);
    px_arena_release(&arena);
    px_buf_release(&request);
    px_model_set_release(&set);
    release_ontology(&all);
}

PX_TEST(loads_and_instantiates_the_rec_brick_ontology)
{
    load_ontology("dtdl/ontologies/rec-brick.ndjson", 1364);
}

PX_TEST(loads_and_instantiates_the_energy_grid_ontology)
{
    load_ontology("dtdl/ontologies/energygrid.ndjson", 113);
}

PX_TEST(loads_and_instantiates_the_building_ontology)
{
    load_ontology("dtdl/ontologies/building-archived.ndjson", 767);
}

PX_TEST(loads_and_instantiates_the_smart_cities_ontology)
{
    load_ontology("dtdl/ontologies/smartcities.ndjson", 63);
}

PX_TEST_MAIN()
