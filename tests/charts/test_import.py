import subprocess
import sys

WHILE_IMPORTING = """
import threading
import plotly.graph_objects as go
from charts.kept import import_pandas, kept

@kept
def drawn(at):
    return go.Figure(go.Scatter(x=[at], y=[at]), layout={"colorway": ["#000000", "#ffffff"]})

drawn(0)
importing = threading.Thread(target=import_pandas)
importing.start()
at = 0
while importing.is_alive():
    at += 1
    drawn(at)
print("drawn", at)
"""


def test_pictures_are_drawn_whole_while_pandas_is_imported_in_the_background():
    done = subprocess.run([sys.executable, "-c", WHILE_IMPORTING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("drawn ")
