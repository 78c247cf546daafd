"""``python -m demo``: make the demo company, or make it anew."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path

from demo.build import build, source_files
from demo.world import SEED
from schema.errors import CatchlightError
from schema.settings import home


def main(words: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description="Make the demo company Hazel & Wool.")
    parser.add_argument("--out", type=Path, help="the data folder (default: CATCHLIGHT_HOME, else data/)")
    parser.add_argument("--files", type=Path, metavar="FOLDER", help="only write the company's exports to FOLDER")
    parser.add_argument("--seed", type=int, default=SEED, help="with --files: another company")
    parser.add_argument("--progress", action="store_true", help="one JSON line a step")
    given = parser.parse_args(words)

    def tell(share: float, text: str) -> None:
        line = json.dumps({"share": round(share, 3), "text": text}) if given.progress else f"{share:4.0%}  {text}"
        with contextlib.suppress(BrokenPipeError):  # whoever watched has gone; the demo is wanted all the same
            print(line, flush=True)

    try:
        if given.files:
            mappings = source_files(given.files, given.seed)
            for name, mapping in mappings.items():
                (given.files / name).with_suffix(".toml").write_text(mapping.to_toml(), encoding="utf-8")
            print(f"{len(mappings)} files and their mappings are in {given.files}.")
        else:
            build((given.out or home()).absolute(), tell)
    except CatchlightError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
