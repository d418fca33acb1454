"""Records what a real Debezium writes for the library's workload (`make record`).

``settings``  the worker's and the connectors' settings, those of Compose too
``workload``  tables and transactions, given to library and database alike, as SQL
``processes`` Postgres, Kafka and Kafka Connect on loopback, each ended by its id
``session``   one recording: snapshot, transactions, a killed worker, the topics
``library``   what the library writes for the same workload
``parity``    both compared field by field, and the table of it
``nature``    what may differ, and what holds between such values all the same
"""
