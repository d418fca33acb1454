-- Sums by minute, two seconds of patience.
CREATE TABLE orders (
  status STRING, amount BIGINT, `at` TIMESTAMP(3),
  WATERMARK FOR `at` AS `at` - INTERVAL '2' SECOND
) WITH (
  'connector' = 'kafka', 'topic' = 'orders', 'format' = 'json',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset'
);

CREATE TABLE totals (window_start TIMESTAMP(3), status STRING, total BIGINT) WITH (
  'connector' = 'kafka', 'topic' = 'totals', 'format' = 'json',
  'properties.bootstrap.servers' = 'localhost:9092'
);

INSERT INTO totals
SELECT window_start, status, SUM(amount)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(`at`), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, status;
