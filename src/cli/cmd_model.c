/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `pollux model`; those that take more than a call have files of their own. */
#include "cli/ask.h"
#include "cli/cmds.h"
#include "cli/no_such.h"
#include "cli/out.h"

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "id", "id", false },
                                             { "name", "displayName/en", false },
                                             { "uploaded", "uploadTime", false },
                                             { "decommissioned", "decommissioned", false },
                                             { 0 } };

    (void)args;
    return px_out_list(cli, "/models?" PX_AZURE_VERSION, columns, ret_err);
}

/* How many twins are of it; 0 where that cannot be asked, which is no failure of the command. */
static uint64_t count_twins(px_cli *cli, const char *id)
{
    uint64_t twins = 0;

    if (strchr(id, '\'') ||
        px_ask_count(cli, &twins, NULL,
                     "SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '%s', exact)",
                     id) != PX_OK)
        twins = 0;
    cli->cure[0] = '\0';
    return twins;
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    uint64_t twins = count_twins(cli, id);
    px_http_call call = { .method = "DELETE" };
    px_buf path = { 0 };
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    px_put_c(&path, "/models/");
    px_put_url_part(&path, px_str_c(id));
    px_put_c(&path, "?" PX_AZURE_VERSION);
    call.path = path.ptr;
    status = px_api_call(cli, &call, &arena, NULL, ret_err);
    px_buf_release(&path);
    PX_TRY(px_no_such(cli, PX_THING_MODEL, id, status, ret_err));
    if (twins)
        px_cli_note(
            cli, "%llu of its twins %s; nothing can be written to them until it is uploaded again",
            (unsigned long long)twins, twins == 1 ? "is left" : "are left");
    return px_out_done(cli, NULL, ret_err, "deleted %s", id);
}

/* What the words of these verbs mean. */
#define WORDS                                                                                      \
    "A word that begins with dtmi: is a model of the server, its version may be left out; "        \
    "another\n"                                                                                    \
    "is a file, a folder or -. Without a word: all models of the server."

const px_cmd px_cmd_model[] = {
    { .noun = "model",
      .summary = "validate, upload, show, compare, migrate and delete models",
      .examples = "pollux model validate models/\n"
                  "pollux model upload models/*.json\n"
                  "pollux model show 'dtmi:com:acme:Pump;1'\n"
                  "pollux model diff 'dtmi:com:acme:Pump;1' pump-2.json\n"
                  "pollux model migrate 'dtmi:com:acme:Pump;1' 'dtmi:com:acme:Pump;2' --dry-run" },
    { .noun = "model",
      .verb = "validate",
      .summary = "check DTDL files, without a server or beside its models: every error, with its "
                 "place",
      .operands = "[PATH…]",
      .examples = "pollux model validate pump.json\n"
                  "pollux model validate models/ --json\n"
                  "pollux model validate pump-2.json --stored\n"
                  "pollux model validate --each sets.ndjson",
      .notes =
          "A path is a file, a folder (every .json below it) or - for standard input; all of them\n"
          "together are one set, whose Interfaces may refer to each other. DTDL v2, v3 and v4 "
          "with\n"
          "their extensions. With --each a line is one set, an Interface or an array of them, and\n"
          "gets one line of JSON, {\"valid\":…,\"errors\":[…]}; a line that is wrong is no "
          "failure\n"
          "of the command. With --stored they may refer to models of the server, and what an "
          "upload\n"
          "would refuse now is wrong.",
      .opts = px_cmd_validate_options,
      .operands_max = 100000,
      .run = px_cmd_validate_run },
    { .noun = "model",
      .verb = "tree",
      .summary = "show what Interfaces are made of, bases included",
      .operands = "[PATH|ID…]",
      .examples = "pollux model tree models/\n"
                  "pollux model tree models/ --model dtmi:com:acme:Pump\n"
                  "pollux model tree dtmi:com:acme:Pump",
      .notes = WORDS,
      .opts = px_cmd_tree_options,
      .operands_max = 100000,
      .run = px_cmd_tree_run },
    { .noun = "model",
      .verb = "show",
      .summary = "show one model: what it has and inherits, who uses it, how many twins it has",
      .operands = "ID|PATH…",
      .examples = "pollux model show 'dtmi:com:acme:Pump;1'\n"
                  "pollux model show dtmi:com:acme:Pump --json\n"
                  "pollux model show models/ --model dtmi:com:acme:Pump",
      .notes = WORDS "\npollux model export gives the definition itself.",
      .opts = px_cmd_tree_options,
      .operands_min = 1,
      .operands_max = 100000,
      .run = px_cmd_show_run },
    { .noun = "model",
      .verb = "export",
      .summary = "give definitions, with all that they need",
      .operands = "[ID|PATH…]",
      .examples = "pollux model export 'dtmi:com:acme:Pump;1' > pump.json\n"
                  "pollux model export --folder models\n"
                  "pollux model export models/ --model dtmi:com:acme:Pump > pump.json",
      .notes = WORDS "\nEvery definition is as it was written: an upload of what was exported "
                     "makes the same models.\nBelow --folder the file of dtmi:com:acme:Pump;1 is "
                     "dtmi/com/acme/pump-1.json.",
      .opts = px_cmd_export_models_options,
      .operands_max = 100000,
      .run = px_cmd_export_models_run },
    { .noun = "model",
      .verb = "diff",
      .summary = "compare two versions of models: what changed, and what that breaks",
      .operands = "OLD NEW",
      .examples = "pollux model diff pump-1.json pump-2.json\n"
                  "pollux model diff old/ new/ --json\n"
                  "pollux model diff 'dtmi:com:acme:Pump;1' pump-2.json\n"
                  "pollux model diff 'dtmi:com:acme:Pump;1' 'dtmi:com:acme:Pump;2' --all",
      .notes =
          "Interfaces are paired by their ids, without the versions. A change breaks twins when\n"
          "a twin that is right may become wrong, clients when somebody who reads, calls or\n"
          "subscribes is surprised, or nothing. When OLD is a model of the server, its twins are\n"
          "judged by NEW, and what would be wrong with which is told: property, value, rule. The\n"
          "first 20 things, with --all or --json all of them.",
      .opts = px_cmd_diff_options,
      .operands_min = 2,
      .operands_max = 2,
      .run = px_cmd_diff_run },
    { .noun = "model",
      .verb = "migrate",
      .summary = "make the twins of one model twins of another, all in one batch; and back",
      .operands = "OLD NEW | --undo FILE",
      .examples = "pollux model migrate 'dtmi:com:acme:Pump;1' 'dtmi:com:acme:Pump;2' --dry-run\n"
                  "pollux model migrate 'dtmi:com:acme:Pump;1' 'dtmi:com:acme:Pump;2' --rename "
                  "speed=velocity --set mode=slow\n"
                  "pollux model migrate --undo migrate-20261128-224500.undo.json",
      .notes =
          "Twins keep their ids. What the new model has by the same path, or by that of --rename,\n"
          "keeps its value and source time; what has no place or does not fit is left out. Of\n"
          "relationships those stay that the new model allows. The plan is shown, then all of it\n"
          "is done or nothing; a twin that was changed since the plan is named. The undo file "
          "holds\nwhat was left out, and is refused when twins were changed since.",
      .opts = px_cmd_migrate_options,
      .operands_max = 2,
      .run = px_cmd_migrate_run },
    { .noun = "model",
      .verb = "lint",
      .summary = "say what is right in models and deserves a second look",
      .operands = "[PATH|ID…]",
      .examples = "pollux model lint models/\npollux model lint --json",
      .notes = WORDS,
      .operands_max = 100000,
      .run = px_cmd_lint_run },
    { .noun = "model",
      .verb = "graph",
      .summary = "draw Interfaces, for Graphviz",
      .operands = "[PATH|ID…]",
      .examples = "pollux model graph models/ | dot -Tsvg > models.svg\n"
                  "pollux model graph dtmi:com:acme:Pump",
      .notes = "Hollow arrows are extends, diamonds Components, dashed lines Relationships. " WORDS,
      .operands_max = 100000,
      .run = px_cmd_graph_run },
    { .noun = "model",
      .verb = "scaffold",
      .summary = "print a twin to begin with, with a value for every Property",
      .operands = "[PATH|ID…]",
      .examples = "pollux model scaffold models/ --model dtmi:com:acme:Pump --twin pump-1\n"
                  "pollux model scaffold dtmi:com:acme:Pump --twin pump-1",
      .notes = WORDS,
      .opts = px_cmd_scaffold_options,
      .operands_max = 100000,
      .run = px_cmd_scaffold_run },
    { .noun = "model",
      .verb = "upload",
      .summary = "upload DTDL files, all of them or none",
      .operands = "FILE…",
      .examples = "pollux model upload pump.json\npollux model upload models/*.json",
      .notes =
          "A file holds one Interface or an array of them; - is standard input. Order does not\n"
          "matter. What is wrong is shown with file, line and column.",
      .operands_min = 1,
      .operands_max = 100000,
      .run = px_cmd_upload_run },
    { .noun = "model",
      .verb = "list",
      .summary = "list all models",
      .examples = "pollux model list\npollux model list --json",
      .run = run_list },
    { .noun = "model",
      .verb = "delete",
      .summary = "delete a model that no other refers to",
      .operands = "ID",
      .examples = "pollux model delete 'dtmi:com:acme:Pump;1'",
      .notes = "Twins of the model stay, and cannot be changed until it is uploaded again.",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { .noun = "model",
      .verb = "suggest",
      .summary = "make a model to begin with from a recorded CSV file",
      .operands = "FILE.csv",
      .examples = "pollux model suggest pump.csv > pump.json\n"
                  "pollux model suggest pump.csv --id 'dtmi:com:acme:Pump;1' --map -anomaly",
      .notes = "The schemas are those of what `pollux replay` sends: long, double or string.",
      .opts = px_cmd_suggest_options,
      .operands_min = 1,
      .operands_max = 1,
      .is_local = true,
      .run = px_cmd_suggest_run },
    { 0 },
};
