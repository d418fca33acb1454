"""What can be wrong with the engine itself or with author's code."""


class SandboxUnavailable(RuntimeError):
    """The engine cannot take work: a stable ``code`` and the ``repair`` to type."""

    def __init__(self, code: str, message: str, repair: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.repair = repair

    def __str__(self) -> str:
        text = f"{self.code}: {super().__str__()}"
        return f"{text}. Repair: {self.repair}" if self.repair else text


class AuthorFault(RuntimeError):
    """Author's code failed in its jail: the ``lab``, a ``code`` and what it said.

    Codes: ``error`` (an exception; ``trace`` has it), ``timeout``, ``garbage`` (no or
    malformed answer), ``too_large``, ``missing`` (no such lab).
    """

    def __init__(self, lab: str, code: str, message: str, trace: str = "") -> None:
        super().__init__(f"lab {lab}: {message}")
        self.lab = lab
        self.code = code
        self.trace = trace
