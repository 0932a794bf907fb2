/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/binding_try.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/map.h"
#include "cli/file.h"
#include "cli/out.h"

enum {
    FILE_BYTES_MAX = 64 << 20,
    SEND_BYTES = 512 << 10, /* of one call, */
    SEND_MESSAGES = 500,    /* and its messages */
    PIECE_ROWS = 100        /* of CSV, one message */
};

/* One line of the summary: values of a property, or what was wrong. */
typedef struct sum {
    px_str words[4]; /* twin, property, first, last; or: twin, name, reason */
    px_str unit;
    uint64_t count;
} sum;

typedef PX_VEC(sum) sum_vec;

typedef struct trial {
    px_cli *cli;
    const px_args *args;
    px_arena arena; /* texts of the sums */
    px_str binding; /* `"name":"x"` or `"binding":{…}` */
    px_buf body;    /* messages that wait to be sent */
    size_t waiting;
    px_buf answers; /* with --json: the messages of all answers */
    sum_vec values, misses, leftovers;
    uint64_t messages, mapped, missed, failed;
} trial;

/* ---- summing up ---- */

static px_str keep(trial *t, px_str text)
{
    px_str copy = px_arena_str(&t->arena, text);

    return copy.ptr ? copy : PX_STR("");
}

static sum *find_sum(sum_vec *sums, const px_str *words, size_t count)
{
    PX_VEC_EACH (sums, s) {
        size_t i = 0;

        while (i < count && px_str_eq(s->words[i], words[i]))
            i++;
        if (i == count)
            return s;
    }
    return NULL;
}

/* NULL: no memory. */
static sum *add_sum(trial *t, sum_vec *sums, const px_str *words, size_t count)
{
    sum fresh = { 0 }, *found = find_sum(sums, words, count);

    if (!found) {
        for (size_t i = 0; i < count; i++)
            fresh.words[i] = keep(t, words[i]);
        if (!PX_VEC_PUSH(sums, fresh))
            return NULL;
        found = &sums->ptr[sums->len - 1];
    }
    found->count++;
    return found;
}

static bool add_value(trial *t, const px_json *value)
{
    px_str words[] = { px_json_get_text(value, PX_STR("twin")),
                       px_json_get_text(value, PX_STR("property")) };
    px_buf text = { 0 };
    sum *s = add_sum(t, &t->values, words, 2);

    if (!s)
        return false;
    px_put_plain(&text, px_json_get(value, PX_STR("value")));
    s->words[3] = keep(t, px_buf_str(&text));
    if (s->count == 1)
        s->words[2] = s->words[3];
    s->unit = keep(t, px_json_get_text(value, PX_STR("unit")));
    px_buf_release(&text);
    return true;
}

static bool add_miss(trial *t, px_str twin, px_str name, px_str reason)
{
    px_str words[] = { twin, name, reason };

    return add_sum(t, &t->misses, words, 3) != NULL;
}

static bool add_message(trial *t, const px_json *message)
{
    const px_json *values = px_json_get(message, PX_STR("values"));
    const px_json *misses = px_json_get(message, PX_STR("misses"));
    const px_json *leftovers = px_json_get(message, PX_STR("leftovers"));
    px_str error = px_json_get_text(message, PX_STR("error"));
    bool good = !error.len || add_miss(t, PX_STR(""), PX_STR(""), error);

    for (const px_json *m = values ? values->first : NULL; m && good; m = m->next)
        good = add_value(t, m);
    for (const px_json *m = misses ? misses->first : NULL; m && good; m = m->next)
        good = add_miss(t, px_json_get_text(m, PX_STR("twin")), px_json_get_text(m, PX_STR("name")),
                        px_json_get_text(m, PX_STR("reason")));
    for (const px_json *m = leftovers ? leftovers->first : NULL; m && good; m = m->next)
        good = add_sum(t, &t->leftovers, &m->text, 1) != NULL;
    return good;
}

static uint64_t total(const px_json *root, const char *name)
{
    return px_json_get_uint(px_json_get(root, PX_STR("totals")), px_str_c(name));
}

static px_status take_answer(trial *t, const px_json *root, px_err *ret_err)
{
    const px_json *messages = px_json_get(root, PX_STR("messages"));

    t->messages += total(root, "messages");
    t->mapped += total(root, "values");
    t->missed += total(root, "missed");
    t->failed += total(root, "failed");
    for (const px_json *m = messages ? messages->first : NULL; m; m = m->next) {
        if (!add_message(t, m))
            return px_no_memory(ret_err);
        if (t->cli->json) {
            px_put_c(&t->answers, t->answers.len ? "," : "");
            px_put(&t->answers, m->raw);
        }
    }
    return px_buf_status(&t->answers, ret_err);
}

/* ---- sending ---- */

static px_status send(trial *t, px_err *ret_err)
{
    px_http_call call = { .method = "POST", .path = "/api/v1/binding-tests" };
    px_json *root;
    px_buf body = { 0 };
    px_status status;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    if (!t->waiting)
        return PX_OK;
    px_putf(&body, "{%.*s,\"messages\":[", PX_FMT(t->binding));
    px_put(&body, px_buf_str(&t->body));
    px_put_c(&body, "]}");
    status = px_buf_status(&body, ret_err);
    call.body = px_buf_str(&body);
    if (status == PX_OK)
        status = px_api_call(t->cli, &call, &arena, &root, ret_err);
    px_buf_release(&body);
    px_buf_clear(&t->body);
    t->waiting = 0;
    return status == PX_OK ? take_answer(t, root, ret_err) : status;
}

/* One message, as JSON. */
static px_status add(trial *t, px_str message, px_err *ret_err)
{
    if (t->waiting && (t->waiting == SEND_MESSAGES || t->body.len + message.len > SEND_BYTES))
        PX_TRY(send(t, ret_err));
    px_put_c(&t->body, t->waiting ? "," : "");
    px_put(&t->body, message);
    t->waiting++;
    return px_buf_status(&t->body, ret_err);
}

static px_status add_payload(trial *t, px_str payload, px_err *ret_err)
{
    const char *topic = px_args_get(t->args, "topic");
    px_buf message = { 0 };
    px_json_writer w = px_json_writer_of(&message);
    px_status status;

    px_json_begin_object(&w);
    px_put_member(&w, "topic", px_str_c(topic));
    px_json_key(&w, PX_STR("payload"));
    px_json_string(&w, payload);
    px_json_end_object(&w);
    status = px_buf_status(&message, ret_err);
    if (status == PX_OK)
        status = add(t, px_buf_str(&message), ret_err);
    px_buf_release(&message);
    return status;
}

/* A recorded message has a payload beside its topic; anything else is a payload. */
static bool is_message(px_str line, px_arena *arena)
{
    px_json *json;

    return px_json_parse(line, NULL, arena, &json, NULL) == PX_OK &&
           (px_json_get(json, PX_STR("payload")) || px_json_get(json, PX_STR("base64")));
}

static px_status add_line(trial *t, px_str line, px_err *ret_err)
{
    bool message;
    px_arena arena;

    px_arena_init(&arena, FILE_BYTES_MAX);
    message = is_message(line, &arena);
    px_arena_release(&arena);
    return message ? add(t, line, ret_err) : add_payload(t, line, ret_err);
}

static px_status add_lines(trial *t, px_str text, uint64_t most, px_err *ret_err)
{
    for (uint64_t count = 0; text.len && count < most;) {
        px_str line = px_str_trim(px_str_cut(&text, '\n'));

        if (line.len == 0)
            continue;
        PX_TRY(add_line(t, line, ret_err));
        count++;
    }
    return PX_OK;
}

/* Where the record that begins here ends; line breaks in quotes belong to it. */
static px_str cut_record(px_str *rest)
{
    bool quoted = false;
    size_t end = 0;
    px_str record;

    for (; end < rest->len && (quoted || rest->ptr[end] != '\n'); end++)
        quoted ^= rest->ptr[end] == '"';
    end += end < rest->len;
    record = px_str_of(rest->ptr, end);
    *rest = px_str_skip(*rest, end);
    return record;
}

static px_status add_table(trial *t, px_str text, uint64_t most, px_err *ret_err)
{
    px_str head = cut_record(&text);
    px_buf piece = { 0 };
    px_status status = PX_OK;

    for (uint64_t rows = 0; text.len && rows < most && status == PX_OK;) {
        px_buf_clear(&piece);
        px_put(&piece, head);
        for (int i = 0; i < PIECE_ROWS && text.len && rows < most; i++, rows++)
            px_put(&piece, cut_record(&text));
        status = px_buf_status(&piece, ret_err);
        if (status == PX_OK)
            status = add_payload(t, px_buf_str(&piece), ret_err);
    }
    px_buf_release(&piece);
    return status;
}

/* ---- showing ---- */

static px_status show_sums(px_cli *cli, const sum_vec *sums, const char *const *heads,
                           unsigned words, bool has_unit, px_err *ret_err)
{
    px_table table;
    px_status status;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    if (sums->len == 0)
        return PX_OK;
    status = px_table_init(&table, &arena, heads, words + 1 + has_unit, ret_err);
    PX_TRY(status);
    table.right[words + has_unit] = true;
    for (const sum *s = sums->ptr; s < sums->ptr + sums->len; s++) {
        char count[24];

        for (unsigned i = 0; i < words && status == PX_OK; i++)
            status = px_table_add(&table, s->words[i], ret_err);
        if (status == PX_OK && has_unit)
            status = px_table_add(&table, s->unit, ret_err);
        snprintf(count, sizeof(count), "%llu", (unsigned long long)s->count);
        if (status == PX_OK)
            status = px_table_add(&table, px_str_c(count), ret_err);
    }
    if (status == PX_OK)
        return px_out_table(cli, &table, ret_err);
    px_table_release(&table);
    return status;
}

static px_status show(trial *t, px_err *ret_err)
{
    static const char *const mapped[] = { "twin", "property", "first", "last", "unit", "values" };
    static const char *const missed[] = { "twin", "unmapped", "reason", "times" };
    static const char *const left[] = { "no field takes", "messages" };

    PX_TRY(show_sums(t->cli, &t->values, mapped, 4, true, ret_err));
    if (t->misses.len)
        PX_TRY(px_cli_write(t->cli, PX_STR("\n"), ret_err));
    PX_TRY(show_sums(t->cli, &t->misses, missed, 3, false, ret_err));
    if (t->leftovers.len)
        PX_TRY(px_cli_write(t->cli, PX_STR("\n"), ret_err));
    return show_sums(t->cli, &t->leftovers, left, 1, false, ret_err);
}

static px_status show_json(trial *t, px_err *ret_err)
{
    px_buf out = { 0 };

    px_putf(&out,
            "{\"messages\":[%.*s],\"totals\":{\"messages\":%llu,\"values\":%llu,"
            "\"missed\":%llu,\"failed\":%llu}}\n",
            PX_FMT(px_buf_str(&t->answers)), (unsigned long long)t->messages,
            (unsigned long long)t->mapped, (unsigned long long)t->missed,
            (unsigned long long)t->failed);
    return px_out_text(t->cli, PX_OK, &out, ret_err);
}

/* ---- all ---- */

static px_status name_binding(trial *t, px_err *ret_err)
{
    const char *name = px_args_operand(t->args, 0), *file = px_args_get(t->args, "file");
    px_buf buf = { 0 };
    px_str text;
    px_json *json;
    px_status status;

    if (file) {
        PX_TRY(px_file_read(px_str_c(file), PX_DOC_BYTES_MAX, &t->arena, &text, ret_err));
        t->cli->file_name = file;
        PX_TRY(px_json_parse(text, NULL, &t->arena, &json, ret_err));
        t->cli->file_name = NULL;
        px_putf(&buf, "\"binding\":%.*s", PX_FMT(json->raw));
    } else {
        px_put_c(&buf, "\"name\":");
        px_put_json_string(&buf, px_str_c(name));
    }
    status = px_buf_status(&buf, ret_err);
    t->binding = keep(t, px_buf_str(&buf));
    px_buf_release(&buf);
    return status;
}

static px_status run_all(trial *t, const char *path, px_err *ret_err)
{
    px_str name = px_str_c(path), text;
    uint64_t most = UINT64_MAX;

    PX_TRY(px_args_count(t->args, "limit", 1, UINT64_MAX, &most, ret_err));
    PX_TRY(name_binding(t, ret_err));
    PX_TRY(px_file_read(name, FILE_BYTES_MAX, &t->arena, &text, ret_err));
    if (px_str_ends(name, PX_STR(".csv")))
        PX_TRY(add_table(t, text, most, ret_err));
    else
        PX_TRY(add_lines(t, text, most, ret_err));
    PX_TRY(send(t, ret_err));
    PX_TRY(t->cli->json ? show_json(t, ret_err) : show(t, ret_err));
    px_cli_note(t->cli,
                "%llu messages: %llu values mapped, %llu missed, %llu messages failed; "
                "nothing was written",
                (unsigned long long)t->messages, (unsigned long long)t->mapped,
                (unsigned long long)t->missed, (unsigned long long)t->failed);
    if (t->missed + t->failed == 0)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "binding.missed",
                      "%llu values and %llu whole messages could not be mapped",
                      (unsigned long long)t->missed, (unsigned long long)t->failed);
}

px_status px_binding_try_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    bool from_file = px_args_has(args, "file");
    const char *path = px_args_operand(args, from_file ? 0 : 1);
    trial t = { .cli = cli, .args = args };
    px_status status;

    if (!path || (from_file && px_args_operand(args, 1)))
        return px_fail_id(
            ret_err, PX_INVALID, "cli.operand",
            "say which binding, by its name or with --file, and the messages: `pollux "
            "binding test B MESSAGES`");
    px_arena_init(&t.arena, PX_API_ANSWER_BYTES_MAX);
    status = run_all(&t, path, ret_err);
    px_buf_release(&t.body);
    px_buf_release(&t.answers);
    PX_VEC_RELEASE(&t.values);
    PX_VEC_RELEASE(&t.misses);
    PX_VEC_RELEASE(&t.leftovers);
    px_arena_release(&t.arena);
    return status;
}

const px_opt px_binding_try_options[] = {
    { "file", 'f', "FILE", "a binding of a file instead of one of the server" },
    { "topic", 't', "TOPIC", "where payloads come from that do not say it themselves" },
    { "limit", 0, "N", "only the first N messages, or rows of CSV" },
    { 0 },
};
