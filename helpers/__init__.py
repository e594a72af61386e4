"""What the notebooks call, so that a lesson shows only what is to be learnt.

environment()                     which Python, TensorFlow and Keras run here, in plain words
trace(model, batch)               each layer's shapes, parameters, and what became of the mask
check(key, answer), hint(key, n)  is it right; if not, which idea leads there; help in steps
keep(name, words), kept()         a reader's own words, kept until notebook 07
show(fig, alt)                    a figure together with its description
slider(draw, name=(1, 9, 4))      redraw a figure while a slider moves
table(heads, rows)                rows under headings
attempt(action)                   the error of an action, in one line
timed(action)                     the seconds an action takes
draw_shapes(traces)               batches on their way through a model, to scale
draw_calls(lengths, series)       time of each call, those that traced marked
"""
from .start import environment, import_quietly

import_quietly()

from .checking import check, hint, keep, kept  # noqa: E402
from .drawing import draw_calls, draw_shapes  # noqa: E402
from .showing import attempt, show, slider, table, timed  # noqa: E402
from .tracing import trace  # noqa: E402

__all__ = [
    "attempt", "check", "draw_calls", "draw_shapes", "environment", "hint", "keep", "kept", "show", "slider", "table",
    "timed", "trace",
]
