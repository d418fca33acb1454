CREATE TABLE flood (n BIGINT, s STRING) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1000000', 'fields.s.length' = '2000');
CREATE TABLE hole (s STRING, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO hole SELECT s, MAX(n) FROM flood GROUP BY s;
