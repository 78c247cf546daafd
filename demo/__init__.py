"""The demo company Hazel & Wool and the truth that was planted in it."""
