"""``python -m cluster rollup --data real --out FOLDER``: the rollup job, here or on ``CATCHLIGHT_CLUSTER``."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from cluster.engines import engine_of
from cluster.job import rollup
from cluster.steps import Steps
from schema.commands import Parser, run
from schema.errors import StorageError
from warehouse.api import open_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Make the rollups and say how many rows each has. Exit codes as in the README."""
    parser = Parser(prog="python -m cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("rollup", help="stored events and orders to small tables")
    command.add_argument("--data", choices=("demo", "real"), default="real", help="which data (default real)")
    command.add_argument("--out", required=True, help="folder or address (s3://bucket/prefix) for the tables")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    engine = engine_of()
    snapshot = open_snapshot(given.data)
    if snapshot is None:
        msg = f"No {given.data} data here: import files first (python -m warehouse import FILE…)."
        raise StorageError(msg)
    begun = time.monotonic()
    made = rollup(snapshot, given.out, lambda place: Steps(engine, place, told=_tell))
    seconds = round(time.monotonic() - begun, 1)
    if given.json:
        said = {"engine": engine.name, "folder": made.place, "steps": len(made.steps), "rows": made.rows}
        print(json.dumps(said | {"seconds": seconds}))
        return 0
    print(f"{len(made.steps)} steps on {engine.name} in {seconds:g} s: {made.place}")
    for name, rows in made.rows.items():
        print(f"  {name}: {rows:,} rows")
    return 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(run(main))
