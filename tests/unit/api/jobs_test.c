/* SPDX-License-Identifier: Apache-2.0 */
/* Files, import jobs and delete jobs. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api_world.h"
#include "base/limits.h"

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

/* A file, whole: the door pulls a stream. */
static char *read_whole(px_buf *buf, const char *target)
{
    px_api_stream *stream;
    char part[16384];
    ptrdiff_t got;
    const reply *r = API_ASK(&w, "GET", target, NULL, 200);

    stream = r->call.stream;
    CHECK(stream != NULL);
    while ((got = stream->read(stream, part, sizeof(part))) > 0)
        px_put(buf, px_str_of(part, (size_t)got));
    stream->close(stream);
    CHECK_EQ(buf->status, PX_OK);
    return buf->ptr;
}

static const char *read_output(const char *target)
{
    static char text[16384];
    px_buf buf = { 0 };

    snprintf(text, sizeof(text), "%s", read_whole(&buf, target));
    px_buf_release(&buf);
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

PX_TEST(links_of_jobs_name_the_host_that_was_asked)
{
    const reply *r;

    begin();
    for (int i = 0; i < 2; i++) {
        const char *id = i ? "second" : "first";
        char target[64];

        api_header(&w, "operation-id", id);
        api_header(&w, "Host", "twins.example");
        api_header(&w, "X-Forwarded-Proto", "https");
        r = API_ASK(&w, "POST", "/jobs/deletions?api-version=2023-06-30", NULL, 202);
        snprintf(target, sizeof(target), "/jobs/deletions/%s", id);
        CHECK(strncmp(api_reply_header(r, "Operation-Location"), "https://twins.example", 21) == 0);
        CHECK(strstr(api_reply_header(r, "Operation-Location"), target) != NULL);
        CHECK(strstr(api_reply_header(r, "Operation-Location"), "?api-version=2023-06-30") != NULL);
        wait_for(target);
    }
    api_header(&w, "max-items-per-page", "1");
    api_header(&w, "Host", "twins.example");
    r = API_ASK(&w, "GET", "/jobs/deletions?api-version=2023-06-30", NULL, 200);
    CHECK(strncmp(api_text(r, "/nextLink"),
                  "http://twins.example/jobs/deletions?continuationToken=", 54) == 0);
    CHECK(strstr(api_text(r, "/nextLink"), "api-version=2023-06-30") != NULL);
    api_header(&w, "max-items-per-page", "2");
    r = API_ASK(&w, "GET", "/jobs/deletions", NULL, 200);
    CHECK_STR(api_text(r, "/nextLink"), "null"); /* a full page, and none behind it */
    end();
}

PX_TEST(a_job_that_the_engine_had_no_room_for_does_not_block_the_next)
{
    px_engine_opts opts = { .queue_bytes_max = 1 };
    reply waits;

    api_world_init_with(&w, &opts);
    api_hold_engine(&w);
    api_reply_init(&waits);
    api_send(&w, &waits, "DELETE", "/digitaltwins/none", NULL);
    API_ASK(&w, "POST", "/jobs/deletions", NULL, 503);
    api_let_engine_go(&w);
    CHECK_EQ(api_wait(&waits)->status, 404);
    api_reply_release(&waits);
    API_ASK(&w, "POST", "/jobs/deletions", NULL, 202);
    api_world_release(&w);
}

/* A line of two bytes is no way to fill the disk. */
PX_TEST(a_job_tells_of_so_many_refused_lines_and_no_more)
{
    px_buf text = { 0 };
    const reply *r;
    px_str told, line = { 0 };
    bool enough = false;
    size_t lines = 0;

    begin();
    px_put_c(&text, HEADER "{\"Section\":\"Twins\"}\n");
    for (int i = 0; i < PX_JOB_REFUSALS_MAX + 5000; i++)
        px_put_c(&text, "x\n");
    API_ASK(&w, "PUT", FILES "in.ndjson", text.ptr, 201);
    API_ASK(&w, "PUT", "/jobs/imports/j", URIS(FILES "in.ndjson", FILES "out.ndjson"), 201);
    r = wait_for("/jobs/imports/j");
    CHECK_STR(api_text(r, "/status"), "succeeded");
    px_buf_clear(&text);
    (void)read_whole(&text, FILES "out.ndjson");
    told = px_buf_str(&text);
    while (told.len > 0) {
        line = px_str_cut(&told, '\n');
        lines += memmem(line.ptr, line.len, "\"logType\":\"Error\"", 17) != NULL;
        enough |= memmem(line.ptr, line.len, "job.refusals", 12) != NULL;
    }
    CHECK_EQ(lines, PX_JOB_REFUSALS_MAX + 1);
    CHECK(enough);
    CHECK(memmem(line.ptr, line.len, "Succeeded", 9) != NULL);
    px_buf_release(&text);
    end();
}

PX_TEST(files_that_were_begun_count_among_those_of_a_tenant)
{
    char target[64];
    const reply *r;

    begin();
    for (int i = 0; i < PX_FILES_MAX; i++) {
        snprintf(target, sizeof(target), FILES "f%d", i);
        api_header(&w, "Content-Range", "bytes 0-0/2");
        API_ASK(&w, "PUT", target, "x", 202);
    }
    r = API_ASK(&w, "PUT", FILES "more", "x", 429);
    CHECK_STR(api_text(r, "/code"), "file.limit");
    api_header(&w, "Content-Range", "bytes 1-1/2");
    API_ASK(&w, "PUT", target, "x", 201);
    API_ASK(&w, "PUT", "/jobs/imports/j", URIS(FILES "f999", FILES "told"), 201);
    r = wait_for("/jobs/imports/j");
    CHECK_STR(api_text(r, "/status"), "failed");
    CHECK_STR(api_text(r, "/error/code"), "file.limit");
    API_ASK(&w, "DELETE", FILES "f0", NULL, 204);
    API_ASK(&w, "PUT", FILES "more", "x", 201);
    end();
}

PX_TEST(an_import_job_takes_no_version_that_the_public_service_does_not_take)
{
    static const char v4[] = HEADER "{\"Section\":\"Models\"}\n"
                                    "{\"@context\":\"dtmi:dtdl:context;4\",\"@type\":\"Interface\","
                                    "\"@id\":\"dtmi:j:Four;1\"}\n" MODEL("dtmi:j:Three;1", "");

    begin();
    w.api_opts.azure_limits = true;
    api_world_restart_api(&w);
    API_ASK(&w, "PUT", FILES "in.ndjson", v4, 201);
    API_ASK(&w, "PUT", "/jobs/imports/v4", URIS(FILES "in.ndjson", FILES "out.ndjson"), 201);
    wait_for("/jobs/imports/v4");
    CHECK(strstr(read_output(FILES "out.ndjson"), "azure.version") != NULL);
    API_ASK(&w, "GET", "/models/dtmi:j:Three;1", NULL, 200);
    API_ASK(&w, "GET", "/models/dtmi:j:Four;1", NULL, 404);
    end();
}

PX_TEST(the_folder_of_the_server_is_the_first_tenants)
{
    const reply *r;

    begin();
    r = API_ASK_AS(&w, api_token(&w, 2, PX_ROLE_ADMIN, NULL), "PUT", "/jobs/imports/f",
                   URIS("file:files/1/in.ndjson", FILES "told"), 403);
    CHECK(strstr(api_text(r, "/error/message"), "/api/v1/files/NAME") != NULL);
    end();
}

PX_TEST(the_id_of_a_job_is_as_long_as_the_limit_and_no_longer)
{
    enum { ID_BYTES_MAX = 100 };
    char target[256];

    begin();
    for (int more = 0; more < 2; more++) {
        snprintf(target, sizeof(target), "/jobs/imports/%0*d", ID_BYTES_MAX + more, 0);
        API_ASK(&w, "PUT", target, URIS(FILES "in.ndjson", FILES "out.ndjson"), more ? 400 : 201);
    }
    snprintf(target, sizeof(target), "/jobs/imports/%0*d", ID_BYTES_MAX, 0);
    wait_for(target);
    end();
}

/* `old-0` and so on, that have ended. */
static void write_old_jobs(int count)
{
    static const char document[] =
        "{\"status\":\"succeeded\",\"by\":\"admin\",\"created\":\"2199-11-01T12:00:00Z\","
        "\"lastAction\":\"2199-11-01T12:00:00Z\",\"finished\":\"2199-11-01T12:00:00Z\"}";
    char id[32];

    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "imports/old-%d", i);
        api_write_document(&w, &(px_document_write){ .kind = PX_STR("job"),
                                                     .id = px_str_c(id),
                                                     .body = px_str_c(document) });
    }
}

PX_TEST(a_start_ends_however_many_jobs_are_kept)
{
    enum { PAGE = 100 };

    begin();
    write_old_jobs(PAGE);
    api_world_restart_api(&w);
    API_ASK(&w, "GET", "/jobs/imports/old-99", NULL, 200);
    end();
}

PX_TEST(a_tenant_keeps_as_many_jobs_as_the_limit_and_no_more)
{
    const reply *r;

    begin();
    write_old_jobs(PX_JOBS_MAX - 1);
    API_ASK(&w, "PUT", "/jobs/imports/last", URIS(FILES "in.ndjson", FILES "out.ndjson"), 201);
    wait_for("/jobs/imports/last");
    r = API_ASK(&w, "PUT", "/jobs/imports/more", URIS(FILES "in.ndjson", FILES "out.ndjson"), 400);
    CHECK(strstr(api_text(r, "/error/message"), "1000 jobs are kept") != NULL);
    API_ASK(&w, "DELETE", "/jobs/imports/old-0", NULL, 204);
    API_ASK(&w, "PUT", "/jobs/imports/more", URIS(FILES "in.ndjson", FILES "out.ndjson"), 201);
    wait_for("/jobs/imports/more");
    end();
}

PX_TEST_MAIN()
