CREATE TABLE ticks (n BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '100', 'number-of-rows' = '50');
INSERT INTO totals
SELECT CAST(NULL AS TIMESTAMP(3)), REPEAT('x', 100000), n FROM ticks;
