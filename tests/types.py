"""``python -m tests.types``: the type checker over every room, and a planted error to prove that it sees through Polars."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOMS = (
    "schema",
    "metrics",
    "loaders",
    "records",
    "warehouse",
    "cluster",
    "ledger",
    "answers",
    "charts",
    "demo",
    "exports",
    "ui",
    "pages",
    "benchmarks",
)
PLANTED = "import polars as pl\n\n\ndef wrong(frame: pl.DataFrame) -> int:\n    return frame.select(pl.col('a'))\n"


def mypy(*paths: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "mypy", *paths], capture_output=True, text=True, check=False)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "planted.py"
        path.write_text(PLANTED, encoding="utf-8")
        planted = mypy("--strict", str(path))
    if "return-value" not in planted.stdout:
        print("The type checker did not see the planted error:", planted.stdout, planted.stderr, sep="\n")  # noqa: T201
        return 1
    found = mypy(*(room for room in ROOMS if any(Path(room).glob("*.py"))))
    print(found.stdout, found.stderr, sep="")  # noqa: T201
    return found.returncode


if __name__ == "__main__":
    sys.exit(main())
