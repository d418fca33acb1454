"""Where everything of one checkout lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of the checkout at `root`; nothing is created by asking."""

    root: Path

    @classmethod
    def of_this_checkout(cls) -> Layout:
        return cls(root=Path(__file__).resolve().parents[2])

    @property
    def rooms(self) -> Path:
        return self.root / "platform"

    @property
    def requirements(self) -> Path:
        return self.root / "requirements"

    @property
    def tools(self) -> Path:
        return self.root / ".tools"

    @property
    def site(self) -> Path:
        return self.root / ".venv"

    @property
    def runner(self) -> Path:
        return self.root / ".venv-runner"

    @property
    def var(self) -> Path:
        """What set-up downloads and builds."""
        return self.root / "var"

    @property
    def jars(self) -> Path:
        return self.var / "jars"

    @property
    def maven(self) -> Path:
        return self.var / "maven"

    @property
    def state(self) -> Path:
        """What the running site writes; LAB_VAR_DIR moves it, as the settings do."""
        return Path(os.environ.get("LAB_VAR_DIR") or self.var)

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def stamps(self) -> Path:
        return self.var / "stamps"

    @property
    def secret_key(self) -> Path:
        return self.state / "secret-key"

    @property
    def demo_accounts(self) -> Path:
        return self.state / "demo-accounts.txt"

    @property
    def run_lock(self) -> Path:
        return self.state / "run.lock"

    @property
    def uv(self) -> Path:
        return self.tools / "bin" / "uv"

    def named(self, path: Path) -> str:
        """`path` as a reader standing in the checkout would type it."""
        try:
            return str(path.relative_to(self.root))
        except ValueError:
            return str(path)
