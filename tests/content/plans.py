"""Queries whose plans Flink is asked for, and the advice that each should get."""

import json
from pathlib import Path

from grading.advice import Advice

FOLDER = Path(__file__).parents[1] / "grading" / "plans"

TABLES = """
CREATE TABLE orders (
  id BIGINT, customer STRING, sku STRING, status STRING, amount DECIMAL(10, 2),
  ordered_at TIMESTAMP(3),
  WATERMARK FOR ordered_at AS ordered_at - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'orders',
  'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');
CREATE TABLE products (
  sku STRING, price DECIMAL(10, 2), changed_at TIMESTAMP(3),
  PRIMARY KEY (sku) NOT ENFORCED, WATERMARK FOR changed_at AS changed_at
) WITH ('connector' = 'kafka', 'topic' = 'products',
  'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'debezium-json');
"""

TUMBLE = "FROM TUMBLE(TABLE orders, DESCRIPTOR(ordered_at), INTERVAL '1' MINUTE)"
SESSION = "FROM SESSION(TABLE orders{}, DESCRIPTOR(ordered_at), INTERVAL '30' SECOND)"

# Name → query and what it should be told.
QUERIES: dict[str, tuple[str, set[Advice]]] = {
    "window": (
        f"SELECT window_start, window_end, status, COUNT(*) {TUMBLE}"
        " GROUP BY window_start, window_end, status",
        set(),
    ),
    "window-end-missing": (
        f"SELECT window_start, status, COUNT(*) {TUMBLE} GROUP BY window_start, status",
        {Advice.WINDOW_END_MISSING},
    ),
    "window-start-missing": (
        f"SELECT window_end, status, COUNT(*) {TUMBLE} GROUP BY window_end, status",
        {Advice.WINDOW_START_MISSING},
    ),
    "session": (
        "SELECT window_start, window_end, customer, COUNT(*) "
        + SESSION.format(" PARTITION BY customer")
        + " GROUP BY window_start, window_end, customer",
        set(),
    ),
    "session-of-all": (
        "SELECT window_start, window_end, customer, COUNT(*) "
        + SESSION.format("")
        + " GROUP BY window_start, window_end, customer",
        {Advice.SESSION_NOT_PARTITIONED},
    ),
    "temporal-join": (
        "SELECT o.id, p.price FROM orders AS o LEFT JOIN products"
        " FOR SYSTEM_TIME AS OF o.ordered_at AS p ON o.sku = p.sku",
        set(),
    ),
    "regular-join": (
        "SELECT o.id, p.price FROM orders AS o LEFT JOIN products AS p"
        " ON o.sku = p.sku",
        {Advice.REGULAR_JOIN, Advice.STATE_WITHOUT_TTL},
    ),
    "regular-join-with-ttl": (
        "SELECT /*+ STATE_TTL('o' = '1h', 'p' = '1d') */ o.id, p.price"
        " FROM orders AS o LEFT JOIN products AS p ON o.sku = p.sku",
        {Advice.REGULAR_JOIN},
    ),
    "interval-join": (
        "SELECT a.id, b.id FROM orders AS a JOIN orders AS b ON a.sku = b.sku"
        " AND b.ordered_at BETWEEN a.ordered_at AND a.ordered_at + INTERVAL '1' MINUTE",
        set(),
    ),
    "count-for-ever": (
        "SELECT status, COUNT(*) FROM orders GROUP BY status",
        {Advice.STATE_WITHOUT_TTL},
    ),
    "filter": ("SELECT id FROM orders WHERE status = 'paid'", set()),
}

PROGRAM = """
import json
from pyflink.table import EnvironmentSettings, TableEnvironment

tables = {tables!r}
queries = {queries}
environment = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
for statement in tables.split(";"):
    if statement.strip():
        environment.execute_sql(statement)
plans = {{}}
for name, text in queries:
    plan = environment.explain_sql(text)
    # Standard output is capped at 64 KiB: two plans are printed whole, with their tree
    # before it was optimised, and of the others what will run.
    if not name.startswith("session"):
        plan = plan[plan.index("== Optimized Physical Plan =="):]
        plan = plan[:plan.index("== Optimized Execution Plan ==")]
    plans[name] = plan
print(json.dumps(plans))
"""


def program() -> str:
    """Return a PyFlink program that prints the plans of all queries as JSON."""
    queries = json.dumps([(name, query) for name, (query, _) in QUERIES.items()])
    return PROGRAM.format(tables=TABLES, queries=queries)
