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
``damage``   messages that are no envelopes, malformed bytes among them
``headers``  what Debezium writes as headers, which a cell does not
``transactions`` transaction metadata and logical messages

All of it is compared with a live Debezium, field by field: tests/recording, with the
result in docs/debezium-parity.md. What the connector writes is kept in ../recorded/.
"""

__version__ = "1.4.0"
