"""What the suite is given: an assembly, or the two versions of one app."""

import json
from dataclasses import dataclass
from pathlib import Path

from .assembly import Assembly, AssemblyError, load


@dataclass(frozen=True)
class App:
    name: str
    before: Assembly
    after: Assembly | None = None
    existing: tuple[str, ...] = ()
    """Roles that exist before anything is deployed."""

    @staticmethod
    def at(folder: Path) -> "App":
        """A folder with `before` and `after` is an app that is updated; any other one is an assembly."""
        if not (folder / "before").is_dir():
            assembly = load(folder)
            return App(assembly.name, assembly)
        try:
            existing = json.loads((folder / "app.json").read_text()).get("existing", [])
        except (OSError, ValueError) as error:
            raise AssemblyError(f"app.json: {error}") from error
        name = folder.resolve().name
        return App(name, load(folder / "before", f"{name}/before"), load(folder / "after", f"{name}/after"), tuple(existing))
