from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from pyflink.table.udf import udf

tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
tables.execute_sql("""
CREATE TABLE ticks (n BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '2000', 'number-of-rows' = '300',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '300')""")
tables.execute_sql("""
CREATE TABLE totals_of_attack (window_start TIMESTAMP(3), status STRING, total BIGINT)
WITH ('connector' = 'blackhole')""")


@udf(result_type=DataTypes.BIGINT())
def hostile(n):
    import os
    import pickle
    import socket

    class Bomb:
        def __reduce__(self):
            return (os.getpid, ())

    pickle.loads(pickle.dumps(Bomb()))
    for path in ("/root/.env", "/etc/shadow"):
        if os.path.exists(path):
            raise RuntimeError("through: " + open(path).read())
    with socket.socket() as client:
        client.settimeout(0.2)
        if client.connect_ex(("169.254.169.254", 80)) == 0:
            raise RuntimeError("through: network " + client.recv(99).decode())
    return n


tables.create_temporary_function("hostile", hostile)
tables.execute_sql(
    "INSERT INTO totals_of_attack "
    "SELECT CAST(NULL AS TIMESTAMP(3)), 'x', hostile(n) FROM ticks"
).wait()
