"""Start here: ``streamlit run dashboard.py``."""

import streamlit as st

from ui.server import failed, guards, prepare
from ui.warmup import start_warm_up

prepare()
start_warm_up()
app = st.App("ui/shell.py", middleware=guards(), exception_handlers={Exception: failed})
