"""Make the demo and say when each of its steps began. Prints one JSON object."""

from __future__ import annotations

import json
import sys
import time

from demo.build import build
from schema.settings import data_home


def main() -> int:
    """Build it in the data folder of the environment."""
    start = time.perf_counter()
    stamps: list[tuple[float, str]] = []
    build(data_home("demo").parent, lambda _, what: stamps.append((time.perf_counter() - start, what)))
    sys.stdout.write(json.dumps({"stamps": stamps, "cpu_s": time.process_time()}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
