/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/level.h"
#include "cli/api.h"
#include "cli/cmds.h"
#include "cli/file.h"
#include "cli/interrupt.h"
#include "cli/mqtt_args.h"
#include "cli/no_such.h"
#include "cli/replay.h"

static const px_opt options[] = {
    { "device", 'd', "D", "the device that speaks; its id is the MQTT user name" },
    { "key", 'k', "K", "the device's key, or @FILE (POLLUX_DEVICE_KEY)" },
    { "twin", 't', "T", "the twin (asked of the server; else the one called like the device)" },
    { "mqtt", 0, "HOST:PORT", "the server's MQTT door (127.0.0.1:1883)" },
    { "mqtts", 0, "HOST:PORT", "the same over TLS" },
    { "map", 'm', "MAP", "column=property[:kind],… or -column or auto or @FILE (auto)" },
    { "time", 0, "COL", "the column that holds the time" },
    { "period", 0, "P", "no time column: a row every P, such as 100ms" },
    { "start", 0, "TIME", "with --period: the time of the first row, or now" },
    { "tz", 0, "ZONE", "zone of times without one: UTC, +08:00, Europe/Berlin (UTC)" },
    { "sep", 0, "C", "the separator, one character or tab (guessed)" },
    { "speed", 0, "N", "N times as fast as recorded, or max: as fast as acknowledged (max)" },
    { NULL, 0, NULL, NULL },
};

/* ---- options ---- */

static px_status read_separator(const px_args *args, char *ret_separator, px_err *ret_err)
{
    const char *text = px_args_get(args, "sep");

    *ret_separator = 0;
    if (!text)
        return PX_OK;
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        text = "\t";
    if (strlen(text) != 1 || strchr("\"\r\n", text[0]))
        return px_fail_id(ret_err, PX_INVALID, "cli.value",
                          "--sep '%s' is not one character, nor the word tab", text);
    *ret_separator = text[0];
    return PX_OK;
}

static px_status read_speed(const px_args *args, double *ret_speed, px_err *ret_err)
{
    const char *text = px_args_get(args, "speed");
    char *end;

    *ret_speed = 0;
    if (!text || strcmp(text, "max") == 0)
        return PX_OK;
    *ret_speed = strtod(text, &end);
    if (*end || end == text || !(*ret_speed > 0) || !isfinite(*ret_speed))
        return px_fail_id(ret_err, PX_INVALID, "cli.value",
                          "--speed '%s' is neither max nor a number above 0", text);
    return PX_OK;
}

static px_status read_clock(const px_args *args, px_rows_opts *rows, px_err *ret_err)
{
    const char *period = px_args_get(args, "period"), *start = px_args_get(args, "start");
    const char *zone = px_args_get(args, "tz");
    px_when when = { 0 };

    rows->time_column = px_args_get(args, "time");
    if (zone)
        PX_TRY(px_zone_parse(zone, &rows->zone, ret_err));
    if (rows->time_column && (period || start))
        return px_fail_id(ret_err, PX_INVALID, "cli.value",
                          "--time takes the times from the file; --period and --start make them: "
                          "give one or the other");
    if (!period && !start)
        return PX_OK;
    if (!period || !start)
        return px_fail_id(ret_err, PX_INVALID, "cli.value",
                          "--period and --start come together: --period 100ms --start "
                          "2026-11-01T12:00:00Z");
    PX_TRY(px_duration_parse(px_str_c(period), &rows->period_ns, ret_err));
    if (strcmp(start, "now") == 0) {
        rows->start = px_env_posix()->now(px_env_posix());
        return PX_OK;
    }
    PX_TRY(px_when_parse(px_str_c(start), &rows->zone, PX_TIME_NONE, &when, ret_err));
    rows->start = when.time;
    return PX_OK;
}

/* Faster than the clock, times that began now soon lie in the future. */
static void note_ahead(px_cli *cli, const px_args *args, double speed)
{
    const char *start = px_args_get(args, "start");

    if (start && strcmp(start, "now") == 0 && !(speed > 0 && speed <= 1))
        px_cli_note(cli, "the times will run ahead of the clock, and a server believes five "
                         "minutes of it: --speed 1 keeps pace, a --start in the past is safe");
}

/* ---- which twin ---- */

/* --twin; else what the server says the device is bound to; else the twin of the same name. */
static px_status find_twin(px_cli *cli, const px_args *args, const char *device, px_arena *arena,
                           const char **ret_twin, px_err *ret_err)
{
    const px_json *twins;
    px_json *root;
    px_status status;

    *ret_twin = px_args_get(args, "twin");
    if (*ret_twin)
        return PX_OK;
    if (!px_api_has_token(cli)) {
        px_cli_note(cli, "no --twin and no token to ask with: taking the twin '%s'", device);
        *ret_twin = device;
        return PX_OK;
    }
    status =
        px_api_get(cli, arena, &root, ret_err, "/api/v1/devices/%s", px_api_part(arena, device));
    PX_TRY(px_no_such(cli, PX_THING_DEVICE, device, status, ret_err));
    twins = px_json_get(root, PX_STR("twins"));
    if (!px_json_is(twins, PX_JSON_ARRAY) || twins->count != 1)
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "the device '%s' speaks for %u twins: say --twin T", device,
                          twins ? twins->count : 0);
    *ret_twin = px_arena_str(arena, twins->first->text).ptr;
    return *ret_twin ? PX_OK : px_arena_fail(arena, ret_err);
}

static px_status put_topic(px_buf *topic, const char *twin, px_err *ret_err)
{
    if (!*twin || strlen(twin) > PX_TWIN_ID_BYTES_MAX)
        return px_fail_id(ret_err, PX_INVALID, "cli.value",
                          "'%s' is no twin id: one has 1 to %d bytes", twin, PX_TWIN_ID_BYTES_MAX);
    px_put_c(topic, "twins/");
    px_put_level(topic, px_str_c(twin));
    px_put_c(topic, "/telemetry");
    return px_buf_status(topic, ret_err);
}

/* ---- the file ---- */

/* read, not fread: a pipe gives its rows as they come. */
static px_status read_stream(void *data, char *bytes, size_t size, size_t *ret_count,
                             px_err *ret_err)
{
    ssize_t count;

    do
        count = read(fileno((FILE *)data), bytes, size);
    while (count < 0 && errno == EINTR && !px_interrupted());
    if (count < 0 && errno == EINTR)
        return px_interrupt_fail(ret_err);
    if (count < 0)
        return px_fail(ret_err, PX_IO, "cannot read the file: %s", strerror(errno));
    *ret_count = (size_t)count;
    return PX_OK;
}

static px_status open_file(const char *path, FILE **ret_file, uint64_t *ret_size, px_err *ret_err)
{
    struct stat about;

    *ret_file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
    *ret_size = 0;
    if (!*ret_file)
        return px_fail(ret_err, errno == ENOENT ? PX_NOT_FOUND : PX_IO, "cannot read '%s': %s",
                       path, strerror(errno));
    if (fstat(fileno(*ret_file), &about) == 0 && S_ISREG(about.st_mode))
        *ret_size = (uint64_t)about.st_size;
    return PX_OK;
}

/* ---- the end ---- */

typedef struct fact {
    const char *name;
    uint64_t value;
} fact;

static px_status print_summary(px_replay *replay, double seconds, px_err *ret_err)
{
    px_sender_counts c = px_sender_count(replay->sender);
    const fact facts[] = { { "rows", replay->row_count },      { "sent", c.sent },
                           { "acknowledged", c.acknowledged }, { "partly", c.partly },
                           { "refused", c.refused },           { "bad", replay->bad },
                           { "empty", replay->empty },         { "resent", c.resent },
                           { "reconnects", c.reconnects } };
    px_buf out = { 0 };
    px_status status;

    if (replay->cli->json)
        px_put_char(&out, '{');
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        px_putf(&out, replay->cli->json ? "\"%s\":%llu," : "%-13s %llu\n", facts[i].name,
                (unsigned long long)facts[i].value);
    px_putf(&out, replay->cli->json ? "\"%s\":%.3f}\n" : "%-13s %.3f\n", "seconds", seconds);
    status = px_cli_write(replay->cli, px_buf_str(&out), ret_err);
    px_buf_release(&out);
    return status;
}

static void tell_about_times(px_replay *replay)
{
    const px_rows *rows = &replay->rows;

    if (rows->zoneless && !px_args_has(replay->cli->args, "tz"))
        px_cli_note(replay->cli,
                    "the times carry no zone and were taken as UTC; --tz says otherwise");
    if (rows->ambiguous)
        px_cli_note(replay->cli,
                    "the clock showed %llu times twice (first in line %llu): the first was taken, "
                    "or the one that keeps the order",
                    (unsigned long long)rows->ambiguous, (unsigned long long)rows->ambiguous_line);
}

/* Why the server did not take `rows` rows, in its words; once each, and only if it can be asked.
 * The newest come first, at least one a row: no older ones are looked at. */
static void tell_reasons(px_cli *cli, const char *device, uint64_t rows)
{
    enum { TOLD_MAX = 5 };
    const px_json *items, *told[TOLD_MAX];
    px_json *root = NULL;
    size_t count = 0;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 16 << 20);
    if (!px_api_has_token(cli) ||
        px_api_get(cli, &arena, &root, NULL, "/api/v1/rejects") != PX_OK) {
        px_cli_cure(cli, "GET /api/v1/rejects says why; with --token or --data it is told here");
        return;
    }
    items = px_json_get(root, PX_STR("items"));
    for (const px_json *i = items ? items->first : NULL; i && rows && count < TOLD_MAX;
         i = i->next) {
        px_str reason = px_json_get_text(i, PX_STR("reason"));
        bool known = false;

        if (!px_str_eq(px_json_get_text(i, PX_STR("sender")), px_str_c(device)))
            continue;
        rows--;
        for (size_t t = 0; t < count; t++)
            known |= px_str_eq(px_json_get_text(told[t], PX_STR("reason")), reason);
        if (known)
            continue;
        told[count++] = i;
        px_cli_note(cli, "not taken: %.*s", PX_FMT(reason));
    }
}

static px_status finish(px_replay *replay, const char *device, px_status status, double seconds,
                        px_err *ret_err)
{
    px_sender_counts c = px_sender_count(replay->sender);
    uint64_t lost = c.refused + replay->bad;

    px_progress_clear(&replay->progress);
    if (status != PX_OK && !c.sent)
        return status;
    tell_about_times(replay);
    PX_TRY(print_summary(replay, seconds, status == PX_OK ? ret_err : NULL));
    if (status != PX_OK)
        return status;
    if (c.refused || c.partly)
        tell_reasons(replay->cli, device, c.refused + c.partly);
    if (lost || c.partly)
        return px_fail(ret_err, PX_INVALID, "%llu of %llu rows were not taken, %llu only in part",
                       (unsigned long long)lost, (unsigned long long)replay->row_count,
                       (unsigned long long)c.partly);
    return PX_OK;
}

static px_status play(px_replay *replay, const px_rows_opts *rows, const px_sender_opts *sender,
                      px_err *ret_err)
{
    int64_t begin_ns = px_monotonic_ns();
    px_status status = px_rows_open(&replay->rows, rows, ret_err);

    if (status != PX_OK) {
        replay->cli->file_name = replay->file;
        return status;
    }
    status = px_sender_new(&replay->sender, sender, ret_err);
    if (status == PX_OK) {
        status = px_mqtt_suggest(replay->cli, sender->user, px_replay_run(replay, ret_err));
        status = finish(replay, sender->user, status, (double)(px_monotonic_ns() - begin_ns) / 1e9,
                        ret_err);
        px_sender_free(replay->sender);
    }
    px_rows_close(&replay->rows);
    return status;
}

static px_status prepare(px_cli *cli, const px_args *args, px_replay *replay, px_rows_opts *rows,
                         px_sender_opts *sender, px_buf *topic, px_arena *arena, px_err *ret_err)
{
    const char *device = px_args_get(args, "device"), *map, *twin;
    const char *mqtts = px_args_get(args, "mqtts"), *mqtt = px_args_get(args, "mqtt");
    px_mqtt_address *door = PX_ARENA_NEW(arena, px_mqtt_address);

    if (!door)
        return px_arena_fail(arena, ret_err);
    if (!device)
        return px_fail_id(ret_err, PX_INVALID, "cli.option", "--device is missing");
    PX_TRY(read_separator(args, &rows->separator, ret_err));
    PX_TRY(read_speed(args, &replay->speed, ret_err));
    PX_TRY(read_clock(args, rows, ret_err));
    note_ahead(cli, args, replay->speed);
    for (size_t at = 0; (map = px_args_next(args, "map", &at)) != NULL;)
        PX_TRY(px_colmap_add(rows->map, px_str_c(map), ret_err));
    PX_TRY(px_mqtt_address_parse(mqtts  ? mqtts
                                 : mqtt ? mqtt
                                        : "127.0.0.1:1883",
                                 mqtts ? "--mqtts" : "--mqtt", mqtts ? 8883 : 1883, door, ret_err));
    PX_TRY(px_mqtt_key(args, arena, &sender->key, ret_err));
    PX_TRY(find_twin(cli, args, device, arena, &twin, ret_err));
    PX_TRY(put_topic(topic, twin, ret_err));
    sender->topic = topic->ptr;
    sender->user = device;
    sender->host = door->host;
    sender->port = door->port;
    sender->tls = mqtts != NULL;
    sender->ca = px_args_get(args, "ca");
    return PX_OK;
}

static px_status run_replay(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_replay replay = { .cli = cli, .file = px_args_operand(args, 0) };
    px_sender_opts sender = { .note = px_replay_on_note,
                              .refused = px_replay_on_refused,
                              .data = &replay };
    px_colmap map;
    px_rows_opts rows = { .map = &map };
    px_buf topic = { 0 };
    FILE *file = NULL;
    uint64_t size = 0;
    px_status status;
    px_arena arena;

    px_arena_init(&arena, 1 << 20);
    px_colmap_init(&map);
    status = prepare(cli, args, &replay, &rows, &sender, &topic, &arena, ret_err);
    if (status == PX_OK)
        status = open_file(replay.file, &file, &size, ret_err);
    if (status == PX_OK) {
        rows.source = (px_csv_source){ read_stream, file };
        replay.progress = px_progress_of(cli->err, "rows", size);
        status = play(&replay, &rows, &sender, ret_err);
        if (file != stdin)
            fclose(file);
    }
    px_buf_release(&topic);
    px_colmap_release(&map);
    px_arena_release(&arena);
    return status;
}

const px_cmd px_cmd_replay[] = {
    { .noun = "replay",
      .summary = "play a recorded CSV file as a device's telemetry over MQTT",
      .operands = "FILE.csv",
      .examples = "pollux replay pump.csv --device pump-1 --key K --time datetime\n"
                  "pollux replay mill.csv --device mill-1 --key @mill.key --period 100ms --start "
                  "2026-11-01T12:00:00Z\n"
                  "pollux replay pump.csv --device pump-1 --key K --map auto,-anomaly --tz "
                  "Europe/Moscow --speed 10",
      .notes =
          "Every row becomes one message of QoS 1, its numbers digit for digit, its time in $ts.\n"
          "Rows that were not acknowledged are sent again after a lost connection, until they "
          "are.\n"
          "An empty cell is absent. Bad rows are named and counted; any bad or refused row makes\n"
          "the exit code 2. A column's kind is number, text or boolean; FILE - is standard input.",
      .opts = options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_replay },
    { 0 },
};
