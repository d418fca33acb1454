"""Sums of amount by minute and status; late orders are not counted."""

import json

from lab_protocol.author import ExpectedRow


def expected(stream):
    sums = {}
    for stage in stream.stages:
        if stage.name != "live":
            continue
        for event in stage.events:
            row = json.loads(event.value)
            key = (row["at"][:16] + ":00.000", row["status"])
            sums[key] = sums.get(key, 0) + row["amount"]
    rows = [
        ExpectedRow({"window_start": start, "status": status, "total": total})
        for (start, status), total in sorted(sums.items())
    ]
    return {"totals": rows}
