"""Run a command in a process of its own and print what it took, as one JSON object.

This small process stands between the benchmark and the command because a child begins with the most memory that its
parent held when it was started: the command's own peak would be hidden behind the benchmark's.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time


def main() -> int:
    """``python -m benchmarks.scale_run ARGUMENTS``: run ``python ARGUMENTS``; the last line is JSON."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *sys.argv[1:]], check=False, stdout=subprocess.PIPE, text=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    most = used.ru_maxrss / 1024 / (1024 if sys.platform == "darwin" else 1)
    told = {
        "wall_s": time.perf_counter() - start,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": most,
        "said": done.stdout.splitlines()[-1:],
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
