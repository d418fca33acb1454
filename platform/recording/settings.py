"""Settings of Kafka Connect and of the connectors that are recorded side by side."""

from dataclasses import dataclass

# What docker-compose.yml's `connect` says too; a test holds it to this.
CONVERTERS = {
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "key.converter.schemas.enable": "false",
    "value.converter.schemas.enable": "false",
    "plugin.discovery": "service_load",
}
# What docker-compose.yml's `source` is started with.
POSTGRES_SETTINGS = {"wal_level": "logical"}
# Of connectors with transaction metadata: in END Debezium counts messages under the
# address of a Java object (LogicalDecodingMessageId@673b78e9), another in each run.
MESSAGES_LEFT_OUT = ("audit",)
TABLES = ("customers", "orders", "products", "workshops")


@dataclass(frozen=True, slots=True)
class Variant:
    """One connector: how it writes decimals, times, schemas and transactions."""

    name: str
    decimals: str = "precise"
    times: str = "adaptive"
    schemas: bool = False
    key_schemas: bool | None = None
    transactions: bool = False


VARIANTS = (
    Variant("plain"),
    Variant("schema", schemas=True),
    Variant(
        "micros",
        decimals="double",
        times="adaptive_time_microseconds",
        schemas=True,
        key_schemas=False,
    ),
    Variant("connect", decimals="string", times="connect", schemas=True),
    Variant("iso", times="isostring", schemas=True),
    Variant("usec", times="microseconds", schemas=True),
    Variant("nsec", times="nanoseconds", schemas=True),
    Variant("blocks", transactions=True),
)


def connector_settings(variant: Variant, *, port: int, password: str) -> dict[str, str]:
    """Return the properties of one connector to the database at ``port``."""
    has_schema = [variant.schemas, variant.schemas]
    if variant.key_schemas is not None:
        has_schema[0] = variant.key_schemas
    schemas = ["true" if wanted else "false" for wanted in has_schema]
    settings = {
        "name": variant.name,
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "tasks.max": "1",
        "plugin.name": "pgoutput",
        "database.hostname": "127.0.0.1",
        "database.port": str(port),
        "database.user": "shop",
        "database.password": password,
        "database.dbname": "shop",
        "topic.prefix": variant.name,
        "slot.name": f"potok_{variant.name}",
        "publication.name": f"potok_{variant.name}",
        "publication.autocreate.mode": "filtered",
        "table.include.list": ",".join(f"public.{name}" for name in TABLES),
        "decimal.handling.mode": variant.decimals,
        "time.precision.mode": variant.times,
        "provide.transaction.metadata": "true" if variant.transactions else "false",
        # The default leaves truncates out.
        "skipped.operations": "none",
        "key.converter": CONVERTERS["key.converter"],
        "value.converter": CONVERTERS["value.converter"],
        "key.converter.schemas.enable": schemas[0],
        "value.converter.schemas.enable": schemas[1],
    }
    if variant.transactions:
        settings["message.prefix.exclude.list"] = ",".join(MESSAGES_LEFT_OUT)
    return settings


def worker_settings(
    *, kafka_port: int, offsets: str, flush_ms: int, stop_ms: int, listener_port: int
) -> dict[str, str]:
    """Return the properties of the standalone worker."""
    return CONVERTERS | {
        "bootstrap.servers": f"127.0.0.1:{kafka_port}",
        "listeners": f"HTTP://127.0.0.1:{listener_port}",
        "offset.storage.file.filename": offsets,
        "offset.flush.interval.ms": str(flush_ms),
        # After 5 s, Kafka's default, a task is cancelled without its last flush.
        "task.shutdown.graceful.timeout.ms": str(stop_ms),
    }


def properties(settings: dict[str, str]) -> str:
    """Return the text of a properties file."""
    return "".join(f"{name}={value}\n" for name, value in settings.items())
