-- Источник: конверт Debezium в JSON.
CREATE TABLE orders (
  payload ROW<before ROW<id BIGINT, status STRING, amount DECIMAL(10, 2)>,
              after ROW<id BIGINT, status STRING, amount DECIMAL(10, 2)>, op STRING>
) WITH (
  'connector' = 'kafka',
  'topic' = 'shop.orders',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json'
);

INSERT INTO status_totals
SELECT payload.after.status, COUNT(*), SUM(payload.after.amount)
FROM orders
WHERE payload.op IN ('c', 'r', 'u')
GROUP BY payload.after.status;
