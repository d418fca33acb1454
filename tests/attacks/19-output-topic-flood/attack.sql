CREATE TABLE ticks (n BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1000000', 'number-of-rows' = '8000');
INSERT INTO totals SELECT CAST(NULL AS TIMESTAMP(3)), 'tick', n FROM ticks;
