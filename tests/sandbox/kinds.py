"""Programs of the kinds of labs that keep state, commit rows or use timers."""

from tests.sandbox.programs import PY_TABLES, STREAM_ENDS, TUMBLE

EXACTLY_ONCE = """\
CREATE TABLE committed (window_start TIMESTAMP(3), status STRING, total BIGINT) WITH (
  'connector' = 'kafka', 'topic' = 'totals', 'format' = 'json',
  'properties.bootstrap.servers' = 'localhost:9092',
  'sink.delivery-guarantee' = 'exactly-once',
  'sink.transactional-id-prefix' = 'totals'
);
INSERT INTO committed SELECT `at`, status, amount FROM orders;
"""

# Prints what lies on the box's disk once a checkpoint has been completed.
PY_STATE_ON_DISK = "\n".join(
    [
        PY_TABLES,
        f'''
import time
from pathlib import Path

tables.execute_sql("""{TUMBLE.strip().rstrip(";")}""")


def files(folder, name):
    return sorted(path.name for path in Path(folder).rglob(name))


for _ in range(400):
    tables_of_rocksdb = files("/tmp/rocksdb", "CURRENT")
    checkpoints = files("/work/checkpoints", "_metadata")
    if tables_of_rocksdb and checkpoints:
        break
    time.sleep(0.02)
print("rocksdb", bool(tables_of_rocksdb), "checkpoint", bool(checkpoints), flush=True)
''',
    ]
)

PY_TIMERS = (
    """
import json
from datetime import datetime, timezone

from pyflink.common import Duration, SimpleStringSchema, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.kafka import (
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
)
from pyflink.datastream.state import MapStateDescriptor

MINUTE = 60_000


def millis(text):
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f")
    return int(moment.replace(tzinfo=timezone.utc).timestamp() * 1000)


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return millis(json.loads(value)["at"])


class SumOfMinute(KeyedProcessFunction):
    def open(self, context: RuntimeContext):
        self.sums = context.get_map_state(
            MapStateDescriptor("sums", Types.LONG(), Types.LONG())
        )

    def process_element(self, value, context):
        start = context.timestamp() // MINUTE * MINUTE
        end = start + MINUTE
        if context.timer_service().current_watermark() >= end - 1:
            return
        self.sums.put(start, (self.sums.get(start) or 0) + value[1])
        context.timer_service().register_event_time_timer(end - 1)

    def on_timer(self, timestamp, context):
        start = timestamp // MINUTE * MINUTE
        moment = datetime.fromtimestamp(start / 1000, timezone.utc)
        yield json.dumps(
            {
                "window_start": moment.strftime("%Y-%m-%d %H:%M:%S"),
                "status": context.get_current_key(),
                "total": self.sums.get(start),
            }
        )
        self.sums.remove(start)


"""
    + STREAM_ENDS
    + """strategy = WatermarkStrategy.for_bounded_out_of_orderness(
    Duration.of_seconds(2)
).with_timestamp_assigner(EventTime())
pair = Types.TUPLE([Types.STRING(), Types.LONG()])
(
    environment.from_source(source, WatermarkStrategy.no_watermarks(), "orders")
    .assign_timestamps_and_watermarks(strategy)
    .map(lambda text: (json.loads(text)["status"], json.loads(text)["amount"]), pair)
    .key_by(lambda value: value[0])
    .process(SumOfMinute(), output_type=Types.STRING())
    .sink_to(sink)
)
environment.execute("sums")
"""
)
