/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer of the HTTP rows: libmicrohttpd as it is, one epoll thread, a handler that does nothing.
 *
 *   px_peer_mhd BYTES
 *
 * GET answers with BYTES of a fixed JSON text; any other method takes the body, forgets it and
 * answers 204. Prints its port and serves until its input ends.
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct peer {
    char *body;
    size_t size;
} peer;

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, char *body,
                              size_t size)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, body, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    if (size)
        MHD_add_response_header(response, "Content-Type", "application/json");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **context)
{
    static int seen;
    peer *p = data;

    (void)url, (void)version, (void)upload;
    if (!*context) { /* answering in the first call closes the connection */
        *context = &seen;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;
        return MHD_YES;
    }
    return strcmp(method, "GET") == 0 ? answer(connection, 200, p->body, p->size)
                                      : answer(connection, 204, NULL, 0);
}

int main(int argc, char **argv)
{
    peer p = { .size = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 400 };
    const union MHD_DaemonInfo *info;
    struct MHD_Daemon *daemon;
    char byte;

    p.body = malloc(p.size + 1);
    if (!p.body)
        return 1;
    memset(p.body, 'x', p.size);
    daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle, &p,
                              MHD_OPTION_CONNECTION_LIMIT, 1000u, MHD_OPTION_END);
    if (!daemon)
        return 1;
    info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    printf("%u\n", (unsigned)info->port);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    MHD_stop_daemon(daemon);
    free(p.body);
    return 0;
}
