"""One heavy step on a made company, in a process of its own so that its memory can be read. Prints one JSON object."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.company import LAST_MONTH, ORDERS_A_CUSTOMER, local, owners, write_company
from ledger import api as ledger
from ledger import store
from ledger.simulate import scenario_now, simulate
from records import database
from schema.scope import LOCAL_OWNER
from schema.sharing import standard_rules
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NOW = "2026-11-20"
_MB = 1024
_AT_ONCE = 100_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one step in the data folder of the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=sorted(_STEPS))
    parser.add_argument("--orders", type=int, default=0)
    parser.add_argument("--months", type=int, default=1)
    given = parser.parse_args(arguments)
    wall, cpu = time.perf_counter(), time.process_time()
    found = _STEPS[given.step](given)
    found |= {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu, "peak_mb": peak_mb()}
    sys.stdout.write(json.dumps(found) + "\n")
    database.dispose("real")
    return 0


def peak_mb() -> float:
    """Most memory this process has held, MB. The kernel's own count begins anew with the program, a child's does not."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / _MB
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / _MB / (_MB if sys.platform == "darwin" else 1)


def _make(given: argparse.Namespace) -> dict[str, object]:
    folder = Path(os.environ["CATCHLIGHT_HOME"])
    customers = write_company(folder / "masters", given.orders, given.months)
    first = local("2025-01-01").date()
    ledger.save_rules("real", standard_rules(first), by=LOCAL_OWNER, reason="The rules of the first day", today=first)
    return {"customers": customers}


def _bind(given: argparse.Namespace) -> dict[str, object]:
    """Owners as rows of the chain; deciding them is another line."""
    held = owners(max(given.orders // ORDERS_A_CUSTOMER, 1)).drop("binding_id", "recorded_at", "valid_to", "end_reason")
    for part in held.iter_slices(_AT_ONCE):
        store.append_bindings("real", part, recorded_at=local("2026-09-01"))
    return {"rows": held.height}


def _settle(_: argparse.Namespace) -> dict[str, object]:
    done = ledger.settle("real", LAST_MONTH, LOCAL_OWNER, now=local(_NOW))
    entries = sum(done.accrual.entries.values()) if done.accrual else 0
    return {"statements": done.statements, "entries": entries, "months": len(done.months)}


def _publish(_: argparse.Namespace) -> dict[str, object]:
    return {"number": ledger.publish("real"), "rows": sum(store.sequence("real").values())}


def _verify(_: argparse.Namespace) -> dict[str, object]:
    told = ledger.verify("real")
    return {"rows": sum(store.sequence("real").values()), "ok": told.ok, "problems": list(told.problems[:3])}


def _simulate(_: argparse.Namespace) -> dict[str, object]:
    snapshot = warehouse.open_snapshot("real")
    if snapshot is None:
        msg = "There is no company to replay."
        raise RuntimeError(msg)
    return other_rules(snapshot)


def other_rules(snapshot: warehouse.Snapshot) -> dict[str, object]:
    """Twelve months under rules that give a tenth more."""
    now = scenario_now(snapshot)
    other = replace(now, rules=tuple(replace(rule, pool_bps=rule.pool_bps + 50) for rule in now.rules))
    wall = time.perf_counter()
    told = simulate(snapshot, now, other)
    return {"orders": told.orders, "simulate_s": time.perf_counter() - wall}


_STEPS: dict[str, Callable[[argparse.Namespace], dict[str, object]]] = {
    "make": _make,
    "bind": _bind,
    "settle": _settle,
    "publish": _publish,
    "verify": _verify,
    "simulate": _simulate,
}


if __name__ == "__main__":
    sys.exit(main())
