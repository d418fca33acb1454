"""The same answer as solution.sql, through PyFlink."""

from pyflink.table import EnvironmentSettings, TableEnvironment

table_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())

table_env.execute_sql("""
CREATE TABLE revenue_per_minute (
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  status STRING,
  orders BIGINT,
  revenue DECIMAL(12, 2)
) WITH (
  'connector' = 'kafka',
  'topic' = 'revenue_per_minute',
  'properties.bootstrap.servers' = 'localhost:9092',
  'format' = 'json'
)
""")

table_env.execute_sql("""
CREATE TABLE channel_averages (
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  channel STRING,
  orders BIGINT,
  average_amount DECIMAL(12, 2)
) WITH (
  'connector' = 'kafka',
  'topic' = 'channel_averages',
  'properties.bootstrap.servers' = 'localhost:9092',
  'format' = 'json'
)
""")

table_env.execute_sql("""
CREATE TABLE customer_sessions (
  customer STRING,
  session_start TIMESTAMP(3),
  session_end TIMESTAMP(3),
  orders BIGINT,
  total DECIMAL(12, 2)
) WITH (
  'connector' = 'kafka',
  'topic' = 'customer_sessions',
  'properties.bootstrap.servers' = 'localhost:9092',
  'format' = 'json'
)
""")

table_env.execute_sql("""
CREATE TABLE order_prices (
  order_id BIGINT,
  sku STRING,
  quantity INT,
  unit_price DECIMAL(10, 2),
  cost DECIMAL(12, 2)
) WITH (
  'connector' = 'kafka',
  'topic' = 'order_prices',
  'properties.bootstrap.servers' = 'localhost:9092',
  'format' = 'json'
)
""")

table_env.execute_sql("""
CREATE TABLE orders_cdc (
  `after` ROW<
    id BIGINT, customer STRING, sku STRING, channel STRING, status STRING,
    quantity INT, amount DECIMAL(10, 2), ordered_at BIGINT>,
  op STRING,
  source ROW<ts_ms BIGINT>,
  ordered_at AS TO_TIMESTAMP_LTZ(`after`.ordered_at, 3),
  WATERMARK FOR ordered_at AS ordered_at - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'shop.public.orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.group.id' = 'lab-orders',
  'scan.startup.mode' = 'earliest-offset',
  'scan.watermark.emit.strategy' = 'on-event',
  'format' = 'json'
)
""")

table_env.execute_sql("""
CREATE TABLE products (
  sku STRING,
  price DECIMAL(10, 2),
  changed_at TIMESTAMP_LTZ(3) METADATA FROM 'value.source.timestamp' VIRTUAL,
  PRIMARY KEY (sku) NOT ENFORCED,
  WATERMARK FOR changed_at AS changed_at
) WITH (
  'connector' = 'kafka',
  'topic' = 'catalogue.public.products',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.group.id' = 'lab-products',
  'scan.startup.mode' = 'earliest-offset',
  'scan.watermark.emit.strategy' = 'on-event',
  'format' = 'debezium-json'
)
""")

table_env.execute_sql("""
CREATE VIEW orders AS
SELECT
  `after`.id AS order_id,
  `after`.customer AS customer,
  `after`.sku AS sku,
  `after`.channel AS channel,
  `after`.status AS status,
  `after`.quantity AS quantity,
  `after`.amount AS amount,
  ordered_at
FROM orders_cdc
WHERE op IN ('r', 'c')
""")

statements = table_env.create_statement_set()
statements.add_insert_sql("""
INSERT INTO revenue_per_minute
SELECT window_start, window_end, status, COUNT(*), SUM(amount)
FROM TUMBLE(TABLE orders, DESCRIPTOR(ordered_at), INTERVAL '1' MINUTE)
GROUP BY window_start, window_end, status
""")
statements.add_insert_sql("""
INSERT INTO channel_averages
SELECT window_start, window_end, channel, COUNT(*), AVG(amount)
FROM HOP(TABLE orders, DESCRIPTOR(ordered_at), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)
GROUP BY window_start, window_end, channel
""")
statements.add_insert_sql("""
INSERT INTO customer_sessions
SELECT customer, window_start, window_end, COUNT(*), SUM(amount)
FROM SESSION(
  TABLE orders PARTITION BY customer, DESCRIPTOR(ordered_at), INTERVAL '30' SECOND)
GROUP BY window_start, window_end, customer
""")
statements.add_insert_sql("""
INSERT INTO order_prices
SELECT o.order_id, o.sku, o.quantity, p.price, o.quantity * p.price
FROM orders AS o
LEFT JOIN products FOR SYSTEM_TIME AS OF o.ordered_at AS p
ON o.sku = p.sku
""")
statements.execute()
