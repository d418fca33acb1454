"""The same answer as solution.sql, through PyFlink."""

from pyflink.table import EnvironmentSettings, TableEnvironment

table_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())

table_env.execute_sql("""
CREATE TABLE status_counts (
  status STRING,
  events BIGINT,
  PRIMARY KEY (status) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'status_counts',
  'properties.bootstrap.servers' = 'localhost:9092',
  'key.format' = 'json',
  'value.format' = 'json'
)
""")

table_env.execute_sql("""
CREATE TABLE orders_after (
  order_id BIGINT,
  op STRING,
  status STRING,
  amount DECIMAL(10, 2),
  quantity INT,
  changed_at_ms BIGINT
) WITH (
  'connector' = 'kafka',
  'topic' = 'orders_after',
  'properties.bootstrap.servers' = 'localhost:9092',
  'format' = 'json'
)
""")

table_env.execute_sql("""
CREATE TABLE deleted_orders (
  order_id BIGINT,
  last_status STRING,
  deleted_at_ms BIGINT
) WITH (
  'connector' = 'kafka',
  'topic' = 'deleted_orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'format' = 'json'
)
""")

table_env.execute_sql("""
CREATE TABLE bad_rows (
  status STRING,
  events BIGINT,
  PRIMARY KEY (status) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'bad_rows',
  'properties.bootstrap.servers' = 'localhost:9092',
  'key.format' = 'json',
  'value.format' = 'json'
)
""")

table_env.execute_sql("""
CREATE TABLE orders_cdc (
  payload ROW<
    `before` ROW<id BIGINT, status STRING>,
    `after` ROW<
      id BIGINT, status STRING, amount DECIMAL(10, 2), quantity INT, coupon STRING>,
    op STRING,
    ts_ms BIGINT,
    source ROW<ts_ms BIGINT>>
) WITH (
  'connector' = 'kafka',
  'topic' = 'shop.public.orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.group.id' = 'lab',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.ignore-parse-errors' = 'true'
)
""")

table_env.execute_sql("""
CREATE VIEW orders_state AS
SELECT
  payload.`after`.id AS order_id,
  payload.op AS op,
  payload.`after`.status AS status,
  payload.`after`.amount AS amount,
  payload.`after`.quantity AS quantity,
  payload.`after`.coupon AS coupon,
  payload.source.ts_ms AS changed_at_ms
FROM orders_cdc
WHERE payload.op IN ('r', 'c', 'u')
""")

statements = table_env.create_statement_set()
statements.add_insert_sql("""
INSERT INTO status_counts
SELECT status, COUNT(*) FROM orders_state GROUP BY status
""")
statements.add_insert_sql("""
INSERT INTO orders_after
SELECT order_id, op, status, amount, quantity, changed_at_ms FROM orders_state
""")
statements.add_insert_sql("""
INSERT INTO deleted_orders
SELECT payload.`before`.id, payload.`before`.status, payload.source.ts_ms
FROM orders_cdc
WHERE payload.op = 'd'
""")
statements.add_insert_sql("""
INSERT INTO bad_rows
SELECT status, COUNT(*)
FROM orders_state
WHERE amount IS NULL OR quantity IS NULL
GROUP BY status
""")
statements.execute()
