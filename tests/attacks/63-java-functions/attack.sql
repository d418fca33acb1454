CREATE FUNCTION halt AS 'java.lang.Runtime' LANGUAGE JAVA;
INSERT INTO totals SELECT `at`, halt(status), amount FROM orders;
