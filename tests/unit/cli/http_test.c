/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/http.h"
#include "px_test.h"

PX_TEST(a_problem_document_gives_its_sentence_place_and_code)
{
    px_err err = { 0 };

    CHECK_EQ(px_http_problem(400,
                             PX_STR("{\"title\":\"bad\",\"detail\":\"no such schema 'dubble'\","
                                    "\"code\":\"invalid\",\"pointer\":\"/0/contents/1\",\"line\":3,"
                                    "\"column\":17}"),
                             &err),
             PX_INVALID);
    CHECK_STR(err.text, "no such schema 'dubble'");
    CHECK_STR(err.path, "/0/contents/1");
    CHECK_EQ(err.line, 3);
    CHECK_EQ(err.column, 17);
}

PX_TEST(an_azure_error_gives_its_message_and_the_status_of_http)
{
    px_err err = { 0 };

    CHECK_EQ(px_http_problem(412,
                             PX_STR("{\"error\":{\"code\":\"PreconditionFailed\",\"message\":\"it "
                                    "changed\"}}"),
                             &err),
             PX_STALE);
    CHECK_STR(err.text, "it changed");
}

PX_TEST(an_azure_error_may_carry_our_place_in_its_details)
{
    px_err err = { 0 };

    CHECK_EQ(px_http_problem(400,
                             PX_STR("{\"error\":{\"code\":\"DTDLParserError\",\"message\":\"bad\","
                                    "\"details\":[{\"code\":\"dtdl.schema\",\"message\":\"bad\","
                                    "\"path\":\"/0\",\"line\":4,\"column\":9}]}}"),
                             &err),
             PX_INVALID);
    CHECK_EQ(err.line, 4);
    CHECK_STR(err.path, "/0");
}

PX_TEST(a_code_says_more_than_the_status_of_http)
{
    CHECK_EQ(px_http_problem(503, PX_STR("{\"detail\":\"x\",\"code\":\"no_memory\"}"), NULL),
             PX_NO_MEMORY);
    CHECK_EQ(px_http_problem(507, PX_STR("{}"), NULL), PX_FULL);
}

PX_TEST(an_answer_that_is_no_json_still_has_a_sentence)
{
    px_err err = { 0 };

    CHECK_EQ(px_http_problem(502, PX_STR("<html>"), &err), PX_UNREACHABLE);
    CHECK_STR(err.text, "the server answered 502: the other side does not answer");
}

PX_TEST(url_parts_are_percent_encoded)
{
    px_buf out = { 0 };

    px_put_url_part(&out, PX_STR("dtmi:com:acme:Pump;1/\xE6\xB8\xA9 ~"));
    CHECK_STR(out.ptr, "dtmi%3Acom%3Aacme%3APump%3B1%2F%E6%B8%A9%20~");
    px_buf_release(&out);
}

PX_TEST_MAIN()
