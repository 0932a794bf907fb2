/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A connection that was HTTP and is a WebSocket now, on its way from the HTTP door to the MQTT
 * door.
 */
#ifndef PX_SERVER_WS_SOCKET_H
#define PX_SERVER_WS_SOCKET_H

#include "server/listen.h"

typedef struct px_ws_socket {
    int fd;      /* non-blocking, of whoever takes it */
    bool is_tls; /* the client speaks TLS; what comes here is plain: the HTTP door carries it */
    px_listen_address peer;
    px_str early; /* frames that came together with the head; borrowed for the call */
} px_ws_socket;

#endif
