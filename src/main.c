/* SPDX-License-Identifier: Apache-2.0 */
/* The program: the client's commands from cli, and `serve` from server. */
#include "cli/cli.h"
#include "cmd_plant.h"
#include "cmd_verify.h"
#include "demo/cmd_demo.h"
#include "server/serve.h"

static const px_opt serve_options[] = {
    { "data", 0, "DIR", "where everything is kept; made when absent" },
    { "http", 0, "HOST:PORT", "the HTTP door (127.0.0.1:7780)" },
    { "mqtt", 0, "HOST:PORT", "the MQTT door (127.0.0.1:1883)" },
    { "mqtts", 0, "HOST:PORT", "an MQTT door over TLS" },
    { "mqtts-ca", 0, "FILE", "ask its clients for certificates that these authorities sign, PEM" },
    { "tls-cert", 0, "FILE", "certificate, PEM: HTTP becomes HTTPS" },
    { "tls-key", 0, "FILE", "its key, PEM" },
    { "config", 0, "FILE", "settings that are rarer, NAME = VALUE a line: docs/configuration.md" },
    { "allow-plain", 0, NULL, "doors without TLS beyond this machine, too" },
    { "azure-limits", 0, NULL, "refuse what the public service refuses: docs/azure.md" },
    { "outbound-allow", 0, "LIST",
      "private networks that webhooks and connections may reach, and the only host names" },
    { 0 },
};

static px_status run_serve(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_serve_opts opts = { .data_dir = px_args_get(args, "data"),
                           .config = px_args_get(args, "config"),
                           .http = px_args_get(args, "http"),
                           .mqtt = px_args_get(args, "mqtt"),
                           .mqtts = px_args_get(args, "mqtts"),
                           .mqtts_ca = px_args_get(args, "mqtts-ca"),
                           .tls_cert = px_args_get(args, "tls-cert"),
                           .tls_key = px_args_get(args, "tls-key"),
                           .allow_plain = px_args_has(args, "allow-plain"),
                           .azure_limits = px_args_has(args, "azure-limits"),
                           .outbound_allow = px_args_get(args, "outbound-allow") };
    int *exit_status = cli->data;

    if (!opts.data_dir)
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "--data is missing: pollux serve --data DIR");
    *exit_status = px_serve_main(&opts);
    return PX_OK;
}

static const px_cmd serve_commands[] = {
    { .noun = "serve",
      .summary = "run the server",
      .examples = "pollux serve --data ./data\n"
                  "pollux serve --data /var/lib/pollux --http 0.0.0.0:443 --tls-cert cert.pem "
                  "--tls-key key.pem",
      .notes =
          "The first start writes the admin's token to DIR/admin.token and prints it; later ones\n"
          "show it to a terminal only, not to a log. SIGTERM and Ctrl-C drain and end; nothing\n"
          "acknowledged is lost, even by kill -9.",
      .opts = serve_options,
      .own_signals = true,
      .is_local = true,
      .run = run_serve },
    { 0 },
};

enum { GROUPS_MAX = 32 };

int main(int argc, char **argv)
{
    const px_cmd *groups[GROUPS_MAX] = { serve_commands, px_cmd_demo };
    const px_cmd *const *client = px_cli_groups();
    size_t count = 2;
    int served = 0, status;

    for (; client[count - 2]; count++) {
        px_assert(count + 3 < GROUPS_MAX);
        groups[count] = client[count - 2];
    }
    groups[count] = px_cmd_plant;
    groups[count + 1] = px_cmd_verify;
    status = px_cli_main(argc, (const char *const *)argv, groups, &served);
    return status ? status : served;
}
