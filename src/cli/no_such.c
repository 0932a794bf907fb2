/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/no_such.h"

#include "cli/contents.h"

enum { ARENA_BYTES = 64 << 20, THINGS_MAX = 1000 };

static const struct {
    const char *noun;
    const char *before, *after; /* the path of one is before, its id, after */
    const char *list;           /* the path of all, or of the first of them */
    const char *cure;
} things[PX_THING_COUNT] = {
    [PX_THING_TWIN] = { "twin", "/api/v1/twins/", "", "/api/v1/twins?limit=1000",
                        "pollux twin list shows the twins there are" },
    [PX_THING_MODEL] = { "model", "/models/", "?" PX_AZURE_VERSION, "/models?" PX_AZURE_VERSION,
                         "pollux model list shows the models there are" },
    [PX_THING_DEVICE] = { "device", "/api/v1/devices/", "", "/api/v1/devices",
                          "pollux device list shows the devices there are" },
    [PX_THING_BACKUP] = { "backup", "/api/v1/backups/", "", "/api/v1/backups",
                          "pollux backup list shows the backups there are" },
    [PX_THING_BRANCH] = { "branch", "/api/v1/branches/", "/diff", "/api/v1/branches",
                          "pollux twin branch list shows the branches there are" },
    [PX_THING_ENDPOINT] = { "endpoint", "/api/v1/endpoints/", "", "/api/v1/endpoints",
                            "pollux endpoint list shows the endpoints there are" },
    [PX_THING_ROUTE] = { "route", "/eventroutes/", "?" PX_AZURE_VERSION,
                         "/eventroutes?" PX_AZURE_VERSION,
                         "pollux route list shows the routes there are" },
    [PX_THING_BINDING] = { "binding", "/api/v1/bindings/", "", "/api/v1/bindings",
                           "pollux binding list shows the bindings there are" },
    [PX_THING_CONNECTION] = { "connection", "/api/v1/connections/", "", "/api/v1/connections",
                              "pollux connection list shows the connections there are" },
    [PX_THING_INDEX] = { "index", "/api/v1/property-indexes/", "", "/api/v1/property-indexes",
                         "pollux index list shows the indexes there are" },
    [PX_THING_FRESHNESS] = { "declared freshness of twin", "/api/v1/freshness-rules/", "",
                             "/api/v1/freshness-rules",
                             "pollux freshness show tells what the model declares" },
    [PX_THING_CLAIM] = { "claim", "/api/v1/claims/", "", "/api/v1/claims",
                         "pollux claim list shows the claims there are" },
    [PX_THING_ISSUER] = { "issuer", "/api/v1/issuers/", "", "/api/v1/issuers",
                          "pollux issuer list shows the issuers there are" },
};

static const struct {
    const char *noun;
    const char *types[4];
} members[PX_MEMBER_COUNT] = {
    [PX_MEMBER_VALUE] = { "property", { "Property", "Telemetry", "Component", NULL } },
    [PX_MEMBER_WRITABLE] = { "writable property", { "Property", NULL } },
    [PX_MEMBER_COMMAND] = { "command", { "Command", NULL } },
    [PX_MEMBER_RELATIONSHIP] = { "relationship", { "Relationship", NULL } },
};

/* A question that follows a failure: neither its own failure nor its cure is told to anybody. */
static px_status ask(px_cli *cli, const char *path, px_arena *arena, px_json **ret_root)
{
    px_http_call call = { .method = "GET", .path = path };
    char cure[sizeof(cli->cure)];
    px_status status;

    memcpy(cure, cli->cure, sizeof(cure));
    status = px_api_call(cli, &call, arena, ret_root, NULL);
    memcpy(cli->cure, cure, sizeof(cure));
    return status;
}

void px_put_thing_path(px_buf *path, px_thing thing, const char *id)
{
    px_put_c(path, things[thing].before);
    px_put_url_part(path, px_str_c(id));
    px_put_c(path, things[thing].after);
}

static px_status ask_one(px_cli *cli, px_thing thing, const char *id, px_arena *arena,
                         px_json **ret_root)
{
    px_buf path = { 0 };
    px_status status;

    px_put_thing_path(&path, thing, id);
    status = px_buf_status(&path, NULL);
    if (status == PX_OK)
        status = ask(cli, path.ptr, arena, ret_root);
    px_buf_release(&path);
    return status;
}

/* Of the ids or names of a list's items. */
static px_str nearest_item(const px_json *root, const char *id)
{
    const px_json *items = px_json_get(root, PX_STR("items"));
    px_str ids[THINGS_MAX];
    size_t count = 0;

    if (!items)
        items = px_json_get(root, PX_STR("value"));
    for (const px_json *i = items ? items->first : NULL; i && count < THINGS_MAX; i = i->next) {
        px_str text = px_json_get_text(i, PX_STR("id"));

        ids[count++] = text.len ? text : px_json_get_text(i, PX_STR("name"));
    }
    return px_str_nearest(px_str_c(id), ids, count);
}

/* "; did you mean 'x'?", or nothing. */
static void put_nearest(px_err *err, px_str nearest)
{
    size_t len = strlen(err->text);

    if (nearest.len)
        snprintf(err->text + len, sizeof(err->text) - len, "; did you mean '%.*s'?",
                 PX_FMT(nearest));
}

px_status px_no_such(px_cli *cli, px_thing thing, const char *id, px_status status, px_err *ret_err)
{
    px_json *root = NULL;
    px_err err;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    if (status != PX_NOT_FOUND || ask_one(cli, thing, id, &arena, &root) != PX_NOT_FOUND)
        return status;
    px_fail_id(&err, status, "cli.no_such", "there is no %s '%s'", things[thing].noun, id);
    if (ask(cli, things[thing].list, &arena, &root) == PX_OK)
        put_nearest(&err, nearest_item(root, id));
    px_cli_cure(cli, "%s", things[thing].cure);
    if (ret_err)
        *ret_err = err;
    return status;
}

static bool is_among(px_str name, const px_names *names)
{
    for (size_t i = 0; i < names->len; i++)
        if (px_str_eq(names->ptr[i], name))
            return true;
    return false;
}

/* The names the twin's model has for such members; false: they could not be asked. */
static bool member_names(px_cli *cli, const char *twin, px_member member, px_arena *arena,
                         px_names *names)
{
    px_json *root = NULL;
    px_str model;

    if (ask_one(cli, PX_THING_TWIN, twin, arena, &root) != PX_OK)
        return false;
    model = px_json_get_text(root, PX_STR("model"));
    return model.len &&
           px_contents_of(cli, model, members[member].types, arena, names, NULL) == PX_OK;
}

static void tell_member(px_cli *cli, const char *twin, px_member member, px_str name,
                        const px_names *names, px_status status, px_err *ret_err)
{
    px_err err;

    px_fail_id(&err, status, "cli.no_such", "the model of twin '%s' has no %s '%.*s'", twin,
               members[member].noun, PX_FMT(name));
    put_nearest(&err, px_str_nearest(name, names->ptr, names->len));
    px_cli_cure(cli, "pollux twin show %s names its model; pollux model show MODEL what it has",
                twin);
    if (ret_err)
        *ret_err = err;
}

px_status px_no_such_member(px_cli *cli, const char *twin, px_member member, px_str name,
                            px_status status, px_err *ret_err)
{
    px_names names = { 0 };
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    if ((status == PX_INVALID || status == PX_NOT_FOUND) &&
        member_names(cli, twin, member, &arena, &names) && !is_among(name, &names))
        tell_member(cli, twin, member, name, &names, status, ret_err);
    PX_VEC_RELEASE(&names);
    return status;
}

px_status px_no_such_value(px_cli *cli, const char *twin, px_member member, const px_assigns *list,
                           px_status status, px_err *ret_err)
{
    px_names names = { 0 };
    bool is_known;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    is_known = status == PX_INVALID && member_names(cli, twin, member, &arena, &names);

    for (size_t i = 0; is_known && i < list->count; i++) {
        px_str rest = list->items[i].name, name = px_str_cut(&rest, '.');

        if (name.len && name.ptr[0] != '$' && !is_among(name, &names)) {
            tell_member(cli, twin, member, name, &names, status, ret_err);
            break;
        }
    }
    PX_VEC_RELEASE(&names);
    return status;
}
