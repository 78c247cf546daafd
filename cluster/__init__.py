"""The rollup job: stored events and orders to small tables, on this machine or on an existing cluster."""
