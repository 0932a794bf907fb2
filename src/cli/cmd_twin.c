/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "cli/cmds.h"
#include "cli/contents.h"
#include "cli/file.h"
#include "cli/no_such.h"
#include "cli/out.h"
#include "cli/twin_call.h"
#include "cli/when.h"

enum { TWIN_ARENA_BYTES = 64 << 20 };

static const char *if_match(const px_args *args, px_arena *arena)
{
    const char *etag = px_args_get(args, "if-match");
    px_buf header = { 0 };
    px_str text;

    if (!etag)
        return NULL;
    px_putf(&header, "If-Match: %s", etag);
    text = px_arena_str(arena, px_buf_str(&header));
    px_buf_release(&header);
    return text.ptr;
}

/* ---- create, list, set, delete ---- */

static px_status put_new_twin(px_buf *body, const char *model, const px_assigns *list,
                              px_err *ret_err)
{
    px_put_c(body, "{\"$metadata\":{\"$model\":");
    px_put_json_string(body, px_str_c(model));
    px_put_char(body, '}');
    if (list->count)
        px_put_char(body, ',');
    px_put_json_members(body, list->items, list->count);
    px_put_char(body, '}');
    return px_buf_status(body, ret_err);
}

enum { NOT_SAID, SAID_WHOLE, SAID_IN_PART };

/* Whether the component is given as a value, or some of its members are. */
static int how_said(const px_assigns *list, px_str component)
{
    for (size_t i = 0; i < list->count; i++) {
        px_str rest = list->items[i].name;

        if (px_str_eq(rest, component))
            return SAID_WHOLE;
        if (px_str_eq(px_str_cut(&rest, '.'), component))
            return SAID_IN_PART;
    }
    return NOT_SAID;
}

/* A twin must have every component of its model, be it an empty one. */
static px_status add_components(px_cli *cli, const char *model, px_assigns *list, px_arena *arena,
                                px_err *ret_err)
{
    static const char *const types[] = { "Component", NULL };
    px_names names = { 0 };
    px_status status = px_contents_of(cli, px_str_c(model), types, arena, &names, ret_err);

    for (size_t i = 0; i < names.len && status == PX_OK; i++) {
        px_assign item = { names.ptr[i], PX_STR("{\"$metadata\":{}}") };
        int said = how_said(list, item.name);

        if (said == SAID_WHOLE)
            continue;
        if (said == SAID_IN_PART) { /* motor.speed=20 is there; motor.$metadata goes beside */
            px_buf name = { 0 };

            px_putf(&name, "%.*s.$metadata", PX_FMT(names.ptr[i]));
            item = (px_assign){ px_arena_str(arena, px_buf_str(&name)), PX_STR("{}") };
            px_buf_release(&name);
        }
        status =
            item.name.ptr ? px_assigns_add(list, item, ret_err) : px_arena_fail(arena, ret_err);
    }
    PX_VEC_RELEASE(&names);
    px_assigns_sort(list);
    return status;
}

static px_status run_create(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0), *model = px_args_get(args, "model");
    const char *file = px_args_get(args, "file");
    px_http_call call = { .method = "PUT",
                          .header = px_args_has(args, "replace") ? NULL : "If-None-Match: *" };
    px_buf body = { 0 };
    px_assigns *list = NULL;
    px_json *root;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, TWIN_ARENA_BYTES);
    if (!model == !file)
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "say which model: --model ID, or the whole twin: --file FILE");
    PX_TRY(px_assigns_read(args, "set", 0, &arena, &list, ret_err));
    if (file) {
        PX_TRY(px_file_read(px_str_c(file), 4 << 20, &arena, &call.body, ret_err));
    } else {
        status = add_components(cli, model, list, &arena, ret_err);
        PX_TRY(px_no_such(cli, PX_THING_MODEL, model, status, ret_err));
        PX_TRY(put_new_twin(&body, model, list, ret_err));
        call.body = px_buf_str(&body);
    }
    status =
        px_twin_call(cli, call, "/digitaltwins/", id, "?" PX_AZURE_VERSION, &arena, &root, ret_err);
    px_buf_release(&body);
    if (status == PX_STALE) {
        px_cli_cure(cli, "pollux twin set %s changes it; --replace puts the new one in its place",
                    id);
        return px_fail(ret_err, status, "there is a twin '%s' already", id);
    }
    PX_TRY(status);
    return px_out_done(cli, root, ret_err, "created %s", id);
}

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "id", "id", false },
                                             { "model", "model", false },
                                             { "updated", "updated", false },
                                             { "freshness", "?freshness/state", false },
                                             { 0 } };

    (void)args;
    return px_out_list(cli, "/api/v1/twins?limit=1000", columns, ret_err);
}

static px_status run_set(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    px_http_call call = { .method = "PATCH", .content_type = "application/json-patch+json" };
    px_buf body = { 0 };
    px_assigns *list = NULL;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, TWIN_ARENA_BYTES);
    PX_TRY(px_assigns_read(args, NULL, 1, &arena, &list, ret_err));
    if (!list->count)
        return px_fail_id(ret_err, PX_INVALID, "cli.operand", "nothing to set: NAME=VALUE…");
    px_put_json_patch(&body, list->items, list->count);
    call.body = px_buf_str(&body);
    call.header = if_match(args, &arena);
    status =
        px_twin_call(cli, call, "/digitaltwins/", id, "?" PX_AZURE_VERSION, &arena, NULL, ret_err);
    px_buf_release(&body);
    status = px_no_such_value(cli, id, PX_MEMBER_VALUE, list, status, ret_err);
    PX_TRY(px_no_such(cli, PX_THING_TWIN, id, status, ret_err));
    return px_out_done(cli, NULL, ret_err, "set %zu on %s", list->count, id);
}

static bool speaks_for(const px_json *device, px_str twin)
{
    const px_json *twins = px_json_get(device, PX_STR("twins"));

    for (const px_json *t = twins ? twins->first : NULL; t; t = t->next)
        if (px_str_eq(t->text, twin))
            return true;
    return false;
}

/* Of the first 500 devices those that speak for a twin that is gone: most often they are to
 * be changed as well. That they cannot be asked is no failure of the command. */
static void note_devices(px_cli *cli, const char *id, px_arena *arena)
{
    enum { TOLD_MAX = 3 };
    size_t count = 0;
    px_json *root;
    const px_json *items = NULL;

    if (px_api_get(cli, arena, &root, NULL, "/api/v1/devices?limit=500") == PX_OK)
        items = px_json_get(root, PX_STR("items"));
    cli->cure[0] = '\0';
    for (const px_json *d = items ? items->first : NULL; d; d = d->next) {
        if (!speaks_for(d, px_str_c(id)))
            continue;
        if (++count <= TOLD_MAX)
            px_cli_note(cli, "device '%.*s' is bound to it still",
                        PX_FMT(px_json_get_text(d, PX_STR("id"))));
    }
    if (count > TOLD_MAX)
        px_cli_note(cli, "and %zu more", count - TOLD_MAX);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    px_http_call call = { .method = "DELETE" };
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, TWIN_ARENA_BYTES);
    call.header = if_match(args, &arena);
    status =
        px_twin_call(cli, call, "/digitaltwins/", id, "?" PX_AZURE_VERSION, &arena, NULL, ret_err);
    if (status == PX_INVALID || status == PX_CONFLICT)
        px_cli_cure(cli,
                    "relationships go first: pollux rel list %s; pollux rel list %s --incoming", id,
                    id);
    PX_TRY(px_no_such(cli, PX_THING_TWIN, id, status, ret_err));
    note_devices(cli, id, &arena);
    return px_out_done(cli, NULL, ret_err, "deleted %s", id);
}

/* ---- show ---- */

/* What is declared of the value, among the `items` of the twin's freshness; NULL: nothing. */
static const px_json *freshness_of(const px_json *items, px_str path)
{
    for (const px_json *item = items ? items->first : NULL; item; item = item->next)
        if (px_str_eq(px_json_get_text(item, PX_STR("path")), path))
            return px_json_get(item, PX_STR("state"));
    return NULL;
}

static px_status add_value(px_table *table, const px_json *member, const px_json *desired,
                           const px_json *items, px_err *ret_err)
{
    const px_json *const cells[] = {
        px_json_get(member, PX_STR("value")),
        px_json_get(px_json_get(desired, member->key), PX_STR("value")),
        px_json_get(member, PX_STR("unit")),
        freshness_of(items, member->key),
        px_json_get(member, PX_STR("sourceTime")),
        px_json_get(member, PX_STR("arrivalTime")),
        px_json_get(member, PX_STR("quality")),
    };

    PX_TRY(px_table_add(table, member->key, ret_err));
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        px_buf cell = { 0 };
        px_status status;

        px_put_plain(&cell, cells[i]);
        status = px_buf_status(&cell, ret_err);
        if (status == PX_OK)
            status = px_table_add(table, px_buf_str(&cell), ret_err);
        px_buf_release(&cell);
        PX_TRY(status);
    }
    return PX_OK;
}

/* `items`: of the twin's freshness; NULL: nothing is declared. */
static px_status show_values(px_cli *cli, const px_json *twin, const px_json *items,
                             px_arena *arena, px_err *ret_err)
{
    static const char *const heads[] = { "property",  "value",       "desired",      "unit",
                                         "freshness", "source time", "arrival time", "quality" };
    const px_json *values = px_json_get(twin, PX_STR("values"));
    const px_json *desired = px_json_get(twin, PX_STR("desired"));
    px_status status;
    px_table table;

    PX_TRY(px_table_init(&table, arena, heads, sizeof(heads) / sizeof(heads[0]), ret_err));
    table.right[1] = true;
    table.whole[5] = table.whole[6] = true; /* times */
    table.hide_empty = true;
    status = PX_OK;
    for (const px_json *m = values ? values->first : NULL; m && status == PX_OK; m = m->next)
        status = add_value(&table, m, desired, items, ret_err);
    if (status == PX_OK && table.cells.len)
        return px_out_table(cli, &table, ret_err);
    px_table_release(&table);
    return status;
}

/* "id  model  updated TIME  stale since TIME" */
static void put_head(px_buf *head, const px_json *twin)
{
    const px_json *freshness = px_json_get(twin, PX_STR("freshness"));

    px_put_plain(head, px_json_get(twin, PX_STR("id")));
    px_put_c(head, "  ");
    px_put_plain(head, px_json_get(twin, PX_STR("model")));
    px_put_c(head, "  updated ");
    px_put_plain(head, px_json_get(twin, PX_STR("updated")));
    if (freshness) {
        px_put_c(head, "  ");
        px_put_plain(head, px_json_get(freshness, PX_STR("state")));
        px_put_c(head, " since ");
        px_put_plain(head, px_json_get(freshness, PX_STR("since")));
    }
    px_put_c(head, "\n\n");
}

/* NULL where nothing is declared. That it cannot be asked is no failure: the head has the state. */
static const px_json *read_freshness(px_cli *cli, const px_json *twin, const char *id,
                                     px_arena *arena)
{
    px_json *root = NULL;

    if (!px_json_get(twin, PX_STR("freshness")))
        return NULL;
    if (px_api_get(cli, arena, &root, NULL, "/api/v1/twins/%s/freshness", px_api_part(arena, id)) !=
        PX_OK)
        cli->cure[0] = '\0';
    return px_json_get(root, PX_STR("items"));
}

static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    px_json *twin = NULL;
    px_buf head = { 0 };
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    status = px_twin_call(cli, (px_http_call){ .method = "GET" }, "/api/v1/twins/", id, "", &arena,
                          &twin, ret_err);
    PX_TRY(px_no_such(cli, PX_THING_TWIN, id, status, ret_err));
    if (cli->json)
        return px_out_json(cli, twin, ret_err);
    put_head(&head, twin);
    status = px_cli_write(cli, px_buf_str(&head), ret_err);
    px_buf_release(&head);
    PX_TRY(status);
    return show_values(cli, twin, read_freshness(cli, twin, id, &arena), &arena, ret_err);
}

/* ---- desired ---- */

static void put_known(px_buf *cell, const px_json *value)
{
    if (value && value->type != PX_JSON_NULL)
        px_put_plain(cell, value);
}

static px_status add_wish(px_table *table, const px_json *wish, px_err *ret_err)
{
    static const char *const members[] = { "value", "reported", "status",
                                           "since", "expires",  "reason" };

    PX_TRY(px_table_add(table, wish->key, ret_err));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        px_buf cell = { 0 };
        px_status status;

        put_known(&cell, px_json_get(wish, px_str_c(members[i])));
        status = px_buf_status(&cell, ret_err);
        if (status == PX_OK)
            status = px_table_add(table, px_buf_str(&cell), ret_err);
        px_buf_release(&cell);
        PX_TRY(status);
    }
    return PX_OK;
}

/* {"speed":{"value":25,"status":"pending",…}}: a line a property. */
static px_status print_desired(px_cli *cli, const px_json *root, px_arena *arena, px_err *ret_err)
{
    static const char *const heads[] = { "property", "desired", "reported", "status",
                                         "since",    "expires", "reason" };
    px_status status = PX_OK;
    px_table table;

    if (cli->json)
        return px_out_json(cli, root, ret_err);
    PX_TRY(px_table_init(&table, arena, heads, 7, ret_err));
    table.right[1] = table.right[2] = true;
    table.whole[4] = table.whole[5] = true; /* times */
    table.hide_empty = true;
    for (const px_json *m = root->first; m && status == PX_OK; m = m->next)
        status = add_wish(&table, m, ret_err);
    if (status == PX_OK && table.cells.len)
        return px_out_table(cli, &table, ret_err);
    px_table_release(&table);
    if (status == PX_OK)
        px_cli_note(cli, "nothing is wished for");
    return status;
}

/* Judged before anything is put: a failure leaves nothing to release. */
static px_status put_expiry(px_buf *after, const char *expiry, size_t count, px_err *ret_err)
{
    uint64_t seconds = 0;

    if (expiry && !count)
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "--expiry is for what is wished for: NAME=VALUE…");
    if (expiry)
        PX_TRY(px_seconds_parse("--expiry", expiry, PX_DESIRED_EXPIRY_S_MAX, &seconds, ret_err));
    px_put_c(after, "/desired");
    if (expiry)
        px_putf(after, "?expiry=%llu", (unsigned long long)seconds);
    return PX_OK;
}

static px_status run_desired(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    px_http_call call = { .method = "GET" };
    px_buf body = { 0 };
    px_json *root;
    px_assigns *list = NULL;
    px_buf after = { 0 };
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    PX_TRY(px_assigns_read(args, NULL, 1, &arena, &list, ret_err));
    PX_TRY(put_expiry(&after, px_args_get(args, "expiry"), list->count, ret_err));
    if (list->count) {
        px_put_char(&body, '{');
        px_put_json_members(&body, list->items, list->count);
        px_put_char(&body, '}');
        call = (px_http_call){ .method = "PATCH",
                               .body = px_buf_str(&body),
                               .content_type = "application/merge-patch+json" };
    }
    px_put_char(&after, '\0');
    status = px_buf_status(&after, ret_err);
    if (status == PX_OK)
        status = px_twin_call(cli, call, "/api/v1/twins/", id, after.ptr, &arena, &root, ret_err);
    px_buf_release(&after);
    px_buf_release(&body);
    status = px_no_such_value(cli, id, PX_MEMBER_WRITABLE, list, status, ret_err);
    PX_TRY(px_no_such(cli, PX_THING_TWIN, id, status, ret_err));
    if (root)
        return print_desired(cli, root, &arena, ret_err);
    return px_out_done(cli, NULL, ret_err, "desired of %s: %zu set", id, list->count);
}

/* ---- table ---- */

static const px_opt create_options[] = {
    { "model", 'm', "ID", "the model's identifier" },
    { "set", 's', "NAME=VALUE", "a property's first value; may be repeated" },
    { "file", 'f', "FILE", "the whole twin as JSON instead (- is standard input)" },
    { "replace", 0, NULL, "replace the twin if it is there" },
    { 0 },
};
static const px_opt set_options[] = {
    { "unset", 'u', "NAME", "remove the property; may be repeated" },
    { "if-match", 0, "ETAG", "only if the twin is still this one" },
    { 0 },
};
static const px_opt delete_options[] = {
    { "if-match", 0, "ETAG", "only if the twin is still this one" },
    { 0 },
};
static const px_opt desired_options[] = {
    { "unset", 'u', "NAME", "wish for nothing any more; may be repeated" },
    { "expiry", 0, "TIME", "what is not applied by then is timed out, such as 1h" },
    { 0 },
};
static const px_opt command_options[] = {
    { "id", 0, "ID", "done once: called again with the same id, the same answer is told" },
    { "timeout", 0, "TIME", "how long the device has to answer: 1s to 1h [5s]" },
    { "expiry", 0, "TIME", "how long it may wait for a device that is away, such as 1h" },
    { "retry", 0, "COUNT", "so many times more it is sent when it is not answered in time" },
    { "interval", 0, "TIME", "how long between the end of an attempt and the next" },
    { "dry-run", 0, NULL, "only say whether the guards of its model hold" },
    { "no-wait", 0, NULL, "return at once; pollux command show tells what came of it" },
    { 0 },
};
static const px_opt branch_options[] = {
    { "unset", 'u', "NAME", "try: remove the property on the branch; may be repeated" },
    { 0 },
};

#define VALUES                                                                                     \
    "A value is JSON when it reads as JSON, else text: speed=20, on=true, label=Pump 1.\n"         \
    "A dotted name leads into a component or object: motor.speed=20."

const px_cmd px_cmd_twin[] = {
    { .noun = "twin",
      .summary = "create, read and change twins",
      .examples = "pollux twin create pump-1 --model 'dtmi:com:acme:Pump;1' --set speed=20\n"
                  "pollux twin show pump-1\n"
                  "pollux twin set pump-1 speed=21.5\n"
                  "pollux twin command pump-1 stop" },
    { .noun = "twin",
      .verb = "create",
      .summary = "make a twin of a model",
      .operands = "ID",
      .examples = "pollux twin create pump-1 --model 'dtmi:com:acme:Pump;1'\n"
                  "pollux twin create pump-1 --model 'dtmi:com:acme:Pump;1' --set speed=20 --set "
                  "label='Pump 1'\n"
                  "pollux twin create pump-1 --file pump-1.json",
      .notes = VALUES,
      .opts = create_options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_create },
    { .noun = "twin",
      .verb = "show",
      .summary = "show a twin's values with their times and quality, and how fresh they are",
      .operands = "ID",
      .examples = "pollux twin show pump-1\npollux twin show pump-1 --json",
      .notes =
          "source time: when it was so, as the device says; arrival time: when the server heard.\n"
          "freshness: where it is declared how often the value comes; pollux freshness show tells\n"
          "more. A column that is empty for all values is left out.",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_show },
    { .noun = "twin",
      .verb = "list",
      .summary = "list all twins, and how fresh those are of which it is declared",
      .examples = "pollux twin list\npollux twin list --json",
      .run = run_list },
    { .noun = "twin",
      .verb = "set",
      .summary = "set properties, all or none",
      .operands = "ID [NAME=VALUE…]",
      .examples = "pollux twin set pump-1 speed=21.5\n"
                  "pollux twin set pump-1 motor.speed=20 --unset note",
      .notes = VALUES,
      .opts = set_options,
      .operands_min = 1,
      .operands_max = PX_ASSIGNS_MAX + 1,
      .run = run_set },
    { .noun = "twin",
      .verb = "delete",
      .summary = "delete a twin",
      .operands = "ID",
      .examples = "pollux twin delete pump-1",
      .opts = delete_options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { .noun = "twin",
      .verb = "desired",
      .summary = "show or change what the device is wished to do",
      .operands = "ID [NAME=VALUE…]",
      .examples = "pollux twin desired pump-1\npollux twin desired pump-1 speed=25 --expiry 1h",
      .notes =
          "status: pending; delivered, when a device that speaks for the twin was handed it; then\n"
          "applied, rejected by the device, or timed out. A time is a number of seconds, or such "
          "as\n"
          "90s, 10m, 1h.\n" VALUES,
      .opts = desired_options,
      .operands_min = 1,
      .operands_max = PX_ASSIGNS_MAX + 1,
      .run = run_desired },
    { .noun = "twin",
      .verb = "command",
      .summary = "send a command to the twin's device and wait for its answer",
      .operands = "ID NAME [JSON]",
      .examples = "pollux twin command pump-1 stop\n"
                  "pollux twin command pump-1 setSpeed '{\"speed\":20}' --id order-17\n"
                  "pollux twin command pump-1 stop --expiry 1h --retry 3 --no-wait",
      .notes =
          "status: applied or rejected, as the device answers. What it rejected ends the command\n"
          "with exit code 2, a device that does not answer in time, or does not come, with 7.\n"
          "A time is a number of seconds, or such as 90s, 10m, 1h.",
      .opts = command_options,
      .operands_min = 2,
      .operands_max = 3,
      .run = px_twin_command },
    { .noun = "twin",
      .verb = "branch",
      .summary = "try changes on a branch beside the live twins",
      .operands = "list|try|diff|drop [NAME [TWIN NAME=VALUE…]]",
      .examples = "pollux twin branch try hotter pump-1 speed=30\n"
                  "pollux twin branch diff hotter\n"
                  "pollux twin branch drop hotter\n"
                  "pollux twin branch list",
      .notes = "A branch is made by the first try. Nothing on it reaches the live twins.\n" VALUES,
      .opts = branch_options,
      .operands_min = 1,
      .operands_max = PX_ASSIGNS_MAX + 3,
      .run = px_cmd_branch_run },
    { 0 },
};
