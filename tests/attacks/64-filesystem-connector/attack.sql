CREATE TABLE secrets (line STRING) WITH (
  'connector' = 'filesystem', 'path' = 'file:///root/.env', 'format' = 'raw');
INSERT INTO totals SELECT CAST(NULL AS TIMESTAMP(3)), line, 1 FROM secrets;
