/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server runs in this process; when its doors are open, the pack goes in through them like
 * anybody's, and the plant starts as a process of its own. Data in a temporary folder goes away
 * with the demo; a folder that was given stays, and a second run goes on with it.
 */
#include "demo/cmd_demo.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "demo/child.h"
#include "demo/load.h"
#include "server/serve.h"

enum { ARENA_BYTES = 16 << 20, PATH_BYTES = 4096, ARGS = 16, OPEN_FILES = 16 };

#define DEVICE "plant"
#define SEED "1"
#define SPEED "1"
#define BACKLOG "20m" /* so that the first look finds something to look at */

typedef struct demo {
    px_cli *cli;
    const char *pack, *seed, *speed, *http_option, *program;
    char folder[PATH_BYTES];
    bool is_temporary;
    px_child *plant;
} demo;

/* ---- data ---- */

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about, (void)kind, (void)at;
    return remove(path);
}

static px_status choose_folder(demo *d, const char *given, px_err *ret_err)
{
    const char *base = getenv("TMPDIR");
    int len;

    d->is_temporary = given == NULL;
    if (given)
        len = snprintf(d->folder, sizeof(d->folder), "%s", given);
    else
        len = snprintf(d->folder, sizeof(d->folder), "%s/pollux-demo-XXXXXX",
                       base && *base ? base : "/tmp");
    if (len < 0 || (size_t)len >= sizeof(d->folder))
        return px_fail(ret_err, PX_TOO_LARGE, "the name of the data folder is too long");
    if (given || mkdtemp(d->folder))
        return PX_OK;
    return px_fail(ret_err, PX_IO, "cannot make a temporary folder %s: %s", d->folder,
                   strerror(errno));
}

/* ---- the plant ---- */

static px_status start_plant(demo *d, const char *mqtt, const px_load *load, px_err *ret_err)
{
    const char *argv[ARGS] = { "pollux", "plant",  "run",   "--mqtt",  mqtt,    "--device",
                               DEVICE,   "--seed", d->seed, "--speed", d->speed };
    px_buf env = { 0 };
    px_status status;

    if (load->is_fresh) {
        argv[11] = "--since";
        argv[12] = BACKLOG;
    }
    px_putf(&env, "POLLUX_DEVICE_KEY=%.*s", PX_FMT(load->device_key));
    status = px_buf_status(&env, ret_err);
    if (status == PX_OK)
        status = px_child_start(argv, env.ptr, &d->plant, ret_err);
    px_buf_release(&env);
    return status;
}

/* ---- what is told ---- */

static void put_try(px_buf *out, const demo *d, const char *url, const char *words)
{
    px_putf(out, "  %s %s --data %s", d->program, words, d->folder);
    if (d->http_option)
        px_putf(out, " --server %s", url);
    px_put_char(out, '\n');
}

static void put_text(px_buf *out, const demo *d, const char *url, const char *mqtt,
                     const char *token, const px_load *load)
{
    px_putf(out,
            "A production line runs: %zu twins, and a plant that speaks MQTT.\n\n"
            "  page   %s\n"
            "  mqtt   %s\n"
            "  data   %s%s\n\n"
            "token: %s\n\n"
            "Try in another terminal:\n",
            load->twins, url, mqtt, d->folder, d->is_temporary ? " (goes away at the end)" : "",
            token);
    put_try(out, d, url, "watch");
    put_try(out, d, url, "twin command cnc-01 stop");
    put_try(out, d, url, "history cnc-01 --property vibrationRms --from 5m");
    px_put_c(out, "\nCtrl-C ends it.\n");
}

static void put_json(px_buf *out, const demo *d, const char *url, const char *mqtt,
                     const char *token)
{
    const char *const facts[][2] = {
        { "url", url }, { "mqtt", mqtt }, { "data", d->folder }, { "token", token }
    };
    px_json_writer w = px_json_writer_of(out);

    px_json_begin_object(&w);
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        px_json_key(&w, px_str_c(facts[i][0]));
        px_json_string(&w, px_str_c(facts[i][1]));
    }
    px_json_end_object(&w);
    px_put_char(out, '\n');
}

static px_status load_pack(const demo *d, const char *url, const char *token, px_arena *arena,
                           px_load *ret_load, px_err *ret_err)
{
    px_http_opts opts = { .url = url, .token = token };
    px_http *http;
    px_status status;

    PX_TRY(px_http_open(&http, &opts, ret_err));
    status = px_pack_load(http, px_str_c(d->pack), PX_STR(DEVICE), arena, ret_load, ret_err);
    px_http_close(http);
    return status;
}

static px_status on_ready(void *data, const char *url, const char *mqtt, const char *token,
                          px_err *ret_err)
{
    demo *d = data;
    px_buf out = { 0 };
    px_load load;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    PX_TRY(load_pack(d, url, token, &arena, &load, ret_err));
    PX_TRY(start_plant(d, mqtt, &load, ret_err));
    if (d->cli->json)
        put_json(&out, d, url, mqtt, token);
    else
        put_text(&out, d, url, mqtt, token, &load);
    status = px_buf_status(&out, ret_err);
    if (status == PX_OK)
        status = px_cli_write(d->cli, px_buf_str(&out), ret_err);
    px_buf_release(&out);
    return status;
}

/* ---- the command ---- */

static px_status check_numbers(const px_args *args, px_err *ret_err)
{
    uint64_t number = 1; /* the plant reads them itself; here they are only judged */

    PX_TRY(px_args_count(args, "seed", 0, UINT64_MAX, &number, ret_err));
    return px_args_count(args, "speed", 1, PX_PLANT_SPEED_MAX, &number, ret_err);
}

static const char *or_else(const char *given, const char *otherwise)
{
    return given ? given : otherwise;
}

static px_status run_demo(px_cli *cli, const px_args *args, px_err *ret_err)
{
    demo d = { .cli = cli,
               .pack = or_else(px_args_operand(args, 0), "manufacturing"),
               .seed = or_else(px_args_get(args, "seed"), SEED),
               .speed = or_else(px_args_get(args, "speed"), SPEED),
               .http_option = px_args_get(args, "http"),
               .program = program_invocation_name };
    px_serve_opts serve = { .data_dir = d.folder,
                            .http = d.http_option,
                            .mqtt = px_args_get(args, "mqtt"),
                            .ready = on_ready,
                            .ready_data = &d };
    int *exit_status = cli->data;

    if (!px_pack_exists(px_str_c(d.pack))) {
        px_cli_cure(cli, "pollux demo manufacturing");
        return px_fail_id(ret_err, PX_NOT_FOUND, "pack.name", "there is no pack '%s'", d.pack);
    }
    PX_TRY(check_numbers(args, ret_err));
    PX_TRY(choose_folder(&d, px_args_get(args, "data"), ret_err));
    *exit_status = px_serve_main(&serve);
    px_child_stop(d.plant);
    if (d.is_temporary)
        nftw(d.folder, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
    return PX_OK;
}

static const px_opt demo_options[] = {
    { "data", 0, "DIR", "where everything is kept (a temporary folder, gone at the end)" },
    { "http", 0, "HOST:PORT", "the HTTP door (127.0.0.1:7780)" },
    { "mqtt", 0, "HOST:PORT", "the MQTT door (127.0.0.1:1883)" },
    { "seed", 0, "N", "the same seed is the same plant (1)" },
    { "speed", 0, "N", "a plant N times as fast, 1 to 100 (1)" },
    { 0 },
};

const px_cmd px_cmd_demo[] = {
    { .noun = "demo",
      .summary = "run a server with a pack and its plant, to look at",
      .operands = "[PACK]",
      .examples = "pollux demo manufacturing\n"
                  "pollux demo manufacturing --data ./demo --seed 7 --speed 10",
      .notes =
          "Packs: manufacturing. Prints the address of the page and the token to sign in with.\n"
          "With --data a second run goes on where the first one ended.",
      .opts = demo_options,
      .operands_max = 1,
      .own_signals = true,
      .is_local = true,
      .run = run_demo },
    { 0 },
};
