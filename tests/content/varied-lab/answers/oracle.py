"""Orders by status and minute, from the last state of each order in the topic."""

import json
from collections import defaultdict
from decimal import Decimal

from lab_protocol.author import ExpectedRow
from potok_cdc.stream import Stream

TOPIC = "shop.public.orders"


def expected(stream: Stream) -> dict[str, list[ExpectedRow]]:
    """Return one row for each status and minute that has an order."""
    orders: dict[int, dict[str, object]] = {}
    for _, _, event in stream.numbered(TOPIC):
        envelope = json.loads(event.value or b"null")
        if envelope is None:
            continue
        if envelope["after"] is None:
            orders.pop(envelope["before"]["id"], None)
        else:
            orders[envelope["after"]["id"]] = envelope["after"]
    totals: dict[tuple[str, int], list[Decimal]] = defaultdict(list)
    for row in orders.values():
        if row["status"] != "closing":
            minute = int(str(row["ordered_at"])) // 60_000
            totals[str(row["status"]), minute].append(Decimal(str(row["amount"])))
    return {
        "totals": [
            ExpectedRow(
                {
                    "status": status,
                    "minute_number": minute,
                    "orders": len(amounts),
                    "amount": str(sum(amounts)),
                }
            )
            for (status, minute), amounts in sorted(totals.items())
        ]
    }


def expected_after(stream: Stream, stage: str) -> dict[str, list[ExpectedRow]]:
    """Return the rows after a stage."""
    return expected(stream.until(stage))
