"""Pictures of shapes: batches as rectangles, drawn to scale, on their way through a model."""
from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch, Polygon, Rectangle

from .quick_svg import Word
from .tracing import Row, Trace

# One colour for one thing in the whole series (Okabe and Ito's palette, safe for colour-blind readers).
COLOURS = {
    "token": "#0072B2", "padding": "#D9D9D9", "mask": "#333333", "h": "#D55E00", "c": "#009E73",
    "i": "#E69F00", "f": "#56B4E9", "o": "#CC79A7", "vector": "#F0E442",
}
INK = "#222222"
FONT = 10


class _NoTicks:
    """A list of ticks, for each axis its own, empty until somebody asks for some."""

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, axis, owner):
        return self if axis is None else axis.__dict__.setdefault(self._name, [])


class _X(XAxis):
    majorTicks, minorTicks = _NoTicks(), _NoTicks()


class _Y(YAxis):
    majorTicks, minorTicks = _NoTicks(), _NoTicks()


@lru_cache
def _font(size: float | None, weight: str | None) -> FontProperties:
    return FontProperties(size=size, weight=weight)  # one for all words that look alike: a new one for each would take longer


class _Bare(Axes):
    """Axes without ticks or frame, which do not measure patches: all that would be done all the same, and a slider would wait for it."""

    def _init_axis(self) -> None:
        self.xaxis, self.yaxis = _X(self, clear=False), _Y(self, clear=False)

    def _gen_axes_spines(self, *_) -> dict:
        return {}  # nor a frame

    add_patch = Axes.add_artist  # the limits are set by hand: nothing is to be measured

    def text(self, x: float, y: float, s: str, **looks) -> Word:
        font = _font(looks.pop("fontsize", None), looks.pop("fontweight", None))
        return self.add_artist(Word(x, y, s, **{"transform": self.transData, "clip_on": False, "fontproperties": font} | looks))

    def _update_title_position(self, renderer) -> None:
        pass  # it would ask the first tick where it stands


def blank_figure(width: float, height: float) -> tuple[Figure, object]:
    """A white figure with one empty set of axes."""
    fig = Figure(figsize=(width, height), dpi=96, facecolor="white")
    ax = fig.add_axes(_Bare(fig, (0.01, 0.01, 0.98, 0.98)))
    ax.set_axis_off()
    return fig, ax


def _canvas(width: float, height: float) -> tuple[Figure, object]:
    """A white figure whose axes are measured in inches, from the upper left corner, downwards negative."""
    fig, ax = blank_figure(width, height)
    ax.set_position((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(-height, 0))
    return fig, ax


def _many(count: int, noun: str, plural: str = "") -> str:
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def _whole(n) -> bool:
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool)


def _room(room, axes: str, drawn: tuple[int, ...]) -> tuple[int, ...]:
    """The room to leave: `room`, or what is drawn if there is none."""
    if room is None:
        return drawn
    fits = isinstance(room, (tuple, list)) and len(room) == len(drawn) and all(map(_whole, room))
    if not fits or any(n < least for n, least in zip(room, drawn)):
        raise ValueError(f"room is {axes} in whole numbers, none smaller than what is drawn, {drawn}; got {room!r:.60}.")
    return tuple(map(int, room))


def _size(row: Row, shape: tuple, feature_unit: float) -> tuple[float, float, float]:
    """Width, height and depth of a box: time, batch and features; without time, features are the width."""
    if row.kind == "InputLayer" and len(shape) == 2:
        return shape[1], shape[0], 0.0
    if len(shape) == 2:
        return shape[1] * feature_unit, shape[0], 0.0
    if len(shape) == 3:
        return shape[1], shape[0], shape[2] * feature_unit * 0.35
    return 1.0, shape[0], 0.0


def _face(row: Row) -> str:
    if not row.reads:
        return COLOURS["token"]
    if row.kind in ("LSTM", "GRU", "SimpleRNN", "Bidirectional"):
        return COLOURS["h"]
    return COLOURS["vector"] if len(row.shape) == 3 else "#EEEEEE"


def _lanes(trace: Trace) -> tuple[list[int], list[float]]:
    """For each row its column (how far from an input) and its lane (which input it comes from)."""
    columns, lanes, inputs = [], [], 0
    for row in trace.rows:
        if not row.reads:
            columns.append(0)
            lanes.append(float(inputs))
            inputs += 1
        else:
            columns.append(1 + max(columns[i] for i in row.reads))
            lanes.append(sum(lanes[i] for i in row.reads) / len(row.reads))
    return columns, lanes


def draw_shapes(traces: Trace | Sequence[Trace], room: tuple[int, int] | None = None) -> Figure:
    """Draw what `trace` measured: one band for each batch, one box for each layer, to scale.

    Time runs across and the batch down, in the same unit; features (depth, or width where there is no time left) have
    a unit of their own, so that 500 of them fit.

    Parameters
    ----------
    traces : one `Trace`, or several of the same model.
    room : (batch, length) to leave room for, so that a slider does not make the picture jump.

    Returns
    -------
    Figure whose label describes it in words.

    Raises
    ------
    ValueError : if something else than traces of one model is passed, a layer hands on several arrays, or room is not two numbers.

    Examples
    --------
    >>> import keras, helpers
    >>> model = keras.Sequential([keras.Input((None,), name="ids"), keras.layers.Embedding(10, 4, name="look_up")])
    >>> draw_shapes(helpers.trace(model, np.ones((2, 3), int))).get_label().partition(". ")[2]
    'ids (2, 3), look_up (2, 3, 4). 40 parameters in all.'
    """
    traces = [traces] if isinstance(traces, Trace) else list(traces)
    if not traces or not all(isinstance(t, Trace) for t in traces):
        raise ValueError(f"draw_shapes takes what helpers.trace(model, batch) returns, one or a list; got {traces!r:.60}.")
    rows = traces[0].rows
    if any([row.name for row in t.rows] != [row.name for row in rows] for t in traces):
        raise ValueError("draw_shapes draws batches of one model, and these traces come from different models.")
    for row in rows:
        if row.shape and isinstance(row.shape[0], tuple):
            raise ValueError(
                f'the layer "{row.name}" hands on {len(row.shape)} arrays, and draw_shapes draws one box for each layer: build '
                "the model without return_state=True."
            )
    if room is not None and not (isinstance(room, (tuple, list)) and len(room) == 2 and all(map(_whole, room))):
        raise ValueError(f"room is (batch, length), two whole numbers, such as (4, 14); got {room!r:.60}.")

    columns, lanes = _lanes(traces[0])
    widest = max(row.shape[-1] for t in traces for row in t.rows if len(row.shape) > 1 and row.reads)
    feature_unit = min(1.0, 10 / widest)
    boxes = [[_size(row, row.shape, feature_unit) for row in t.rows] for t in traces]
    spare = (room[1], room[0], 0.0) if room else (0.0, 0.0, 0.0)
    width = [
        max([8.0] + [b[i][0] + b[i][2] for b in boxes for i, c in enumerate(columns) if c == column]
            + [spare[0] + b[i][2] for b in boxes for i, c in enumerate(columns)
               if c == column and len(rows[i].shape) + (not rows[i].reads) == 3])
        for column in range(max(columns) + 1)
    ]
    left = [sum(width[:column]) + 4.5 * column for column in range(len(width))]
    height = [max([spare[1]] + [b[1] + b[2] for b in band]) + 3.2 for band in boxes]
    lane_count = int(max(lanes)) + 1

    total_width = left[-1] + width[-1]
    head = 4.6 if lane_count == 1 else 6.4
    total_height = sum(height) * lane_count + head
    scale = min(0.24, 9.4 / (total_width + 2))
    fig, ax = blank_figure(9.6, max(2.2, total_height * max(scale, 0.2)))
    ax.set_xlim(-1, max(total_width + 1, (left[-1] + 1) / 0.86 - 1))  # the words above the last column need a seventh
    ax.set_ylim(-total_height, 0)

    for i, row in enumerate(rows):
        if lanes[i] == min(lanes[j] for j, c in enumerate(columns) if c == columns[i]):
            kinds = dict.fromkeys(rows[j].kind for j, c in enumerate(columns) if c == columns[i])
            ax.text(left[columns[i]], -0.4, " / ".join(kinds), fontsize=FONT, fontweight="bold", va="top", color=INK)
            counts = [rows[j].parameters for j in sorted(range(len(rows)), key=lanes.__getitem__) if columns[j] == columns[i]]
            words = " +\n".join(f"{n:,}" for n in counts) if sum(counts) else "no"
            ax.text(left[columns[i]], -0.4, f"\n{words} parameters", fontsize=FONT, va="top", color=INK, linespacing=1.4)

    top, grid, edges, heads = head, [], [], []  # lines are drawn all at once: a slider waits for them
    for band, band_height, trace in zip(boxes, height, traces):
        ends = []  # left, middle and right of each box, for the arrows
        for i, row in enumerate(trace.rows):
            w, h, d = band[i]
            x, y = left[columns[i]], -(top + lanes[i] * band_height + d)
            face = _face(row)
            if d:
                top_and_side = [(x, y), (x + d, y + d), (x + w + d, y + d), (x + w + d, y - h + d), (x + w, y - h), (x + w, y)]
                ax.add_patch(Polygon(top_and_side, facecolor=face, edgecolor=INK, lw=0.8))
                edges.append([(x + w, y), (x + w + d, y + d)])
            ax.add_patch(Rectangle((x, y - h), w, h, facecolor=face, edgecolor=INK, lw=1.2))
            if not row.reads or d:
                grid += [[(x + k, y - h), (x + k, y)] for k in range(1, int(w))]
            grid += [[(x, y - k), (x + w, y - k)] for k in range(1, int(h))]
            ax.text(x, y - h - 0.35, str(row.shape), fontsize=FONT, va="top", color=INK)
            ends.append((x, y - h / 2, x + w + d))
            for j in row.reads:
                edges.append([(ends[j][2] + 0.3, ends[j][1]), (x - 0.9, y - h / 2)])
                heads.append((x - 0.8, y - h / 2))
        top += band_height * lane_count
    ax.add_collection(LineCollection(grid, colors="white", linewidths=0.7, alpha=0.8))
    ax.add_collection(LineCollection(edges, colors=INK, linewidths=0.9))
    ax.plot(*zip(*heads), ">", color=INK, markersize=5)
    fig.set_label(_words(traces))
    return fig


def _words(traces: list[Trace]) -> str:
    parts = []
    for number, trace in enumerate(traces, 1):
        steps = [f"{row.name} {row.shape}" for row in trace.rows]
        parts.append((f"Batch {number}: " if len(traces) > 1 else "") + ", ".join(steps) + ".")
    same = "in every batch" if len(traces) > 1 else "in all"
    return (
        "Boxes drawn to scale, time across and batch down, one for each layer from left to right. "
        + " ".join(parts) + f" {traces[0].parameters:,} parameters {same}."
    )


def draw_calls(lengths: Sequence[int], series: dict[str, tuple[Sequence[float], Sequence[int]]]) -> Figure:
    """Draw how long each call took, one panel for each way of calling; calls that traced are dark and hatched.

    Parameters
    ----------
    lengths : the length T of the batch in each call.
    series : {name: (seconds, traces)}, both as long as `lengths`.

    Returns
    -------
    Figure on a logarithmic scale; its label says which calls traced and gives no times, since these differ.

    Raises
    ------
    ValueError : if a series is not as long as `lengths`.

    Examples
    --------
    >>> draw_calls([3, 4], {"called": ([0.1, 0.01], [1, 0])}).get_label().partition(". ")[2]
    'called: traces at length 3.'
    """
    fig = Figure(figsize=(9.6, 3.2), dpi=96, facecolor="white", layout="constrained")
    axes = fig.subplots(1, len(series), sharey=True, squeeze=False)[0]
    words = []
    for ax, (name, (seconds, traces)) in zip(axes, series.items()):
        if not len(seconds) == len(traces) == len(lengths):
            raise ValueError(
                f"{name}: {len(lengths)} lengths need as many times and trace counts, got {len(seconds)} and {len(traces)}."
            )
        bars = ax.bar([str(length) for length in lengths], [1000 * s for s in seconds], edgecolor=INK)
        for bar, count in zip(bars, traces):
            bar.set(facecolor=COLOURS["h"] if count else "#EEEEEE", hatch="//" if count else "")
        ax.set(yscale="log", title=name, xlabel="length T of the batch, in the order of the calls")
        traced = [str(length) for length, count in zip(lengths, traces) if count]
        words.append(f"{name}: traces at length {', '.join(traced) or 'none'}.")
    axes[0].set_ylabel("milliseconds")
    fig.legend(loc="outside lower center", ncols=2, frameon=False, handles=[
        Patch(facecolor=COLOURS["h"], hatch="//", edgecolor=INK, label="traced"),
        Patch(facecolor="#EEEEEE", edgecolor=INK, label="did not trace"),
    ], fontsize=FONT)
    fig.set_label(
        f"Time of {len(lengths)} calls on a logarithmic scale, calls that traced in dark hatched bars. " + " ".join(words)
    )
    return fig
