"""A fault of the cell itself; never the student's."""


class CellFault(RuntimeError):
    """Something of ours broke: a stable ``code`` and what was seen."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
