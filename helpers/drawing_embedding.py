"""Pictures of an Embedding: an id lights its row of the table, and tables drawn to one scale."""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .drawing import COLOURS, FONT, INK, _room, _whole, blank_figure

# Light is a small number, dark a large one; the yellow in the middle is the series' colour for vectors.
SHADES = LinearSegmentedColormap.from_list("vector", ["#FFFFFF", COLOURS["vector"], "#7A6F00"])
FRAME = COLOURS["h"]
LEAST = 9  # columns that a heading needs, however narrow the array under it is
GAP = 3.6


def _checked(ids, table, vectors, place) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, int]]:
    ids, table, vectors = np.asarray(ids), np.asarray(table), np.asarray(vectors)
    if ids.ndim != 2 or ids.dtype.kind not in "iu" or not ids.size:
        raise ValueError(
            f"draw_lookup takes whole-number ids of shape (batch, time), got {ids.dtype} of shape {ids.shape}: "
            "for one sequence pass ids[np.newaxis]."
        )
    if table.ndim != 2 or not table.size or table.dtype.kind not in "iuf":
        raise ValueError(
            f"the table of an Embedding holds numbers in the shape (rows, numbers in a row), got {table.dtype} of shape "
            f"{table.shape}: pass layer.get_weights()[0]."
        )
    if not np.isfinite(table).all():
        raise ValueError(
            f"the table holds {int((~np.isfinite(table)).sum())} numbers that are not finite (nan or inf): "
            "there is no shade to draw them in."
        )
    if ids.min() < 0 or ids.max() >= len(table):
        bad = ids[(ids < 0) | (ids >= len(table))]
        raise ValueError(
            f"the table has the rows 0 to {len(table) - 1}, got the id {bad.flat[0]}: pass ids that have a row."
        )
    if vectors.shape != ids.shape + table.shape[1:]:
        raise ValueError(
            f"ids {ids.shape} and a table {table.shape} give vectors of shape {ids.shape + table.shape[1:]}, "
            f"got {vectors.shape}: pass what the layer makes of these ids."
        )
    if not isinstance(place, (tuple, list)) or len(place) != 2 or not all(map(_whole, place)):
        raise ValueError(f"place is (sequence, timestep), two whole numbers, got {place!r:.60}: write place=(0, 2), say.")
    row, step = place
    if not (0 <= row < ids.shape[0] and 0 <= step < ids.shape[1]):
        raise ValueError(
            f"place is (sequence, timestep) in a grid of shape {ids.shape}, got {tuple(place)!r}: choose one inside."
        )
    if not np.array_equal(vectors[row, step], table[ids[row, step]]):
        raise ValueError(
            f"vectors[{row}, {step}] is not row {ids[row, step]} of the table, got other numbers: "
            "pass the table and the vectors of one layer."
        )
    return ids, table, vectors, (row, step)


def _grid(ax, left: float, top: float, values: np.ndarray, low: float, high: float, shades=SHADES, lines=INK) -> None:
    """Numbers as shaded squares of one unit."""
    rows, columns = values.shape
    corners = np.stack(np.meshgrid(left + np.arange(columns + 1), top - np.arange(rows + 1)), axis=2)
    ax.add_collection(QuadMesh(corners, array=values, cmap=shades, norm=Normalize(low, high), edgecolors=lines, linewidth=0.5),
                      autolim=False)  # what pcolormesh makes, without its questions about units and limits


def _frame(ax, left: float, top: float, width: float, height: float) -> None:
    ax.add_patch(Rectangle((left, top - height), width, height, fill=False, edgecolor=FRAME, lw=3, zorder=5))


def draw_lookup(
    ids, table, vectors, place: tuple[int, int] = (0, 0), room: tuple[int, int, int] | None = None
) -> Figure:
    """Draw how one id lights its row of the table, and where this row goes.

    Parameters
    ----------
    ids : whole numbers (batch, time).
    table : the layer's weights (rows, numbers in a row).
    vectors : what the layer makes of the ids (batch, time, numbers in a row); drawn with time across.
    place : (sequence, timestep) of the id to follow.
    room : (rows, numbers in a row, time) to leave room for, so that a slider does not make the picture jump.

    Returns
    -------
    Figure whose label describes it in words.

    Raises
    ------
    ValueError : for shapes that do not belong together, ids without a row, or a place outside the grid.

    Examples
    --------
    >>> table = np.arange(6.0).reshape(3, 2)
    >>> ids = np.array([[2, 0]])
    >>> draw_lookup(ids, table, table[ids]).get_label()[:47]
    'A grid of ids (1, 2), a table of 3 rows with 2 '
    """
    ids, table, vectors, (row, step) = _checked(ids, table, vectors, place)
    (batch, time), (rows, depth) = ids.shape, table.shape
    room_rows, room_depth, room_time = _room(room, "(rows, numbers in a row, time)", (rows, depth, time))
    low, high = float(table.min()), float(table.max())
    chosen = int(ids[row, step])

    table_left = max(room_time, LEAST) + GAP
    out_left = table_left + max(room_depth, LEAST) + GAP
    width = out_left + max(room_time, LEAST)
    top = -3.4
    body = max(room_rows, batch * (room_depth + 1.2), batch + 2)
    height = body - top + 1.8
    fig, ax = blank_figure(9.6, 9.6 * (height + 0.4) / (width + 2))

    headings = {0: ("ids", ids), table_left: (f"table: {table.size:,} parameters", table), out_left: ("vectors", vectors)}
    for left, (title, array) in headings.items():
        for y, words in ((-0.9, title), (-1.9, str(array.shape))):
            ax.text(left, y, words, fontsize=FONT, fontweight="bold", va="baseline", color=INK)

    _grid(ax, 0, top, np.zeros((batch, time)), 0, 1, ListedColormap([COLOURS["token"]]), "white")
    for (b, t), number in np.ndenumerate(ids):
        ax.text(t + 0.5, top - b - 0.53, str(number), fontsize=FONT, color="white", ha="center", va="center")
    _frame(ax, step, top - row, 1, 1)

    _grid(ax, table_left, top, table, low, high)
    for number in range(rows) if rows <= 16 else sorted({0, chosen, rows - 1}):
        lit = number == chosen
        ax.text(table_left - 0.25, top - number - 0.53, str(number), fontsize=FONT, ha="right", va="center", color=INK,
                fontweight="bold" if lit else "normal")
    _frame(ax, table_left, top - chosen, depth, 1)

    blocks = [top - b * (room_depth + 1.2) for b in range(batch)]
    for b, block in enumerate(blocks):
        _grid(ax, out_left, block, vectors[b].T, low, high)
    _frame(ax, out_left + step, blocks[row], 1, depth)

    # Two wires: from the id to its row, and from the row to its place among the vectors.
    lane, edge = (top + 0.6, top) if row == 0 else (top - batch - 0.6, top - row - 1)
    at, bend, stop = top - chosen - 0.5, table_left - 2.2, table_left - 1.4
    there = [(step + 0.5, edge), (step + 0.5, lane), (bend, lane), (bend, at), (stop, at)]
    lane, bend, over = blocks[row] + 0.75, out_left - GAP / 2, out_left + step + 0.5
    back = [(table_left + depth, at), (bend, at), (bend, lane), (over, lane), (over, blocks[row] + 0.25)]
    ax.add_collection(LineCollection([there, back], colors=INK, linewidths=1.4))
    ax.plot(stop, at, ">", over, blocks[row] + 0.25, "v", color=INK, markersize=6)

    numbers = ", ".join(f"{round(float(value), 2) + 0.0:.2f}" for value in table[chosen])
    numbers_below = top - body - 0.4
    ax.text(0, numbers_below, f"id {chosen} → row {chosen}:  {numbers}", fontsize=FONT, va="top", color=INK)
    ax.text(width, numbers_below, "light: small, dark: large", fontsize=FONT, va="top", ha="right", color=INK)
    ax.set_xlim(-1, width + 1)
    ax.set_ylim(-height - 0.2, 0.2)
    here = f"sequence {row}, timestep {step}"
    fig.set_label(
        f"A grid of ids {ids.shape}, a table of {rows:,} rows with {depth:,} numbers in each ({table.size:,} parameters), "
        f"and the vectors {vectors.shape}. The id at {here} is {chosen}: it lights row {chosen} of the table ({numbers}), "
        f"and this row stands at {here} among the vectors."
    )
    return fig


def draw_tables(tables: Mapping[str, np.ndarray]) -> Figure:
    """Draw tables side by side, to one scale.

    Parameters
    ----------
    tables : {name: array (rows, numbers in a row)}, one to three of them.

    Returns
    -------
    Figure whose label gives each table's rows, width and count of numbers.

    Raises
    ------
    ValueError : for anything but one to three arrays with two axes.

    Examples
    --------
    >>> draw_tables({"a": np.ones((4, 2))}).get_label()
    'One table to scale. a: 4 rows of 2 numbers, 8 parameters.'
    """
    if not isinstance(tables, Mapping) or not 1 <= len(tables) <= 3:
        got = f"{len(tables)} tables" if isinstance(tables, Mapping) else type(tables).__name__
        raise ValueError(f"draw_tables takes one to three tables by name, got {got}: pass {{\"a name\": array}}.")
    for name, table in tables.items():
        if len(getattr(table, "shape", ())) != 2 or 0 in table.shape:
            raise ValueError(
                f"{name}: a table has the shape (rows, numbers in a row), got "
                f"{getattr(table, 'shape', type(table).__name__)}: pass layer.get_weights()[0]."
            )
    shapes = {name: tuple(map(int, table.shape)) for name, table in tables.items()}
    caption, lines, gap = 2.6, 1.1, 0.3  # inches: width and height of the words, space between two tables

    def slot(rows: int, columns: int) -> float:
        return gap + (columns * unit + caption if rows > columns else max(columns * unit, caption))

    unit = 3.8 / max(rows for rows, _ in shapes.values())
    while sum(slot(*shape) for shape in shapes.values()) > 9.3:
        unit *= 0.99
    tall = max(max(rows * unit, lines) if rows > columns else rows * unit + lines for rows, columns in shapes.values())
    fig, ax = blank_figure(9.6, tall + 0.4)

    left, words = 0.1, []
    for name, (rows, columns) in shapes.items():
        w, h = columns * unit, rows * unit
        ax.add_patch(Rectangle((left, -h), w, h, facecolor=COLOURS["vector"], edgecolor=INK, lw=0.6))
        text = f"{rows:,} rows\n{columns:,} numbers in each row\n{rows * columns:,} parameters"
        upright = rows > columns
        x, y = (left + w + 0.15, min(-h / 2 + 0.45, 0)) if upright else (left, -h - 0.1)
        ax.text(x, y, name, fontsize=FONT, fontweight="bold", va="top", color=INK)
        ax.text(x, y, "\n" + text, fontsize=FONT, va="top", color=INK, linespacing=1.4)
        left += slot(rows, columns)
        words.append(f"{name}: {rows:,} rows of {columns:,} numbers, {rows * columns:,} parameters.")
    ax.set_xlim(0, 9.6 * 0.98)
    ax.set_ylim(-tall - 0.2, 0.1)
    count = {1: "One table", 2: "Two tables", 3: "Three tables"}[len(shapes)]
    fig.set_label(f"{count} to {'one ' if len(shapes) > 1 else ''}scale. " + " ".join(words))
    return fig
