"""Predictions and exercises: hear the answer, name the idea behind a wrong one, give hints, keep a reader's words."""
from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .showing import first_line

_FILE = "my_answers.json"


class NotYet(Exception):
    """Raised by a question's test when the answer is still a blank; its text, if it has one, says what is missing."""


def finished(results: list) -> list:
    """What a reader's function gave; NotYet if that is still the three dots, or None."""
    if any(result is ... for result in results):
        raise NotYet
    if any(result is None for result in results):
        raise NotYet("Your function gives None: either the three dots are still there, or its return is missing.")
    return results


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that many give. `example` is one such answer; `idea` names the thought that leads there and
    what is the case instead. `matches(answer)` recognises it; left out, equality with `example` does."""

    example: Any
    idea: str
    matches: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Question:
    """`right` is the answer itself, or a function that says True for every right answer (then `example` is one of them,
    where a prediction needs it); `expects` says in a few words what kind of thing to type; `because` confirms."""

    expects: str
    right: Any
    because: str
    wrongs: tuple[Wrong, ...] = ()
    hints: tuple[str, ...] = ()
    example: Any = None

    @property
    def sample(self):
        """One right answer."""
        return self.right if self.example is None else self.example


def same(answer, wanted) -> bool:
    """True if both say the same: a list for a tuple, "(4, 3)" for (4, 3), "Yes" for True, 4.0 for 4 are fine.

    Examples
    --------
    >>> same([4, 3], (4, 3)), same("4, 3", (4, 3)), same("No", False), same(True, 1)
    (True, True, True, False)
    """
    answer, wanted = _plain(answer), _plain(wanted)
    if isinstance(answer, bool) != isinstance(wanted, bool):
        return False
    if isinstance(wanted, tuple):
        return isinstance(answer, tuple) and len(answer) == len(wanted) and all(map(same, answer, wanted))
    if isinstance(wanted, float):
        return isinstance(answer, (int, float)) and bool(np.isclose(answer, wanted, rtol=1e-3, atol=1e-6))
    return type(answer) in (type(wanted), int, float) and answer == wanted


def letters(answer, of: str) -> set[str]:
    """Which of the letters `of` an answer names, however it is written.

    Examples
    --------
    >>> [sorted(letters(answer, "abcd")) for answer in ("cb", "B, c", "b and c", ["b", "c"], "none")]
    [['b', 'c'], ['b', 'c'], ['b', 'c'], ['b', 'c'], []]
    """
    return set("".join(re.findall(rf"\b[{of}]+\b", str(answer).lower())))


def _plain(value):
    """Tuples, numbers, booleans and lower-case strings from whatever says the same."""
    if isinstance(value, str):
        text = value.strip().strip("'\"").lower().replace(",", ", ")
        words = {"yes": True, "true": True, "no": False, "false": False}
        try:
            return words[text] if text in words else _plain(ast.literal_eval(text.replace("none", "None")))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return " ".join(text.split())
    if isinstance(value, np.ndarray) or hasattr(value, "numpy"):
        value = np.asarray(value).tolist()
    if isinstance(value, np.generic):
        value = value.item()
    if hasattr(value, "as_list"):  # tf.TensorShape
        value = value.as_list()
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value))
    return value


def _blank(answer) -> bool:
    if answer is None or answer is ...:
        return True
    if isinstance(answer, str):
        return not answer.strip(" .…")
    return isinstance(answer, (list, tuple)) and len(answer) > 0 and any(item is ... for item in answer)


def _short(answer) -> str:
    try:
        text = " ".join(repr(answer).split())
    except Exception:
        text = f"this {type(answer).__name__}"
    return textwrap.shorten(text, 60, placeholder="…") or type(answer).__name__


def _say(mark: str, *sentences: str) -> None:
    text = " ".join(sentence for sentence in (mark, *sentences) if sentence)
    print(textwrap.fill(text, width=92, subsequent_indent="  ", break_long_words=False))


def _questions() -> dict[str, Question]:
    from .questions import QUESTIONS

    return QUESTIONS


def check(key: str, answer, measured=None) -> None:
    """Say whether a prediction or an exercise is right; for a known wrong answer, which idea leads to it.

    Prints one or two sentences and never raises, whatever the answer is.

    Parameters
    ----------
    key : the question, such as `"01-shape"`.
    answer : what the reader typed or built. `...`, None and "" count as not answered yet.
    measured : what Keras gave just now; if it is not what the lesson was written with, that is said first.

    Examples
    --------
    >>> import helpers
    >>> helpers.check("01-shape", ...)
    … No answer yet. Expected: a shape, such as (2, 5). Replace the three dots and run on from there.
    """
    try:
        _say(*_verdict(key, answer, measured))
    except Exception as error:  # a checker must not be what breaks
        _say("✗", f"this answer could not be read ({type(error).__name__}: {first_line(error)}).")


def _verdict(key: str, answer, measured) -> list[str]:
    question = _questions().get(key)
    if question is None:
        return ["✗", f"there is no question {key!r}; this cell should name one of {', '.join(_questions())}."]
    if measured is not None and not same(measured, question.sample):
        return ["✗", f"this run gives {measured!r}, and the lesson was written with {question.sample!r}: run the",
                "notebook from the top; if that changes nothing, helpers.environment() shows what is different here."]
    stuck = f'Stuck? helpers.hint("{key}", 1)' if question.hints else ""
    if _blank(answer):
        return ["…", f"No answer yet. Expected: {question.expects}. Replace the three dots and run on from there.", stuck]
    try:
        if question.right(answer) if callable(question.right) else same(answer, question.right):
            return ["✓", "Right.", question.because]
    except NotYet as blank:
        return ["…", f"No answer yet. Expected: {question.expects}.", str(blank) or "The three dots are still there.", stuck]
    except Exception as error:
        trouble = f"it stopped with {type(error).__name__}: {first_line(error)}."
    else:
        trouble = ""
    for wrong in question.wrongs:
        if _matches(wrong, answer):
            return ["✗", wrong.idea, stuck]
    if type(question.sample) is int and isinstance(answer, tuple) and len(answer) > 1 and all(type(n) is int for n in answer):
        return ["✗", f"{_short(answer)} is what Python makes of a number with a comma in it.",
                "Type it without the comma, such as 9800 or 9_800.", stuck]
    if trouble:
        return ["✗", f"Your answer was tried and {trouble}", f"Expected: {question.expects}.", stuck]
    return ["✗", f"{_short(answer)} is not it.", f"Expected: {question.expects}.", stuck]


def _matches(wrong: Wrong, answer) -> bool:
    try:
        return bool(wrong.matches(answer)) if wrong.matches else same(answer, wrong.example)
    except Exception:
        return False


def hint(key: str, number: int = 1) -> None:
    """Print one hint for a question, from a nudge (1) to nearly the answer.

    Examples
    --------
    >>> import helpers
    >>> helpers.hint("01-batch", 99)
    There are 3 hints for 01-batch: helpers.hint("01-batch", 1) to helpers.hint("01-batch", 3).
    """
    question = _questions().get(key)
    if question is None or not question.hints:
        print(f"There is no hint for {key!r}. Hints: {', '.join(k for k, q in _questions().items() if q.hints)}.")
    elif not isinstance(number, int) or not 1 <= number <= len(question.hints):
        last = len(question.hints)
        print(f'There are {last} hints for {key}: helpers.hint("{key}", 1) to helpers.hint("{key}", {last}).')
    else:
        _say(f"Hint {number} of {len(question.hints)}:", question.hints[number - 1])


def keep(name: str, words) -> None:
    """Keep a reader's own words in `my_answers.json`, in the folder the notebooks run in; a blank keeps nothing.

    Examples
    --------
    >>> keep("units", "")
    … Nothing kept yet: write your answer between the quotes, and run the cell again.
    """
    if _blank(words):
        _say("…", "Nothing kept yet: write your answer between the quotes, and run the cell again.")
        return
    try:
        answers = _read() | {name: str(words).strip()}
    except (OSError, ValueError):  # earlier answers may be in it: better keep nothing new than lose them
        _say("✗", f"{_FILE} cannot be read: rename it, and run the cell again.")
        return
    try:
        (Path.cwd() / _FILE).write_text(json.dumps(answers, indent=1, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        _say("✗", f"your answer could not be saved ({error.strerror}): copy it somewhere safe.")
        return
    _say("✓", "Kept. Notebook 07 will show it to you again.")


def kept() -> dict[str, str]:
    """The words kept so far, by name; an empty dict if there are none or the file cannot be read."""
    try:
        return _read()
    except (OSError, ValueError):
        return {}


def _read() -> dict[str, str]:
    """The words in the file, none if there is no file; a ValueError if it holds something else."""
    file = Path.cwd() / _FILE
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if not isinstance(found, dict):
        raise ValueError(f"{_FILE} holds a {type(found).__name__}, and answers go by name")
    return found
