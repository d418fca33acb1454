"""The workload: tables, rows and transactions, and the SQL that makes them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from psycopg import sql

from potok_cdc.capture import Change, Delete, Insert, Message, Truncate, Update
from potok_cdc.tables import Column, ColumnType, ReplicaIdentity, Table

# Longer than what Postgres keeps in a row (2 kB), so that it goes to TOAST.
LARGE = "0123456789abcdef" * 160

CUSTOMERS = Table(
    name="customers",
    columns=(
        Column("id", ColumnType.INTEGER),
        Column("name", ColumnType.TEXT),
        Column("email", ColumnType.TEXT, nullable=True),
    ),
    primary_key=("id",),
)
ORDERS = Table(
    name="orders",
    columns=(
        Column("id", ColumnType.BIGINT),
        Column("customer_id", ColumnType.INTEGER),
        Column("amount", ColumnType.NUMERIC, precision=10, scale=2),
        Column("discount", ColumnType.NUMERIC, nullable=True, precision=5, scale=2),
        Column("paid", ColumnType.BOOLEAN),
        Column("ordered_on", ColumnType.DATE),
        Column("placed_at", ColumnType.TIMESTAMP),
        Column("changed_at", ColumnType.TIMESTAMP, nullable=True, precision=3),
        Column("seen_at", ColumnType.TIMESTAMPTZ, nullable=True),
        Column("note", ColumnType.TEXT, nullable=True, toasted=True),
    ),
    primary_key=("id",),
    replica_identity=ReplicaIdentity.FULL,
)
PRODUCTS = Table(
    name="products",
    columns=(
        Column("id", ColumnType.INTEGER),
        Column("label", ColumnType.TEXT),
        Column("price", ColumnType.NUMERIC, precision=8, scale=2),
        Column("weight", ColumnType.DOUBLE),
        Column("stock", ColumnType.BIGINT),
        Column("active", ColumnType.BOOLEAN),
        Column("since", ColumnType.DATE),
        Column("made_at", ColumnType.TIMESTAMP, precision=3),
        Column("checked_at", ColumnType.TIMESTAMPTZ, precision=3),
        Column("manual", ColumnType.TEXT, nullable=True, toasted=True),
    ),
    primary_key=("id",),
)
# Empty when the snapshot is taken, and the last of its tables.
WORKSHOPS = Table(
    name="workshops",
    columns=(
        Column("town", ColumnType.TEXT),
        Column("day", ColumnType.DATE),
        Column("opens", ColumnType.TIME, precision=3),
        Column("begins", ColumnType.TIME),
        Column("ends", ColumnType.TIME, nullable=True),
    ),
    primary_key=("town", "day"),
)
TABLES = (CUSTOMERS, ORDERS, PRODUCTS, WORKSHOPS)
ORDERS_WITH_CHANNEL = replace(
    ORDERS, columns=(*ORDERS.columns, Column("channel", ColumnType.TEXT, nullable=True))
)


def order(number: int, **values: Any) -> dict[str, Any]:
    """Return a whole row of ``orders``."""
    moment = datetime(2026, 3, 1, 12, 30, number, 123456, tzinfo=UTC)
    row = {
        "id": number,
        "customer_id": 1,
        "amount": Decimal("19.90"),
        "discount": None,
        "paid": False,
        "ordered_on": date(2026, 3, 1),
        "placed_at": moment,
        "changed_at": moment.replace(microsecond=120_000),
        "seen_at": moment,
        "note": None,
    }
    return row | values


def product(number: int, **values: Any) -> dict[str, Any]:
    """Return a whole row of ``products``; its manual is stored out of line."""
    moment = datetime(2026, 2, 3, 4, 5, number, tzinfo=UTC)
    row = {
        "id": number,
        "label": "Чайник",
        "price": Decimal("1290.00"),
        "weight": 1.25,
        "stock": 5_000_000_000,
        "active": True,
        "since": date(1969, 12, 31),
        "made_at": moment,
        "checked_at": moment,
        "manual": LARGE,
    }
    return row | values


def workshop(town: str, **values: time) -> Insert:
    """Return the insert of a row of ``workshops``."""
    row = {
        "town": town,
        "day": date(2026, 3, 1),
        "opens": time(9, 30, 15, 250_000),
        "begins": time(10, 0, 0, 1),
    }
    return Insert("workshops", row | values)


SNAPSHOT: dict[str, Sequence[dict[str, Any]]] = {
    "customers": [
        {"id": 1, "name": "Анна", "email": "anna@example.org"},
        {"id": 2, "name": 'O\'Neil "Q" \\ /', "email": None},
    ],
    "orders": [
        order(1),
        order(2, amount=Decimal("-0.01"), discount=Decimal("128.00"), note=LARGE),
    ],
    "products": [product(1)],
    "workshops": [],
}

# A transaction each, or a table that gets columns.
STEPS: tuple[tuple[Change, ...] | Table, ...] = (
    (
        Insert("customers", {"id": 3, "name": "Иван\n<b>", "email": None}),
        Insert("orders", order(3, customer_id=3, amount=Decimal("99999999.99"))),
    ),
    (
        Update("orders", (3,), {"paid": True, "discount": Decimal("0.50")}),
        Update("customers", (3,), {"email": "ivan@example.org"}),
        # The large column stays as it is: Postgres logs a placeholder.
        Update("products", (1,), {"price": Decimal("990.00")}),
        Update("orders", (2,), {"paid": True}),
    ),
    (Message("audit", b'{"who":"student-01"}'),),
    (
        Insert("customers", {"id": 5, "name": "", "email": ""}),
        Message("audit", bytes(range(256))),
        # Changes nothing, and is an event all the same.
        Update("customers", (5,), {"name": ""}),
    ),
    (Message("audit", b"", transactional=False),),
    # A new key: delete, tombstone and create.
    (Update("customers", (3,), {"id": 4}),),
    (Update("orders", (3,), {"id": 30, "note": "gift"}),),
    # One row's whole life in a transaction.
    (
        Insert("customers", {"id": 6, "name": "Brief", "email": None}),
        Update("customers", (6,), {"email": "brief@example.org"}),
        Delete("customers", (6,)),
    ),
    # The large column gets another value, then none.
    (Update("products", (1,), {"manual": LARGE[::-1]}),),
    (Update("products", (1,), {"manual": None, "weight": 1e-7}),),
    (Update("products", (1,), {"weight": 2e15, "stock": -1}),),
    (
        workshop("Тула", ends=time(23, 59, 59, 999_999)),
        workshop("Пермь", begins=time(0), opens=time(8, 0, 0, 7_000)),
        Delete("workshops", ("Тула", date(2026, 3, 1))),
    ),
    (Delete("orders", (1,)), Delete("customers", (2,)), Delete("products", (1,))),
    ORDERS_WITH_CHANNEL,
    (
        Update("orders", (2,), {"channel": "web"}),
        Insert("orders", order(4, channel=None)),
    ),
    (Insert("products", product(2)), Truncate("products")),
)
# Read twice: the worker is killed before it has written down how far it was.
REPEATED: tuple[Change, ...] = (
    Insert("customers", {"id": 9, "name": "Twice", "email": None}),
    Delete("customers", (1,)),
)


def create_tables() -> list[sql.Composed]:
    """Return the statements that make the tables and fill them for the snapshot."""
    statements: list[sql.Composed] = []
    for table in TABLES:
        columns = [_definition(column) for column in table.columns]
        key = sql.SQL(", ").join(map(sql.Identifier, table.primary_key))
        body = sql.SQL(", ").join([*columns, sql.SQL("PRIMARY KEY ({})").format(key)])
        name = sql.Identifier(table.name)
        statements.append(sql.SQL("CREATE TABLE {} ({})").format(name, body))
        if table.replica_identity is ReplicaIdentity.FULL:
            full = sql.SQL("ALTER TABLE {} REPLICA IDENTITY FULL")
            statements.append(full.format(name))
    # Not compressed: else the text would fit into the row and stay in the log.
    for table_name, column_name in (("products", "manual"), ("orders", "note")):
        statements.append(
            sql.SQL("ALTER TABLE {} ALTER {} SET STORAGE EXTERNAL").format(
                sql.Identifier(table_name), sql.Identifier(column_name)
            )
        )
    statements += [
        statement(Insert(name, row)) for name, rows in SNAPSHOT.items() for row in rows
    ]
    return statements


def columns_added(table: Table) -> list[sql.Composed]:
    """Return the statements that give the table the columns it has not yet."""
    old = next(known for known in TABLES if known.name == table.name)
    add = sql.SQL("ALTER TABLE {} ADD COLUMN {}")
    return [
        add.format(sql.Identifier(table.name), _definition(column))
        for column in table.columns
        if column not in old.columns
    ]


def statement(change: Change) -> sql.Composed:
    """Return the SQL of one change."""
    if isinstance(change, Message):
        emit = sql.SQL("SELECT pg_logical_emit_message({}, {}, {})")
        return emit.format(change.transactional, change.prefix, change.content)
    name = sql.Identifier(change.table)
    if isinstance(change, Truncate):
        return sql.SQL("TRUNCATE {}").format(name)
    if isinstance(change, Insert):
        return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            name,
            sql.SQL(", ").join(map(sql.Identifier, change.row)),
            sql.SQL(", ").join(map(sql.Literal, change.row.values())),
        )
    table = next(table for table in TABLES if table.name == change.table)
    where = sql.SQL(" AND ").join(
        _equals(*pair) for pair in zip(table.primary_key, change.key, strict=True)
    )
    if isinstance(change, Delete):
        return sql.SQL("DELETE FROM {} WHERE {}").format(name, where)
    values = sql.SQL(", ").join(_equals(*pair) for pair in change.values.items())
    return sql.SQL("UPDATE {} SET {} WHERE {}").format(name, values, where)


def _equals(name: str, value: Any) -> sql.Composed:
    return sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))


def _definition(column: Column) -> sql.Composed:
    kind = column.type.value
    if column.type is ColumnType.NUMERIC:
        kind = f"numeric({column.precision}, {column.scale})"
    elif column.type in (
        ColumnType.TIMESTAMP,
        ColumnType.TIMESTAMPTZ,
        ColumnType.TIME,
    ):
        kind = f"{kind}({column.precision})"
    text = f"{{}} {kind}{'' if column.nullable else ' NOT NULL'}"
    return sql.SQL(text).format(sql.Identifier(column.name))
