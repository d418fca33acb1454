"""``python -m sandbox.image build|check --root REPOSITORY [--target FOLDER]``."""

import argparse
import subprocess
import sys
from pathlib import Path

from sandbox.errors import SandboxUnavailable
from sandbox.image.build import build_image
from sandbox.image.manifest import load_image, runtime_dir


def main() -> int:
    """Build or check the image; exit status 1 with one line when it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.image")
    parser.add_argument("command", choices=["build", "check"])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--target", type=Path)
    chosen = parser.parse_args()
    runtime = chosen.target or runtime_dir(chosen.root)
    try:
        if chosen.command == "build":
            image = build_image(
                root=chosen.root,
                runtime=runtime,
                report=lambda line: print(line, flush=True),
            )
        else:
            image = load_image(runtime)
    except SandboxUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "") if isinstance(error.stderr, str) else ""
        print(f"image_build: {error}\n{said}", file=sys.stderr)
        return 1
    print(f"{image.runtime} {image.digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
