CREATE TABLE outside (line STRING) WITH (
  'connector' = 'filesystem', 'path' = 'file:///rt/app/potok-attack',
  'format' = 'raw');
INSERT INTO outside SELECT status FROM orders;
