/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the query: a path of /api/v1 refuses those that it does not have. */
#include "api_world.h"

static api_world w;

static void refuses(const char *target, const char *sentence)
{
    const reply *r = API_ASK(&w, "GET", target, NULL, 400);

    CHECK_STR(api_text(r, "/code"), "http.unknown_parameter");
    CHECK_STR(api_text(r, "/detail"), sentence);
}

PX_TEST(an_unknown_parameter_is_refused_with_those_that_are_known)
{
    api_world_init(&w);
    refuses("/api/v1/twins?limt=1", "there is no parameter 'limt' here; did you mean 'limit'? "
                                    "Known: model, limit, cursor");
    refuses("/api/v1/twins?limit=1&Model=x", "there is no parameter 'Model' here; did you mean "
                                             "'model'? Known: model, limit, cursor");
    refuses("/api/v1/devices?wholly-other", "there is no parameter 'wholly-other' here; known: "
                                            "limit, cursor");
    refuses("/api/v1/session?api-version=2023-10-31",
            "there is no parameter 'api-version' here; this path takes none");
    /* headers are no parameters of the query */
    refuses("/api/v1/stream?Last-Event-ID=1", "there is no parameter 'Last-Event-ID' here; known: "
                                              "twins, after");
    api_world_release(&w);
}

PX_TEST(names_may_be_encoded_and_pairs_be_empty)
{
    api_world_init(&w);
    API_ASK(&w, "GET", "/api/v1/twins?", NULL, 200);
    API_ASK(&w, "GET", "/api/v1/twins?&&lim%69t=1&", NULL, 200);
    refuses("/api/v1/twins?=1", "there is no parameter '' here; known: model, limit, cursor");
    api_world_release(&w);
}

PX_TEST(what_cannot_be_decoded_is_refused_and_not_passed_over)
{
    api_world_init(&w);
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/twins?limit=%zz", NULL, 400), "/detail"),
              "'limit=%zz' in the query is malformed; write it as UTF-8, percent-encoded");
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/twins?%ff=1", NULL, 400), "/detail"),
              "'%ff' in the query is malformed; write it as UTF-8, percent-encoded");
    api_world_release(&w);
}

PX_TEST(who_has_no_token_is_told_that_first)
{
    api_world_init(&w);
    API_ASK_AS(&w, "nobody", "GET", "/api/v1/twins?limt=1", NULL, 401);
    api_world_release(&w);
}

PX_TEST(the_data_plane_ignores_what_it_does_not_know)
{
    api_world_init(&w);
    API_ASK(&w, "GET", "/models?api-version=2023-10-31&limt=1", NULL, 200);
    API_ASK(&w, "GET", "/healthz?now", NULL, 200);
    api_world_release(&w);
}

PX_TEST_MAIN()
