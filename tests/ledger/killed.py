"""Children that bind, post and settle, and say what may be relied on; they are there to be killed.

The parent imports everything once and forks a child per data folder that it reads from its input, before any thread runs.
"""

import os
import sys
from pathlib import Path

from ledger.accrue import accrue
from ledger.bind import bind
from ledger.settle import settle
from ledger.store import sequence
from records import database
from schema.scope import LOCAL_OWNER
from tests.ledger.world import local

NOW = local("2026-09-05 09:00:00")


def heads():
    """The last row of every table as seen after an acknowledged step."""
    with database.reading("real") as connection:
        for table, seq in sequence("real").items():
            if seq:
                found = connection.exec_driver_sql(f"SELECT row_hash FROM {table} WHERE seq = {seq}").scalar_one()
                yield f"{table} {seq} {found}\n"


def everything(told=lambda: None):
    bind("real", now=NOW, publish=False)
    told()
    accrue("real", now=NOW)
    told()
    settle("real", "2026-08", LOCAL_OWNER, now=NOW)
    told()


def child(home):
    os.environ["CATCHLIGHT_HOME"] = home

    def tell():
        with Path(home, "told").open("a", encoding="ascii") as file:
            file.write("".join(heads()))

    everything(tell)
    os._exit(0)


def serve():
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            child(line.strip())
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        os.waitpid(pid, 0)
        sys.stdout.write("gone\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
