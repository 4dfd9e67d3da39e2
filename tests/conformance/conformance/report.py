"""One line per app and check, the reasons below it, and the sums at the end."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SHOWN = 12


@dataclass
class Result:
    """What one check found: a failure breaks the run, a note is only told."""

    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    summary: str = ""

    def fail(self, text: str) -> None:
        line = " ".join(text.split())
        if line not in self.failures:
            self.failures.append(line)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


@dataclass
class Report:
    verbose: bool = False
    quiet: bool = False
    passed: int = 0
    failed: int = 0
    broken: list[str] = field(default_factory=list)

    @contextmanager
    def check(self, app: str, name: str) -> Iterator[Result]:
        """Runs a check; whatever escapes it is a failure of that check, not of the run."""
        result, started = Result(), time.monotonic()
        try:
            yield result
        except Exception as error:  # A broken tool must not hide what the other checks say.
            result.fail(f"{type(error).__name__}: {error}")
        self._print(app, name, result, time.monotonic() - started)

    def _print(self, app: str, name: str, result: Result, seconds: float) -> None:
        failures = result.failures
        self.passed += not failures
        self.failed += bool(failures)
        self.broken += [name] if failures else []
        if self.quiet:
            return
        verdict = "FAIL" if failures else "ok  "
        reason = (f": {failures[0]}" + (f" (and {len(failures) - 1} more)" if len(failures) > 1 else "")) if failures else ""
        summary = f" {result.summary}" if result.summary and not failures else ""
        print(f"{verdict} {app} {name}{reason}{summary} [{seconds:.1f} s]")
        rest = failures[1:] if self.verbose else failures[1:SHOWN]
        for failure in rest:
            print(f"       - {failure}")
        if len(failures) - 1 > len(rest):
            print(f"       - … {len(failures) - 1 - len(rest)} more (--verbose prints all)")
        for note in result.notes if self.verbose else result.notes[:3]:
            print(f"       note: {note}")
        sys.stdout.flush()

    def close(self) -> int:
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0
