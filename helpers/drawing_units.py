"""Pictures of an LSTM from inside: its state over time, its four blocks of weights, and how many units a task needs."""
from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from .drawing import COLOURS, FONT, INK, _canvas, _many, _room, _whole

GATES = (("i", "input gate", "//"), ("f", "forget gate", "\\\\"), ("c", "candidate", ".."), ("o", "output gate", "xx"))
BOX = "#EEEEEE"


@lru_cache
def _same_weights() -> tuple[TextPath, float]:
    """"the same weights", upright, as a marker and its size: as many pieces of text would take half of a slider's time."""
    upright = TextPath((0, 0), "the same weights", size=FONT).transformed(Affine2D().rotate_deg(90))
    middle = upright.get_extents().get_points().mean(axis=0)
    return upright.transformed(Affine2D().translate(*-middle)), upright.get_extents().height


def _text(ax, x: float, y: float, words: str, **more) -> None:
    ax.text(x, y, words, **{"fontsize": FONT, "color": INK, "ha": "center", "va": "center"} | more)


def _grid(ax, name: str, values: np.ndarray, x: float, y: float, cell: tuple[float, float], scale: float) -> None:
    """(time, units) as cells, time across, units down: the darker the larger, a dash for a negative number."""
    across, down = cell
    step, unit = (index.ravel() for index in np.indices(values.shape))
    left, top = x + across * step, y - down * unit
    corners = np.array([(0, 0), (across, 0), (across, -down), (0, -down)])
    dark = np.clip(np.abs(values.ravel()) / scale, 0, 1)[:, np.newaxis]
    ax.add_collection(PolyCollection(
        np.stack([left, top], axis=1)[:, np.newaxis] + corners, facecolors=1 - dark * (1 - np.array(to_rgb(COLOURS[name]))),
        edgecolors=INK, linewidths=0.5, antialiased=False, label=name), autolim=False)
    negative = values.ravel() < 0
    ax.plot(left[negative] + across / 2, top[negative] - down / 2, ls="none", marker="_", ms=6, color=INK)


def _numbers(ax, count: int, x: float, y: float, across: float, down: float) -> None:
    """1, 2, 3, ... along an axis; as many as there is room for, the first and the last always."""
    room = 0.2 if across else 0.16
    every = max(1, int(np.ceil(room / max(across, down))))
    for k in range(count):
        if k % every == 0 and k + every <= count or k == count - 1:
            _text(ax, x + across * (k + 0.5), y - down * (k + 0.5), str(k + 1), ha="center" if across else "right")


def _array(name: str, values, axes: str) -> np.ndarray:
    values = np.asarray(values)
    rank = axes.count(",") + (not axes.endswith(",)"))
    if values.ndim != rank or values.dtype.kind not in "biuf" or 0 in values.shape:
        cure = ": pass one sequence of the batch, such as h[0]" if values.ndim == 3 and rank == 2 else ""
        raise ValueError(f"{name} is an array of numbers {axes}; got shape {values.shape} of {values.dtype}{cure}.")
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        raise ValueError(f"{name} holds {bad} numbers that are not finite (nan or inf): there is nothing to draw for them.")
    return values


def draw_units(states, parameters, room: tuple[int, int] | None = None) -> Figure:
    """Draw h as a grid, timesteps across and units down, with the unrolled drawing above it: a box over every column.

    Parameters
    ----------
    states : h of one sequence, (time, units), or a list of such arrays to draw side by side on one scale.
    parameters : the layer's number of parameters, or a list with one number for each array.
    room : (time, units) to leave room for, so that a slider does not make the picture jump; for one array only.

    Returns
    -------
    Figure whose label says how many boxes, columns and rows there are.

    Raises
    ------
    ValueError : for arrays of another rank, or another number of counts than arrays.

    Examples
    --------
    >>> draw_units(np.zeros((6, 2)), 48).get_label()[:57]
    'The unrolled drawing of an LSTM above its hidden state h:'
    """
    several = isinstance(states, (list, tuple)) and np.ndim(states[0] if states else 0) >= 2
    states = [_array("h", h, "(time, units)") for h in (states if several else [states])]
    counts = list(parameters) if isinstance(parameters, (list, tuple)) else [parameters]
    if len(counts) != len(states):
        raise ValueError(f"draw_units needs one number of parameters for each h, got {len(counts)} for {len(states)}.")
    for count in counts:
        if not _whole(count) or count < 0:
            raise ValueError(f"parameters is a layer's whole number of them, such as layer.count_params(); got {count!r:.60}.")
    if room is not None and len(states) > 1:
        raise ValueError(f"room is for one h alone, since several share their space; got {len(states)} of them and room={room!r:.60}.")
    columns, rows = _room(room, "(time, units)", (sum(len(h) for h in states), max(h.shape[1] for h in states)))
    left, gap, width = 1.25, 0.75, 9.6
    across = min(0.9, (width - left - 0.2 - gap * (len(states) - 1)) / columns)
    down = min(0.25, 3.4 / rows)
    fig, ax = _canvas(width, 3.1 + rows * down)
    for word, y in (("vectors", -0.82), ("LSTM", -1.7), ("h, unit", -2.55 - down / 2)):
        _text(ax, left - 0.3, y, word, ha="right")

    x, (same, length) = left, _same_weights()
    for h, count in zip(states, counts):
        time, units = h.shape
        _text(ax, x, -0.2, f"{_many(time, 'timestep')}, {_many(units, 'unit')}", ha="left", fontweight="bold")
        _text(ax, x, -0.44, f"{_many(count, 'parameter')}", ha="left")
        middle = x + across * (np.arange(time) + 0.5)
        half, tip = min(0.36 * across, 0.2), 4 if across > 0.4 else 2.5
        for top, bottom, face, edge in ((-0.74, -0.9, COLOURS["vector"], 0.8), (-1.04, -2.36, BOX, 1)):
            boxes = [[(m - half, bottom), (m - half, top), (m + half, top), (m + half, bottom)] for m in middle]
            ax.add_collection(PolyCollection(boxes, facecolors=face, edgecolors=INK, linewidths=edge), autolim=False)
        ax.plot(middle, np.full(time, -1.7), ls="none", marker=same, ms=length, mew=0, color=INK, label="the same weights")
        wires = [[(m, top), (m, end)] for m in middle for top, end in ((-1.0, -0.9), (-2.48, -2.36))]
        wires += [[(a + half, -1.7), (b - half, -1.7)] for a, b in zip(middle, middle[1:])]
        ax.add_collection(LineCollection(wires, colors=INK, linewidths=0.8))
        ax.plot(np.tile(middle, 2), np.repeat([-1.0, -2.5], time), ls="none", marker="v", ms=4, color=INK)
        ax.plot(middle[1:] - half - tip / 144, np.full(time - 1, -1.7), ls="none", marker=">", ms=tip, color=INK)
        _grid(ax, "h", h, x, -2.55, (across, down), 1.0)
        _numbers(ax, units, x - 0.08, -2.55, 0, down)
        _numbers(ax, time, x, -2.66 - units * down, across, 0)
        x += time * across + gap
    _text(ax, left, -2.94 - rows * down, "Darker: further from 0, up to 1. A dash: negative. Numbers below: timesteps.", ha="left")
    fig.set_label("The unrolled drawing of an LSTM above its hidden state h: " + " ".join(map(_words_for_h, states, counts))
                  + " Every box reads 'the same weights'.")
    return fig


def _words_for_h(h: np.ndarray, count: int) -> str:
    time, units = h.shape
    return (f"{_many(time, 'box', 'boxes')} above a grid of {_many(time, 'column')} (timesteps) and "
            f"{_many(units, 'row')} (units), {_many(count, 'parameter')}.")


def draw_gates(kernel, recurrent_kernel, bias) -> Figure:
    """Draw the three weight arrays of an LSTM with their four blocks in Keras's order i, f, c, o.

    Parameters
    ----------
    kernel : (features, 4·units)
    recurrent_kernel : (units, 4·units)
    bias : (4·units,)

    Returns
    -------
    Figure with the numbers written in if there are at most 16 columns; its label counts the numbers of each array.

    Raises
    ------
    ValueError : if the three do not belong to one LSTM.

    Examples
    --------
    >>> draw_gates(np.zeros((3, 8)), np.zeros((2, 8)), np.zeros(8)).get_label()[-37:]
    '3 × 8 = 24, 2 × 8 = 16, 8; in all 48.'
    """
    kernel = _array("kernel", kernel, "(features, 4·units)")
    recurrent_kernel = _array("recurrent_kernel", recurrent_kernel, "(units, 4·units)")
    bias = _array("bias", bias, "(4·units,)")
    units, columns = len(recurrent_kernel), bias.size
    if not kernel.shape[1] == recurrent_kernel.shape[1] == columns == 4 * units:
        raise ValueError(
            "draw_gates takes the three arrays of one LSTM, whose columns are 4·units; got "
            f"kernel {kernel.shape}, recurrent_kernel {recurrent_kernel.shape}, bias {bias.shape}: pass *layer.get_weights()."
        )
    arrays = (("kernel", kernel, "feature"), ("recurrent_kernel", recurrent_kernel, "h"), ("bias", bias[np.newaxis], ""))
    left, across, written = 2.25, 6.0 / columns, columns <= 16
    rows = sum(len(array) for _, array, _ in arrays)
    down = min(0.3, 4.4 / rows)
    fig, ax = _canvas(9.6, 1.75 + rows * down)

    block = units * across
    for place, (gate, name, hatch) in enumerate(GATES):
        x = left + place * block
        ax.add_patch(Rectangle((x, -0.34), block, 0.2, facecolor=COLOURS[gate], edgecolor=INK, hatch=hatch, lw=1))
        _text(ax, x + block / 2, -0.5, f"{gate}: {name}" if block > 1.2 else gate, fontweight="bold")
        for unit in range(units if written else 0):
            _text(ax, x + across * (unit + 0.5), -0.72, f"unit {unit + 1}" if across > 0.55 else str(unit + 1))
    y, sums = -0.86, []
    for name, array, row_name in arrays:
        for place, (gate, _, _) in enumerate(GATES):
            tint = 1 - 0.3 * (1 - np.array(to_rgb(COLOURS[gate])))
            ax.add_patch(Rectangle((left + place * block, y - len(array) * down), block, len(array) * down,
                                   facecolor=tint, edgecolor=INK, lw=1.2))
        for row, numbers in enumerate(array if written else ()):
            for column, number in enumerate(numbers):
                _text(ax, left + across * (column + 0.5), y - down * (row + 0.5), f"{round(float(number), 2) + 0.0:.2f}".replace("-", "−"))
        shape = f"{len(array)} × {columns} = {array.size:,}" if row_name else f"{columns:,}"
        sums.append(shape)
        middle = y - len(array) * down / 2
        _text(ax, 0.1, middle, name, ha="left", fontweight="bold")
        for row in range(len(array) if row_name and down > 0.16 else 0):
            _text(ax, left - 0.1, y - down * (row + 0.5), f"{row_name} {row + 1}", ha="right")
        _text(ax, left + 6.1, middle, shape, ha="left")
        y -= len(array) * down + 0.14
    total = kernel.size + recurrent_kernel.size + bias.size
    _text(ax, left + 6.1, y - 0.06, f"{total:,} in all", ha="left", fontweight="bold")
    ones = [name for (_, name, _), part in zip(GATES, np.split(bias, 4)) if (part == 1).all()]
    fig.set_label(
        f"Three weight arrays, one below the other, each in four blocks of {_many(units, 'column')} in the order i (input gate), "
        f"f (forget gate), c (candidate), o (output gate). The bias is 1 throughout in: {', '.join(ones) or 'no block'}. "
        f"Numbers in kernel, recurrent_kernel and bias: {', '.join(sums)}; in all {total:,}."
    )
    return fig


def draw_state(h, c, mask=None) -> Figure:
    """Draw both halves of the state side by side, h and c, timesteps across and units down; masked timesteps are marked.

    Parameters
    ----------
    h, c : (time, units) of one sequence.
    mask : (time,) of True and False, or None.

    Returns
    -------
    Figure whose label says which timesteps are masked and whether the state stands still there.

    Raises
    ------
    ValueError : if h and c have two shapes, or the mask another length.

    Examples
    --------
    >>> draw_state(np.zeros((6, 2)), np.zeros((6, 2))).get_label()[:41]
    'Two grids side by side, the hidden state '
    """
    h, c = _array("h", h, "(time, units)"), _array("c", c, "(time, units)")
    if h.shape != c.shape:
        raise ValueError(f"h and c are equally long and equally wide; got h {h.shape} and c {c.shape}.")
    time, units = h.shape
    if mask is not None and (np.shape(mask) != (time,) or np.asarray(mask).dtype != bool):
        raise ValueError(f"the mask has one True or False for each of the {time} timesteps, so of a batch pass one row, such as "
                         f"mask[0]; got shape {np.shape(mask)} of {np.asarray(mask).dtype}.")
    left, wide = 0.9, 3.7
    across, down = min(0.6, wide / time), min(0.27, 3.6 / units)
    head = 0.75 if mask is not None else 0.45
    fig, ax = _canvas(9.6, head + units * down + 0.75)
    scale = max(1.0, float(np.abs(c).max()))
    for x, name, full_name, values, top in ((left, "h", "h, the hidden state", h, 1.0),
                                            (left + wide + 1.0, "c", "c, the cell state", c, scale)):
        _text(ax, x, -0.2, full_name, ha="left", fontweight="bold")
        if mask is not None:
            _text(ax, x - 0.08, -0.55, "mask", ha="right")
            for t, real in enumerate(mask):
                ax.add_patch(Rectangle((x + across * t, -0.65), across, 0.2, facecolor="white" if real else COLOURS["padding"],
                                       edgecolor=INK, lw=0.8, hatch="" if real else "////"))
                if real:
                    _text(ax, x + across * (t + 0.5), -0.55, "✓")
        _grid(ax, name, values, x, -head, (across, down), top)
        _numbers(ax, units, x - 0.08, -head, 0, down)
        _text(ax, x - 0.35, -head - units * down / 2, "unit", rotation=90)
        _numbers(ax, time, x, -head - 0.11 - units * down, across, 0)
    key = f"Darker: further from 0, up to 1 for h and {scale:.2g} for c. A dash: negative. Numbers below: timesteps."
    _text(ax, left, -head - units * down - 0.5, key + ("" if mask is None else " Hatched: masked."), ha="left")
    fig.set_label(f"Two grids side by side, the hidden state h and the cell state c, each with {_many(units, 'row')} (units) and "
                  f"{_many(time, 'column')} (timesteps). " + _words_for_mask(h, c, mask))
    return fig


def _words_for_mask(h, c, mask) -> str:
    masked = [] if mask is None else [t for t, real in enumerate(mask) if not real]
    if not masked:
        return "No timestep is masked."
    still = all(np.array_equal(part[t], part[t - 1] if t else 0 * part[t]) for part in (h, c) for t in masked)
    return (f"Masked: {', '.join(str(t + 1) for t in masked)}. There "
            + ("each column is the same as the one before it." if still else "the columns go on changing."))


def draw_capacity(units: Sequence[int], accuracy: Sequence[float], chance: float, enough: float = 0.95) -> Figure:
    """Draw the accuracy that was reached with each number of units.

    Parameters
    ----------
    units : whole numbers from 1 up, in rising order.
    accuracy : as many numbers from 0 to 1.
    chance : the accuracy of guessing.
    enough : where the upper line is drawn; points at or above it are filled.

    Returns
    -------
    Figure whose label says which numbers of units reach `enough`; it gives no accuracies, since these differ a little
    from machine to machine.

    Raises
    ------
    ValueError : if there are not as many accuracies as units, or units do not rise, or accuracies leave 0 to 1.

    Examples
    --------
    >>> draw_capacity([1, 2], [0.1, 1.0], chance=0.1).get_label()[-60:]
    ' 0.95: 1. At least 0.95: 2. A dotted line marks chance, 0.1.'
    """
    lists = all(isinstance(given, (list, tuple, np.ndarray)) for given in (units, accuracy))
    if not lists or not all(isinstance(a, (int, float, np.number)) for a in accuracy):
        raise ValueError(f"draw_capacity takes a list of units and a list of accuracies, all numbers; got {units!r:.40} and {accuracy!r:.40}.")
    units, accuracy = list(units), [float(a) for a in accuracy]
    if len(units) != len(accuracy) or not units:
        raise ValueError(f"draw_capacity needs one accuracy for each number of units, got {len(accuracy)} for {len(units)}.")
    if not all(map(_whole, units)) or units[0] < 1 or any(a >= b for a, b in zip(units, units[1:])):
        raise ValueError(f"units are whole numbers from 1 up in rising order, got {units}.")
    if not all(0 <= a <= 1 for a in accuracy + [chance, enough]):
        raise ValueError(f"accuracies lie between 0 and 1, got {accuracy}, chance {chance}, enough {enough}.")
    fig = Figure(figsize=(9.6, 3.4), dpi=96, facecolor="white", layout="constrained")
    ax = fig.subplots()
    ax.axhline(enough, color=INK, ls="--", lw=1)
    ax.axhline(chance, color=INK, ls=":", lw=1)
    _text(ax, 0.995, enough - 0.05, f"{enough:g}", ha="right", transform=ax.get_yaxis_transform())
    _text(ax, 0.995, chance + 0.05, f"chance, {chance:g}", ha="right", transform=ax.get_yaxis_transform())
    places = range(len(units))
    ax.plot(places, accuracy, color=COLOURS["h"], lw=1.5, zorder=1)
    for place, a in zip(places, accuracy):
        ax.plot(place, a, marker="o" if a >= enough else "s", ms=9, color=COLOURS["h"],
                mfc=COLOURS["h"] if a >= enough else "white")
    ax.set(xticks=list(places), xticklabels=[str(u) for u in units], xlabel="units", ylabel="accuracy on new sequences",
           ylim=(0, 1.06), xlim=(-0.3, len(units) - 0.2))
    few = [str(u) for u, a in zip(units, accuracy) if a < enough]
    many = [str(u) for u, a in zip(units, accuracy) if a >= enough]
    fig.set_label(f"Accuracy on new sequences against the number of units, {', '.join(map(str, units))}. Below {enough:g}: "
                  f"{', '.join(few) or 'none'}. At least {enough:g}: {', '.join(many) or 'none'}. "
                  f"A dotted line marks chance, {chance:g}.")
    return fig
