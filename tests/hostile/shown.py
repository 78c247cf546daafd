"""A page of one name a row, as every card shows names: the script of a small server that a browser test visits."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

import streamlit as st

from tests.hostile.strings import ALL
from ui.cards import plain

for index, name in enumerate(ALL):
    with st.container(key=f"alone-{index}"):
        st.markdown(plain(name))
    with st.container(key=f"among-{index}"):
        st.caption(f"Before {plain(name)} after")
    with st.container(key=f"head-{index}"):
        st.subheader(f"Of {plain(name)}", anchor=False)
    with st.container(key=f"label-{index}"):
        st.button(f"To {plain(name)}", key=f"button-{index}")
