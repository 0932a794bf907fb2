/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Every maximum in one place: defaults of the limits page, docs/limits.md.
 *
 * A name says what it counts and in which unit. Each wants a test at the limit and one past it:
 * those that users meet have one, not yet all; docs/limits.md says which.
 */
#ifndef PX_BASE_LIMITS_H
#define PX_BASE_LIMITS_H

/* JSON, at every door */
#define PX_JSON_DEPTH_MAX 32
#define PX_JSON_KEYS_MAX 1000         /* of one object */
#define PX_JSON_NUMBER_DIGITS_MAX 128 /* bytes of one number */
#define PX_JSON_STRING_BYTES_MAX (1024 * 1024)
#define PX_JSON_POINTER_DEPTH_MAX 32

/* identifiers */
#define PX_TWIN_ID_BYTES_MAX 128
#define PX_DTMI_BYTES_MAX 4096
#define PX_DTMI_USER_BYTES_MAX 2048
#define PX_DTMI_INTERFACE_BYTES_MAX 128
#define PX_NAME_BYTES_MAX 512 /* of a property, component, relationship */
#define PX_PROPERTY_PATH_BYTES_MAX (2 * PX_NAME_BYTES_MAX + 1) /* with its component */
#define PX_RELATIONSHIP_NAMES_MAX                                                                  \
    16384 /* that the graph knows by their hashes; more only cost time */
#define PX_DOC_ID_BYTES_MAX 128

/* values and documents */
#define PX_VALUE_STRING_BYTES_MAX 4096
#define PX_TWIN_BYTES_MAX (32 * 1024)
#define PX_TWIN_TEXTS_BYTES_MAX (2 * 1024 * 1024u) /* of all values of a twin */
#define PX_PATCH_OPS_MAX 100
#define PX_CHANGES_MAX 10000 /* of one request, all or nothing */

/* bulk: files, import, export, jobs */
#define PX_BULK_LINE_BYTES_MAX (1024 * 1024) /* of a file in the bulk format */
#define PX_BULK_LINES_MAX 10000              /* of one call, or of one step of a job */
#define PX_BULK_CHUNK_BYTES_MAX (512 * 1024) /* likewise, but for a single line */
#define PX_EXPORT_ITEMS_MAX 2000             /* of one page, */
#define PX_EXPORT_PAGE_BYTES_MAX                                                                   \
    (2 * 1024 * 1024) /* which ends behind the item that reaches this */
#define PX_FILE_NAME_BYTES_MAX 128
#define PX_FILES_MAX 1000                     /* of one tenant */
#define PX_FILE_BYTES_MAX (INT64_C(64) << 30) /* of all files of one tenant */
#define PX_JOBS_MAX 1000                      /* of one tenant and kind, ended ones included */
#define PX_JOB_REFUSALS_MAX 100000            /* lines that one job tells of; more are counted */
#define PX_JOB_KEEP_NS (INT64_C(30 * 24 * 3600) * 1000000000) /* then an ended one is forgotten */
#define PX_DOC_BYTES_MAX (256 * 1024)

/* models */
#define PX_MODELS_PER_CALL_MAX 1000
#define PX_MODEL_BYTES_MAX (1024 * 1024)
#define PX_MODEL_JSON_DEPTH_MAX 128 /* 24 schemas inside each other, and Interfaces around */
#define PX_MODELS_MAX 100000        /* of one tenant */
#define PX_FIELDS_MAX 16384         /* flattened fields of one model */
#define PX_MODEL_ERRORS_MAX 100     /* told of one request */
#define PX_MODEL_LANGUAGES_MAX 500  /* of one text */
#define PX_MODEL_MEMORY_BYTES_MAX (256 * 1024 * 1024) /* of one compiled model */
#define PX_MODEL_DEPENDENCIES_MAX 16384
#define PX_MODEL_BASES_MAX 1024                /* of one Interface, by all ways */
#define PX_MODEL_ELEMENTS_MAX 100000           /* below contents, inherited ones included */
#define PX_MODELS_CONTENTS_EACH 500            /* of one call on average, inherited ones included */
#define PX_MODELS_BYTES_MAX (64 * 1024 * 1024) /* text of one request */
#define PX_MODEL_PARSE_FACTOR_MAX 512          /* working memory of a parse, times its text */

/* per-tenant quotas, the same for each */
#define PX_TWINS_MAX 10000000u
#define PX_RELATIONSHIPS_MAX 50000000u
#define PX_DEVICES_MAX 10000000u
#define PX_DEVICE_CREDENTIALS_MAX 16       /* of one device */
#define PX_DEVICE_ATTRIBUTES_MAX 64        /* of one device, */
#define PX_DEVICE_ATTRIBUTE_BYTES_MAX 1024 /* each, and its name PX_DOC_ID_BYTES_MAX */
#define PX_DEVICES_PER_CALL_MAX 1000       /* of an import */
#define PX_ISSUERS_MAX 16                  /* of tokens, of one tenant */
#define PX_ISSUER_KEYS_MAX 16              /* of one */
#define PX_CLAIMS_MAX 1000                 /* of one tenant */
#define PX_CLAIM_USES_MAX 100000           /* devices that one registers */
#define PX_CLAIM_NS_MAX (INT64_C(90 * 24 * 3600) * 1000000000) /* until its end */
#define PX_DEVICES_SEEN_MAX 65536 /* that are kept account of; more than there are connections */
#define PX_DEVICE_LOG_MAX 16      /* entries of one */
#define PX_DEVICE_REASON_BYTES_MAX 64 /* of an entry, on the disk; with its NUL in memory, */
#define PX_DEVICE_REASONS_MAX 256     /* and so many different ones that were read there */
#define PX_DEVICES_SAVE_NS (INT64_C(10) * 1000000000) /* between two writes of what changed */
#define PX_CERTIFICATE_NAMES_MAX 4                    /* that are looked up, of one certificate */
#define PX_KEY_OVERLAP_S_MAX (90 * 24 * 3600)         /* of the old keys with the new one */
#define PX_JWT_BYTES_MAX (8 * 1024)
#define PX_JWT_LEEWAY_S 60
#define PX_JWT_CLAIM_BYTES_MAX 256         /* of the issuer and the audience that a key asks for */
#define PX_PUBLIC_KEY_BYTES_MAX (8 * 1024) /* PEM or JWK */
#define PX_BRANCHES_MAX 16
#define PX_BRANCH_BYTES_MAX (UINT64_C(64) << 20) /* what one branch copied and made */

/* messages */
#define PX_MQTT_PACKET_BEFORE_AUTH_BYTES_MAX (64 * 1024)
#define PX_MQTT_PACKET_BYTES_MAX (256 * 1024)
#define PX_MQTT_SESSIONS_MAX 100000u                   /* kept ones, of one tenant */
#define PX_MQTT_RETAINED_MAX 100000u                   /* retained messages of one tenant */
#define PX_MQTT_KEPT_BYTES_MAX (1024u * 1024 * 1024)   /* messages of a tenant, retained ones too */
#define PX_MQTT_RETAINED_WAITING_MAX 10000u            /* for one connection that keeps nothing */
#define PX_MQTT_RETAINED_BYTES_MAX (256 * 1024 * 1024) /* the same */
#define PX_MQTT_SHARE_MEMBERS_MAX 10000                /* of one shared subscription */
#define PX_SESSION_RECORD_BYTES_MAX (1024 * 1024)      /* what a session writes at once */
#define PX_BROKER_SAVE_NS (INT64_C(5) * 1000000000)    /* between two writings of its rows */
#define PX_TOPIC_BYTES_MAX 1024
#define PX_TOPIC_LEVELS_MAX 32
#define PX_MQTT_CLIENT_ID_BYTES_MAX 128
#define PX_MQTT_USER_BYTES_MAX 256
#define PX_MQTT_PASSWORD_BYTES_MAX 8192
#define PX_MQTT_SUBSCRIPTIONS_MAX 1000 /* of one connection */
#define PX_MQTT_INFLIGHT_MAX 100
#define PX_MQTT_REQUESTS_MAX 16        /* SUBSCRIBE and UNSUBSCRIBE of one connection, unanswered */
#define PX_MQTT_FILTERS_MAX 1000       /* of one SUBSCRIBE or UNSUBSCRIBE */
#define PX_MQTT_KEEPALIVE_S_DEFAULT 60 /* the longest, unless the server allows more */
#define PX_MQTT_KEEPALIVE_S_MAX 3600
#define PX_MQTT_SESSION_EXPIRY_S_MAX (24 * 3600)
#define PX_MQTT_MESSAGE_EXPIRY_S_MAX (7 * 24 * 3600)
#define PX_MQTT_USER_PROPERTIES_MAX 32
#define PX_MQTT_TENANT_SUBSCRIPTIONS_MAX 100000
#define PX_MQTT_TOPIC_ALIASES_MAX 16
#define PX_MQTT_CONNECT_SECONDS_MAX 5         /* from accept to an accepted CONNECT */
#define PX_MQTT_OUT_BYTES_MAX (1024 * 1024)   /* waiting for one client's socket */
#define PX_MQTT_QUEUE_BYTES_MAX (1024 * 1024) /* waiting for one client's PUBACKs */
#define PX_MQTT_QUEUE_MESSAGES_MAX 1000       /* the same */
#define PX_MQTT_CONNECTIONS_MAX 50000
#define PX_MQTT_CONNECTIONS_PER_ADDRESS_MAX 1000 /* not of loopback */
#define PX_MQTT_UNAUTHENTICATED_MAX 2000
#define PX_WS_FRAME_BYTES_MAX (1024 * 1024) /* of MQTT over WebSocket; it is not kept */
#define PX_MQTT_DOOR_MAIL_BYTES_MAX                                                                \
    (64 * 1024 * 1024)               /* deliveries waiting for one door thread                     \
                                      */
#define PX_MESSAGE_IDS_MAX 65536     /* of telemetry by HTTP, that are known when they come again */
#define PX_MESSAGE_REFUSALS_MAX 32   /* fields of one telemetry by HTTP that are told one by one */
#define PX_MESSAGE_SAMPLES_MAX 10000 /* objects in one backlog array */

/* bindings */
#define PX_BINDINGS_MAX 1000 /* of one tenant */
#define PX_BINDING_NOTHING_NS                                                                      \
    (60 * INT64_C(1000000000))            /* between two kept for `binding.nothing` */
#define PX_BINDING_FIELDS_MAX 1000        /* of one binding */
#define PX_BINDING_TWINS_MAX 16           /* that one field goes to, named by templates */
#define PX_BINDING_TEXT_BYTES_MAX 512     /* a template, a pointer, a name */
#define PX_BINDING_FORMULA_BYTES_MAX 4096 /* a formula */
#define PX_BINDING_MEMORY_BYTES_MAX (8 * 1024 * 1024) /* of one compiled binding */
#define PX_BINDING_VALUES_MAX 50000                   /* that one message becomes */
#define PX_BINDING_ITEMS_MAX 1000                     /* twins that one message goes to */
#define PX_MAPPING_BYTES_MAX (16 * 1024 * 1024)       /* working memory of one message */

/* ingest by HTTP */
#define PX_INGEST_BYTES_MAX (4 * 1024 * 1024) /* of a body, uncompressed */
#define PX_INGEST_RATIO_MAX 100               /* of uncompressed bytes to compressed ones */
#define PX_INGEST_LINES_MAX 10000             /* of one call */
#define PX_INGEST_TOLD_MAX 100                /* lines with a fault that one answer tells of */
#define PX_INGEST_MEMORY_BYTES_MAX (128 * 1024 * 1024) /* of one call */
/* Sparkplug B */
#define PX_SPARK_METRICS_MAX 10000      /* of one payload */
#define PX_SPARK_NAME_BYTES_MAX 512     /* of a metric */
#define PX_SPARK_PROPERTIES_MAX 64      /* of a metric */
#define PX_SPARK_NODES_MAX 10000        /* of one tenant */
#define PX_SPARK_DEVICES_MAX 1000       /* of one edge node */
#define PX_SPARK_HOSTS_MAX 100          /* of one tenant */
#define PX_SPARK_BORN_MAX 2000000       /* metrics that births of one tenant define */
#define PX_SPARK_FED_MAX 16384          /* properties that bindings fill from one edge node, */
#define PX_SPARK_FED_TENANT_MAX 2000000 /* from all of one tenant */
#define PX_SPARK_REBIRTH_SECONDS_MIN 5  /* between two requests for the birth of one node */

/* HTTP */
#define PX_HTTP_BODY_BYTES_MAX (1024 * 1024)
#define PX_HTTP_LINE_BYTES_MAX (8 * 1024) /* the request line */
#define PX_HTTP_HEADER_BYTES_MAX (32 * 1024)
#define PX_HTTP_HEADERS_MAX 100
#define PX_HTTP_SWALLOW_BYTES_MAX (16 * 1024 * 1024) /* of a refused body, so that 413 is heard */
#define PX_HTTP_REPLY_BYTES_MAX (64 * 1024 * 1024)
#define PX_HTTP_WORK_BYTES_MAX (64 * 1024 * 1024) /* the arena of one request */
#define PX_HTTP_KEEP_BYTES_MAX (64 * 1024)        /* of each buffer, between two requests */
#define PX_HTTP_CONNECTIONS_MAX 10000
#define PX_HTTP_CONNECTIONS_PER_ADDRESS_MAX 1000 /* not of loopback */
#define PX_HTTP_IDLE_SECONDS_MAX 75
#define PX_HTTP_HEADER_SECONDS_MAX 10          /* from the first byte to the blank line */
#define PX_HTTP_BODY_BYTES_PER_SECOND_MIN 1024 /* once that time has passed */
#define PX_STREAMS_MAX 5000
#define PX_STREAM_QUEUE_BYTES_MAX (1024 * 1024)

/* both directions */
#define PX_COMMAND_TIMEOUT_S_DEFAULT 5
#define PX_COMMAND_TIMEOUT_S_MAX 3600            /* that a device has for one attempt */
#define PX_COMMAND_EXPIRY_S_MAX (30 * 24 * 3600) /* that a command may wait for its device */
#define PX_COMMAND_ATTEMPTS_MAX 10
#define PX_COMMAND_INTERVAL_S_MAX 3600           /* between them */
#define PX_COMMAND_WAIT_S_MAX 3600               /* that who calls may be kept waiting */
#define PX_GUARDS_MAX 16                         /* of one command */
#define PX_GUARD_BYTES_MAX 1024                  /* of the expression of one */
#define PX_GUARD_MESSAGE_CHARS_MAX 256           /* UTF-16, as for displayName */
#define PX_GUARD_NEIGHBOURS_MAX 1000             /* that one guard looks at */
#define PX_COMMANDS_KEPT_MAX 10000               /* that have ended, of one tenant */
#define PX_COMMAND_KEPT_BYTES_MAX (16 * 1024)    /* of the payload and of the response of each */
#define PX_DESIRED_EXPIRY_S_MAX (30 * 24 * 3600) /* that a wish may be given */
#define PX_DESIRED_REASON_BYTES_MAX 256          /* why a device rejects one */

#define PX_FINDINGS_MAX 32 /* that one problem body lists */
#define PX_IDEMPOTENCY_KEY_BYTES_MAX 255
#define PX_ANSWER_BYTES_MAX (64 * 1024) /* kept under such a key; a larger body is not */
#define PX_ANSWER_HEAD_BYTES_MAX 512    /* what stands beside it */
#define PX_ANSWER_KEEP_NS (INT64_C(24 * 3600) * 1000000000)
#define PX_ANSWERS_MAX 100000u                   /* of one tenant */
#define PX_ANSWERS_BYTES_MAX (64 * 1024 * 1024u) /* the same */

/* property indexes */
#define PX_PROPERTY_INDEXES_MAX 16                /* of one tenant */
#define PX_PROPERTY_INDEXES_ALL_MAX 4096          /* of all tenants */
#define PX_PROPERTY_BYTES_MAX (UINT64_C(1) << 30) /* of the indexes of one tenant */

/* queries */
#define PX_QUERY_BYTES_MAX (64 * 1024)
#define PX_QUERY_ROWS_PER_PAGE_MAX 1000
#define PX_QUERY_SECONDS_MAX 60
#define PX_QUERIES_AT_ONCE 4 /* of all tenants; of one, one less */
#define PX_QUERY_COST_MAX 10000000u
#define PX_QUERY_PAGE_BYTES_MAX (8 * 1024 * 1024)    /* a page ends at the row that reaches this */
#define PX_QUERY_MEMORY_BYTES_MAX (32 * 1024 * 1024) /* of one run, rows not counted */
#define PX_QUERY_COLUMNS_MAX 100
#define PX_EXPR_SOURCES_MAX 64 /* twins and relationships that one row is made of */
#define PX_EXPR_DEPTH_MAX 64   /* parentheses and NOTs inside each other */
#define PX_EXPR_TERMS_MAX 1000 /* comparisons, memberships and function calls of one expression */
#define PX_EXPR_PATHS_MAX 1000 /* different ones */
#define PX_EXPR_STEPS_MAX 32   /* of one path */
#define PX_EXPR_SCRATCH_BYTES_MAX (4 * 1024 * 1024) /* texts of one operand */
#define PX_EXPR_CACHE_BYTES_MAX (8 * 1024 * 1024)   /* of what was resolved per model */
#define PX_HISTORY_POINTS_MAX 100000

/* what goes out (outbound) */
#define PX_ROUTES_MAX 100    /* of one tenant */
#define PX_ENDPOINTS_MAX 100 /* of one tenant */
#define PX_ROUTE_FILTER_BYTES_MAX 4096
#define PX_ENDPOINT_URL_BYTES_MAX 2048
#define PX_ENDPOINT_SECRET_BYTES_MAX 256
#define PX_ENDPOINT_HEADERS_MAX 16
#define PX_ENDPOINT_HEADER_BYTES_MAX 1024                      /* of one, name and value */
#define PX_OUTBOX_LETTERS_MAX 100000u                          /* waiting, of one tenant */
#define PX_OUTBOX_BYTES_MAX (UINT64_C(256) * 1024 * 1024)      /* the same */
#define PX_DEAD_LETTERS_MAX 100000u                            /* kept, of one tenant */
#define PX_DEAD_LETTER_BYTES_MAX (UINT64_C(256) * 1024 * 1024) /* the same */
#define PX_LETTER_BYTES_MAX (4 * 1024 * 1024 - 4096)           /* one CloudEvent */
#define PX_SEND_NS_MAX (INT64_C(5) * 1000000000)               /* of one try, from name to answer */
#define PX_SEND_ANSWER_BYTES_MAX (1024 * 1024)                 /* of a webhook's answer */
#define PX_RETRY_NS_MIN (INT64_C(1) * 1000000000)              /* pause after a first failure, */
#define PX_RETRY_NS_MAX (INT64_C(60) * 1000000000)             /* doubled up to this */
#define PX_RETRY_FOR_NS (INT64_C(24) * 3600 * 1000000000)      /* then the letter is dead */

/* connections to brokers and devices (outbound) */
#define PX_CONNECTIONS_MAX 64         /* of one tenant */
#define PX_CONNECTION_THREADS_MAX 256 /* running ones, of all tenants; each has a thread */
#define PX_CONNECTION_HOST_BYTES_MAX 253
#define PX_CONNECTION_PASSWORD_BYTES_MAX 1024
#define PX_CONNECTION_PEM_BYTES_MAX (32 * 1024) /* a key; certificates of one side */
#define PX_CONNECTION_TOPICS_MAX 100            /* of one broker */
#define PX_CONNECTION_IN_FLIGHT_MAX 100         /* messages of one broker, not committed yet */
#define PX_CONNECTION_TAKEN_BYTES_MAX (8 * 1024 * 1024)  /* the same, with what became of them */
#define PX_CONNECTION_PAYLOAD_BYTES_MAX (1024 * 1024)    /* of one message of a broker */
#define PX_CONNECTION_PACKET_BYTES_MAX (8 * 1024 * 1024) /* that it is asked to send at most */
#define PX_CONNECTION_RETRY_NS_MIN (INT64_C(1) * 1000000000) /* pause after a first failure, */
#define PX_CONNECTION_RETRY_NS_MAX                                                                 \
    (INT64_C(60) * 1000000000) /* doubled up to this, or what is set */
#define PX_CONNECTION_CONNECT_NS_MAX (INT64_C(10) * 1000000000) /* from address to an answer */

#define PX_MODBUS_REGISTERS_MAX 1000                   /* named, of one connection */
#define PX_MODBUS_READ_REGISTERS_MAX 125               /* of one request, as the protocol has it, */
#define PX_MODBUS_READ_BITS_MAX 2000                   /* the same, */
#define PX_MODBUS_WRITE_REGISTERS_MAX 123              /* the same */
#define PX_MODBUS_EVERY_NS_MIN (INT64_C(10) * 1000000) /* between two polls */
#define PX_MODBUS_EVERY_NS_MAX (INT64_C(24) * 3600 * 1000000000)
#define PX_MODBUS_TIMEOUT_NS_MAX (INT64_C(60) * 1000000000) /* of one answer */

/* the client */
#define PX_CSV_RECORD_BYTES_MAX (256 * 1024)
#define PX_CSV_COLUMNS_MAX 4096
#define PX_SSE_EVENT_BYTES_MAX (4 * 1024 * 1024)
#define PX_CLI_REPLY_BYTES_MAX (64 * 1024 * 1024)

/* the engine */
#define PX_BATCH_AGE_NS_DEFAULT 400000
#define PX_BATCH_BYTES_MAX (256 * 1024)
#define PX_QUEUE_BYTES_MAX (64 * 1024 * 1024)         /* commands waiting for the writer */
#define PX_REQUEST_EVENTS_BYTES_MAX (6 * 1024 * 1024) /* what one request may add to a batch */
#define PX_BATCH_BODY_BYTES_MAX PX_ROW_BYTES_MAX      /* one batch with its last, largest request */
#define PX_RING_BYTES_MAX (64 * 1024 * 1024)          /* newest rows kept in memory for consumers */
#define PX_FEED_REST_NS INT64_C(10000000)             /* of a consumer for whom nobody waits */
#define PX_CONSUMER_LAG_BYTES_MAX                                                                  \
    (INT64_C(256) * 1024 * 1024) /* beyond it the doors are slowed                                 \
                                  */
#define PX_SOURCE_AHEAD_NS_MAX                                                                     \
    (INT64_C(300) * 1000000000) /* a source clock further ahead is not believed */
#define PX_SNAPSHOT_BYTES_MAX (UINT64_C(1) << 30)

/* the engine under a slow disk, and at its end */
#define PX_EFFECTS_US_MAX 4000   /* of consumers in one commit, as fast as the last ones went; */
#define PX_EFFECTS_ROWS_MAX 4096 /* at most so many rows, */
#define PX_EFFECTS_ROWS_MIN 256  /* at least so many */
#define PX_EFFECTS_BYTES_MAX (4 * 1024 * 1024) /* and bytes; one always goes */
#define PX_BATCH_GROWS_NS INT64_C(20000000) /* a commit of n times that: the next holds n times */
#define PX_BATCH_GROWS_MAX 32               /* PX_BATCH_BYTES_MAX, at most this many times */
#define PX_QUEUE_ROOM_PARTS 4               /* patient doors wait with one of these parts filled */
#define PX_DRAIN_NS INT64_C(1000000000)     /* then what is queued still is refused */

/* freshness */
#define PX_FRESHNESS_PROPERTIES_MAX 256 /* declared of one twin, by model and document together */
#define PX_FRESHNESS_ROLL_UPS_MAX 16    /* names of relationships that a twin's freshness goes up */
#define PX_FRESHNESS_TWINS_MAX 10000    /* below one twin, looked at for its roll-up */
#define PX_FRESHNESS_SOURCES_MAX 8      /* devices of one twin that are measured */
#define PX_FRESHNESS_LATE_MAX 256       /* late samples of a property that are known again */
#define PX_FRESHNESS_NS_MAX (INT64_C(366) * 24 * 3600 * 1000000000) /* of a period, or an age */
#define PX_FRESHNESS_NS_MIN INT64_C(1000000)                        /* of a period */
#define PX_FRESHNESS_WRITES_MAX 256                                 /* changes told at once */
#define PX_FRESHNESS_CHANGES_MAX (1 << 20) /* that wait to be told; then the fold waits */
#define PX_FRESHNESS_FLUSH_NS (INT64_C(10) * 1000000000) /* between two writes of rows */
#define PX_FRESHNESS_STOP_NS (INT64_C(3000) * 1000000)   /* for a clean stop to write them */
#define PX_FRESHNESS_WAIT_NS                                                                       \
    (INT64_C(1000) * 1000000) /* of a read for the fold, before PX_BUSY                            \
                               */

/* what sync keeps over a restart */
#define PX_REJECTS_SAVE_NS (INT64_C(2) * 1000000000) /* of rejects that nobody waits for */
#define PX_KEEPER_FULL_NS (INT64_C(100) * 1000000)   /* on a full disk, before who waits is told */
#define PX_SAVING_ROWS_MAX 256                       /* of one effect */
#define PX_SAVING_BYTES_MAX (1024 * 1024)            /* behind which no other row is added to it */
#define PX_KEEPER_STOP_NS INT64_C(3000000000)        /* for a clean stop to write all */

/* the store */
#define PX_ROW_BYTES_MAX (16 * 1024 * 1024)      /* body of one journal row, uncompressed */
#define PX_FOLD_BYTES_MAX (4 * 1024 * 1024)      /* body of one fold row */
#define PX_SLICES_US_MAX 2000                    /* all slices of one commit together */
#define PX_WAL_BYTES_MAX (32 * 1024 * 1024)      /* where a checkpoint begins */
#define PX_WAL_ROOM_BYTES_MAX (64 * 1024 * 1024) /* what the log's file gets at a start, */
#define PX_WAL_ROOM_SHARE 32                     /* where the free disk has so many times that */
#define PX_WAL_BYTES_HARD_FACTOR 4               /* times that: commits wait for the checkpoint */
#define PX_READ_STEP_NS_MAX (100 * INT64_C(1000000)) /* one read transaction of a scan */
#define PX_BACKUP_PAGES_PER_COMMIT 20
#define PX_BACKUP_PAGES_PER_REST 100        /* when nothing is committed */
#define PX_BACKUP_US_PER_COMMIT 1000        /* or as many as go in this time */
#define PX_BACKUP_REST_NS 1000000           /* between two steps when nothing is committed */
#define PX_BACKUP_SYNC_NS 100000000         /* between two syncs of what is copied so far */
#define PX_BACKUP_FREE_BYTES_MIN (16 << 20) /* that a backup leaves of its disk */
#define PX_BACKUPS_MAX 1000                 /* in the folder */
#define PX_STORE_RESERVE_BYTES (8 * 1024 * 1024)
#define PX_STORE_CHECK_BYTES (8 * 1024 * 1024) /* newest journal rows verified at start */

/* history */
#define PX_BLOCK_ROWS_MAX 1024
#define PX_BLOCK_COLUMNS_MAX 16384
#define PX_BLOCK_RAW_BYTES (64 * 1024) /* rows as folded: a block is sealed at this or its rows */
#define PX_BLOCK_BYTES_MAX (2 * 1024 * 1024) /* of one block that a reader accepts */
#define PX_HISTORY_FLUSH_NS (INT64_C(10) * 1000000000)
#define PX_HISTORY_MEMORY_BYTES_MAX (64 * 1024 * 1024) /* rows and blocks held by the fold */
#define PX_HISTORY_COLD_BYTES_MAX (4 * 1024 * 1024)    /* of series written since the last flush */
#define PX_HISTORY_READ_BYTES_MAX (128 * 1024 * 1024)  /* memory of one read */
#define PX_HISTORY_WAIT_NS (INT64_C(1000) * 1000000)   /* for the fold, before PX_BUSY */
#define PX_HISTORY_STOP_NS                                                                         \
    (INT64_C(3000) * 1000000) /* for a clean stop to write out what it holds */
#define PX_HISTORY_BUCKETS_MAX 10000

/* key figures */
#define PX_KPI_MEMBERS_MAX 1000 /* of a line, looked at to find its bottleneck */

/* the plant emulator, a client */
#define PX_PLANT_OWED_MAX 10000 /* messages waiting for their acknowledgement; more are dropped */
#define PX_PLANT_SPEED_MAX 100
#define PX_PLANT_SINCE_SECONDS_MAX (24 * 3600) /* of the past that it tells first */

#endif
