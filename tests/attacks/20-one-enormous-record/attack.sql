CREATE TABLE large_rows (window_start TIMESTAMP(3), status STRING, total BIGINT) WITH (
  'connector' = 'kafka', 'topic' = 'totals', 'format' = 'json',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.max.request.size' = '67108864');
INSERT INTO large_rows
VALUES (CAST(NULL AS TIMESTAMP(3)), REPEAT('x', 3000000), CAST(1 AS BIGINT));
