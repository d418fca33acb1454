SET 'execution.checkpointing.interval' = '1 ms';
SET 'execution.checkpointing.storage' = 'filesystem';
SET 'execution.checkpointing.dir' = 'file:///rt/app/potok-attack';
INSERT INTO totals SELECT `at`, status, amount FROM orders;
