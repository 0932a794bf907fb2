/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/backups: who may, what is told, and what is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api_world.h"

static api_world w;
static px_backups *backups;
static char folder[96];

#define BACKUPS "/api/v1/backups"

static void begin(void)
{
    px_err err;

    api_world_init(&w);
    snprintf(folder, sizeof(folder), "%s/backups", w.dir);
    CHECK_OK(px_backups_new(folder, &backups, &err), &err);
    w.api_opts.backups = backups;
    api_world_restart_api(&w);
}

static void end(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    CHECK_EQ(system(command), 0);
    api_world_release(&w);
    px_backups_free(backups);
}

/* Asks until it has ended. */
static const reply *wait_for(const char *target)
{
    for (int i = 0; i < 2000; i++) {
        const reply *r = API_ASK(&w, "GET", target, NULL, 200);

        if (strcmp(api_text(r, "/status"), "copying") != 0 &&
            strcmp(api_text(r, "/status"), "ending") != 0)
            return r;
        usleep(5000);
    }
    CHECK(!"the backup ends");
    return NULL;
}

PX_TEST(a_backup_is_begun_watched_listed_and_deleted)
{
    const reply *r;
    char path[128];

    begin();
    CHECK_STR(api_text(API_ASK(&w, "GET", BACKUPS, NULL, 200), "/items"), "[]");
    r = API_ASK(&w, "POST", BACKUPS, "{\"name\":\"monday\"}", 202);
    CHECK_STR(api_reply_header(r, "Location"), BACKUPS "/monday");
    CHECK_STR(api_text(r, "/name"), "monday");
    r = wait_for(BACKUPS "/monday");
    CHECK_STR(api_text(r, "/status"), "done");
    CHECK_STR(api_text(r, "/pagesLeft"), "0");
    CHECK(atoi(api_text(r, "/position")) > 0);
    snprintf(path, sizeof(path), "%s/monday.db", folder);
    CHECK_STR(api_text(r, "/path"), path);
    CHECK_EQ(access(path, F_OK), 0);
    r = API_ASK(&w, "GET", BACKUPS, NULL, 200);
    CHECK_STR(api_text(r, "/items/0/name"), "monday");
    CHECK_STR(api_text(r, "/items/0/status"), "done");
    CHECK_STR(api_text(r, "/items/1"), "");
    API_ASK(&w, "POST", BACKUPS, "{\"name\":\"monday\"}", 409);
    API_ASK(&w, "DELETE", BACKUPS "/monday", NULL, 204);
    API_ASK(&w, "DELETE", BACKUPS "/monday", NULL, 404);
    API_ASK(&w, "GET", BACKUPS "/monday", NULL, 404);
    end();
}

PX_TEST(without_a_name_the_time_names_it)
{
    const reply *r;
    char target[128];

    begin();
    r = API_ASK(&w, "POST", BACKUPS, NULL, 202);
    CHECK(strncmp(api_text(r, "/name"), "pollux-20", 9) == 0);
    snprintf(target, sizeof(target), BACKUPS "/%s", api_text(r, "/name"));
    CHECK_STR(api_text(wait_for(target), "/status"), "done");
    end();
}

/* The next page of one; its name, or "" at the end. */
static const char *next_name(char target[256])
{
    const reply *r = API_ASK(&w, "GET", target, NULL, 200);
    static char name[64];

    snprintf(name, sizeof(name), "%s", api_text(r, "/items/0/name"));
    CHECK_STR(api_text(r, "/items/1"), "");
    if (strcmp(api_text(r, "/cursor"), "null") == 0)
        target[0] = '\0';
    else
        snprintf(target, 256, BACKUPS "?limit=1&cursor=%s", api_text(r, "/cursor"));
    return name;
}

PX_TEST(backups_come_in_pages_by_name_and_so_does_one_under_way)
{
    static const char *const names[] = { "a", "a-b", "a-c", "b" };
    char target[256] = BACKUPS "?limit=1";

    begin();
    for (size_t i = 0; i < 4; i++) {
        char body[32], made[64];

        if (i == 2)
            continue;
        snprintf(body, sizeof(body), "{\"name\":\"%s\"}", names[i]);
        snprintf(made, sizeof(made), BACKUPS "/%s", names[i]);
        API_ASK(&w, "POST", BACKUPS, body, 202);
        wait_for(made);
    }
    API_ASK(&w, "POST", BACKUPS, "{\"name\":\"a-c\"}", 202);
    for (size_t i = 0; i < 4; i++)
        CHECK_STR(next_name(target), names[i]);
    CHECK_STR(target, "");
    CHECK_STR(api_text(API_ASK(&w, "GET", BACKUPS, NULL, 200), "/items/3/name"), "b");
    wait_for(BACKUPS "/a-c");
    end();
}

PX_TEST(pages_of_backups_have_limits_and_cursors_as_all_lists)
{
    char target[256];

    begin();
    API_ASK(&w, "GET", BACKUPS "?limit=0", NULL, 400);
    API_ASK(&w, "GET", BACKUPS "?limit=1000", NULL, 200);
    API_ASK(&w, "GET", BACKUPS "?limit=1001", NULL, 400);
    API_ASK(&w, "PUT", "/api/v1/tenants/acme", NULL, 201);
    API_ASK(&w, "PUT", "/api/v1/tenants/acme2", NULL, 201);
    snprintf(target, sizeof(target), BACKUPS "?cursor=%s",
             api_text(API_ASK(&w, "GET", "/api/v1/tenants?limit=1", NULL, 200), "/cursor"));
    CHECK_STR(api_text(API_ASK(&w, "GET", target, NULL, 400), "/code"), "http.cursor");
    end();
}

PX_TEST(one_that_ended_is_not_cancelled_any_more)
{
    begin();
    API_ASK(&w, "POST", BACKUPS "/none/cancel", NULL, 404);
    API_ASK(&w, "POST", BACKUPS, "{\"name\":\"a\"}", 202);
    wait_for(BACKUPS "/a");
    CHECK_STR(api_text(API_ASK(&w, "POST", BACKUPS "/a/cancel", NULL, 200), "/status"), "done");
    end();
}

PX_TEST(a_name_is_one_of_a_file)
{
    begin();
    API_ASK(&w, "POST", BACKUPS, "{\"name\":\"../up\"}", 400);
    API_ASK(&w, "POST", BACKUPS, "{\"name\":7}", 400);
    API_ASK(&w, "POST", BACKUPS, "{\"name\":\"\"}", 400);
    API_ASK(&w, "GET", BACKUPS "/.hidden", NULL, 400);
    end();
}

PX_TEST(only_the_first_tenants_admin_makes_and_sees_backups)
{
    begin();
    API_ASK_AS(&w, api_token(&w, 1, PX_ROLE_READER, NULL), "POST", BACKUPS, "{}", 403);
    API_ASK_AS(&w, api_token(&w, 2, PX_ROLE_ADMIN, NULL), "POST", BACKUPS, "{}", 403);
    API_ASK_AS(&w, api_token(&w, 2, PX_ROLE_ADMIN, NULL), "GET", BACKUPS, NULL, 403);
    API_ASK_AS(&w, api_token(&w, 2, PX_ROLE_ADMIN, NULL), "DELETE", BACKUPS "/a", NULL, 403);
    end();
}

PX_TEST_MAIN()
