"""Texts of programs that the tests run, and the DDL that most of them begin with."""

SQL_SOURCE = """\
CREATE TABLE orders (
  status STRING, amount BIGINT, `at` TIMESTAMP(3),
  WATERMARK FOR `at` AS `at` - INTERVAL '2' SECOND
) WITH (
  'connector' = 'kafka', 'topic' = 'orders', 'format' = 'json',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset'
);"""

SQL_SINK = """\
CREATE TABLE totals (window_start TIMESTAMP(3), status STRING, total BIGINT) WITH (
  'connector' = 'kafka', 'topic' = 'totals', 'format' = 'json',
  'properties.bootstrap.servers' = 'localhost:9092'
);"""

DDL_LINES = SQL_SOURCE.count("\n") + SQL_SINK.count("\n") + 2

TUMBLE = """\
INSERT INTO totals
SELECT window_start, status, SUM(amount)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(`at`), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, status;
"""

PLAIN = "INSERT INTO totals SELECT `at`, status, amount FROM orders;\n"

PY_TABLES = f'''
from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from pyflink.table.udf import udf

tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
tables.execute_sql("""{SQL_SOURCE.rstrip(";")}""")
tables.execute_sql("""{SQL_SINK.rstrip(";")}""")
'''

PY_UDF = "\n".join(
    [
        PY_TABLES,
        """

@udf(result_type=DataTypes.BIGINT())
def double(amount: int) -> int:
    return amount * 2


tables.create_temporary_function("double", double)
tables.execute_sql(
    "INSERT INTO totals SELECT `at`, status, `double`(amount) FROM orders"
).wait()
""",
    ]
)

# A row says whether the worker that made it was forked by the box's nursery.
PY_FORKED_UDF = PY_UDF.replace(
    "    return amount * 2\n",
    """    import os

    with open(f"/proc/{os.getppid()}/cmdline", "rb") as parent:
        return int(b"runner.worker_nursery" in parent.read())
""",
)

PY_BAD_UDF = PY_UDF.replace("return amount * 2", "return amount // (amount - amount)")

STREAM_ENDS = """\
environment = StreamExecutionEnvironment.get_execution_environment()
source = (
    KafkaSource.builder()
    .set_bootstrap_servers("localhost:9092")
    .set_topics("orders")
    .set_starting_offsets(KafkaOffsetsInitializer.earliest())
    .set_value_only_deserializer(SimpleStringSchema())
    .build()
)
sink = (
    KafkaSink.builder()
    .set_bootstrap_servers("localhost:9092")
    .set_record_serializer(
        KafkaRecordSerializationSchema.builder()
        .set_topic("totals")
        .set_value_serialization_schema(SimpleStringSchema())
        .build()
    )
    .build()
)
"""

PY_STREAM = (
    """
import json

from pyflink.common import SimpleStringSchema, Types, WatermarkStrategy
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.kafka import (
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
)
from pyflink.datastream.state import ValueStateDescriptor


class Count(KeyedProcessFunction):
    def open(self, context: RuntimeContext):
        self.seen = context.get_state(ValueStateDescriptor("seen", Types.LONG()))

    def process_element(self, value, context):
        count = (self.seen.value() or 0) + 1
        self.seen.update(count)
        yield json.dumps({"status": value[0], "total": count})


"""
    + STREAM_ENDS
    + """pair = Types.TUPLE([Types.STRING(), Types.STRING()])
(
    environment.from_source(source, WatermarkStrategy.no_watermarks(), "orders")
    .map(lambda text: (json.loads(text)["status"], text), output_type=pair)
    .key_by(lambda value: value[0])
    .process(Count(), output_type=Types.STRING())
    .sink_to(sink)
)
environment.execute("counts")
"""
)
