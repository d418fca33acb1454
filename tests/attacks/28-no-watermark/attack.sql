CREATE TABLE still (status STRING, amount BIGINT, `at` TIMESTAMP(3),
  WATERMARK FOR `at` AS `at` - INTERVAL '400' DAY(3)
) WITH (
  'connector' = 'kafka', 'topic' = 'orders', 'format' = 'json',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset');
INSERT INTO totals
SELECT window_start, status, SUM(amount)
FROM TABLE(TUMBLE(TABLE still, DESCRIPTOR(`at`), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, status;
