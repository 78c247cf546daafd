"""From another page to an audience: whoever lingered on a product and did not buy it."""

from __future__ import annotations

import streamlit as st

from schema.audience import PARAMETER
from schema.filters import FILTER_NAMES
from schema.language import say
from ui.page_list import page
from ui.signin import current_scope


def send_link(product: str, *, key: str) -> None:
    """Those who lingered on a product and did not buy, as an audience under the same filters; presenters are shown none."""
    if current_scope().role == "presenter":
        return
    filters = {name: st.query_params.get_all(name) for name in st.query_params if name in FILTER_NAMES}
    with st.container(key=f"send-{key}"):
        st.page_link(
            page("audiences"), label=say("Send to audience"), icon=":material/group_add:",
            query_params={**filters, PARAMETER: f"lingered:product:{product}"},
        )  # fmt: skip
