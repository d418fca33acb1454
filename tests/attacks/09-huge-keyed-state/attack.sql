CREATE TABLE flood (n BIGINT, s STRING) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1000000', 'fields.s.length' = '2000');
INSERT INTO totals
SELECT CAST(NULL AS TIMESTAMP(3)), s, n FROM (
  SELECT s, MAX(n) AS n, COUNT(*) AS c FROM flood GROUP BY s) WHERE c > 9;
