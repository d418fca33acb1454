"""``python -m sandbox prove --root REPOSITORY``: tries to get out of one new box.

Prints a JSON object: how many ``attempts`` were made, and of those that were not
refused (``leaks``) name, what was seen, what it means and what mends it. Exit status 1
with one line on stderr where no box could be made.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from sandbox.breaches import breach
from sandbox.errors import SandboxUnavailable
from sandbox.pool import SlotPool
from sandbox.selfcheck import prove_jail
from sandbox.settings import settings_from_environment

# Beside the author jail's, so that a site that runs meanwhile is left alone.
_UID = 61_297


def main() -> int:
    """Prove the jail of this host; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox")
    parser.add_argument("command", choices=["prove"])
    parser.add_argument("--root", type=Path, required=True)
    chosen = parser.parse_args()
    try:
        settings = settings_from_environment(chosen.root)
        alone = replace(settings, slots=1, spare=0, first_uid=_UID, warm_up=False)
        with SlotPool(alone) as pool:
            findings = prove_jail(pool)
    except SandboxUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    leaks = [
        {
            "name": finding.name,
            "seen": finding.seen,
            "meaning": breach(finding.name).meaning,
            "repair": breach(finding.name).repair,
        }
        for finding in findings
        if not finding.is_denied
    ]
    print(json.dumps({"attempts": len(findings), "leaks": leaks}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
