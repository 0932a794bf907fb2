/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/reason.h"

const char *px_mqtt_reason_name(unsigned reason)
{
    switch (reason) {
#define X(name, code, words)                                                                       \
    case code:                                                                                     \
        return words;
        PX_MQTT_REASON_MAP(X)
#undef X
    default:
        return "unknown";
    }
}

uint8_t px_mqtt_reason_v311(px_mqtt_reason reason)
{
    switch ((unsigned)reason) {
    case PX_MQTT_SUCCESS:
        return 0;
    case PX_MQTT_UNSUPPORTED_VERSION:
        return 1;
    case PX_MQTT_CLIENT_ID_INVALID:
        return 2;
    case PX_MQTT_BAD_USER_OR_PASSWORD:
        return 4;
    case PX_MQTT_NOT_AUTHORIZED:
    case PX_MQTT_BANNED:
        return 5;
    default:
        return 3; /* server unavailable: the only one left that blames nobody */
    }
}
