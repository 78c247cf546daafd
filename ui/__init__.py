"""The frame, the only room that knows Streamlit: shell, filter bar, cards, cache."""
