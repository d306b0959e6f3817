"""What an installation takes on disk: the package, and all it needs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from .table import Figure

ROOT = Path(__file__).parent.parent
PACKAGE = "broadcast-emulator"
MIB = 1024 * 1024


def size(_rounds: int) -> list[Figure]:
    """The size of an installation, without what only tests need."""
    own = sum(_folder(ROOT / name) for name in ("emulator", "fixtures"))
    needed: set[str] = set()
    _collect(PACKAGE, needed)
    whole = own + sum(_distribution(name) for name in needed - {PACKAGE})
    return [
        Figure("package on disk", own / MIB, "MiB", beside=""),
        Figure("with all it needs", whole / MIB, "MiB", beside=f"{len(needed)} packages"),
    ]


def _collect(name: str, found: set[str]) -> None:
    """Add a package and all that it needs here, extras left out."""
    if name in found:
        return
    try:
        asked = distribution(name).requires or []
    except PackageNotFoundError:
        return
    found.add(name)
    for line in asked:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            _collect(requirement.name.lower().replace("_", "-"), found)


def _distribution(name: str) -> int:
    files = distribution(name).files or []
    paths = [Path(str(file.locate())) for file in files if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file())


def _folder(folder: Path) -> int:
    paths = (path for path in folder.rglob("*") if path.suffix != ".pyc" and path.is_file())
    return sum(path.stat().st_size for path in paths)
