/* SPDX-License-Identifier: Apache-2.0 */
/* Where the values of twins go that get another model. */
#include "cli/carry.h"

#include "px_test.h"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"heat\",\"schema\":\"double\"},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:ex:Motor;1\"},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\",\"properties\":["
    "{\"@type\":\"Property\",\"name\":\"since\",\"schema\":\"integer\"}]}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:Pump;2\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"velocity\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"heat\",\"schema\":\"double\"},"
    "{\"@type\":\"Component\",\"name\":\"engine\",\"schema\":\"dtmi:ex:Motor;1\"},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\",\"properties\":["
    "{\"@type\":\"Property\",\"name\":\"from\",\"schema\":\"integer\"}]}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:ex:Motor;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"hours\",\"schema\":\"integer\"},"
    "{\"@type\":\"Property\",\"name\":\"power\",\"schema\":\"integer\"}]}]";

static const px_opt options[] = {
    { "rename", 'r', "OLD=NEW", "" },
    { "drop", 0, "OLD", "" },
    { "set", 's', "NEW=VALUE", "" },
    { "map", 0, "FILE", "" },
    { 0 },
};

typedef struct rules {
    px_model_set set;
    px_arena arena;
    px_args args;
    px_carry carry;
    px_status status;
    px_err err;
} rules;

static void begin(rules *r, int count, const char *const *words)
{
    int at = 0;

    *r = (rules){ .args = { .own = options } };
    px_arena_init(&r->arena, 1 << 20);
    CHECK_OK(px_models_parse(px_str_c(models), NULL, &r->set, &r->err), &r->err);
    CHECK_OK(px_args_read(&r->args, count, words, &at, false, &r->err), &r->err);
    r->carry = (px_carry){ .from = r->set.models[0], .to = r->set.models[1], .arena = &r->arena };
    r->status = px_carry_read(&r->carry, &r->args, &r->err);
}

static void end(rules *r)
{
    px_carry_release(&r->carry);
    px_args_release(&r->args);
    px_model_set_release(&r->set);
    px_arena_release(&r->arena);
}

#define BEGIN(r, ...)                                                                              \
    begin((r), (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *)),              \
          (const char *const[]){ __VA_ARGS__ })

static void check_map(const rules *r, const char *owner, const char *name, const char *wanted_owner,
                      const char *wanted_name)
{
    px_str to_owner, to_name;

    px_carry_map(&r->carry, px_str_c(owner), px_str_c(name), &to_owner, &to_name);
    CHECK_SLICE(to_owner, wanted_owner);
    CHECK_SLICE(to_name, wanted_name);
}

PX_TEST(values_components_and_properties_of_relationships_get_other_names)
{
    rules r;

    BEGIN(&r, "--rename", "speed=velocity", "-r", "motor=engine", "-r", "feeds.since=feeds.from");
    CHECK_OK(r.status, &r.err);
    check_map(&r, "", "speed", "", "velocity");
    check_map(&r, "", "heat", "", "heat");
    check_map(&r, "motor", "hours", "engine", "hours");
    check_map(&r, "feeds", "since", "feeds", "from");
    check_map(&r, "", "feeds", "", "feeds");
    end(&r);
}

PX_TEST(a_rule_about_the_thing_itself_goes_before_one_about_what_it_is_in)
{
    rules r;

    BEGIN(&r, "-r", "motor=engine", "--drop", "motor.power", "-r", "motor.hours=heat", "--drop",
          "heat");
    CHECK_OK(r.status, &r.err);
    check_map(&r, "motor", "power", "", "");
    check_map(&r, "motor", "hours", "", "heat");
    check_map(&r, "", "heat", "", "");
    end(&r);
    BEGIN(&r, "--drop", "motor");
    check_map(&r, "motor", "power", "", "");
    end(&r);
}

static void check_refused(const char *option, const char *word, const char *id)
{
    rules r;

    BEGIN(&r, option, word);
    CHECK_EQ(r.status, PX_INVALID);
    CHECK_STR(r.err.id, id);
    end(&r);
}

PX_TEST(a_path_that_its_model_has_not_is_refused)
{
    check_refused("--rename", "spede=velocity", "migrate.path");
    check_refused("--rename", "speed=velocty", "migrate.path");
    check_refused("--rename", "feeds.sinse=feeds.from", "migrate.path");
    check_refused("--drop", "velocity", "migrate.path");
    check_refused("--set", "speed=1", "migrate.path");
    check_refused("--set", "engine=1", "migrate.set");
    check_refused("--rename", "speed", "cli.assign");
}

PX_TEST(a_value_that_does_not_fit_is_refused_before_any_twin_is_read)
{
    check_refused("--set", "velocity=fast", "migrate.set");
    check_refused("--set", "engine.hours=1.5", "migrate.set");
}

PX_TEST(two_values_never_end_in_one_place)
{
    rules r;

    check_refused("--rename", "speed=heat", "migrate.meet");
    BEGIN(&r, "-r", "speed=velocity", "-r", "heat=velocity");
    CHECK_STR(r.err.id, "migrate.meet");
    end(&r);
    BEGIN(&r, "-r", "speed=velocity", "-r", "speed=heat");
    CHECK_STR(r.err.id, "migrate.twice");
    end(&r);
    BEGIN(&r, "-r", "speed=heat", "-r", "heat=velocity"); /* makes room */
    CHECK_OK(r.status, &r.err);
    end(&r);
}

PX_TEST_MAIN()
