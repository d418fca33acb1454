CREATE TABLE ticks (n BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '5');
INSERT INTO totals SELECT CAST(NULL AS TIMESTAMP(3)), 'tick', n FROM ticks;
