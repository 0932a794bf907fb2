/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/sparkplug_topic.h"

#include "px_test.h"

PX_TEST(every_shape_is_told_apart)
{
    static const struct {
        const char *topic;
        px_spark_kind kind;
        const char *twin;
    } rows[] = {
        { "spBv1.0/plant/NBIRTH/edge", PX_SPARK_NBIRTH, "plant.edge" },
        { "spBv1.0/plant/NDATA/edge", PX_SPARK_NDATA, "plant.edge" },
        { "spBv1.0/plant/NCMD/edge", PX_SPARK_NCMD, "plant.edge" },
        { "spBv1.0/plant/NDEATH/edge", PX_SPARK_NDEATH, "plant.edge" },
        { "spBv1.0/plant/DBIRTH/edge/press 1", PX_SPARK_DBIRTH, "plant.edge.press 1" },
        { "spBv1.0/plant/DDATA/edge/press 1", PX_SPARK_DDATA, "plant.edge.press 1" },
        { "spBv1.0/plant/DCMD/edge/press 1", PX_SPARK_DCMD, "plant.edge.press 1" },
        { "spBv1.0/plant/DDEATH/edge/press 1", PX_SPARK_DDEATH, "plant.edge.press 1" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        px_spark_topic topic = px_spark_topic_read(px_str_c(rows[i].topic));
        px_buf twin = { 0 };

        CHECK_EQ(topic.kind, rows[i].kind);
        CHECK_SLICE(topic.group, "plant");
        CHECK_SLICE(topic.node, "edge");
        px_put_spark_twin(&twin, &topic);
        CHECK_SLICE(px_buf_str(&twin), rows[i].twin);
        px_buf_release(&twin);
    }
    CHECK_EQ(px_spark_topic_read(PX_STR("spBv1.0/STATE/scada")).kind, PX_SPARK_STATE);
    CHECK_SLICE(px_spark_topic_read(PX_STR("spBv1.0/STATE/scada")).host, "scada");
}

PX_TEST(everything_else_is_none)
{
    static const char *const topics[] = {
        "",
        "spBv1.0",
        "spBv1.0/",
        "spBv1.0/plant",
        "spBv1.0/plant/NDATA",
        "spBv1.0/plant/NDATA/",
        "spBv1.0/plant/NDATA/edge/",
        "spBv1.0/plant/NDATA/edge/device",
        "spBv1.0/plant/DDATA/edge",
        "spBv1.0/plant/DDATA/edge/",
        "spBv1.0/plant/DDATA/edge/device/more",
        "spBv1.0/plant/DDATA//device",
        "spBv1.0//NDATA/edge",
        "spBv1.0/plant/ndata/edge",
        "spBv1.0/plant/XDATA/edge",
        "spBv1.0/STATE",
        "spBv1.0/STATE/",
        "spBv1.0/STATE/a/b",
        "spAv1.0/plant/NDATA/edge",
        "/spBv1.0/plant/NDATA/edge",
    };

    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
        CHECK_EQ(px_spark_topic_read(px_str_c(topics[i])).kind, PX_SPARK_NONE);
}

PX_TEST(the_command_goes_to_the_node)
{
    px_buf topic = { 0 };

    px_put_spark_command_topic(&topic, PX_STR("plant"), PX_STR("edge"));
    CHECK_SLICE(px_buf_str(&topic), "spBv1.0/plant/NCMD/edge");
    px_buf_release(&topic);
}

PX_TEST_MAIN()
