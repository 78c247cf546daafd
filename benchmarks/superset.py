"""Apache Superset on this machine alone, over the views that this product stores as Parquet: set up, started, asked."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.serving import end
from schema.errors import StorageError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

_START_S: Final = 180.0
_MOST_ROWS: Final = 50_000
_USER: Final = "measured"
_CONFIG: Final = """\
SECRET_KEY = {secret!r}
SQLALCHEMY_DATABASE_URI = "sqlite:///{home}/superset.db"
PREVENT_UNSAFE_DB_CONNECTIONS = False  # DuckDB is a file of this machine
TALISMAN_ENABLED = False  # nothing but this machine reaches it
WTF_CSRF_ENABLED = False
DATA_CACHE_CONFIG = {{"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": "{home}/kept", "CACHE_DEFAULT_TIMEOUT": 86400}}
"""
_OPEN: Final = (
    'import duckdb, sys; link = duckdb.connect(sys.argv[1]); link.execute("CREATE VIEW visits AS SELECT * FROM '
    'read_parquet(\'" + sys.argv[2].replace("\'", "\'\'") + "/*.parquet\')"); link.close()'
)


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart asks of the views: groups and one or more sums, in Superset's own words.

    Attributes:
        columns: grouped by these.
        sums: name → SQL.
        only: further conditions, column → values.
    """

    columns: tuple[str, ...]
    sums: tuple[tuple[str, str], ...]
    only: tuple[tuple[str, tuple[Any, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """A running Superset and somebody signed in to it.

    Attributes:
        url: where it answers.
        process: the number of its first process.
        token: who is signed in.
        dataset: the views.
    """

    url: str
    process: int
    token: str
    dataset: int

    def ask(self, chart: Chart, days: tuple[dt.date, dt.date], channels: Sequence[str] = ()) -> list[dict[str, Any]]:
        """A chart's rows, as the browser asks for them.

        Args:
            chart: which.
            days: the first and the last of the period.
            channels: only these; none is all.
        """
        first, last = days
        held = f"{first} : {last.fromordinal(last.toordinal() + 1)}"
        filters: list[dict[str, Any]] = [{"col": "local_on", "op": "TEMPORAL_RANGE", "val": held}]
        only = [*chart.only, *([("channel", tuple(channels))] if channels else ())]
        filters += [{"col": column, "op": "IN", "val": list(values)} for column, values in only]
        query = {
            "columns": list(chart.columns),
            "metrics": [{"expressionType": "SQL", "sqlExpression": sql, "label": name} for name, sql in chart.sums],
            "filters": filters,
            "row_limit": _MOST_ROWS,
        }
        source = {"id": self.dataset, "type": "table"}
        asked = {"datasource": source, "queries": [query], "result_format": "json", "result_type": "full"}
        rows: list[dict[str, Any]] = _call(self.url, "/api/v1/chart/data", asked, self.token)["result"][0]["data"]
        return rows

    def ask_all(self, charts: Sequence[Chart], days: tuple[dt.date, dt.date], channels: Sequence[str] = ()) -> None:
        """Several charts at once, as a dashboard's browser does."""
        with ThreadPoolExecutor(len(charts)) as browser:
            list(browser.map(lambda chart: self.ask(chart, days, channels), charts))


@dataclass(frozen=True)
class Superset:
    """An installed Superset with a home of its own.

    Attributes:
        commands: where ``superset``, ``gunicorn`` and their ``python`` lie.
        home: its own database, its configuration and what it keeps.
        secret: signs its sessions and is the password of its one user.
    """

    commands: Path
    home: Path
    secret: str

    def version(self) -> str:
        """The versions of Superset, and of the DuckDB that it asks."""
        told = (
            "from importlib.metadata import version as v; print(v('apache-superset') + ' with DuckDB ' + v('duckdb'))"
        )
        return self._run("python", "-c", told).strip()

    @contextlib.contextmanager
    def running(self, dataset: int = 0) -> Iterator[Desk]:
        """One worker with threads, as its container starts it; ended by its own number."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        options = ["-w", "1", "-k", "gthread", "--threads", "20", "--timeout", "300", "-b", address]
        command = [str(self.commands / "gunicorn"), *options, "superset.app:create_app()"]
        with (self.home / "server.log").open("wb") as log:
            server = subprocess.Popen(command, cwd=self.home, env=self._env(), stdout=log, stderr=log)
        url = f"http://{address}"
        try:
            self._await(server, url)
            person = {"username": _USER, "password": self.secret, "provider": "db", "refresh": False}
            token = _call(url, "/api/v1/security/login", person)["access_token"]
            yield Desk(url, server.pid, token, dataset)
        finally:
            end(server)

    def _await(self, server: subprocess.Popen[bytes], url: str) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and server.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=_START_S):  # noqa: S310
                return
            time.sleep(0.1)
        msg = f"Superset did not answer within {_START_S:.0f} s (exit code {server.poll()}): {self._last_words()}"
        raise StorageError(msg)

    def _last_words(self) -> str:
        return (self.home / "server.log").read_text(encoding="utf-8", errors="replace")[-500:]

    def _run(self, name: str, *arguments: str) -> str:
        """One of its commands to its end; returns what it said."""
        done = subprocess.run(
            [self.commands / name, *arguments], cwd=self.home, env=self._env(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            msg = f"{name} {arguments[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}"
            raise StorageError(msg)
        return done.stdout

    def _env(self) -> dict[str, str]:
        inherited = {name: held for name, held in os.environ.items() if not name.startswith(("PYTHON", "CATCHLIGHT_"))}
        own = {"SUPERSET_HOME": str(self.home), "SUPERSET_CONFIG_PATH": str(self.home / "superset_config.py")}
        return {**inherited, **own, "FLASK_APP": "superset.app:create_app()"}

    def prepare(self, visits: Path) -> int:
        """Make its database, its user, and a dataset over a folder of Parquet files; returns the dataset's number."""
        self.home.mkdir(parents=True)
        words = _CONFIG.format(secret=self.secret, home=self.home)
        (self.home / "superset_config.py").write_text(words, encoding="utf-8")
        self._run("python", "-c", _OPEN, str(self.home / "shop.duckdb"), str(visits))
        self._run("superset", "db", "upgrade")
        person = {"username": _USER, "firstname": _USER, "lastname": _USER, "email": f"{_USER}@localhost"}
        named = [word for name, held in person.items() for word in (f"--{name}", held)]
        self._run("superset", "fab", "create-admin", *named, "--password", self.secret)
        self._run("superset", "init")
        with self.running() as desk:
            read_only = json.dumps({"engine_params": {"connect_args": {"read_only": True}}})
            place = {"database_name": "shop", "sqlalchemy_uri": f"duckdb:///{self.home}/shop.duckdb"}
            shop = _call(desk.url, "/api/v1/database/", {**place, "extra": read_only}, desk.token)["id"]
            table = {"database": shop, "schema": "main", "table_name": "visits"}
            made: int = _call(desk.url, "/api/v1/dataset/", table, desk.token)["id"]
        return made


def installed(home: Path) -> Superset | None:
    """The Superset whose command is found, with this home; None where there is none."""
    found = shutil.which("superset")
    if found is None or not Path(found).with_name("gunicorn").exists():
        return None
    return Superset(Path(found).parent.absolute(), home, secrets.token_urlsafe(32))


def _call(url: str, path: str, asked: dict[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url + path, json.dumps(asked).encode(), headers)  # noqa: S310  (our own address)
    try:
        with urllib.request.urlopen(request, timeout=_START_S) as answer:  # noqa: S310
            told: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        msg = f"Superset answered {path} with {error.code}: {error.read().decode('utf-8', 'replace')[:300]}"
        raise StorageError(msg) from error
    return told
