"""Whether people must sign in here, with whom, and what is wrong with that: read from the secrets file."""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st

from schema.errors import StorageError
from schema.language import say

DEFAULT: Final = "default"
_NAMES: Final = {"google": "Google", "microsoft": "Microsoft", "okta": "Okta", "auth0": "Auth0", "keycloak": "Keycloak"}
_NEEDED: Final = ("client_id", "client_secret", "server_metadata_url")
_NO_PROVIDER: Final = frozenset({"client_kwargs", "expose_tokens"})
_LEAST_SECRET: Final = 32
_PATIENCE_S: Final = 5.0
_SEEN: Final[set[tuple[str, ...]]] = set()
"""Secrets files that once asked people to sign in; when they are lost or damaged, nobody becomes an owner by it."""


@dataclass(frozen=True)
class Provider:
    """Somebody who says who people are.

    Attributes:
        key: its name in the secrets file; ``default`` for one that stands in ``[auth]`` itself.
        name: for the button; empty for the default one.
        metadata_url: where it describes itself.
    """

    key: str
    name: str
    metadata_url: str


def is_sign_in_configured() -> bool:
    """Whether secrets hold ``[auth]``; without it the one local owner uses the app.

    Raises:
        StorageError: there is a secrets file, or there was one with ``[auth]``, and it cannot be read now. Nobody is
            let in: a damaged file must not make everybody the owner.
    """
    places = tuple(str(place) for place in st.config.get_option("secrets.files"))
    present = any(Path(place).exists() for place in places)
    is_read = st.secrets.load_if_toml_exists()
    if is_read and "auth" in st.secrets:
        if present:
            _SEEN.add(places)
        return True
    if (present and not is_read) or places in _SEEN:
        msg = say(
            "The settings for signing in cannot be read, so nobody is let in. For the owner: repair the secrets file, "
            "then restart the server."
        )
        raise StorageError(msg)
    return False


def providers() -> tuple[Provider, ...]:
    """Whom the secrets name: the one in ``[auth]`` itself first, then ``[auth.NAME]`` in their order."""
    auth = _auth()
    found = [Provider(DEFAULT, "", str(auth.get("server_metadata_url", "")))] if "client_id" in auth else []
    for key, said in auth.items():
        if isinstance(said, Mapping) and key not in _NO_PROVIDER:
            name = "" if key == DEFAULT else _NAMES.get(key.lower(), key.title())
            found.append(Provider(key, name, str(said.get("server_metadata_url", ""))))
    return tuple(found)


def cookie_secret() -> str:
    """What cookies are signed with; here it also makes pseudonyms of people who are not on the list."""
    return str(_auth().get("cookie_secret", ""))


def settings_fault() -> str:
    """What the owner must mend before anybody can sign in; empty when nothing is known to be wrong."""
    missing = [name for name in ("authlib", "httpx", "itsdangerous") if importlib.util.find_spec(name) is None]
    if missing:
        return say(
            "The server lacks {missing}. For the owner: pip install -r requirements.txt, then restart.",
            missing=", ".join(missing),
        )
    auth = _auth()
    lacking = [f"auth.{key}" for key in ("redirect_uri", "cookie_secret") if not auth.get(key)]
    found = providers()
    for one in found:
        said = auth if one.key == DEFAULT and DEFAULT not in auth else auth[one.key]
        prefix = "auth" if said is auth else f"auth.{one.key}"
        lacking += [f"{prefix}.{key}" for key in _NEEDED if not said.get(key)]
    if not found:
        lacking.append("auth.client_id")
    if lacking:
        return say(
            "The secrets file lacks {lacking}. For the owner: docs/sign-in.md says what belongs there.",
            lacking=", ".join(lacking),
        )
    return _misfit(auth, found)


def _misfit(auth: Mapping[str, Any], found: tuple[Provider, ...]) -> str:
    """Values that are there and cannot work."""
    if not urlsplit(str(auth["redirect_uri"])).path.endswith("/oauth2callback"):
        return say(
            "auth.redirect_uri in the secrets file must end with /oauth2callback. For the owner: see docs/sign-in.md."
        )
    if len(str(auth["cookie_secret"])) < _LEAST_SECRET:
        return say(
            "auth.cookie_secret in the secrets file is shorter than {least} characters. For the owner: docs/sign-in.md says how to make one.",
            least=_LEAST_SECRET,
        )
    odd = [one.key for one in found if not re.fullmatch("[A-Za-z0-9-]+", one.key)]
    if odd:
        return say(
            "[auth.{provider}] in the secrets file: a provider's name may hold letters, digits and hyphens only.",
            provider=odd[0],
        )
    return ""


def reach_fault(provider: Provider) -> str:
    """Why a provider cannot be asked now; empty when it answers. Asked when somebody wants to go there, never before."""
    import httpx  # noqa: PLC0415  (only a server with sign-in needs it)

    who = provider.name or say("The sign-in service")
    try:
        said = httpx.get(provider.metadata_url, timeout=_PATIENCE_S, follow_redirects=True)
        described = said.json() if said.is_success else {}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        logging.getLogger("catchlight").warning("Sign-in provider %s: %s", provider.key, error)
        described = {}
    if isinstance(described, dict) and described.get("authorization_endpoint"):
        return ""
    return say(
        "{provider} does not answer now. Try again in a minute. For the owner: check server_metadata_url in the secrets file, and that this server can reach it.",
        provider=who,
    )


def right_address(here: str) -> str:
    """Where this server answers to sign-ins, when that is not where the browser is; else empty."""
    wanted = urlsplit(_callback())
    if not here or not wanted.netloc or wanted[:2] == urlsplit(here)[:2]:
        return ""
    return f"{wanted.scheme}://{wanted.netloc}{wanted.path.removesuffix('oauth2callback')}"


def _callback() -> str:
    port = str(st.config.get_option("server.port"))
    return str(_auth().get("redirect_uri", "")).replace("{port}", port)


def _auth() -> Mapping[str, Any]:
    said = st.secrets.get("auth", {})
    return said if isinstance(said, Mapping) else {}
