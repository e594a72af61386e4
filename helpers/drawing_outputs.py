"""Pictures of what a recurrent layer hands on: the heatmap of h, with a frame around the part that comes out."""
from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .drawing import INK, _canvas, _many, _room
from .drawing_units import _array, _grid, _numbers, _text

_WIDE, _LEFT, _STATES, _LIST = 9.6, 0.75, 1.9, 2.3  # inches: the figure, left of the heatmap, h and c, the list


def draw_outputs(
    outputs, h: np.ndarray, backward: np.ndarray | None = None, room: tuple[int, int] | None = None
) -> Figure:
    """Draw h of one sequence at every timestep, and a frame around what the layer hands on of it.

    Time runs across, the units down; the darker a cell the further from 0, a dash is negative. States that came back as
    well stand beside it, h in orange and c in green, and to the right is the list of what came out.

    Parameters
    ----------
    outputs : what the layer gave for a batch: (batch, u) or (batch, time, u) alone, or a list of that and the states,
        (batch, u) each. For a Bidirectional layer the first is 2u wide.
    h : (time, u), h of the *first* sequence of the batch at every timestep.
    backward : (time, u), the same for the backward half of a Bidirectional layer, first timestep first.
    room : (time, halves) to leave room for, so that a slider does not make the picture jump.

    Returns
    -------
    Figure whose label describes it in words.

    Raises
    ------
    ValueError : if `outputs` is not what a layer hands on of this `h`.

    Examples
    --------
    >>> h = np.array([[0.1, 0.2], [0.3, 0.4]])
    >>> draw_outputs(h[np.newaxis, -1], h).get_label().partition(". ")[2]
    'The frame stands around column 2, the last one. Handed on: output (1, 2).'
    """
    halves = [_array("h", h, "(time, units)")]
    if backward is not None:
        halves.append(_array("backward", backward, "(time, units)"))
    if halves[0].shape != halves[-1].shape:
        raise ValueError(f"backward is as large as h, {halves[0].shape}; got {halves[-1].shape}.")
    arrays = [np.asarray(array) for array in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]
    if not arrays:
        raise ValueError("draw_outputs takes what a layer gave, an array or a list of the output and the states; got an empty list.")
    every = _hands_on_every_step(arrays, halves)
    states = _states(arrays, halves)
    time, units = halves[0].shape
    most, bands = _room(room, "(time, halves)", (time, len(halves)))

    across, down = min(0.55, (_WIDE - _LEFT - _STATES - _LIST) / most), min(0.28, 1.6 / units)
    band = units * down + 0.5
    fig, ax = _canvas(_WIDE, max(1.75, bands * band + 0.47))
    for number, (values, beside) in enumerate(zip(halves, states)):
        top = -0.4 - number * band
        _text(ax, _LEFT, top + 0.19, _title(number, len(halves)), ha="left")
        _text(ax, _LEFT - 0.16, top - units * down / 2, _many(units, "unit"), rotation=90)
        _grid(ax, "h", values, _LEFT, top, (across, down), 1.0)
        start, stop = (0, time) if every else _end(number, time)
        _frame(ax, _LEFT + start * across, top, (stop - start) * across, units * down)
        for place, (name, state) in enumerate(beside):
            x = _LEFT + most * across + 0.5 + place * (across + 0.2)
            _text(ax, x + across / 2, top + 0.19, name, fontweight="bold")
            _grid(ax, name, state[np.newaxis], x, top, (across, down), 1.0)
            _frame(ax, x, top, across, units * down)
    _numbers(ax, time, _LEFT, top - units * down - 0.11, across, 0)
    _text(ax, _LEFT - 0.06, top - units * down - 0.11, "timestep", ha="right")
    came = [f"{name} {array.shape}" for name, array in zip(_names(len(arrays), len(halves)), arrays)]
    _text(ax, _WIDE - _LIST, -0.12, "\n".join(["handed on:", *came]), ha="left", va="top", linespacing=1.5)
    # Few words, because every letter costs a slider time; h and c look as they do in the pictures of drawing_units.
    _text(ax, _LEFT, -0.3 - bands * band, "Frame: handed on. Dash: negative.", ha="left")
    fig.set_label(_words(halves, every, came))
    return fig


def _hands_on_every_step(arrays: list[np.ndarray], halves: list[np.ndarray]) -> bool:
    """True if the output has every timestep, False if it has the end only; it must agree with the heatmap."""
    output = arrays[0]
    if output.ndim not in (2, 3) or len(output) == 0:
        raise ValueError(f"an output has the shape (batch, units) or (batch, time, units); got {output.shape}.")
    ends = [half[_end(number, len(half))[0]] for number, half in enumerate(halves)]
    expected = np.concatenate(halves, axis=-1) if output.ndim == 3 else np.concatenate(ends)
    if output[0].shape != expected.shape:
        raise ValueError(
            f"an output of shape {output.shape} is not made of {_many(len(halves), 'heatmap')} of {halves[0].shape} "
            "(time, units): pass h of the same layer and batch, and backward too if the layer is Bidirectional."
        )
    if not np.allclose(output[0], expected, atol=1e-5):
        raise ValueError(
            "the output holds other numbers than the heatmap: compute both with the same weights, and pass h of the "
            "first sequence of the batch."
        )
    return output.ndim == 3


def _states(arrays: list[np.ndarray], halves: list[np.ndarray]) -> list[list[tuple[str, np.ndarray]]]:
    """For each half the names and numbers of the states that came back, of the first sequence."""
    each, rest = divmod(len(arrays) - 1, len(halves))
    if rest or each > 2:
        raise ValueError(
            f"an LSTM hands on 1 array, or 3 with its states; a Bidirectional one 1 or 5; got {len(arrays)} for "
            f"{_many(len(halves), 'heatmap')}."
        )
    for state in arrays[1:]:
        if state.shape != (len(arrays[0]), halves[0].shape[1]):
            raise ValueError(f"a state has the shape (batch, units), here {(len(arrays[0]), halves[0].shape[1])}; "
                             f"got {state.shape}.")
    return [
        [(name, state[0]) for name, state in zip("hc", arrays[1 + number * each:1 + (number + 1) * each])]
        for number in range(len(halves))
    ]


def _names(count: int, halves: int) -> list[str]:
    """What the arrays are, in Keras's order."""
    which = [""] if halves == 1 else ["forward ", "backward "]
    return ["output"] + [side + name for side in which for name in "hc"[:(count - 1) // halves]]


def _end(half: int, time: int) -> tuple[int, int]:
    """The column, as a range, at which this half has read everything."""
    return (0, 1) if half else (time - 1, time)


def _title(half: int, halves: int) -> str:
    if half:
        return "← backward half"
    return "h →" if halves == 1 else "forward half →"


def _frame(ax, x: float, y: float, width: float, height: float) -> None:
    ax.add_patch(Rectangle((x, y - height), width, height, fill=False, edgecolor=INK, lw=3, zorder=3))


def _words(halves: list[np.ndarray], every: bool, came: list[str]) -> str:
    time, units = halves[0].shape
    which = "Heatmap of h" if len(halves) == 1 else "Two heatmaps of h, forward and backward half"
    if every:
        frame = "The frame stands" if len(halves) == 1 else "The frames stand"
        frame += f" around all of {_many(time, 'column')}"
    elif len(halves) == 1:
        frame = f"The frame stands around column {time}, the last one"
    else:
        frame = f"The frames stand around column {time}, the last one, of the forward half"
        frame += " and column 1 of the backward half"
    grid = f"{_many(time, 'timestep')} across, {_many(units, 'unit')} down"
    return f"{which}: {grid}. {frame}. Handed on: {', '.join(came)}."
