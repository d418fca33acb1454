SET 'restart-strategy.type' = 'fixed-delay';
SET 'restart-strategy.fixed-delay.attempts' = '2147483647';
SET 'restart-strategy.fixed-delay.delay' = '0 s';
INSERT INTO totals SELECT `at`, status, CAST(status AS INT) FROM orders;
