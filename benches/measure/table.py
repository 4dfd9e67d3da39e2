"""Figures as Markdown."""

MB = 1_000_000


def ms(seconds: float) -> str:
    return _short(seconds * 1000)


def seconds(value: float) -> str:
    return _short(value)


def megabytes(size: float) -> str:
    return _short(size / MB)


def times(ratio: float) -> str:
    return f"{_short(ratio)} ×"


def _short(value: float) -> str:
    """Three digits that matter."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


class Table:
    def __init__(self, *heads: str) -> None:
        self._rows = [heads]

    def add(self, *cells: str) -> None:
        self._rows.append(cells)

    def print(self) -> None:
        for n, row in enumerate(self._rows):
            print("| " + " | ".join(row) + " |")
            if n == 0:
                print("|---" + "|--:" * (len(row) - 1) + "|")
        print(flush=True)
