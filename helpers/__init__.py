"""What the notebooks call, so that a lesson shows only what is to be learnt.

environment()                     which Python, TensorFlow and Keras run here, in plain words
trace(model, batch)               each layer's shapes, parameters, and what became of the mask
check(key, answer), hint(key, n)  is it right; if not, which idea leads there; help in steps
keep(name, words), kept()         a reader's own words, kept until notebook 07
show(fig, alt)                    a figure together with its description
slider(draw, name=(1, 9, 4))      redraw a figure while a slider moves
table(heads, rows)                rows under headings
messages(text)                    what a message means: cause, cure, notebook; left out, all of the series
attempt(action)                   the error of an action, in one line
timed(action)                     the seconds an action takes
draw_shapes(traces)               batches on their way through a model, to scale
draw_calls(lengths, series)       time of each call, those that traced marked
draw_lookup(ids, table, vectors)  an id lights its row of an Embedding's table
draw_tables(tables)               tables side by side, to one scale
draw_outputs(outputs, h)          the heatmap of h, a frame around what a layer hands on
draw_units(h, parameters)         h over time, units down, under the unrolled drawing
draw_gates(*weights)              an LSTM's three arrays in their four blocks
draw_state(h, c, mask)            both halves of the state over time
draw_capacity(units, accuracy)    accuracy against the number of units
new_weights(units, features)      the three arrays of a new LSTM
run_lstm(x, *weights)             an LSTM in NumPy: h and c after every timestep
assert_padding_invariant(model, ids)  stops if padding changes what a model gives
mask_table(cases)                 what pieces of a model do to a mask, and whether padding leaks
draw_strips(ids, states, mask)    ids, mask and size of h, step by step
draw_drift(counts, curves)        curves over the number of pads
draw_mask_flow(trace)             layers as stops, the mask as passenger
plan_batches(lengths, size, k)    an epoch of bucketed batches, shuffled
least_waste_boundaries(lengths, k)  where k buckets leave the least padding
padding_share(lengths, plan)      the part of a plan's cells that is padding
BucketedDataset(inputs, targets)  sequences of any length, bucketed for fit, evaluate and predict
draw_skyline(lengths, plans)      sequences as bars in their batches, padding hatched
draw_epochs(costs, limit)         time of an epoch against padding and against the sum of T
draw_served(labels, plans)        the labels in each batch, in the order of serving
draw_noise(sizes, distances)      noise of the gradient against the batch size
make_stories(count, seed)         little stories of many lengths, each with a question and its answer
ask(model, story, question, ids, answers)  a trained model's answer to a question of your own
draw_answers(answers, probabilities)  a bar for each answer, a panel for each model
"""
from .start import environment, import_quietly

import_quietly()

from .batching import BucketedDataset, least_waste_boundaries, padding_share, plan_batches  # noqa: E402
from .checking import check, hint, keep, kept  # noqa: E402
from .drawing import draw_calls, draw_shapes  # noqa: E402
from .drawing_batches import draw_epochs, draw_noise, draw_served, draw_skyline  # noqa: E402
from .drawing_embedding import draw_lookup, draw_tables  # noqa: E402
from .drawing_masks import draw_drift, draw_mask_flow, draw_strips  # noqa: E402
from .drawing_outputs import draw_outputs  # noqa: E402
from .drawing_stories import draw_answers  # noqa: E402
from .drawing_units import draw_capacity, draw_gates, draw_state, draw_units  # noqa: E402
from .invariance import assert_padding_invariant, mask_table  # noqa: E402
from .lstm_by_hand import new_weights, run_lstm  # noqa: E402
from .messages import messages  # noqa: E402
from .showing import attempt, show, slider, table, timed  # noqa: E402
from .stories import ask, make_stories  # noqa: E402
from .tracing import trace  # noqa: E402

__all__ = [
    "BucketedDataset", "ask", "assert_padding_invariant", "attempt", "check", "draw_answers", "draw_calls", "draw_capacity",
    "draw_drift", "draw_epochs", "draw_gates", "draw_lookup", "draw_mask_flow", "draw_noise",
    "draw_outputs", "draw_served", "draw_shapes", "draw_skyline", "draw_state", "draw_strips",
    "draw_tables", "draw_units", "environment", "hint", "keep", "kept", "least_waste_boundaries", "make_stories",
    "mask_table", "messages", "new_weights", "padding_share", "plan_batches", "run_lstm", "show", "slider", "table",
    "timed", "trace",
]
