"""SQL that touches every kind of job a lab asks for, so that classes get archived."""

_KAFKA = (
    "'properties.bootstrap.servers' = 'localhost:9092', "
    "'scan.startup.mode' = 'earliest-offset', 'properties.group.id' = 'train', "
    "'format' = 'json', 'json.ignore-parse-errors' = 'true'"
)
_SINK = (
    "'connector' = 'kafka', 'topic' = 'train_out', 'format' = 'json', "
    "'properties.bootstrap.servers' = 'localhost:9092'"
)
_UPSERT = (
    "'connector' = 'upsert-kafka', 'topic' = 'train_out', 'key.format' = 'json', "
    "'value.format' = 'json', 'properties.bootstrap.servers' = 'localhost:9092'"
)

TRAINING_SQL = f"""
CREATE TABLE train_in (
  payload ROW<`before` ROW<id BIGINT, customer STRING, amount STRING, status STRING,
                           `at` STRING>,
              `after` ROW<id BIGINT, customer STRING, amount STRING, status STRING,
                          `at` STRING>, op STRING, ts_ms BIGINT>,
  event_time AS CAST(payload.`after`.`at` AS TIMESTAMP(3)),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'train_in', {_KAFKA});
CREATE TABLE train_rates (
  customer STRING, rate DECIMAL(10, 2), `at` TIMESTAMP(3),
  WATERMARK FOR `at` AS `at`, PRIMARY KEY (customer) NOT ENFORCED
) WITH ('connector' = 'upsert-kafka', 'topic' = 'train_rates', 'key.format' = 'raw',
        'value.format' = 'json', 'properties.bootstrap.servers' = 'localhost:9092');
CREATE VIEW orders AS
SELECT payload.`after`.id AS id, payload.`after`.customer AS customer,
       TRY_CAST(payload.`after`.amount AS DECIMAL(10, 2)) AS amount,
       COALESCE(payload.`after`.status, payload.`before`.status) AS status,
       payload.op AS op, event_time
FROM train_in WHERE payload.op <> 'd';
CREATE TABLE windows (window_start TIMESTAMP(3), status STRING, total DECIMAL(20, 2),
                      orders BIGINT) WITH ({_SINK});
CREATE TABLE sessions (customer STRING, window_start TIMESTAMP(3),
                       window_end TIMESTAMP(3), orders BIGINT) WITH ({_SINK});
CREATE TABLE priced (id BIGINT, customer STRING, value_now DECIMAL(20, 4))
WITH ({_SINK});
CREATE TABLE counts (status STRING, orders BIGINT, PRIMARY KEY (status) NOT ENFORCED)
WITH ({_UPSERT});
EXECUTE STATEMENT SET BEGIN
INSERT INTO windows
SELECT window_start, status, SUM(amount), COUNT(*)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, status;
INSERT INTO windows
SELECT window_start, status, SUM(amount), COUNT(*)
FROM TABLE(HOP(TABLE orders, DESCRIPTOR(event_time), INTERVAL '1' MINUTE,
               INTERVAL '5' MINUTE))
GROUP BY window_start, window_end, status;
INSERT INTO sessions
SELECT customer, window_start, window_end, COUNT(*)
FROM TABLE(SESSION(TABLE orders PARTITION BY customer, DESCRIPTOR(event_time),
                   INTERVAL '30' SECOND))
GROUP BY customer, window_start, window_end;
INSERT INTO priced
SELECT o.id, o.customer, o.amount * r.rate FROM orders AS o
LEFT JOIN train_rates FOR SYSTEM_TIME AS OF o.event_time AS r
ON o.customer = r.customer;
INSERT INTO counts SELECT status, COUNT(*) FROM orders GROUP BY status;
END;
"""  # noqa: S608 (Flink SQL of constants)
