/* SPDX-License-Identifier: Apache-2.0 */
/* Files, import jobs and delete jobs. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api_world.h"

static api_world w;
static px_files *files;

#define FILES "/api/v1/files/"
#define HEADER "{\"Section\":\"Header\"}\n{\"fileVersion\":\"1.0.0\"}\n"
#define MODEL(id, more)                                                                            \
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@type\":\"Interface\",\"@id\":\"" id "\"" more "}\n"
#define TWIN(id) "{\"$dtId\":\"" id "\",\"$metadata\":{\"$model\":\"dtmi:j:B;1\"}}\n"
#define REL(from, id, to)                                                                          \
    "{\"$dtId\":\"" from "\",\"$relationshipId\":\"" id "\",\"$targetId\":\"" to                   \
    "\",\"$relationshipName\":\"feeds\"}\n"

static const char whole[] = HEADER "{\"Section\":\"Models\"}\n" MODEL("dtmi:j:B;1",
                                                                      ",\"extends\":\"dtmi:j:A;1\"")
    MODEL("dtmi:j:A;1", ",\"contents\":[{\"@type\":\"Relationship\",\"name\":\"feeds\"}]")
        MODEL("dtmi:j:C;1", ",\"extends\":\"dtmi:j:none;1\"") "{\"Section\":\"Twins\"}\n" TWIN("a")
            TWIN("b") "nonsense\n{\"Section\":\"Relationships\"}\n" REL("a", "r", "b")
                REL("a", "r2", "none");

static void begin(void)
{
    px_err err;

    api_world_init(&w);
    CHECK_OK(px_files_new(w.dir, w.dir, &files, &err), &err);
    w.api_opts.files = files;
    api_world_restart_api(&w);
}

static void end(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %.64s/files", w.dir);
    CHECK_EQ(system(command), 0);
    api_world_release(&w);
    px_files_free(files);
}

/* Asks until the job has ended. */
static const reply *wait_for(const char *target)
{
    for (int i = 0; i < 2000; i++) {
        const reply *r = API_ASK(&w, "GET", target, NULL, 200);

        if (strcmp(api_text(r, "/finishedDateTime"), "null") != 0)
            return r;
        usleep(5000);
    }
    CHECK(!"the job ends");
    return NULL;
}

#define URIS(in, out) "{\"inputBlobUri\":\"" in "\",\"outputBlobUri\":\"" out "\"}"

/* The output, whole: the door pulls a stream. */
static const char *read_output(const char *target)
{
    static char text[16384];
    px_api_stream *stream;
    ptrdiff_t got;
    size_t len = 0;
    const reply *r = API_ASK(&w, "GET", target, NULL, 200);

    stream = r->call.stream;
    CHECK(stream != NULL);
    while ((got = stream->read(stream, text + len, sizeof(text) - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    stream->close(stream);
    return text;
}

PX_TEST(an_import_job_sorts_models_names_bad_lines_and_goes_on)
{
    const char *told;
    const reply *r;

    begin();
    API_ASK(&w, "PUT", FILES "in.ndjson", whole, 201);
    r = API_ASK(&w, "PUT", "/jobs/imports/one", URIS(FILES "in.ndjson", FILES "out.ndjson"), 201);
    CHECK_STR(api_text(r, "/id"), "one");
    CHECK_STR(api_text(r, "/status"), "notstarted");
    r = wait_for("/jobs/imports/one");
    CHECK_STR(api_text(r, "/status"), "succeeded");
    CHECK_STR(api_text(r, "/inputBlobUri"), FILES "in.ndjson");
    CHECK(strcmp(api_text(r, "/purgeDateTime"), "null") != 0);
    API_ASK(&w, "GET", "/models/dtmi:j:B;1", NULL, 200);
    API_ASK(&w, "GET", "/models/dtmi:j:C;1", NULL, 404);
    API_ASK(&w, "GET", "/digitaltwins/b", NULL, 200);
    API_ASK(&w, "GET", "/digitaltwins/a/relationships/r", NULL, 200);
    told = read_output(FILES "out.ndjson");
    CHECK(strstr(told, "\"jobType\":\"Import\"") != NULL);
    CHECK(strstr(told, "{\"section\":\"Models\",\"status\":\"Failed\"}") != NULL);
    CHECK(strstr(told, "\"logType\":\"Error\",\"details\":{\"line\":6,") != NULL);
    CHECK(strstr(told, "{\"line\":10,\"code\":\"json.literal\"") != NULL);
    CHECK(strstr(told, "{\"line\":13,\"code\":\"relationship.target\"") != NULL);
    CHECK(strstr(told, "\"details\":{\"status\":\"Succeeded\"}}\n") != NULL);
    r = API_ASK(&w, "GET", "/jobs/imports", NULL, 200);
    CHECK_STR(api_text(r, "/value/0/id"), "one");
    API_ASK(&w, "PUT", "/jobs/imports/one", URIS(FILES "in.ndjson", FILES "out.ndjson"), 400);
    API_ASK(&w, "POST", "/jobs/imports/one/cancel", NULL, 400);
    API_ASK(&w, "DELETE", "/jobs/imports/one", NULL, 204);
    r = API_ASK(&w, "GET", "/jobs/imports/one", NULL, 404);
    CHECK_STR(api_text(r, "/error/code"), "ImportJobNotFound");
    CHECK(strstr(api_text(r, "/error/message"),
                 "There is no job available that matches the provided id") != NULL);
    end();
}

PX_TEST(a_delete_job_leaves_nothing_but_devices_and_documents)
{
    const reply *r;

    begin();
    API_ASK(&w, "PUT", FILES "in.ndjson", whole, 201);
    API_ASK(&w, "PUT", "/jobs/imports/one", URIS(FILES "in.ndjson", FILES "out.ndjson"), 201);
    wait_for("/jobs/imports/one");
    api_header(&w, "operation-id", "sweep");
    api_header(&w, "Host", "twins.example");
    r = API_ASK(&w, "POST", "/jobs/deletions", NULL, 202);
    CHECK_STR(api_text(r, "/id"), "sweep");
    CHECK(strstr(api_reply_header(r, "Operation-Location"),
                 "http://twins.example/jobs/deletions/sweep?api-version=") != NULL);
    r = wait_for("/jobs/deletions/sweep");
    CHECK_STR(api_text(r, "/status"), "succeeded");
    CHECK_EQ(px_graph_stat(px_engine_graph(w.engine)).twins, 0);
    API_ASK(&w, "GET", "/models/dtmi:j:A;1", NULL, 404);
    r = API_ASK(&w, "GET", "/jobs/deletions", NULL, 200);
    CHECK_STR(api_text(r, "/value/0/id"), "sweep");
    r = API_ASK(&w, "GET", "/jobs/deletions/none", NULL, 404);
    CHECK_STR(api_text(r, "/error/code"), "DeleteJobNotFound");
    end();
}

PX_TEST(one_job_of_a_tenant_runs_at_a_time_and_can_be_cancelled)
{
    px_buf text = { 0 };
    const reply *r;

    begin();
    px_put_c(&text, HEADER
             "{\"Section\":\"Models\"}\n" MODEL("dtmi:j:B;1", "") "{\"Section\":\"Twins\"}\n");
    for (int i = 0; i < 9000; i++)
        px_putf(&text, "{\"$dtId\":\"t%d\",\"$metadata\":{\"$model\":\"dtmi:j:B;1\"}}\n", i);
    API_ASK(&w, "PUT", FILES "in.ndjson", text.ptr, 201);
    px_buf_release(&text);
    api_hold_engine(&w);
    {
        reply first, second;

        api_reply_init(&first);
        api_reply_init(&second);
        api_send(&w, &first, "PUT", "/jobs/imports/one",
                 URIS(FILES "in.ndjson", FILES "out.ndjson"));
        api_send(&w, &second, "PUT", "/jobs/imports/two",
                 URIS(FILES "in.ndjson", FILES "out.ndjson"));
        api_let_engine_go(&w);
        CHECK_EQ(api_wait(&first)->status, 201);
        r = api_wait(&second);
        CHECK_EQ(r->status, 400);
        CHECK_STR(api_text(r, "/error/code"), "JobLimitReached");
        api_reply_release(&first);
        api_reply_release(&second);
    }
    r = api_ask(&w, "POST", "/jobs/imports/one/cancel", NULL);
    if (r->status == 200) { /* it was not faster */
        CHECK_STR(api_text(r, "/status"), "cancelling");
        r = wait_for("/jobs/imports/one");
        CHECK(strcmp(api_text(r, "/status"), "cancelled") == 0 ||
              strcmp(api_text(r, "/status"), "succeeded") == 0);
    }
    wait_for("/jobs/imports/one");
    API_ASK(&w, "PUT", "/jobs/imports/two", URIS(FILES "in.ndjson", FILES "out.ndjson"), 201);
    r = wait_for("/jobs/imports/two");
    CHECK_STR(api_text(r, "/status"), "succeeded");
    CHECK_EQ(px_graph_stat(px_engine_graph(w.engine)).twins, 9000);
    end();
}

PX_TEST(a_job_that_was_running_goes_on_after_a_restart)
{
    static const char document[] =
        "{\"status\":\"running\",\"by\":\"admin\",\"input\":\"files/in.ndjson\","
        "\"output\":\"files/out.ndjson\",\"inputUri\":\"" FILES "in.ndjson\","
        "\"outputUri\":\"" FILES "out.ndjson\",\"created\":\"2026-11-01T12:00:00Z\","
        "\"lastAction\":\"2026-11-01T12:00:00Z\",\"progress\":{\"section\":\"Twins\",\"line\":8,"
        "\"end\":%zu,\"logged\":5,\"taken\":3,\"refused\":1}}";
    const char *behind_a = strstr(whole, TWIN("b"));
    char body[1024];
    px_document_write write = { .kind = PX_STR("job"), .id = PX_STR("imports/cut") };
    const reply *r;

    begin();
    API_ASK(&w, "PUT", FILES "in.ndjson", whole, 201);
    API_ASK(&w, "PUT", FILES "out.ndjson", "told\nand more that the document does not know", 201);
    r = API_ASK(&w, "POST", "/models",
                "[" MODEL("dtmi:j:B;1", ",\"contents\":[{\"@type\":\"Relationship\",\"name\":"
                                        "\"feeds\"}]") "]",
                201);
    snprintf(body, sizeof(body), document, (size_t)(behind_a - whole));
    write.body = px_str_c(body);
    api_write_document(&w, &write);
    api_world_restart_api(&w);
    r = wait_for("/jobs/imports/cut");
    CHECK_STR(api_text(r, "/status"), "succeeded");
    API_ASK(&w, "GET", "/digitaltwins/a", NULL, 404); /* it was behind the position */
    API_ASK(&w, "GET", "/digitaltwins/b", NULL, 200);
    CHECK(strncmp(read_output(FILES "out.ndjson"), "told\n{\"timestamp\"", 17) == 0);
    end();
}

PX_TEST(an_ended_job_is_forgotten_after_thirty_days)
{
    static const char document[] =
        "{\"status\":\"succeeded\",\"by\":\"admin\",\"created\":\"2020-11-01T12:00:00Z\","
        "\"lastAction\":\"2020-11-01T12:00:00Z\",\"finished\":\"2020-11-01T12:00:00Z\"}";
    px_document_write write = { .kind = PX_STR("job"),
                                .id = PX_STR("imports/old"),
                                .body = px_str_c(document) };

    begin();
    api_write_document(&w, &write);
    API_ASK(&w, "GET", "/jobs/imports/old", NULL, 200);
    api_header(&w, "operation-id", "sweep");
    API_ASK(&w, "POST", "/jobs/deletions", NULL, 202);
    wait_for("/jobs/deletions/sweep");
    for (int i = 0; i < 2000 && api_ask(&w, "GET", "/jobs/imports/old", NULL)->status != 404; i++)
        usleep(5000);
    API_ASK(&w, "GET", "/jobs/imports/old", NULL, 404);
    end();
}

PX_TEST(urls_lead_to_files_of_this_server_and_of_its_folder_only)
{
    static const char *const bad[] = {
        URIS("", FILES "o"),
        URIS("https://other.example/api/v1/files/in", FILES "o"),
        URIS(FILES "../secret", FILES "o"),
        URIS(FILES "in/x", FILES "o"),
        URIS("ftp://x/y", FILES "o"),
        URIS(FILES "in", FILES "in"),
        "{\"inputBlobUri\":1,\"outputBlobUri\":2}",
    };
    static const char *const outside[] = { "file:../x", "file:/a/../../x", "file:link/x",
                                           "file:nothing" };
    char path[96], body[256], target[64];
    const reply *r;

    begin();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        r = API_ASK(&w, "PUT", "/jobs/imports/bad", bad[i], 400);
        CHECK_STR(api_text(r, "/error/code"), "ValidationFailed");
    }
    snprintf(path, sizeof(path), "%s/link", w.dir);
    CHECK_EQ(symlink("/", path), 0);
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        snprintf(target, sizeof(target), "/jobs/imports/out%zu", i);
        snprintf(body, sizeof(body), URIS("%s", FILES "o"), outside[i]);
        API_ASK(&w, "PUT", target, body, 201);
        r = wait_for(target);
        CHECK_STR(api_text(r, "/status"), "failed");
    }
    CHECK_EQ(unlink(path), 0);
    end();
}

PX_TEST(a_file_of_the_folder_is_read_and_one_that_is_no_bulk_file_fails)
{
    const reply *r;

    begin();
    API_ASK(&w, "PUT", FILES "in.ndjson", whole, 201);
    r = API_ASK(&w, "PUT", "/jobs/imports/f", URIS("file:///files/1/in.ndjson", "file:files/told"),
                201);
    r = wait_for("/jobs/imports/f");
    CHECK_STR(api_text(r, "/status"), "succeeded");
    API_ASK(&w, "PUT", FILES "csv", "a,b,c\n1,2,3\n", 201);
    API_ASK(&w, "PUT", "/jobs/imports/g", URIS(FILES "csv", FILES "told"), 201);
    r = wait_for("/jobs/imports/g");
    CHECK_STR(api_text(r, "/status"), "failed");
    CHECK_STR(api_text(r, "/error/code"), "bulk.header");
    end();
}

PX_TEST(files_are_listed_by_name_in_pages)
{
    char target[160], cursor[64];
    const reply *r;

    begin();
    for (char name = 'e'; name >= 'a'; name--) {
        snprintf(target, sizeof(target), FILES "%c", name);
        API_ASK(&w, "PUT", target, "{}", 201);
    }
    r = API_ASK(&w, "GET", "/api/v1/files?limit=4", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/name"), "a");
    CHECK_STR(api_text(r, "/items/3/name"), "d");
    snprintf(cursor, sizeof(cursor), "%s", api_text(r, "/cursor"));
    snprintf(target, sizeof(target), "/api/v1/files?cursor=%s", cursor);
    r = API_ASK(&w, "GET", target, NULL, 200);
    CHECK_STR(api_text(r, "/items/0/name"), "e");
    CHECK_STR(api_text(r, "/items/1"), "");
    CHECK_STR(api_text(r, "/cursor"), "null");
    cursor[0] = '7';
    snprintf(target, sizeof(target), "/api/v1/files?cursor=%s", cursor);
    API_ASK(&w, "GET", target, NULL, 400);
    r = API_ASK(&w, "GET", "/api/v1/files?limit=5", NULL, 200);
    CHECK_STR(api_text(r, "/cursor"), "null");
    end();
}

PX_TEST(files_come_in_parts_and_only_whole_ones_are_there)
{
    static const char *const names[] = { ".hidden", "a%2Fb", "..", "a%00b", "x.part", "" };
    char target[64];
    const reply *r;

    begin();
    api_header(&w, "Content-Range", "bytes 0-4/10");
    API_ASK(&w, "PUT", FILES "a", "01234", 202);
    API_ASK(&w, "GET", FILES "a", NULL, 404);
    api_header(&w, "Content-Range", "bytes 6-9/10");
    r = API_ASK(&w, "PUT", FILES "a", "6789", 400);
    CHECK_STR(api_text(r, "/code"), "file.part");
    api_header(&w, "Content-Range", "bytes 5-9/10");
    API_ASK(&w, "PUT", FILES "a", "56789", 201);
    CHECK_STR(read_output(FILES "a"), "0123456789");
    api_header(&w, "Content-Range", "bytes 5-9/7");
    API_ASK(&w, "PUT", FILES "a", "56789", 400);
    r = API_ASK(&w, "GET", "/api/v1/files", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/name"), "a");
    CHECK_STR(api_text(r, "/items/0/bytes"), "10");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(target, sizeof(target), FILES "%s", names[i]);
        CHECK(api_ask(&w, "PUT", target, "x")->status >= 400);
    }
    API_ASK_AS(&w, api_token(&w, 2, PX_ROLE_ADMIN, NULL), "GET", FILES "a", NULL, 404);
    API_ASK_AS(&w, api_token(&w, 1, PX_ROLE_READER, NULL), "DELETE", FILES "a", NULL, 403);
    API_ASK(&w, "DELETE", FILES "a", NULL, 204);
    API_ASK(&w, "DELETE", FILES "a", NULL, 404);
    end();
}

PX_TEST_MAIN()
