"""Debezium change events of Postgres tables, written from a seed.

The library imitates one Debezium Postgres connector (3.4) with Kafka's JSON
converter, down to field names, their order and types: it writes the bytes of keys
and values as they stand in a topic. It knows nothing of Flink, of a lab or of right
answers. Standard library only, and nothing is random unless the caller's
``random.Random`` makes it so.

``tables``   columns, tables and how a value is encoded
``envelope`` the value and the key of one change event, as bytes
``capture``  a database and its connector: snapshot, transactions, log positions
``stream``   stages of events, as a cell produces them
``variations`` the same workload in another form: order, repeats, time, partitions
``transactions`` transaction metadata and logical messages

Not yet compared with a live recording, and used by no lab: the time modes connect and
isostring, TOAST placeholders, transaction metadata and logical messages. The test
in tests/recording compares them with POTOK_TESTS=all.
"""

__version__ = "1.3.0"
