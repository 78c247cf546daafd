"""A server that asks people to sign in, and a provider that says who they are; both on this machine alone."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.visits import PATIENCE_MS, ROOT, Visit, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

COOKIE_SECRET = secrets.token_urlsafe(48)
PEOPLE: dict[str, dict[str, Any]] = {
    "ana": {"email": "Ana@Shop.example", "email_verified": True, "name": "Ana"},
    "ben": {"email": "ben@shop.example", "email_verified": True},
    "pia": {"email": "pia@shop.example", "email_verified": True},
    "eve": {"email": "eve@elsewhere.example", "email_verified": True},
    "una": {"email": "ana@shop.example", "email_verified": False},
    "gus": {"email": "gus@shop.example", "email_verified": True},
}
"""By subject: an owner, an agent, a presenter; one nobody knows; one who only claims an owner's address; one who goes."""
VIEWERS = (
    ("ana@shop.example", "--role", "owner", "--name", "Ana Ruiz"),
    ("ben@shop.example", "--role", "agent", "--agent", "A-01"),
    ("pia@shop.example", "--role", "presenter"),
    ("gus@shop.example", "--role", "presenter"),
)


@dataclass
class Door:
    """A server behind a door.

    Attributes:
        url: where it is.
        home: its data folder.
        provider: where its provider is.
    """

    url: str
    home: Path
    provider: str

    def records(self, *command: str) -> Any:
        """Run ``python -m records`` over its data folder, as the owner does on the server itself."""
        done = subprocess.run(
            [sys.executable, "-m", "records", *command, "--json"],
            cwd=ROOT, env={**os.environ, "CATCHLIGHT_HOME": str(self.home)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def log(self, kind: str) -> list[dict[str, Any]]:
        """Lines of the audit log of one kind, in order."""
        return list(self.records("audit", "list", "--kind", kind)["entries"])


@contextlib.contextmanager
def provider(log: Path) -> Iterator[str]:
    """An OpenID provider that believes everybody; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for subject, claims in PEOPLE.items():
        command += ["--user-claims", json.dumps({"sub": subject, **claims})]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=log.parent, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}"
    try:
        _await(process, f"{url}/.well-known/openid-configuration", log)
        yield url
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def behind_a_door(demo_home: Path, folder: Path, *, people: bool = True, auth: str = "") -> Iterator[Door]:
    """A cold server with sign-in over the demo and a fresh company book.

    Args:
        demo_home: holds the demo; it is only read.
        folder: for the rest.
        people: whether viewers were added.
        auth: other settings than those of one provider; ``{provider}`` is its address.
    """
    home = folder / "home"
    home.mkdir(parents=True)
    (home / "demo").symlink_to(demo_home / "demo")
    with provider(folder / "provider.log") as told:
        settings = folder / "secrets.toml"
        settings.write_text((auth or _ONE).replace("{provider}", told), encoding="utf-8")
        door = Door("", home, told)
        for viewer in VIEWERS if people else ():
            door.records("viewers", "add", "--email", *viewer)
        with serving(home, folder / "server.log", "--secrets.files", str(settings)) as url:
            door.url = url
            yield door


_ONE = f"""[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{COOKIE_SECRET}"
client_id = "catchlight"
client_secret = "told-to-nobody"
server_metadata_url = "{{provider}}/.well-known/openid-configuration"
"""


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    pytest.fail(f"{url} did not answer within 60 s: {log.read_text(encoding='utf-8')}")


def arrive(visit: Visit, path: str = "/") -> Page:
    """Open an address and wait for the door."""
    visit.page.goto(visit.root + path)
    visit.page.locator(".st-key-door").wait_for(timeout=PATIENCE_MS)
    return visit.page


def sign_in(visit: Visit, who: str, path: str = "/") -> Page:
    """From the door to the provider, as one of its people, and back."""
    page = arrive(visit, path)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name=who, exact=True).first.click()
    page.wait_for_url(f"{visit.root}/**")
    return page
