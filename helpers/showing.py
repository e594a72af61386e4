"""What a reader sees: figures with a description, sliders, tables, and errors in one line."""
from __future__ import annotations

import base64
import gc
import html
import io
import re
import time
from collections.abc import Callable, Sequence

import ipywidgets
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure

from .quick_svg import quick_svg

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def _png(fig: Figure) -> str:
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", facecolor="white")
    return "image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _svg(fig: Figure) -> str:
    """Vectors, with letters left to the browser: a fraction of the time of a PNG."""
    return "image/svg+xml;base64," + base64.b64encode(quick_svg(fig).encode()).decode("ascii")


def _picture(fig: Figure, alt: str, encode: Callable[[Figure], str] = _png) -> str:
    """The figure as an html image that carries its description."""
    width = round(fig.get_figwidth() * 96)
    words = html.escape(alt)
    return (
        f'<img alt="{words}" width="{width}" style="max-width:100%;height:auto" src="data:{encode(fig)}">'
        f"<details><summary>The picture in words</summary><p>{words}</p></details>"
    )


def _display(bundle: dict) -> None:
    """Hand a front end all forms of a thing to choose from; a terminal gets the words."""
    if get_ipython() is None:
        print(bundle["text/plain"])
    else:
        display(bundle, raw=True)


def _described(fig: Figure, alt: str | None) -> str:
    if not isinstance(fig, Figure):
        raise ValueError(
            f"show takes a matplotlib figure and its description, got {type(fig).__name__}: "
            "pass what a helpers.draw_... function returns, or the fig of plt.subplots()."
        )
    alt = fig.get_label() if alt is None else alt
    if not isinstance(alt, str) or len(alt.strip()) < 20:
        raise ValueError(
            f"a figure needs a description of at least 20 characters for those who cannot see it, got {alt!r}: "
            'write show(fig, "what the picture shows").'
        )
    return alt


def show(fig: Figure, alt: str | None = None) -> None:
    """Show a figure together with its description.

    Inline figures carry no description in JupyterLab; an html image with `alt` does, in every front end and in
    exported pages. The same words stand under the picture, folded.

    Parameters
    ----------
    fig : matplotlib Figure
    alt : the description; by default the figure's label (`fig.get_label()`), which `helpers.draw_...` functions set.

    Raises
    ------
    ValueError : for anything but a figure, or a description under 20 characters.

    Examples
    --------
    >>> import helpers
    >>> from matplotlib.figure import Figure
    >>> helpers.show(Figure(), "An empty white rectangle.")
    [figure] An empty white rectangle.
    """
    alt = _described(fig, alt)
    _display({"text/plain": f"[figure] {alt}", "text/html": _picture(fig, alt)})


def _control(name: str, choice) -> ipywidgets.Widget:
    style, layout = {"description_width": "initial"}, {"width": "420px"}
    label = name.replace("_", " ")
    if isinstance(choice, bool):
        return ipywidgets.Checkbox(value=choice, description=label, style=style, layout=layout)
    if isinstance(choice, tuple) and len(choice) == 3 and all(isinstance(n, int) for n in choice):
        low, high, start = choice
        if low <= start <= high:
            return ipywidgets.IntSlider(value=start, min=low, max=high, description=label, style=style, layout=layout)
    if isinstance(choice, list) and choice:
        return ipywidgets.SelectionSlider(options=choice, description=label, style=style, layout=layout)
    raise ValueError(
        f"slider: {name}={choice!r} is not a control: pass (lowest, highest, start) for whole numbers, "
        "a list of choices, or True / False."
    )


def slider(draw: Callable[..., Figure], **controls) -> ipywidgets.Widget:
    """Redraw a figure while the reader moves sliders.

    Parameters
    ----------
    draw : function of the controls' values that returns a figure with a label (its description).
    controls : name=(lowest, highest, start), name=[choices] or name=True / False.

    Returns
    -------
    The box of widgets: its children are the controls, then the picture. It has displayed itself already.

    Raises
    ------
    ValueError : for a control that is none of the three kinds, or what `show` refuses.

    Examples
    --------
    >>> box = slider(lambda pads: draw_drift([0, pads], {"drift": [0, pads / 9]}), pads=(1, 9, 4))     # doctest: +SKIP
    """
    widgets = [_control(name, choice) for name, choice in controls.items()]
    picture = ipywidgets.HTML()

    def redraw(_=None):
        fig = draw(**{name: widget.value for name, widget in zip(controls, widgets)})
        picture.value = _picture(fig, _described(fig, None), _svg)  # a step of a slider must not wait

    for widget in widgets:
        widget.observe(redraw, "value")
    redraw()
    gc.unfreeze()  # what an earlier slider has kept, and nobody needs now
    gc.collect()
    gc.freeze()  # of what there is by now nothing is looked through again while the slider moves
    box = ipywidgets.VBox([*widgets, picture])
    names = ", ".join(name.replace("_", " ") for name in controls)
    _display(box._repr_mimebundle_() | {"text/plain": f"[slider: {names}] Run this cell to move it."})
    return box


class Table:
    """Rows under headings: an html table in a notebook, aligned text in a terminal.

    Parameters
    ----------
    heads : the headings of the columns.
    rows : each with one cell for each heading; whole numbers get commas and stand on the right.

    Raises
    ------
    ValueError : for a row with more or fewer cells than there are headings.

    Examples
    --------
    >>> Table(["length", "padding"], [[3, "57 %"], [7, "0 %"]])
    length  padding
         3  57 %
         7  0 %
    """

    def __init__(self, heads: Sequence[str], rows: Sequence[Sequence]):
        self.heads, self.rows = list(heads), [list(row) for row in rows]
        for row in self.rows:
            if len(row) != len(self.heads):
                raise ValueError(f"a row of this table needs {len(self.heads)} cells {self.heads}, got {row!r}")

    @staticmethod
    def _text(cell) -> str:
        return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)

    def __repr__(self) -> str:
        grid = [self.heads] + [[self._text(cell) for cell in row] for row in self.rows]
        width = [max(map(len, column)) for column in zip(*grid)]
        numbers = [all(isinstance(row[i], int) for row in self.rows) for i in range(len(width))]
        lines = [
            "  ".join(cell.rjust(w) if n else cell.ljust(w) for cell, w, n in zip(line, width, numbers)).rstrip()
            for line in grid
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        def line(tag, cells):
            parts = []
            for cell in cells:
                side = "right" if isinstance(cell, int) else "left"
                parts.append(f'<{tag} style="text-align:{side}">{html.escape(self._text(cell))}</{tag}>')
            return "<tr>" + "".join(parts) + "</tr>"

        body = "".join(line("td", row) for row in self.rows)
        return f'<table><thead>{line("th", self.heads)}</thead><tbody>{body}</tbody></table>'


def table(heads: Sequence[str], rows: Sequence[Sequence]) -> Table:
    """Return a `Table` of these headings and rows, with its errors; as the last line of a cell it shows itself.

    Examples
    --------
    >>> table(["length"], [[1000]])
    length
     1,000
    """
    return Table(heads, rows)


def attempt(action: Callable[[], object]) -> str:
    """Run `action` and return its error in one line, or "no error".

    Keras and TensorFlow spread a message over many lines, with colour codes: what is kept is the error's name and the
    line that tells what went wrong, word for word.

    Raises
    ------
    ValueError : for anything that cannot be run, such as the value that an action gave.

    Examples
    --------
    >>> attempt(lambda: int("seven"))
    "ValueError: invalid literal for int() with base 10: 'seven'"
    >>> attempt(lambda: 1 + 1)
    'no error'
    """
    if not callable(action):
        raise ValueError(f"attempt takes something to run, got {type(action).__name__}: write attempt(lambda: ...).")
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {first_line(error)}"
    return "no error"


def timed(action: Callable[[], object]) -> float:
    """Run `action` once and return the seconds it took.

    Raises
    ------
    ValueError : for anything that cannot be run, such as the value that an action gave.

    Examples
    --------
    >>> timed(lambda: sum(range(10))) < 1
    True
    """
    if not callable(action):
        raise ValueError(f"timed takes something to run, got {type(action).__name__}: write timed(lambda: ...).")
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def first_line(error: BaseException) -> str:
    """The line of an error that tells what went wrong: no colour codes, no frame around it.

    Examples
    --------
    >>> first_line(ValueError("Exception encountered when calling LSTM.call().\\n\\nslice index 0 is out of bounds"))
    'slice index 0 is out of bounds'
    """
    lines = [line.strip() for line in _ANSI.sub("", str(error)).splitlines()]
    lines = [line for line in lines if line and not line.startswith("Exception encountered when calling")]
    if not lines:
        return "(no message)"
    line = lines[0]
    line = re.sub(r"^\{\{.*?\}\} ", "", line)
    return re.sub(r" ?\[Op:\w+\].*$", "", line)
