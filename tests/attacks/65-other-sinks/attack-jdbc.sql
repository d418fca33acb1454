CREATE TABLE outside (status STRING) WITH (
  'connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:5432/potok',
  'table-name' = 'accounts_user');
INSERT INTO outside SELECT status FROM orders;
