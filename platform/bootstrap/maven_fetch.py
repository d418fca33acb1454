"""Downloads jars by coordinate with jgo; runs inside the tools environment only.

Reads `group:artifact:version` lines on stdin, prints the path of each downloaded file
as `coordinate<TAB>path`. No POM is read: the lock already names the closure.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from jgo.maven import MavenContext

# jgo's own 10 s is too short for a 44 MB jar's server to begin to answer.
TIMEOUT_SECONDS = 60


def main() -> None:
    """Takes the cache folder as argument; ends at the first failed download."""
    own_repository = os.environ.get("POTOK_MAVEN_REPOSITORY")
    context = MavenContext(
        repo_cache=Path(sys.argv[1]),
        timeout=TIMEOUT_SECONDS,
        remote_repos={"own": own_repository} if own_repository else None,
    )
    for line in sys.stdin:
        coordinate = line.strip()
        group, artifact, version = coordinate.split(":")
        jar = context.project(group, artifact).at_version(version).artifact()
        print(f"{coordinate}\t{jar.resolve()}", flush=True)


if __name__ == "__main__":
    main()
