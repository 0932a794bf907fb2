/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused, and how it is said: rule, element, place, what would be right, nearest name. */
#include "base/limits.h"
#include "model/rule.h"
#include "model_support.h"

PX_TEST(names_element_place_and_the_nearest_term)
{
    px_err err = parse_refused(
        PX_STR(INTERFACE_V3("dtmi:ex:A;1") ",\n  \"contents\": [\n    {\"@type\": \"Telemetry\", "
                                           "\"name\": \"temp\",\n     \"schema\": \"dubble\"}]}"));

    CHECK_STR(err.id, "dtdl.badDtmiOrTerm");
    CHECK_STR(
        err.text,
        "Telemetry 'temp' of dtmi:ex:A;1: 'schema' is 'dubble'; a reference is a DTMI or a known "
        "term; did you mean 'double'?");
    CHECK_STR(err.path, "/contents/0/schema");
    CHECK_EQ(err.line, 4);
    CHECK_EQ(err.column, 16);
}

PX_TEST(names_a_member_that_was_meant)
{
    px_err err = parse_refused(
        PX_STR(INTERFACE_V3("dtmi:ex:A;1") ",\"contents\":[{\"@type\":\"Property\",\"name\":\"p\","
                                           "\"schema\":\"string\",\"writeable\":true}]}"));

    CHECK_STR(err.id, "dtdl.noTypeThatAllows");
    CHECK_STR(err.text, "Property 'p' of dtmi:ex:A;1: a Property has no member 'writeable'; an "
                        "element has the members "
                        "of its type; did you mean 'writable'?");
}

/* Of a co-type, too; and an extension with the version that a context has. */
PX_TEST(names_what_an_extension_brings_that_was_meant)
{
    px_err err = parse_refused(PX_STR(
        "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:commands;1\"],\"@id\":"
        "\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"contents\":[{\"@type\":[\"Command\","
        "\"Timed\"],\"name\":\"c\",\"expirey\":60}]}"));

    CHECK(strstr(err.text, "has no member 'expirey'") &&
          strstr(err.text, "did you mean 'expiry'?"));
    err = parse_refused(PX_STR(
        "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:freshness;1\"],\"@id\":"
        "\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"contents\":[{\"@type\":[\"Property\","
        "\"Freshness\"],\"name\":\"p\",\"schema\":\"double\",\"expectedperiod\":\"PT1S\"}]}"));
    CHECK(strstr(err.text, "did you mean 'expectedPeriod'?") != NULL);
    err = parse_refused(PX_STR(
        "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:freshnes;1\"],\"@id\":"
        "\"dtmi:ex:A;1\",\"@type\":\"Interface\"}"));
    CHECK(strstr(err.text, "did you mean 'dtmi:pollux:extension:freshness;1'?") != NULL);
}

/* The Interface is left out first, then the element: line and path tell the place as well. */
PX_TEST(a_sentence_is_whole_however_long_the_names_are)
{
#define LONG_ID                                                                                    \
    "dtmi:com:example:plants:northernworks:halls:machines:presses:hydraulic:PressOfSixHundred;1"
#define LONG_MODEL(name, period)                                                                   \
    PX_STR("{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:freshness;1\"],"        \
           "\"@id\":\"" LONG_ID "\",\"@type\":\"Interface\",\"contents\":[{\"@type\":"             \
           "[\"Property\",\"Freshness\"],\"name\":\"" name "\",\"schema\":\"double\","             \
           "\"expectedPeriod\":\"" period "\"}]}")
    px_err err = parse_refused(LONG_MODEL("temperature", "15 s"));
    const char *what = "a duration is such as PT15S";

    CHECK(strstr(err.text, "Property 'temperature' of " LONG_ID ": ") == err.text);
    CHECK(strstr(err.text, what) != NULL);
    err = parse_refused(LONG_MODEL("temperatureOfTheBearing",
                                   "fifteen seconds, or twice as many on a "
                                   "Sunday, when the plant is at rest"));
    CHECK(strstr(err.text, "Property 'temperatureOfTheBearing': ") == err.text);
    CHECK_STR(err.text + strlen(err.text) - strlen(what), what);
}

/* By its term and by its DTMI: the second list would be written behind the first, into its place.
 */
PX_TEST(what_an_extension_brings_is_read_once)
{
    px_model_report report = { 0 };
    px_buf buf = { 0 };
    px_model_set set;
    px_err err;

    px_put(&buf,
           PX_STR("{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:commands;1\"],"
                  "\"@id\":\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"contents\":[{\"@type\":"
                  "[\"Command\",\"Guarded\"],\"name\":\"c\",\"guards\":["));
    for (int i = 0; i < PX_GUARDS_MAX; i++)
        px_putf(&buf, "%s{\"expression\":\"1 = 1\"}", i ? "," : "");
    px_put(&buf, PX_STR("],\"dtmi:pollux:extension:commands:v1:Guarded:guards\":[7]}]}"));
    CHECK_EQ(px_models_parse_all(px_buf_str(&buf), NULL, &set, &report, &err), PX_INVALID);
    CHECK_EQ(report.count, 1);
    CHECK_STR(report.errs[0].id, "dtdl.duplicatePropertyName");
    CHECK(strstr(report.errs[0].text, "'guards' is given twice") != NULL);
    px_model_report_release(&report);
    px_buf_release(&buf);
}

PX_TEST(names_a_unit_that_was_meant)
{
    px_err err = parse_refused(PX_STR(
        INTERFACE_V2("dtmi:ex:A;1") ",\"contents\":[{\"@type\":[\"Property\",\"Length\"],"
                                    "\"name\":\"p\",\"schema\":\"double\",\"unit\":\"meter\"}]}"));

    CHECK_STR(err.id, "dtdl.badDtmiOrTerm");
    CHECK(strstr(err.text, "did you mean 'metre'?") != NULL);
}

PX_TEST(a_semantic_type_without_its_extension_is_told_which_one)
{
    px_err err = parse_refused(PX_STR(INTERFACE_V3(
        "dtmi:ex:A;1") ",\"contents\":[{\"@type\":[\"Telemetry\",\"Temperature\"],"
                       "\"name\":\"t\",\"schema\":\"double\",\"unit\":\"degreeCelsius\"}]}"));

    CHECK_STR(err.id, "dtdl.typeUndefinedTerm");
    CHECK(strstr(err.text, "needs the context dtmi:dtdl:extension:quantitativeTypes;1") != NULL);
}

#define PACED(name)                                                                                \
    "{\"@type\":[\"Telemetry\",\"Freshness\",\"Temperature\"],\"name\":\"" name                    \
    "\",\"schema\":\"double\",\"unit\":\"degreeCelsius\",\"expectedPeriod\":\"PT1S\","             \
    "\"tolerance\":\"PT1S\",\"allowedStaleness\":\"PT9S\"}"
#define PACED_INTERFACE(context)                                                                   \
    "{\"@context\":" context                                                                       \
    ",\"@id\":\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"contents\":[" PACED("a") "," PACED(        \
        "b") "]}"

/* The first of all that is told, and how much that is. */
static px_err told_of(px_str text, size_t *ret_count)
{
    px_model_report report = { 0 };
    px_model_set set = { 0 };
    px_err err;

    CHECK_EQ(px_models_parse_all(text, NULL, &set, &report, &err), PX_INVALID);
    *ret_count = report.count;
    px_model_report_release(&report);
    return err;
}

PX_TEST(a_context_that_is_missing_is_told_once_with_its_cure)
{
    size_t count;
    px_err err = told_of(PX_STR(PACED_INTERFACE("[\"dtmi:dtdl:context;3\","
                                                "\"dtmi:dtdl:extension:quantitativeTypes;1\"]")),
                         &count);

    CHECK_EQ(count, 1);
    CHECK(strstr(err.text, "the co-type 'Freshness' needs the context "
                           "dtmi:pollux:extension:freshness;1: add it to @context"));
    (void)told_of(PX_STR(PACED_INTERFACE("\"dtmi:dtdl:context;3\"")), &count);
    CHECK_EQ(count, 2);
    err = told_of(PX_STR(PACED_INTERFACE("[\"dtmi:dtdl:context;3\","
                                         "\"dtmi:dtdl:extension:quantitativeTypes;1\","
                                         "\"dtmi:pollux:extension:freshnes;1\"]")),
                  &count);
    CHECK_EQ(count, 1);
    CHECK(strstr(err.text, "did you mean 'dtmi:pollux:extension:freshness;1'?"));
}

PX_TEST(tells_all_that_is_wrong_at_once)
{
    px_model_report report = { 0 };
    px_model_set set = { 0 };
    px_err err;

    CHECK_EQ(
        px_models_parse_all(
            PX_STR(INTERFACE_V3(
                "dtmi:ex:A;1") ",\"contents\":[{\"@type\":\"Property\",\"name\":\"1x\","
                               "\"schema\":\"string\"},{\"@type\":\"Telemetry\",\"name\":\"y\"}]}"),
            NULL, &set, &report, &err),
        PX_INVALID);
    CHECK_EQ(report.count, 2);
    CHECK_STR(report.errs[0].id, "dtdl.stringInvalid");
    CHECK_STR(report.errs[1].id, "dtdl.missingObjectProperty");
    CHECK_STR(err.id, "dtdl.stringInvalid");
    px_model_report_release(&report);
}

PX_TEST(names_the_context_that_was_meant)
{
    px_err err = parse_refused(PX_STR(
        "{\"@context\":\"dtmi:dtdl:contxt;3\",\"@id\":\"dtmi:ex:A;1\",\"@type\":\"Interface\"}"));

    CHECK_STR(err.id, "dtdl.missingDtdlContext");
    CHECK(strstr(err.text, "did you mean 'dtmi:dtdl:context;3'?"));
}

PX_TEST(malformed_json_has_its_place)
{
    px_err err = parse_refused(PX_STR("{\"@context\": \"dtmi:dtdl:context;3\",\n \"@id\": }"));

    CHECK_EQ(err.line, 2);
    CHECK_EQ(err.column, 9);
}

#define MQTT(id)                                                                                   \
    "{\"@context\":[\"dtmi:dtdl:context;4\",\"dtmi:dtdl:extension:mqtt;4\"],\"@id\":\"" id         \
    "\",\"@type\":\"Interface\""
#define ANNOTATED(id)                                                                              \
    "{\"@context\":[\"dtmi:dtdl:context;4\",\"dtmi:dtdl:extension:annotation;2\"],\"@id\":\"" id   \
    "\",\"@type\":\"Interface\""

/* One small document for each rule that needs no more than that; most come with the corpus too. */
PX_TEST(each_rule_refuses_what_breaks_it)
{
    /* clang-format off */
    static const char *const cases[][2] = {
        { "[1]", "dtdl.notJsonObject" },
        { "{\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.missingContext" },
        { "{\"@context\":[],\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.emptyContext" },
        { "{\"@context\":7,\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.invalidContext" },
        { "{\"@context\":\"dtmi:x:y;1\",\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.missingDtdlContext" },
        { "{\"@context\":[\"dtmi:x:y;1\",\"dtmi:dtdl:context;3\"],\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.dtdlContextFollowsAffiliate" },
        { "{\"@context\":\"dtmi:dtdl:context;9\",\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.unrecognizedContextVersion" },
        { "{\"@context\":\"http://x\",\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.nonDtmiContextSpecifier" },
        { "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:a b;1\"],\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.invalidContextSpecifier" },
        { "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:a\"],\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.missingContextVersion" },
        { "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:a;1\"],\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.unresolvableContextSpecifier" },
        { "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:dtdl:extension:quantitativeTypes;9\"],\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.unresolvableContextVersion" },
        { "{\"@context\":[\"dtmi:dtdl:context;3\",{\"a\":\"dtmi:b;1\"}],\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.disallowedLocalContext" },
        { "{\"@context\":\"dtmi:dtdl:context;3#limitless\",\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.disallowedContextFragment" },
        { INTERFACE_V3("dtmi:a;1") ",\"@graph\":{}}", "dtdl.topLevelGraphDisallowed" },
        { INTERFACE_V3("dtmi:a;1") ",\"@language\":\"en\"}", "dtdl.topLevelKeywordDisallowed" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":\"Command\",\"name\":\"c\",\"@graph\":{}}}", "dtdl.graphDisallowed" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":\"Command\",\"name\":\"c\",\"@value\":1}}", "dtdl.keywordDisallowed" },
        { "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:a;1\",\"@type\":\"Property\",\"name\":\"p\",\"schema\":\"string\"}", "dtdl.typeNotRootable" },
        { "{\"@context\":\"dtmi:dtdl:context;3\",\"@type\":\"Interface\"}", "dtdl.missingTopLevelId" },
        { INTERFACE_V3("dtmi:a-b;1") "}", "dtdl.invalidId" },
        { INTERFACE_V2("dtmi:a") "}", "dtdl.invalidId" },
        { INTERFACE_V3("dtmi:dtdl:a;1") "}", "dtdl.reservedId" },
        { "[" INTERFACE_V3("dtmi:a;1") "}," INTERFACE_V3("dtmi:a;1") "}]", "dtdl.duplicateDefinition" },
        { INTERFACE_V3("dtmi:a;1") ",\"extends\":{\"@id\":\"dtmi:b;1\"}}", "dtdl.idReference" },
        { INTERFACE_V3("dtmi:a;1") ",\"extends\":\"dtmi:b;1\"}", "dtdl.unresolved" },
        { INTERFACE_V3("dtmi:a;1") ",\"extends\":7}", "dtdl.refNotStringOrObject" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":\"Relationship\",\"name\":\"r\",\"target\":\"Pump\"}}", "dtdl.identifierNotDtmi" },
        { INTERFACE_V3("dtmi:a;1") ",\"schemas\":{\"@type\":\"Array\",\"elementSchema\":\"string\"}}", "dtdl.missingRequiredId" },
        { "[" INTERFACE_V2("dtmi:a;1") ",\"extends\":\"dtmi:b;1\"}," INTERFACE_V3("dtmi:b;1") "}]", "dtdl.disallowedVersionReference" },
        { INTERFACE_V3("dtmi:a;1") ",\"extends\":{\"@id\":\"dtmi:b;1\",\"@type\":\"Interface\"}}", "dtdl.nestedInterface" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":[\"Property\",\"Telemetry\"],\"name\":\"p\",\"schema\":\"string\"}}", "dtdl.multipleMaterialTypes" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":[\"Property\",\"Foo\"],\"name\":\"p\",\"schema\":\"string\"}}", "dtdl.typeUndefinedTerm" },
        { INTERFACE_V2("dtmi:a;1") ",\"contents\":{\"@type\":[\"Command\",\"Length\"],\"name\":\"c\"}}", "dtdl.invalidCotype" },
        { INTERFACE_V2("dtmi:a;1") ",\"contents\":{\"@type\":[\"Property\",\"Length\"],\"name\":\"p\",\"schema\":\"double\"}}", "dtdl.missingSupplementalObjectProperty" },
        { INTERFACE_V2("dtmi:a;1") ",\"contents\":{\"@type\":[\"Property\",\"Length\"],\"name\":\"p\",\"schema\":\"string\",\"unit\":\"metre\"}}", "dtdl.notRequiredType" },
        { INTERFACE_V2("dtmi:a;1") ",\"contents\":{\"@type\":[\"Property\",\"Length\"],\"name\":\"p\",\"schema\":\"double\",\"unit\":\"kelvin\"}}", "dtdl.unitNotOfType" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":\"Property\",\"schema\":\"string\"}}", "dtdl.missingLiteralProperty" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":\"Property\",\"name\":null,\"schema\":\"string\"}}", "dtdl.propertyValueNull" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":\"Property\",\"name\":\"p\",\"schema\":\"string\",\"writable\":1}}", "dtdl.booleanNotBoolean" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":\"Relationship\",\"name\":\"r\",\"minMultiplicity\":1}}", "dtdl.valueNotExact" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":\"Relationship\",\"name\":\"r\",\"maxMultiplicity\":0}}", "dtdl.valueBelowMin" },
        { INTERFACE_V3("dtmi:a;1") ",\"displayName\":{\"english\":\"a\"}}", "dtdl.langStringInvalidCode" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":[{\"@type\":\"Command\",\"name\":\"c\"},{\"@type\":\"Command\",\"name\":\"c\"}]}", "dtdl.nonUniquePropertyValue" },
        { "[" INTERFACE_V3("dtmi:a;1") ",\"extends\":\"dtmi:b;1\",\"contents\":{\"@type\":\"Command\",\"name\":\"c\"}}," INTERFACE_V3("dtmi:b;1") ",\"contents\":{\"@type\":\"Command\",\"name\":\"c\"}}]", "dtdl.nonUniqueImportedPropertyValue" },
        { "[" INTERFACE_V3("dtmi:a;1") ",\"extends\":\"dtmi:b;1\"}," INTERFACE_V3("dtmi:b;1") ",\"extends\":\"dtmi:a;1\"}]", "dtdl.recursiveStructureNarrow" },
        { INTERFACE_V3("dtmi:a;1") ",\"contents\":{\"@type\":\"Component\",\"name\":\"c\",\"schema\":\"dtmi:a;1\"}}", "dtdl.recursiveStructureNarrow" },
        { INTERFACE_V3("dtmi:a;1") ",\"schemas\":{\"@id\":\"dtmi:a:s;1\",\"@type\":\"Array\",\"elementSchema\":\"dtmi:a:s;1\"}}", "dtdl.recursiveStructureWide" },
        { "{\"@context\":\"dtmi:dtdl:context;4#limitless\",\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.missingLimitContext" },
        { "{\"@context\":\"dtmi:dtdl:context;4#more\",\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.invalidContextFragment" },
        { "{\"@context\":[\"dtmi:dtdl:context;4\",\"dtmi:dtdl:limits:onvif;1\"],\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.misplacedLimitContext" },
        { "{\"@context\":[\"dtmi:dtdl:context;4#limitless\",\"dtmi:dtdl:limits:own;1\"],\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\"}", "dtdl.disallowedLimitContext" },
        { MQTT("dtmi:a;1") ",\"contents\":{\"@type\":[\"Command\",\"Cacheable\"],\"name\":\"c\",\"ttl\":\"PT1S\"}}", "dtdl.missingCocotype" },
        { MQTT("dtmi:a;1") ",\"contents\":{\"@type\":[\"Command\",\"Cacheable\",\"Idempotent\"],\"name\":\"c\"}}", "dtdl.missingSupplementalLiteralProperty" },
        { MQTT("dtmi:a;1") ",\"contents\":{\"@type\":[\"Command\",\"Cacheable\",\"Idempotent\"],\"name\":\"c\",\"ttl\":\"1s\"}}", "dtdl.durationInvalid" },
        { MQTT("dtmi:a;1") ",\"contents\":{\"@type\":[\"Telemetry\",\"Indexed\"],\"name\":\"t\",\"schema\":\"double\",\"index\":0}}", "dtdl.valueBelowMin" },
        { MQTT("dtmi:a;1") ",\"contents\":[{\"@type\":[\"Telemetry\",\"Indexed\"],\"name\":\"t\",\"schema\":\"double\",\"index\":7},{\"@type\":[\"Telemetry\",\"Indexed\"],\"name\":\"u\",\"schema\":\"double\",\"index\":7}]}", "dtdl.nonUniquePropertyValue" },
        { MQTT("dtmi:a;1") ",\"contents\":{\"@type\":\"Command\",\"name\":\"c\",\"ttl\":\"PT1S\"}}", "dtdl.propertyIrrelevantDtmiOrTerm" },
        { MQTT("dtmi:a;1") ",\"schemas\":{\"@id\":\"dtmi:a:o;1\",\"@type\":\"Object\",\"fields\":{\"@type\":[\"Field\",\"NormalResult\"],\"name\":\"n\",\"schema\":\"string\"}}}", "dtdl.parentMissingCotype" },
        { MQTT("dtmi:a;1") ",\"schemas\":{\"@id\":\"dtmi:a:o;1\",\"@type\":[\"Object\",\"Result\"],\"fields\":{\"name\":\"n\",\"schema\":\"string\"}}}", "dtdl.childMissingCotype" },
        { MQTT("dtmi:a;1") ",\"schemas\":{\"@id\":\"dtmi:a:o;1\",\"@type\":[\"Object\",\"Error\"],\"fields\":{\"@type\":[\"Field\",\"ErrorMessage\"],\"name\":\"n\",\"schema\":\"double\"}}}", "dtdl.notRequiredValue" },
        { ANNOTATED("dtmi:a;1") ",\"contents\":[{\"@type\":\"Command\",\"name\":\"c\"},{\"@type\":[\"Property\",\"ValueAnnotation\"],\"name\":\"p\",\"schema\":\"string\",\"annotates\":\"c\"}]}", "dtdl.notSiblingRequiredType" },
        { "{\"@context\":[\"dtmi:dtdl:context;2\",\"dtmi:dtdl:extension:annotation;2\"],\"@id\":\"dtmi:a;1\",\"@type\":\"Interface\",\"contents\":{\"@type\":[\"Property\",\"ValueAnnotation\"],\"name\":\"p\",\"schema\":\"string\",\"annotates\":\"c\"}}", "dtdl.invalidCotypeVersion" },
        { INTERFACE_V2("dtmi:a;1") ",\"contents\":{\"@type\":\"Property\",\"name\":\"p\",\"schema\":{\"@type\":\"Array\",\"elementSchema\":\"string\"}}}", "dtdl.excludedType" },
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CHECK_REFUSED(cases[i][0], cases[i][1]);
}

PX_TEST(every_rule_has_an_id_and_a_sentence_and_no_two_are_alike)
{
    for (uint32_t i = 0; i < PX_RULE_COUNT; i++) {
        CHECK(strncmp(px_rule_id((px_rule)i), "dtdl.", 5) == 0);
        CHECK(strlen(px_rule_sentence((px_rule)i)) > 10);
        for (uint32_t j = 0; j < i; j++)
            CHECK(strcmp(px_rule_id((px_rule)i), px_rule_id((px_rule)j)) != 0);
    }
}

/* ---- limits, at and one past ---- */

/* An Interface with `count` Telemetries t0, t1 …, closed. */
static void put_contents(px_buf *buf, const char *head, uint32_t count)
{
    px_put_c(buf, head);
    px_put_c(buf, ",\"contents\":[");
    for (uint32_t i = 0; i < count; i++)
        px_putf(buf, "%s{\"@type\":\"Telemetry\",\"name\":\"t%u\",\"schema\":\"double\"}",
                i ? "," : "", i);
    px_put_c(buf, "]}");
}

static void check_contents(const char *head, uint32_t count, const char *refused_as)
{
    px_buf buf = { 0 };

    put_contents(&buf, head, count);
    if (refused_as) {
        CHECK_STR(parse_refused(px_buf_str(&buf)).id, refused_as);
    } else {
        px_model_set set = parse_models(buf.ptr);

        CHECK_EQ(px_layout_field_count(px_model_layout(set.models[0])), count);
        px_model_set_release(&set);
    }
    px_buf_release(&buf);
}

PX_TEST(v2_takes_300_contents_and_no_more)
{
    check_contents(INTERFACE_V2("dtmi:ex:A;1"), 300, NULL);
    check_contents(INTERFACE_V2("dtmi:ex:A;1"), 301, "dtdl.excessiveCount");
}

PX_TEST(v3_takes_as_many_fields_as_a_layout_may_have)
{
    check_contents(INTERFACE_V3("dtmi:ex:A;1"), PX_FIELDS_MAX, NULL);
    check_contents(INTERFACE_V3("dtmi:ex:A;1"), PX_FIELDS_MAX + 1, "dtdl.tooManyFields");
}

/* A chain of `count` Interfaces, each a heir of the next. */
static void put_chain(px_buf *buf, uint32_t count)
{
    px_put_char(buf, '[');
    for (uint32_t i = 0; i < count; i++) {
        px_putf(buf,
                "%s{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:I%u;1\",\"@type\":"
                "\"Interface\"",
                i ? "," : "", i);
        if (i + 1 < count)
            px_putf(buf, ",\"extends\":\"dtmi:ex:I%u;1\"", i + 1);
        px_put_char(buf, '}');
    }
    px_put_char(buf, ']');
}

PX_TEST(a_chain_of_extends_has_ten_steps_and_no_more)
{
    px_buf buf = { 0 };
    px_model_set set;

    put_chain(&buf, 11);
    set = parse_models(buf.ptr);
    CHECK(px_model_is_a(set.models[0], PX_STR("dtmi:ex:I10;1")));
    px_model_set_release(&set);
    px_buf_clear(&buf);
    put_chain(&buf, 12);
    CHECK_STR(parse_refused(px_buf_str(&buf)).id, "dtdl.excessiveDepthNarrow");
    px_buf_release(&buf);
}

PX_TEST(one_request_takes_a_thousand_interfaces_and_no_more)
{
    for (uint32_t count = PX_MODELS_PER_CALL_MAX; count <= PX_MODELS_PER_CALL_MAX + 1; count++) {
        px_buf buf = { 0 };

        px_put_char(&buf, '[');
        for (uint32_t i = 0; i < count; i++)
            px_putf(&buf,
                    "%s{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:I%u;1\",\"@type\":"
                    "\"Interface\"}",
                    i ? "," : "", i);
        px_put_char(&buf, ']');
        if (count > PX_MODELS_PER_CALL_MAX) {
            CHECK_STR(parse_refused(px_buf_str(&buf)).id, "dtdl.tooManyModels");
        } else {
            px_model_set set = parse_models(buf.ptr);

            CHECK_EQ(set.count, count);
            px_model_set_release(&set);
        }
        px_buf_release(&buf);
    }
}

PX_TEST(an_interface_of_a_mebibyte_is_taken_and_one_byte_more_is_not)
{
    for (size_t extra = 0; extra <= 1; extra++) {
        px_buf buf = { 0 };

        px_put_c(&buf, INTERFACE_V3("dtmi:ex:A;1") ",\"contents\":[]");
        while (buf.len < PX_MODEL_BYTES_MAX + extra - 1)
            px_put_char(&buf, ' ');
        px_put_char(&buf, '}');
        if (extra) {
            CHECK_STR(parse_refused(px_buf_str(&buf)).id, "dtdl.partitionTooLarge");
        } else {
            px_model_set set = parse_models(buf.ptr);

            px_model_set_release(&set);
        }
        px_buf_release(&buf);
    }
}

/* ---- hostile models end soon, with a sentence ---- */

PX_TEST(a_hundred_thousand_contents_are_refused_at_once)
{
    px_buf buf = { 0 };

    px_put_c(&buf, "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:A;1\",\"@type\":"
                   "\"Interface\",\"contents\":[");
    for (uint32_t i = 0; i < 100001; i++)
        px_putf(&buf, "%s{}", i ? "," : "");
    px_put_c(&buf, "]}");
    CHECK_STR(parse_refused(px_buf_str(&buf)).id, "dtdl.badType");
    px_buf_release(&buf);
}

PX_TEST(a_document_that_is_nested_without_end_is_refused)
{
    px_buf buf = { 0 };
    px_err err;

    px_put_c(&buf, INTERFACE_V3("dtmi:ex:A;1") ",\"schemas\":");
    for (int i = 0; i < 10000; i++)
        px_put_c(&buf, "{\"@type\":\"Array\",\"elementSchema\":");
    err = parse_refused(px_buf_str(&buf));
    CHECK_STR(err.id, "json.depth");
    px_buf_release(&buf);
}

PX_TEST(a_chain_of_schemas_by_reference_is_as_deep_as_a_nested_one)
{
    px_buf buf = { 0 };

    px_put_c(&buf, INTERFACE_V3("dtmi:ex:A;1") ",\"schemas\":[");
    for (int i = 0; i < 10000; i++)
        px_putf(
            &buf,
            "{\"@id\":\"dtmi:ex:s%d;1\",\"@type\":\"Array\",\"elementSchema\":\"dtmi:ex:s%d;1\"},",
            i, i + 1);
    px_put_c(&buf,
             "{\"@id\":\"dtmi:ex:s10000;1\",\"@type\":\"Array\",\"elementSchema\":\"string\"}]}");
    CHECK_STR(parse_refused(px_buf_str(&buf)).id, "dtdl.excessiveDepthWide");
    px_buf_release(&buf);
}

PX_TEST(a_long_cycle_is_found)
{
    px_buf buf = { 0 };
    px_err err;

    px_put_char(&buf, '[');
    for (int i = 0; i < 1000; i++)
        px_putf(&buf,
                "%s{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:I%d;1\",\"@type\":"
                "\"Interface\","
                "\"extends\":\"dtmi:ex:I%d;1\"}",
                i ? "," : "", i, (i + 1) % 1000);
    px_put_char(&buf, ']');
    err = parse_refused(px_buf_str(&buf));
    CHECK_STR(err.id, "dtdl.recursiveStructureNarrow");
    px_buf_release(&buf);
}

PX_TEST(a_wide_hierarchy_ends_at_its_limit)
{
    px_buf buf = { 0 };

    /* 120 Interfaces, each heir of all that come after it: deep by far, and full of double ways */
    px_put_char(&buf, '[');
    for (int i = 0; i < 120; i++) {
        px_putf(&buf,
                "%s{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:I%d;1\",\"@type\":"
                "\"Interface\",\"extends\":[",
                i ? "," : "", i);
        for (int j = i + 1; j < 120; j++)
            px_putf(&buf, "%s\"dtmi:ex:I%d;1\"", j > i + 1 ? "," : "", j);
        px_put_c(&buf, "]}");
    }
    px_put_char(&buf, ']');
    CHECK_STR(parse_refused(px_buf_str(&buf)).id, "dtdl.excessiveDepthNarrow");
    px_buf_release(&buf);
}

PX_TEST(a_flood_of_errors_is_cut_short)
{
    px_model_report report = { 0 };
    px_model_set set = { 0 };
    px_buf buf = { 0 };
    px_err err;

    put_contents(&buf, INTERFACE_V3("dtmi:ex:A;1"), 5000);
    for (char *at = buf.ptr; (at = strstr(at, "\"name\"")) != NULL; at++)
        at[1] = 'x';
    CHECK_EQ(px_models_parse_all(px_buf_str(&buf), NULL, &set, &report, &err), PX_INVALID);
    CHECK_EQ(report.count, PX_MODEL_ERRORS_MAX);
    CHECK(report.truncated);
    px_model_report_release(&report);
    px_buf_release(&buf);
}

/* A megabyte of text asks for gigabytes of layouts: each heir has all of its base. */
PX_TEST(heirs_of_a_wide_base_are_refused_before_they_fill_the_memory)
{
    px_buf buf = { 0 };

    px_put_char(&buf, '[');
    put_contents(&buf, INTERFACE_V3("dtmi:ex:A;1"), 15000);
    for (int i = 0; i < 900; i++)
        px_putf(&buf, "," INTERFACE_V3("dtmi:ex:H%d;1") ",\"extends\":\"dtmi:ex:A;1\"}", i);
    px_put_char(&buf, ']');
    CHECK_STR(parse_refused(px_buf_str(&buf)).id, "dtdl.tooManyContents");
    px_buf_release(&buf);
}

/* Those who wait when it is cut short wait for no cycle. */
PX_TEST(a_flood_of_errors_among_heirs_is_cut_short)
{
    px_buf buf = { 0 };

    px_put_c(&buf, "[" INTERFACE_V3("dtmi:ex:A;1") ",\"contents\":[");
    for (int i = 0; i < 2 * PX_MODEL_ERRORS_MAX; i++)
        px_putf(&buf, "%s{\"@type\":\"Command\",\"name\":\"c\"}", i ? "," : "");
    px_put_c(&buf, "]}," INTERFACE_V3("dtmi:ex:B;1") "}," INTERFACE_V3(
                       "dtmi:ex:C;1") ",\"extends\":\"dtmi:ex:B;1\"}]");
    CHECK_STR(parse_refused(px_buf_str(&buf)).id, "dtdl.nonUniquePropertyValue");
    px_buf_release(&buf);
}

/* ---- memory that cannot be had ---- */

PX_TEST(any_allocation_may_fail_and_nothing_leaks)
{
    /* clang-format off */
    static const char json[] = "["
        INTERFACE_V3("dtmi:ex:A;1") ",\"extends\":\"dtmi:ex:B;1\",\"displayName\":{\"de\":\"\\u00e4\"},\"contents\":["
        "{\"@type\":\"Component\",\"name\":\"c\",\"schema\":\"dtmi:ex:B;1\"},"
        "{\"@type\":\"Relationship\",\"name\":\"r\",\"properties\":{\"@type\":\"Property\",\"name\":\"p\",\"schema\":\"long\"}},"
        "{\"@type\":\"Property\",\"name\":\"o\",\"schema\":{\"@type\":\"Object\",\"fields\":[{\"name\":\"f\",\"schema\":\"dtmi:ex:e;1\"}]}}],"
        "\"schemas\":{\"@id\":\"dtmi:ex:e;1\",\"@type\":\"Enum\",\"valueSchema\":\"integer\",\"enumValues\":[{\"name\":\"a\",\"enumValue\":1}]}},"
        INTERFACE_V3("dtmi:ex:B;1") ",\"contents\":{\"@type\":\"Telemetry\",\"name\":\"t\",\"schema\":\"double\"}}]";
    /* clang-format on */
    px_status status = PX_NO_MEMORY;
    uint64_t n;

    for (n = 1; status != PX_OK && n < 1000; n++) {
        px_model_set set = { 0 };
        px_err err = { 0 };

        px_mem_fail_nth(n);
        status = px_models_parse(px_str_c(json), NULL, &set, &err);
        px_mem_fail_nth(0);
        CHECK(status == PX_OK || status == PX_NO_MEMORY);
        if (status == PX_OK)
            px_model_set_release(&set);
    }
    CHECK_EQ(status, PX_OK);
    CHECK(n > 10);
}

/* One thing inside another: the Interface, and so many arrays. */
static px_err refused_at_depth(int depth)
{
    px_buf buf = { 0 };
    px_err err;

    px_put_c(&buf, INTERFACE_V3("dtmi:ex:A;1") ",\"comment\":");
    for (int i = 1; i < depth; i++)
        px_put_char(&buf, '[');
    for (int i = 1; i < depth; i++)
        px_put_char(&buf, ']');
    px_put_char(&buf, '}');
    err = parse_refused(px_buf_str(&buf));
    px_buf_release(&buf);
    return err;
}

PX_TEST(the_json_of_a_model_is_read_as_deep_as_the_limit_and_no_deeper)
{
    CHECK(strcmp(refused_at_depth(PX_MODEL_JSON_DEPTH_MAX).id, "json.depth") != 0);
    CHECK_STR(refused_at_depth(PX_MODEL_JSON_DEPTH_MAX + 1).id, "json.depth");
}

PX_TEST_MAIN()
