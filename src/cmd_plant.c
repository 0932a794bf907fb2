/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd_plant.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/time.h"
#include "cli/api.h"
#include "cli/interrupt.h"
#include "cli/mqtt_args.h"
#include "cli/out.h"
#include "cli/when.h"
#include "plant/plant.h"
#include "plant/series.h"

enum {
    MQTT_PORT = 1883,
    SERIES_STEPS_MAX = 10 * 1000 * 1000,
    SERIES_WRITE_BYTES = 64 * 1024,
    ARENA_BYTES = 1 << 20,
};

#define MQTT_DEFAULT "127.0.0.1:1883"
#define SEED_DEFAULT 1

static px_status read_seconds(const px_args *args, const char *name, int64_t seconds_max,
                              int64_t *ret_ns, px_err *ret_err)
{
    const char *text = px_args_get(args, name);

    *ret_ns = 0;
    if (!text)
        return PX_OK;
    PX_TRY(px_duration_parse(px_str_c(text), ret_ns, ret_err));
    if (*ret_ns > seconds_max * PX_SECOND)
        return px_fail_id(ret_err, PX_INVALID, "cli.value", "--%s %s is more than %lld seconds",
                          name, text, (long long)seconds_max);
    return PX_OK;
}

static px_status read_door(const px_args *args, px_mqtt_address *door, px_plant_opts *opts,
                           px_err *ret_err)
{
    const char *mqtt = px_args_get(args, "mqtt");

    PX_TRY(px_mqtt_address_parse(mqtt ? mqtt : MQTT_DEFAULT, "--mqtt", MQTT_PORT, door, ret_err));
    opts->host = door->host;
    opts->port = door->port;
    return PX_OK;
}

/* ---- run ---- */

static bool ends(void *data)
{
    (void)data;
    return px_interrupted();
}

static void note(void *data, const char *text)
{
    if (!px_interrupted()) /* at a Ctrl-C the server may go first: that is no news */
        px_cli_note(data, "plant: %s", text);
}

static px_status run_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_plant_opts opts = { .device = "plant", .ends = ends, .note = note, .data = cli };
    uint64_t seed = SEED_DEFAULT, speed = 1;
    int64_t since_ns, duration_ns;
    px_mqtt_address door;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    PX_TRY(read_door(args, &door, &opts, ret_err));
    PX_TRY(px_mqtt_key(args, &arena, &opts.key, ret_err));
    PX_TRY(px_args_count(args, "seed", 0, UINT64_MAX, &seed, ret_err));
    PX_TRY(px_args_count(args, "speed", 1, PX_PLANT_SPEED_MAX, &speed, ret_err));
    PX_TRY(read_seconds(args, "since", PX_PLANT_SINCE_SECONDS_MAX, &since_ns, ret_err));
    PX_TRY(read_seconds(args, "duration", INT64_C(365) * 86400, &duration_ns, ret_err));
    if (px_args_get(args, "device"))
        opts.device = px_args_get(args, "device");
    opts.seed = seed;
    opts.speed = (uint32_t)speed;
    opts.since_seconds = (uint32_t)(since_ns / PX_SECOND);
    opts.duration_ms = duration_ns / PX_MILLISECOND;
    return px_mqtt_suggest(cli, opts.device, px_plant_run(&opts, ret_err));
}

/* ---- fault ---- */

static px_status run_fault(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *unit = px_args_operand(args, 0), *fault = px_args_operand(args, 1);
    px_plant_opts opts = { .device = "operator" };
    px_mqtt_address door;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    PX_TRY(read_door(args, &door, &opts, ret_err));
    PX_TRY(px_api_token(cli, &arena, &opts.key, ret_err));
    status = px_plant_fault(&opts, unit, fault, ret_err);
    if (status == PX_UNAUTHORIZED) {
        px_cli_cure(cli, "give --data DIR of the server that the plant speaks to, or --token T");
        return px_fail(ret_err, status, "the server does not know this token");
    }
    PX_TRY(px_mqtt_suggest(cli, NULL, status));
    return px_out_done(cli, NULL, ret_err, "%s: %s", unit,
                       strcmp(fault, "stop") == 0
                           ? "breaks down now; a start mends it, or five minutes do"
                           : "its bearing wears from now on and fails in ten minutes of running");
}

/* ---- series ---- */

static px_status write_series(px_cli *cli, uint64_t seed, uint64_t steps, px_buf *csv,
                              px_err *ret_err)
{
    px_line line;

    px_line_init(&line, seed);
    px_put_series_head(csv);
    for (uint64_t step = 0; step < steps; step++) {
        for (unsigned i = 0; i < PX_LINE_STEPS_PER_SECOND; i++)
            px_line_step(&line);
        px_put_series_row(csv, &line);
        if (csv->len < SERIES_WRITE_BYTES && step + 1 < steps)
            continue;
        PX_TRY(px_buf_status(csv, ret_err));
        PX_TRY(px_cli_write(cli, px_buf_str(csv), ret_err));
        px_buf_clear(csv);
        if (px_interrupted())
            return px_interrupt_fail(ret_err);
    }
    return PX_OK;
}

static px_status run_series(px_cli *cli, const px_args *args, px_err *ret_err)
{
    uint64_t seed = SEED_DEFAULT, steps = 3600;
    px_buf csv = { 0 };
    px_status status;

    if (cli->json)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "cli.option", "the series is CSV, never JSON");
    PX_TRY(px_args_count(args, "seed", 0, UINT64_MAX, &seed, ret_err));
    PX_TRY(px_args_count(args, "steps", 1, SERIES_STEPS_MAX, &steps, ret_err));
    status = write_series(cli, seed, steps, &csv, ret_err);
    px_buf_release(&csv);
    return status;
}

/* ---- table ---- */

static const px_opt run_options[] = {
    { "mqtt", 0, "HOST:PORT", "the server's MQTT door (127.0.0.1:1883)" },
    { "device", 'd', "D", "the device that speaks (plant)" },
    { "key", 'k', "K", "the device's key, or @FILE (POLLUX_DEVICE_KEY)" },
    { "seed", 0, "N", "the same seed is the same plant (1)" },
    { "speed", 0, "N", "a plant N times as fast, 1 to 100 (1)" },
    { "since", 0, "P", "tell first how it did for so long, such as 15m" },
    { "duration", 0, "P", "end after so long" },
    { 0 },
};
static const px_opt fault_options[] = {
    { "mqtt", 0, "HOST:PORT", "the server's MQTT door (127.0.0.1:1883)" },
    { 0 },
};
static const px_opt series_options[] = {
    { "seed", 0, "N", "the same seed is the same series (1)" },
    { "steps", 0, "N", "rows, one a second (3600)" },
    { 0 },
};

const px_cmd px_cmd_plant[] = {
    { .noun = "plant",
      .summary = "an emulated production line, for trying things out",
      .examples = "pollux plant run --key K\n"
                  "pollux plant fault cnc-01 bearing --data ./demo\n"
                  "pollux plant series --seed 7 --steps 600" },
    { .noun = "plant",
      .verb = "run",
      .summary = "run the plant as the device of its twins, over MQTT",
      .examples = "pollux plant run --key K\n"
                  "pollux plant run --mqtt 127.0.0.1:1884 --key @plant.key --seed 7 --speed 10",
      .notes =
          "The twins are those of packs/manufacturing; `pollux demo manufacturing` makes them\n"
          "and runs the plant. It comes back by itself when the server was away.",
      .opts = run_options,
      .is_local = true,
      .run = run_run },
    { .noun = "plant",
      .verb = "fault",
      .summary = "break a unit of a running plant",
      .operands = "UNIT stop|bearing",
      .examples = "pollux demo manufacturing --data ./demo\n"
                  "pollux plant fault cnc-01 stop --data ./demo\n"
                  "pollux plant fault press-01 bearing --data ./demo\n"
                  "pollux twin command press-01 start --data ./demo",
      .notes =
          "Units: cnc-01, press-01, robot-01, oven-01, packer-01. Faults:\n"
          "  stop     breaks down now; `pollux twin command UNIT start` mends it, or five minutes "
          "do\n"
          "  bearing  vibration and temperature rise until it fails, in ten minutes of running; a\n"
          "           start mends it\n"
          "The demo runs such a plant. Its data folder has the token; --token T is as good.",
      .opts = fault_options,
      .operands_min = 2,
      .operands_max = 2,
      .run = run_fault },
    { .noun = "plant",
      .verb = "series",
      .summary = "print what the plant does, second by second, as CSV",
      .examples = "pollux plant series --seed 7 --steps 600",
      .opts = series_options,
      .is_local = true,
      .run = run_series },
    { 0 },
};
