"""Checks before the server answers anybody: it does not start where it would be open to all or forgeable."""

from __future__ import annotations

import ipaddress
import os
import sys
from dataclasses import dataclass
from typing import Final

from streamlit import config
from streamlit.auth_util import get_secrets_auth_section
from streamlit.web.server.server_util import get_cookie_secret

from schema.errors import UsageError
from ui.door_settings import is_sign_in_configured

OPEN_SETTING: Final = "CATCHLIGHT_ALLOW_OPEN"
SECRET_LENGTH: Final = 32
_DIFFERENT: Final = 10
_EXAMPLES: Final = ("change", "example", "replace", "placeholder", "secret", "cookie", "random", "0123456789")
_MAKE_ONE: Final = 'Make one: python -c "import secrets; print(secrets.token_urlsafe(48))"'
_MUST_BE: Final = {
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.enableAgentApi": False,
    "client.showErrorDetails": "none",
    "global.developmentMode": False,
}
"""Settings that a flag or a variable of the environment must not loosen."""


@dataclass(frozen=True)
class Start:
    """What the checks look at.

    Attributes:
        address: where the server listens; empty is everywhere.
        is_sign_in_configured: whether secrets hold ``[auth]``.
        cookie_secret: what signs the cookie of somebody who is signed in.
        redirect_uri: where the provider sends people back to.
        is_open_on_purpose: whether the owner said so.
        trusts_headers: whether identities are taken from headers, which anybody can send.
        options: the settings that must not be loosened, as they are.
    """

    address: str
    is_sign_in_configured: bool
    cookie_secret: str = ""
    redirect_uri: str = ""
    is_open_on_purpose: bool = False
    trusts_headers: bool = False
    options: tuple[tuple[str, object], ...] = tuple(_MUST_BE.items())


def check(start: Start) -> None:
    """Refuse a start that is not safe; no secret is ever in the message.

    Raises:
        UsageError: with what is wrong and how to mend it.
    """
    for name, value in start.options:
        if value != _MUST_BE[name]:
            msg = (
                f"{name} is {value!r} and must be {_MUST_BE[name]!r}. Take the flag or the variable away that sets it."
            )
            raise UsageError(msg)
    if start.trusts_headers:
        msg = "server.trustedUserHeaders is set: anybody could send such a header. Use [auth] in secrets.toml instead."
        raise UsageError(msg)
    if start.is_sign_in_configured:
        _check_sign_in(start)
    elif not is_loopback(start.address) and not start.is_open_on_purpose:
        msg = (
            f"The server would listen on {start.address or 'every address'} and nobody would have to sign in: everybody "
            "who reaches it would see everything. Set server.address to 127.0.0.1, or configure [auth] in "
            ".streamlit/secrets.toml (docs/sign-in.md). Behind a proxy that asks people to sign in itself, set "
            f"{OPEN_SETTING}=1; read docs/security.md first."
        )
        raise UsageError(msg)


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach an address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def refuse_unsafe_start() -> None:
    """End the process with code 2 and one sentence when the settings are not safe."""
    try:
        check(_as_configured())
    except UsageError as error:
        sys.stderr.write(f"Catchlight does not start. {error}\n")
        sys.stderr.flush()
        os._exit(error.exit_code)  # the server's loop would answer an ordinary exit with its traceback


def _check_sign_in(start: Start) -> None:
    secret = start.cookie_secret
    if not secret:
        msg = f"[auth] has no cookie_secret: anybody could forge a sign-in. {_MAKE_ONE}"
        raise UsageError(msg)
    if len(secret) < SECRET_LENGTH:
        msg = f"cookie_secret has {len(secret)} characters; it needs at least {SECRET_LENGTH}. {_MAKE_ONE}"
        raise UsageError(msg)
    if len(set(secret)) < _DIFFERENT or any(word in secret.lower() for word in _EXAMPLES):
        msg = f"cookie_secret looks like an example that others know too. {_MAKE_ONE}"
        raise UsageError(msg)
    if not start.redirect_uri.startswith(("http://", "https://")):
        msg = "[auth] has no redirect_uri such as https://catchlight.your-company.com/oauth2callback."
        raise UsageError(msg)


def _as_configured() -> Start:
    return Start(
        address=str(config.get_option("server.address") or ""),
        is_sign_in_configured=is_sign_in_configured(),
        cookie_secret=get_cookie_secret(),
        redirect_uri=str(get_secrets_auth_section().get("redirect_uri") or ""),
        is_open_on_purpose=os.environ.get(OPEN_SETTING) == "1",
        trusts_headers=bool(config.get_option("server.trustedUserHeaders")),
        options=tuple((name, config.get_option(name)) for name in _MUST_BE),
    )
