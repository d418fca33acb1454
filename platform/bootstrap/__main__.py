"""Command line of set-up: `python3.12 -m bootstrap run|setup|doctor|clean`."""

import sys

# Before anything else: the other modules do not even compile on an old Python.
if sys.version_info[:2] != (3, 12):
    sys.exit(
        f"Potok needs Python 3.12, {sys.executable} is another version. make finds"
        " the right one; sh platform/bootstrap/find_python.sh says which."
    )

from bootstrap.command import main

sys.exit(main(sys.argv[1:]))
