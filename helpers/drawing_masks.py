"""Pictures of padding and masks: ids, mask and state side by side, drift, and the mask on its way through a model."""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from .drawing import COLOURS, FONT, INK, _canvas, _lanes, _whole, blank_figure
from .tracing import (
    KEPT, LEAKS, LOST_SILENT, LOST_WARNING, MADE, NESTED, NONE, USED, USED_KEPT, Trace,
)

_DARK = COLOURS["mask"]


def draw_strips(
    ids: Sequence[int], states: np.ndarray, mask: Sequence[bool] | None = None, padding_id: int = 0,
    room: tuple[int, float] | None = None, alone: np.ndarray | None = None,
) -> Figure:
    """Draw three strips under one another, step by step: the ids of a sequence, its mask, and the size of h.

    The size of h is the length of the vector, the square root of the sum of its squares. A dashed line goes on from the
    size after the last word, so that you see whether the padding changes it; or, if h of the sentence alone is given,
    it stands at the size of that.

    Parameters
    ----------
    ids : (T,) whole numbers; those equal to `padding_id` are padding.
    states : (T, units), h after every step.
    mask : (T,) True at real steps, or None if the model has no mask.
    room : (timesteps, size) to leave room for, so that a slider does not make the picture jump.
    alone : (units,), h at the end of the sentence without padding. Then the drift is written down: the distance between
        it and the last of the states, divided by its size.

    Returns
    -------
    Figure whose label describes it in words.

    Raises
    ------
    ValueError : if the three do not belong to one sequence, or room is not two numbers.

    Examples
    --------
    >>> draw_strips([5, 2, 0], [[0.3, 0.4], [0, 1], [0, 2]]).get_label().partition(". ")[2]
    'No mask. The size of h is 1.000 after the last word and 2.000 after the last step.'
    """
    ids, states = np.asarray(ids), np.asarray(states, float)
    if ids.ndim != 1 or ids.dtype.kind not in "iu" or len(ids) == 0:
        raise ValueError(f"ids are one sequence of whole numbers, (time,), got {ids.dtype} of shape {ids.shape}: take one row.")
    if states.ndim != 2 or len(states) != len(ids):
        raise ValueError(
            f"states are h after each of the {len(ids)} steps, ({len(ids)}, units), got shape {states.shape}: take one row of "
            "what return_sequences=True gives."
        )
    if mask is not None and np.shape(mask) != ids.shape:
        raise ValueError(f"the mask needs one True or False for each of the {len(ids)} ids, got shape {np.shape(mask)}.")
    if alone is not None and np.shape(alone) != states.shape[1:]:
        raise ValueError(f"alone is one vector of {states.shape[1]} units, h at the end of a sentence, got shape {np.shape(alone)}.")
    if (ids == padding_id).all():
        raise ValueError("this row holds nothing but padding: there is no last word to compare with.")
    if room is not None and not (
        isinstance(room, (tuple, list)) and len(room) == 2 and _whole(room[0])
        and isinstance(room[1], (int, float, np.number)) and 0 <= room[1] < np.inf
    ):
        raise ValueError(f"room is (timesteps, size), a whole number and the largest size of h, such as (12, 0.5); got {room!r:.60}.")

    sizes, real = np.linalg.norm(states, axis=1), ids != padding_id
    last, count = int(np.flatnonzero(real)[-1]), len(ids)
    steps, top = np.maximum(room or (0, 0), (count, max(sizes.max(), 1e-9)))
    fig, ax = blank_figure(9.6, 3.3)
    ax.set_position((0, 0, 1, 1))
    ax.set(xlim=(0, 9.6), ylim=(0, 3.3))  # inches, from below
    wide = min(0.7, 8.3 / steps)
    x, y = 1.15 + wide * (np.arange(count) + 0.5), 0.45 + 1.45 * sizes / top

    _cells(ax, x, 2.75, wide, np.where(real, "token", "padding"))
    half = 0.03 + 0.045 * len(str(padding_id))  # a plain place for a pad's number on its hatched cell
    plain = [[(at - half, 2.87), (at - half, 3.05), (at + half, 3.05), (at + half, 2.87)] for at in x[~real]]
    ax.add_collection(PolyCollection(plain, facecolors=COLOURS["padding"], linewidths=0))
    for place, word in zip(x, ids):
        _say(ax, place, 2.96, str(word), color="white" if word != padding_id else INK, ha="center")
    if mask is None:
        _say(ax, 1.15, 2.41, "no mask: every timestep counts as a word")
    else:
        mask = np.asarray(mask, bool)
        _cells(ax, x, 2.2, wide, np.where(mask, "mask", "none"))
        ax.plot(x[mask], np.full(mask.sum(), 2.41), marker="$✓$", ls="", color="white", markersize=9)
        ax.plot(x[~mask], np.full((~mask).sum(), 2.41), marker="_", ls="", color=INK, markersize=8)
    for height, word in ((2.96, "ids"), (2.41, "mask"), (0.2, "timestep")):
        _say(ax, 1.05, height, word, ha="right")
    for value in (0, top / 2, top):
        _say(ax, 1.05, 0.45 + 1.45 * value / top, f"{value:.3g}", ha="right")
    lines = [[(1.15, height), (1.15 + wide * steps, height)] for height in (0.45, 1.175, 1.9)]
    ax.add_collection(LineCollection(lines, colors="#CCCCCC", linewidths=0.8, zorder=0))
    _say(ax, 0.2, 1.18, "size of h", rotation=90, ha="center")
    for step in range(0, int(steps), 5):
        _say(ax, 1.15 + wide * (step + 0.5), 0.2, str(step), ha="center")

    behind = [[(at - wide / 2, 0.45), (at - wide / 2, 1.9), (at + wide / 2, 1.9), (at + wide / 2, 0.45)] for at in x[~real]]
    ax.add_collection(PolyCollection(behind, facecolors=COLOURS["padding"], alpha=0.4, linewidths=0))
    start, size, drift = x[last], sizes[last], None
    if alone is not None:
        start, size = 1.15, float(np.linalg.norm(alone))
        drift = float(np.linalg.norm(states[-1] - alone)) / size
        _say(ax, 1.25, 1.75, f"drift at the end: {drift:.2f}", fontweight="bold")
    ax.plot([start, 1.15 + wide * steps], [0.45 + 1.45 * size / top] * 2, "--", color=INK, lw=1.2)
    ax.plot(x, y, color=COLOURS["h"], lw=2.2)
    ax.plot(x[real], y[real], "o", color=COLOURS["h"], markersize=7)
    ax.plot(x[~real], y[~real], "o", color=COLOURS["h"], markersize=7, markerfacecolor="white")
    fig.set_label(_strip_words(real, mask, sizes, last, drift))
    return fig


def _say(ax, x: float, y: float, text: str, color: str = INK, **how) -> None:
    ax.text(x, y, text, fontsize=FONT, color=color, va="center", **how)


def _cells(ax, x: np.ndarray, bottom: float, wide: float, kinds: np.ndarray) -> None:
    """A row of cells, drawn kind by kind (a slider waits for them); kinds differ in colour, hatch and what stands in them."""
    looks = {"token": (COLOURS["token"], ""), "padding": (COLOURS["padding"], "//"), "mask": (_DARK, ""), "none": ("white", "")}
    corners = np.array([(-0.48, 0), (0.48, 0), (0.48, 1), (-0.48, 1)]) * (wide, 0.42)
    for kind in dict.fromkeys(kinds.tolist()):
        face, hatch = looks[kind]
        origins = np.stack([x[kinds == kind], np.full((kinds == kind).sum(), bottom)], axis=-1)
        ax.add_collection(PolyCollection(origins[:, np.newaxis] + corners, facecolors=face, edgecolors=INK, hatch=hatch, lw=0.8))


def _strip_words(real, mask, sizes, last, drift) -> str:
    runs = []  # (how many, of what), from left to right
    for is_real in real:
        if runs and runs[-1][1] == is_real:
            runs[-1][0] += 1
        else:
            runs.append([1, is_real])
    order = ", then ".join(f"{n} {'word' if what else 'pad'}{'s' * (n > 1)}" for n, what in runs)
    masked = "No mask" if mask is None else f"The mask is True at {int(np.sum(mask))} of {len(real)} steps"
    return (f"Three strips, step by step: {order}. {masked}. The size of h is {sizes[last]:.3f} after the last word and "
            f"{sizes[-1]:.3f} after the last step." + (f" Drift at the end: {drift:.2f}." if drift is not None else ""))


_LINES = (("h", "o", "-"), ("token", "s", "--"), ("c", "^", "-."), ("o", "D", ":"))


def draw_drift(
    counts: Sequence[int], curves: Mapping[str, Sequence[float]], across: str = "pads", up: str = "drift of h",
) -> Figure:
    """Draw one curve for each way of padding over the number of pads.

    Parameters
    ----------
    counts : how many pads, in increasing order; drawn at equal distances.
    curves : {name: values}, each as long as `counts`; at most four.
    across, up : what the two axes are called.

    Returns
    -------
    Figure; its label gives the first, the last, the least and the largest value of each curve.

    Raises
    ------
    ValueError : if a curve is not as long as `counts`, or there are none or more than four.

    Examples
    --------
    >>> draw_drift([0, 10], {"after": [0, 2.25], "before": [0, 0.5]}).get_label()
    'drift of h, over 0 to 10 pads. after: from 0.00 to 2.25. before: from 0.00 to 0.50.'
    >>> draw_drift([0, 5, 10], {"after": [0, 3, 2.25]}).get_label().partition(". ")[2]
    'after: from 0.00 to 2.25, on the way between 0.00 and 3.00.'
    """
    if not 1 <= len(curves) <= len(_LINES):
        raise ValueError(f"draw_drift draws one to {len(_LINES)} curves, got {len(curves)}.")
    for name, values in curves.items():
        if len(values) != len(counts):
            raise ValueError(f'"{name}" has {len(values)} values for {len(counts)} numbers of {across}: give one for each.')
    fig, ax = _canvas(9.6, 3.4)  # and axes by hand: matplotlib's own take most of the time that a slider's step has
    left, right, low, high = 0.8, 8.7 - 0.085 * max(map(len, curves)), -2.8, -0.2
    every = np.array([*curves.values()], float)
    every = every[np.isfinite(every)] if np.isfinite(every).any() else np.zeros(1)
    ticks = MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]).tick_values(every.min(), every.max() if np.ptp(every) else every.min() + 1)
    x = left + (right - left) * (np.arange(len(counts)) + 0.5) / len(counts)
    y = lambda values: low + (high - low) * (np.asarray(values, float) - ticks[0]) / (ticks[-1] - ticks[0])
    marks = [[(left - 0.05, at), (left, at)] for at in y(ticks)] + [[(at, low), (at, low - 0.05)] for at in x]
    ax.add_collection(LineCollection([[(left, high), (left, low), (right, low)], *marks], colors=INK, linewidths=0.8))
    numbers = [f"{value:.6g}" for value in ticks]
    digits = max(len(number.partition(".")[2]) for number in numbers)
    for value, number in zip(ticks, numbers):
        _say(ax, left - 0.1, y(value), number if "e" in "".join(numbers) else f"{value:.{digits}f}", ha="right")
    for at, count in zip(x, counts):
        _say(ax, at, low - 0.17, str(count), ha="center")
    _say(ax, (left + right) / 2, low - 0.45, across, ha="center")
    _say(ax, 0.15, (low + high) / 2, up, rotation=90, ha="center")
    for place, ((name, values), (colour, marker, line)) in enumerate(zip(curves.items(), _LINES)):
        beside, at = right + np.array([0.2, 0.4, 0.6]), high - 0.05 - 0.24 * place  # a piece of the line, to name it
        ax.plot([*x, np.nan, *beside], [*y(values), np.nan, at, at, at], marker + line, color=COLOURS[colour], lw=2, markersize=7,
                markevery=[*range(len(x)), len(x) + 2], label=name)
        _say(ax, right + 0.7, at, name)
    words = " ".join(f"{name}: {_course(values)}." for name, values in curves.items())
    fig.set_label(f"{up}, over {counts[0]} to {counts[-1]} {across}. {words}")
    return fig


def _course(values: Sequence[float]) -> str:
    """First and last value; the least and the largest too, if they are others."""
    ends, reach = [values[0], values[-1]], [min(values), max(values)]
    between = f", on the way between {reach[0]:.2f} and {reach[1]:.2f}" if sorted(ends) != reach else ""
    return f"from {ends[0]:.2f} to {ends[1]:.2f}{between}"


# what `trace` says: the marker of the stop, its colour, its words
_STOPS = {
    MADE: ("^", COLOURS["c"], "the mask gets on"),
    KEPT: ("o", COLOURS["c"], "rides along"),
    USED_KEPT: ("P", COLOURS["c"], "is used, and rides along"),
    USED: ("*", COLOURS["token"], "is used, and gets off: it has arrived"),
    LOST_WARNING: ("X", COLOURS["h"], "LOST: thrown off, with a warning"),
    LOST_SILENT: ("X", "white", "LOST in silence"),
    LEAKS: ("s", COLOURS["h"], "rides along, but padding LEAKS in"),
    NESTED: ("s", "white", "a model inside: not looked into"),
    NONE: ("o", "white", "no mask on board"),
}


def draw_mask_flow(trace: Trace) -> Figure:
    """Draw the mask as a passenger: each layer is a stop, and at each stop stands what becomes of the mask.

    A thick line is a way with the mask on board, a thin dashed one a way without; an arc leads past the stops between. A model with several inputs has
    several lines. A name that Keras made and numbered, such as multiply_4 for `*`, stands there without its number,
    unless two stops would then be called alike.

    Parameters
    ----------
    trace : what helpers.trace(model, batch) returns.

    Returns
    -------
    Figure whose label says the same in words.

    Raises
    ------
    ValueError : for anything but a trace.

    Examples
    --------
    >>> import keras, helpers
    >>> model = keras.Sequential([keras.Input((None,), dtype="int32", name="ids"),
    ...                           keras.layers.Embedding(10, 4, mask_zero=True, name="look_up"),
    ...                           keras.layers.LSTM(3, name="read")])
    >>> draw_mask_flow(helpers.trace(model, np.array([[5, 2, 0]]))).get_label().partition(". ")[2]
    'ids: no mask on board; look_up: the mask gets on, 2 of 3 real; read: is used, and gets off: it has arrived.'
    >>> double = keras.Model(model.inputs, model.get_layer("look_up").output * 2)
    >>> draw_mask_flow(helpers.trace(double, np.array([[5, 2, 0]]))).get_label().rpartition("; ")[2]
    'multiply: LOST in silence.'
    """
    if not isinstance(trace, Trace):
        raise ValueError(f"draw_mask_flow takes what helpers.trace(model, batch) returns, got {type(trace).__name__}.")
    rows, (_, lanes), names = trace.rows, _lanes(trace), _names(trace.rows)
    places = {i: (0.35 + 0.5 * lanes[i], -i) for i in range(len(rows))}
    fig, ax = blank_figure(9.6, 0.42 * len(rows) + 0.75)
    left = 0.5 * max(lanes) + 0.8
    ax.set_position((0, 0, 1, 1))
    ax.set(xlim=(0, 9.6), ylim=(-len(rows) - 0.25, 0.65))
    for i, row in enumerate(rows):
        for j in row.reads:
            riding = j in row.seen  # on the array when it is read: the layer before it may have taken it off again
            bulge = 0.3 if any(lanes[k] == lanes[j] == lanes[i] for k in range(j + 1, i)) else 0
            ax.plot(*_arc(places[j], places[i], bulge), color=_DARK, lw=6 if riding else 1.2,
                    ls="-" if riding else (0, (4, 3)), solid_capstyle="butt", zorder=1)
        marker, face, _ = _STOPS[row.mask]
        ax.plot(*places[i], marker, color=INK, markerfacecolor=face, markersize=15, markeredgewidth=1.6, zorder=2)
        strong = "bold" if "LOST" in row.mask or "LEAKS" in row.mask else "normal"
        name = names[i] if len(names[i]) <= 22 else names[i][:21] + "…"
        ax.text(left, -i, name, fontsize=FONT + 1, color=INK, va="center", fontweight="bold")
        ax.text(left + 2.3, -i, row.kind, fontsize=FONT, color=INK, va="center")
        ax.text(left + 4.3, -i, _says(row), fontsize=FONT + 1, color=INK, va="center", fontweight=strong)
    ax.legend(handles=[Line2D([], [], color=_DARK, lw=6, label="with the mask on board"),
                       Line2D([], [], color=_DARK, lw=1.2, ls=(0, (4, 3)), label="without")],
              loc="lower left", bbox_to_anchor=(0.02, 0), ncols=2, fontsize=FONT, frameon=False)
    stops = "; ".join(f"{name}: {_says(row)}" for name, row in zip(names, rows))
    fig.set_label(f"The way of the mask from layer to layer. {stops}.")
    return fig


def _arc(start: tuple, end: tuple, bulge: float) -> np.ndarray:
    """Points from start to end, (2, points), at most `bulge` to the left of the straight line."""
    share = np.linspace(0, 1, 25 if bulge else 2)
    line = np.outer(start, 1 - share) + np.outer(end, share)
    line[0] -= bulge * np.sqrt(np.maximum(0, 1 - (2 * share - 1) ** 2))
    return line


def _names(rows) -> list[str]:
    """The names of the stops; Keras counts its own over the whole session, and such a number says nothing here."""
    bare = []
    for row in rows:
        stem = re.sub(r"_\d+$", "", row.name)
        bare.append(stem if stem.replace("_", "") == row.kind.lower() else row.name)
    return [name if bare.count(name) == 1 else row.name for name, row in zip(bare, rows)]


def _says(row) -> str:
    words = _STOPS[row.mask][2]
    return f"{words}, {row.real[0]} of {row.real[1]} real" if row.mask == MADE else words
