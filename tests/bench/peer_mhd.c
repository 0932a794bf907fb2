/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer of the HTTP benchmark: a bare libmicrohttpd handler, with the same daemon flags as the
 * door. GET answers a fixed twin of about 500 bytes, PATCH reads the body and answers 204. Prints
 * its port and serves until it is killed.
 */
#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char twin[] =
    "{\"$dtId\":\"twin-000000\",\"$etag\":\"W/\\\"00000000-0000-0000-0000-000000000000\\\"\","
    "\"p0\":21.4,\"p1\":21.4,\"p2\":21.4,\"p3\":21.4,\"p4\":21.4,\"p5\":21.4,\"p6\":21.4,"
    "\"p7\":21.4,\"$metadata\":{\"$model\":\"dtmi:com:example:Pump;1\",\"$lastUpdateTime\":"
    "\"2026-11-01T12:00:00.0000000Z\",\"p0\":{\"lastUpdateTime\":\"2026-11-01T12:00:00.0000000Z\"},"
    "\"p1\":{\"lastUpdateTime\":\"2026-11-01T12:00:00.0000000Z\"},\"p2\":{\"lastUpdateTime\":"
    "\"2026-11-01T12:00:00.0000000Z\"}}}";

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    static char seen;
    struct MHD_Response *response;
    enum MHD_Result result;
    int is_get = strcmp(method, "GET") == 0;

    (void)ctx, (void)url, (void)version, (void)upload;
    if (!*request) { /* an answer in the first call would close the connection */
        *request = &seen;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;
        return MHD_YES;
    }
    response = MHD_create_response_from_buffer(is_get ? sizeof(twin) - 1 : 0,
                                               (void *)(uintptr_t)twin, MHD_RESPMEM_PERSISTENT);
    if (is_get)
        MHD_add_response_header(response, "Content-Type", "application/json");
    result = MHD_queue_response(connection, is_get ? 200 : 204, response);
    MHD_destroy_response(response);
    return result;
}

int main(void)
{
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle, NULL,
                         MHD_OPTION_CONNECTION_TIMEOUT, 75u, MHD_OPTION_END);
    const union MHD_DaemonInfo *info;

    if (!daemon) {
        fprintf(stderr, "the peer does not start\n");
        return 1;
    }
    info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    printf("%u\n", (unsigned)info->port);
    fflush(stdout);
    for (;;)
        pause();
}
