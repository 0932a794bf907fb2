/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Who has which client id: one owner per (scope, client id), the newest.
 *
 * Threads: any; a lock of its own.
 */
#ifndef PX_SERVER_MQTT_NAMES_H
#define PX_SERVER_MQTT_NAMES_H

#include "server/mqtt_door.h"

typedef struct px_mqtt_names px_mqtt_names;

px_mqtt_names *px_mqtt_names_new(void); /* NULL: no memory */
void px_mqtt_names_free(px_mqtt_names *names);

/* Gives the name to `conn`; `ret_older` is who had it, or 0. Errors: PX_NO_MEMORY. */
PX_NODISCARD px_status px_mqtt_names_claim(px_mqtt_names *names, uint64_t scope, px_str client_id,
                                           px_mqtt_conn conn, px_mqtt_conn *ret_older);
/* Only if `conn` still has it. */
void px_mqtt_names_release(px_mqtt_names *names, uint64_t scope, px_str client_id,
                           px_mqtt_conn conn);

#endif
