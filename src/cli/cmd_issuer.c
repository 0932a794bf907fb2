/* SPDX-License-Identifier: Apache-2.0 */
/* Issuers: who signs the tokens of many devices. */
#include "cli/cmds.h"
#include "cli/file.h"
#include "cli/no_such.h"
#include "cli/out.h"
#include "cli/thing_call.h"

enum { PEM_BYTES_MAX = 64 * 1024, KEYS_BYTES_MAX = 4 << 20 };

/* KID:ALGORITHM:FILE */
static px_status put_key(px_json_writer *w, const char *word, px_arena *arena, px_err *ret_err)
{
    px_str rest = px_str_c(word), kid = px_str_cut(&rest, ':'), algorithm = px_str_cut(&rest, ':');
    px_str key;

    if (kid.len == 0 || algorithm.len == 0 || rest.len == 0)
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "--key is KID:ALGORITHM:FILE, such as k1:ES256:k1.pem, not '%s'", word);
    PX_TRY(px_file_read(rest, PEM_BYTES_MAX, arena, &key, ret_err));
    px_json_begin_object(w);
    px_put_member(w, "kid", kid);
    px_put_member(w, "algorithm", algorithm);
    px_put_member(w, "publicKey", key);
    px_json_end_object(w);
    return PX_OK;
}

static px_status put_keys(px_json_writer *w, const px_args *args, px_arena *arena, px_err *ret_err)
{
    const char *word;
    size_t at = 0;

    px_json_key(w, PX_STR("keys"));
    px_json_begin_array(w);
    while ((word = px_args_next(args, "key", &at)) != NULL)
        PX_TRY(put_key(w, word, arena, ret_err));
    px_json_end_array(w);
    return PX_OK;
}

static px_status run_add(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_buf body = { 0 };
    px_json_writer w = px_json_writer_of(&body);
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, KEYS_BYTES_MAX);
    if (!px_args_has(args, "issuer") || !px_args_has(args, "key"))
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "say what tokens have as their `iss`, and what they are signed by: "
                          "--issuer TEXT --key KID:ALGORITHM:FILE");
    px_json_begin_object(&w);
    px_put_argument(&w, "issuer", px_args_get(args, "issuer"));
    px_put_argument(&w, "audience", px_args_get(args, "audience"));
    px_put_argument(&w, "claim", px_args_get(args, "claim"));
    status = put_keys(&w, args, &arena, ret_err);
    if (status != PX_OK) {
        px_buf_release(&body);
        return status;
    }
    px_json_end_object(&w);
    return px_thing_put(cli, PX_THING_ISSUER, args, &body, ret_err);
}

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "id", "id", false },
                                             { "issuer", "issuer", false },
                                             { "audience", "audience", false },
                                             { "claim", "claim", false },
                                             { 0 } };

    (void)args;
    return px_out_list(cli, "/api/v1/issuers", columns, ret_err);
}

static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_show(cli, PX_THING_ISSUER, args, ret_err);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_delete(cli, PX_THING_ISSUER, "deleted", args, ret_err);
}

static const px_opt options[] = {
    { "issuer", 'i', "TEXT", "what tokens have as their `iss`" },
    { "audience", 'u', "TEXT", "what they have as their `aud`; default: pollux" },
    { "claim", 'c', "NAME", "the claim that names the device; default: sub" },
    { "key", 'k', "KID:ALG:FILE", "a public key, PEM or JWK, and its algorithm; may be repeated" },
    { 0 },
};

const px_cmd px_cmd_issuer[] = {
    { .noun = "issuer",
      .summary = "issuers: who signs the tokens of many devices",
      .examples =
          "pollux issuer add plant --issuer https://login.acme.example --key k1:ES256:k1.pem\n"
          "pollux issuer list" },
    { .noun = "issuer",
      .verb = "add",
      .summary = "let devices in by tokens of an issuer, or change what is asked of them",
      .operands = "ID",
      .examples =
          "pollux issuer add plant --issuer https://login.acme.example --key k1:ES256:k1.pem\n"
          "pollux issuer add plant -i https://login.acme.example -c device_id -k k2:RS256:k2.jwk",
      .notes =
          "A token's `kid` says which of the keys it is signed by. The keys that are given are\n"
          "all there are from then on: connections that another one opened end.",
      .opts = options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_add },
    { .noun = "issuer",
      .verb = "list",
      .summary = "list issuers",
      .examples = "pollux issuer list",
      .run = run_list },
    { .noun = "issuer",
      .verb = "show",
      .summary = "show an issuer and its public keys",
      .operands = "ID",
      .examples = "pollux issuer show plant",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_show },
    { .noun = "issuer",
      .verb = "delete",
      .summary = "take tokens of an issuer no more; connections that they opened end",
      .operands = "ID",
      .examples = "pollux issuer delete plant",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { 0 },
};
