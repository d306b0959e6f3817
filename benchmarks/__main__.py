"""``python -m benchmarks [NAME…] [--rounds N]``: measure, and print a table."""

from __future__ import annotations

import argparse
import os
import sys

from .figures import GROUPS
from .table import Figure, lines_of

LEAST_ROUNDS = 3


def main() -> None:
    """Measure the groups that are named, or all."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure the emulator.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(GROUPS)}")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help="at least 3")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(GROUPS)
    if unknown:
        parser.error(f"no figure {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    # Which Python it is, and how it was built, makes up to a quarter of difference.
    print(f"Python {sys.version}, {os.cpu_count()} processors", flush=True)
    figures: list[Figure] = []
    for name in asked.names or GROUPS:
        print(f"{name}: {(GROUPS[name].__doc__ or '').strip()}", flush=True)
        figures += GROUPS[name](max(asked.rounds, LEAST_ROUNDS))
    print("", *lines_of(figures), sep="\n")


if __name__ == "__main__":
    main()
