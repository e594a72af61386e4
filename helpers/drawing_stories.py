"""Pictures of what a model answers: one bar for each answer, one panel for each model."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from .drawing import COLOURS, FONT, INK, _canvas
from .stories import percent


def draw_answers(answers: Sequence[str], probabilities: Mapping[str, Sequence[float]], right: str | None = None) -> Figure:
    """Draw the probability of each answer as a bar, one panel for each model, side by side; what rounds to 0 % has no number.

    Parameters
    ----------
    answers : the words, from top to bottom.
    probabilities : {name of the panel: (answers,) numbers from 0 to 1}; one to three panels.
    right : the right answer, if one is known: its bars are filled, the others hatched.

    Returns
    -------
    Figure whose label says for each panel which answer has at least half of the probability, if one has.

    Raises
    ------
    ValueError : if a panel does not have one number from 0 to 1 for each answer, there are none or more than three panels, or
        `right` is not among the answers.

    Examples
    --------
    >>> draw_answers(["barn", "mill"], {"mask": [0.998, 0.002], "no mask": [0.4, 0.3]}, right="barn").get_label()
    'Bars for 2 answers: barn, mill. The right one is barn. mask: barn has over 90 %. no mask: none has half.'
    """
    answers = list(answers)
    if not 1 <= len(probabilities) <= 3:
        raise ValueError(f"draw_answers draws one to three panels, got {len(probabilities)}.")
    if right is not None and right not in answers:
        raise ValueError(f"{right!r} is not among the answers {', '.join(answers)}: draw it too, or leave right out.")
    panels = {name: np.asarray(values, float) for name, values in probabilities.items()}
    for name, values in panels.items():
        if values.shape != (len(answers),) or not np.all((values >= 0) & (values <= 1.001)):
            raise ValueError(f'"{name}" needs one probability from 0 to 1 for each of the {len(answers)} answers.')

    left, row = 1.25, 0.27
    wide = (9.6 - left) / len(panels)
    tall = 0.5 + row * len(answers)
    fig, ax = _canvas(9.6, tall)
    heights = -0.5 - row * (np.arange(len(answers)) + 0.35)
    for answer, y in zip(answers, heights):
        ax.text(left - 0.12, y, answer, fontsize=FONT, color=INK, ha="right", va="center",
                fontweight="bold" if answer == right else "normal")
    is_right = np.array([answer == right for answer in answers])
    for number, (name, values) in enumerate(panels.items()):
        x, room = left + number * wide, wide - 1.1
        ax.text(x, -0.22, name, fontsize=FONT + 1, color=INK, va="center", fontweight="bold")
        ax.plot([x, x], [-0.42, -tall + 0.06], color=INK, lw=1)
        corners = np.array([(0, -0.09), (1, -0.09), (1, 0.09), (0, 0.09)])
        bars = x + corners[None, :, 0] * values[:, None] * room, heights[:, None] + corners[None, :, 1]
        bars = np.stack(bars, axis=-1)
        for which, face, hatch in ((is_right, COLOURS["token"], ""), (~is_right, "white", "////")):
            ax.add_collection(PolyCollection(bars[which], facecolors=face, edgecolors=INK, hatch=hatch, lw=0.8))
        for y, value in zip(heights, values):
            if value < 0.005:  # no bar to be seen, so no number: a slider waits for every piece of text
                continue
            ax.text(x + value * room + 0.07, y, f"{100 * value:.0f} %", fontsize=FONT, color=INK, va="center")
    words = [f"Bars for {len(answers)} answers: {', '.join(answers)}."] + [f"The right one is {right}."] * (right is not None)
    for name, values in panels.items():
        best = int(values.argmax())
        words.append(f"{name}: {answers[best]} has {percent(values[best])}." if values[best] >= 0.5 else f"{name}: none has half.")
    fig.set_label(" ".join(words))
    return fig
