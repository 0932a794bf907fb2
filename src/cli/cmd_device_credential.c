/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux device key|credentials|jwt|certificate|revoke`: what proves a device. */
#include <stdio.h>

#include "cli/device_call.h"
#include "cli/file.h"
#include "cli/out.h"
#include "cli/thing_call.h"
#include "cli/when.h"

enum { OVERLAP_S_MAX = 90 * 24 * 3600, PEM_BYTES_MAX = 64 * 1024 };

const px_opt px_device_key_options[] = {
    { "overlap", 'o', "TIME", "how long the old keys hold on, such as 1d; default 0" },
    { 0 },
};

const px_opt px_device_jwt_options[] = {
    { "algorithm", 'a', "A", "RS256, PS256, ES256 or EdDSA" },
    { "issuer", 'i', "TEXT", "what `iss` has to say; default: the device" },
    { "audience", 'u', "TEXT", "what `aud` has to say; default: pollux" },
    { "label", 'l', "TEXT", "what you call it" },
    { "expires", 'e', "TIME", "when it ends, such as 2030-01-01T00:00:00Z" },
    { 0 },
};

const px_opt px_device_certificate_options[] = {
    { "fingerprint", 'f', "HEX", "its SHA-256 instead of the file" },
    { "subject", 's', "NAME", "the common name or a DNS name instead, of any certificate" },
    { "label", 'l', "TEXT", "what you call it" },
    { 0 },
};

px_status px_device_print_key(px_cli *cli, const px_json *root, px_err *ret_err)
{
    px_str key = px_json_get_text(root, PX_STR("key"));

    if (!cli->json && key.len)
        px_cli_note(cli, "the key is shown this once; `pollux device key` makes a new one");
    return px_out_facts(cli, root, ret_err);
}

px_status px_device_key_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *overlap = px_args_get(args, "overlap");
    uint64_t overlap_s = 0;
    char after[64];
    px_json *root;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 16 << 20);
    if (overlap && strcmp(overlap, "0") != 0)
        PX_TRY(px_seconds_parse("--overlap", overlap, OVERLAP_S_MAX, &overlap_s, ret_err));
    snprintf(after, sizeof(after), "/key?overlap=%llu", (unsigned long long)overlap_s);
    PX_TRY(px_device_ask(cli, "POST", px_args_operand(args, 0), after, PX_STR("{}"), &arena, &root,
                         ret_err));
    return px_device_print_key(cli, root, ret_err);
}

px_status px_device_credentials_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "id", "id", false },
                                             { "type", "type", false },
                                             { "label", "label", false },
                                             { "algorithm", "algorithm", false },
                                             { "created", "created", false },
                                             { "expires", "expires", false },
                                             { 0 } };

    return px_device_list(cli, px_args_operand(args, 0), "/credentials", columns, ret_err);
}

/* Posts what `w` wrote into `body`, and shows what came of it; `note` (may be NULL) is said of it.
 */
static px_status post(px_cli *cli, const px_args *args, px_buf *body, const char *note,
                      px_err *ret_err)
{
    px_status status = px_buf_status(body, ret_err);
    px_json *root = NULL;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 16 << 20);
    if (status == PX_OK)
        status = px_device_ask(cli, "POST", px_args_operand(args, 0), "/credentials",
                               px_buf_str(body), &arena, &root, ret_err);
    px_buf_release(body);
    PX_TRY(status);
    if (note && !cli->json)
        px_cli_note(cli, "%s", note);
    return px_out_facts(cli, root, ret_err);
}

px_status px_device_jwt_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_buf body = { 0 };
    px_json_writer w = px_json_writer_of(&body);
    px_str key;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    if (!px_args_has(args, "algorithm"))
        return px_fail_id(
            ret_err, PX_INVALID, "cli.option",
            "say what tokens are signed by: --algorithm RS256, PS256, ES256 or EdDSA");
    PX_TRY(px_file_read(px_str_c(px_args_operand(args, 1)), PEM_BYTES_MAX, &arena, &key, ret_err));
    px_json_begin_object(&w);
    px_put_argument(&w, "type", "jwt");
    px_put_argument(&w, "algorithm", px_args_get(args, "algorithm"));
    px_put_argument(&w, "issuer", px_args_get(args, "issuer"));
    px_put_argument(&w, "audience", px_args_get(args, "audience"));
    px_put_argument(&w, "label", px_args_get(args, "label"));
    px_put_argument(&w, "expires", px_args_get(args, "expires"));
    px_put_member(&w, "publicKey", key);
    px_json_end_object(&w);
    return post(cli, args, &body, "tokens have to name the `id` below as their `kid`", ret_err);
}

px_status px_device_certificate_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *file = px_args_operand(args, 1);
    px_buf body = { 0 };
    px_json_writer w = px_json_writer_of(&body);
    px_str pem = { 0 };
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    if (!file && !px_args_has(args, "fingerprint") && !px_args_has(args, "subject"))
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "name the file of the certificate, or its --fingerprint or --subject");
    if (file)
        PX_TRY(px_file_read(px_str_c(file), PEM_BYTES_MAX, &arena, &pem, ret_err));
    px_json_begin_object(&w);
    px_put_argument(&w, "type", "certificate");
    px_put_argument(&w, "label", px_args_get(args, "label"));
    px_put_argument(&w, "fingerprint", px_args_get(args, "fingerprint"));
    px_put_argument(&w, "subject", px_args_get(args, "subject"));
    px_put_member(&w, "certificate", pem);
    px_json_end_object(&w);
    return post(cli, args, &body, NULL, ret_err);
}

px_status px_device_revoke_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0), *credential = px_args_operand(args, 1);
    px_buf after = { 0 };
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    PX_TRY(px_device_ask(cli, "GET", id, "", (px_str){ 0 }, &arena, NULL, ret_err));
    px_put_c(&after, "/credentials/");
    px_put_url_part(&after, px_str_c(credential));
    status = px_buf_status(&after, ret_err);
    if (status == PX_OK)
        status = px_device_ask(cli, "DELETE", id, after.ptr, (px_str){ 0 }, &arena, NULL, ret_err);
    px_buf_release(&after);
    PX_TRY(status);
    return px_out_done(cli, NULL, ret_err, "revoked %s of %s", credential, id);
}
