"""A metric's table to a Plotly figure or a pydeck map, in one theme."""
