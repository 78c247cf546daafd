"""Start here: ``streamlit run dashboard.py``."""

import streamlit as st

from ui.server import failed, guards, prepare

prepare()
app = st.App("ui/shell.py", middleware=guards(), exception_handlers={Exception: failed})
