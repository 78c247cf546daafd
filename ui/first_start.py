"""The first start builds the demo company, once, with progress, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import streamlit as st

from schema.errors import StorageError
from schema.language import later, say
from warehouse import api as warehouse

_ROOT = Path(__file__).parent.parent
_WAIT_S = 0.3
_GIVE_UP_S = 600


_STEPS: Final = (
    later("Inventing a company"),
    later("Writing its exports"),
    later("Noting the truth"),
    later("Binding members to stores"),
    later("Sharing sales, settling months"),
    later("Hearing disputes"),
    later("Publishing the books"),
    later("The demo is ready"),
)
"""What the build tells of itself, in English, from its own process."""


def make_demo() -> None:
    """Build the demo if neither it nor real data are here. A second visitor waits for the first one's build."""
    if st.session_state.get("_started") or warehouse.has_rows("demo") or warehouse.has_rows("real"):
        st.session_state["_started"] = True
        return
    st.header(say("Welcome to Catchlight"), anchor=False)
    st.markdown(
        say("The first start makes a demo company, *Hazel & Wool*: 60 stores, 40,000 members, two years of visits.")
    )
    bar = st.progress(0.0, say("Starting …"))
    _watch(_builder(), bar)
    st.session_state["_started"] = True
    st.rerun()


@st.cache_resource(show_spinner=False)
def _builder() -> subprocess.Popen[str]:
    """One build a server, whoever came first."""
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "--progress"],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _watch(build: subprocess.Popen[str], bar: st.delta_generator.DeltaGenerator) -> None:
    deadline = time.monotonic() + _GIVE_UP_S
    while build.poll() is None and time.monotonic() < deadline:
        line = build.stdout.readline() if build.stdout else ""
        if line.startswith("{"):
            step = json.loads(line)
            bar.progress(min(1.0, step["share"]), say(step["text"]))
        else:
            time.sleep(_WAIT_S)
    if warehouse.has_rows("demo"):
        return
    _builder.clear()
    said = build.stderr.read()[-300:] if build.stderr and build.poll() is not None else say("it took too long")
    msg = say(
        "The demo could not be made ({reason}). Load your own files on the Data page, or start again.",
        reason=said.strip(),
    )
    raise StorageError(msg)
