"""Start here: ``streamlit run dashboard.py``."""

import streamlit as st

app = st.App("ui/shell.py")
