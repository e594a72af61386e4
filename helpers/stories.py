"""Little stories with a question and its answer, made by dice; and a trained model asked about a story of one's own."""
from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .batching import _seed, _whole

_THINGS = {
    "who": "fox bear hare mole goat duck crow frog".split(),
    "what": "kite drum lamp rope boat bell coat cake".split(),
    "colour": "red blue green white black yellow brown grey".split(),
    "where": "barn garden kitchen forest harbour mill school market".split(),
}
_EVENT = (  # of each pair one sentence stands in a story
    ("the {who} has a {what}.", "the {what} belongs to the {who}."),
    ("its colour is {colour}.", "it is all {colour}."),
    ("this happens in the {where}.", "the {where} is the place."),
)
_BESIDE = (  # sentences that answer nothing
    "the day is long.", "rain falls on the roof.", "nobody says a word.", "a clock strikes nine.", "soon the wind turns.",
    "the sun comes out again.", "far away a door opens.", "there is a smell of bread.", "the road is empty.", "then all is quiet.",
    "leaves dance over the stones.", "somewhere water runs.", "the moon is full tonight.", "time goes by.", "two friends laugh.",
    "a cloud covers the hill.", "it is cold for the season.", "one by one the lights go out.", "snow lies on the fields.",
    "there was a letter yesterday.", "people wait for the train.", "an old song is heard.", "tomorrow comes early.",
    "the river carries wood down to the sea.",
)
_QUESTIONS = {
    "who": ("who has the {what}?", "who is in this story?"),
    "what": ("what does the {who} have?", "which thing is in this story?"),
    "colour": ("what colour is the {what}?", "which colour does the {what} have?"),
    "where": ("where does all this happen?", "where is the {who} now?"),
}
_MEDIAN, _SPREAD, _MOST = 2.2, 1.0, 10  # how many sentences stand beside the event: lognormal, none of them twice


@dataclass(frozen=True)
class Stories:
    """`texts`, `questions` and `answers`, three lists of strings: the i-th of each belong together."""

    texts: list[str]
    questions: list[str]
    answers: list[str]

    def __len__(self) -> int:
        return len(self.texts)


def make_stories(count: int, seed: int) -> Stories:
    """Make little stories of very different lengths, each with a question and the one word that answers it.

    In every story one animal has one thing, of one colour, in one place. Three sentences say so, in one of two wordings
    each; around and between them stand sentences that have nothing to do with it, none or few in most stories, many in
    some. The question is about the animal, the thing, the colour or the place, so there are 4 × 8 possible answers.

    Parameters
    ----------
    count : how many. seed : the same seed gives the same stories.

    Raises
    ------
    ValueError : for a count below 1, or a seed below 0 or from 2**32 up.

    Examples
    --------
    >>> stories = make_stories(2, seed=3)
    >>> for part in (stories.texts, stories.questions, stories.answers):
    ...     print(part[0])
    tomorrow comes early. the crow has a kite. the garden is the place. it is all blue.
    where does all this happen?
    garden
    """
    count, random = _whole("count", count), np.random.default_rng(_seed("seed", seed))
    texts, questions, answers = [], [], []
    for _ in range(count):
        event = {kind: words[random.integers(len(words))] for kind, words in _THINGS.items()}
        sentences = [pair[random.integers(2)].format(**event) for pair in _EVENT]
        beside = min(int(random.lognormal(np.log(_MEDIAN), _SPREAD)), _MOST)
        sentences += [_BESIDE[i] for i in random.permutation(len(_BESIDE))[:beside]]
        kind = list(_THINGS)[random.integers(4)]
        texts.append(" ".join(sentences[i] for i in random.permutation(len(sentences))))
        questions.append(_QUESTIONS[kind][random.integers(2)].format(**event))
        answers.append(event[kind])
    return Stories(texts, questions, answers)


class Reply:
    """What a model answers: `answer`, the likeliest word; `probabilities` {answer: 0 to 1}, the likeliest first; `unknown`
    {"story" or "question": words it did not know}; `notes`, what else to know.

    Shows the likeliest answers, and the notes under them.
    """

    def __init__(self, probabilities: Mapping[str, float], unknown: Mapping[str, Sequence[str]], notes: Sequence[str] = ()):
        self.probabilities = dict(sorted(probabilities.items(), key=lambda pair: -pair[1]))
        self.answer = next(iter(self.probabilities))
        self.unknown = {where: list(words) for where, words in unknown.items() if words}
        self.notes = [
            f"Not known to the model, read as id 1, in the {where}: {', '.join(dict.fromkeys(words))}."
            for where, words in self.unknown.items()
        ] + list(notes)

    def _rows(self) -> list[tuple[str, float]]:
        """The three likeliest, fewer where the model is sure, and the others summed up."""
        shown = [pair for n, pair in enumerate(self.probabilities.items()) if n == 0 or n < 3 and pair[1] >= 0.1]
        left = len(self.probabilities) - len(shown)
        return shown + ([(f"the other {left} together", 1 - sum(p for _, p in shown))] if left else [])

    def __repr__(self) -> str:
        rows = self._rows()
        wide = max(len(word) for word, _ in rows)
        return "\n".join([f"{word.ljust(wide)}  {percent(p)}" for word, p in rows] + self.notes)

    def _repr_html_(self) -> str:
        left = 'style="text-align:left"'
        lines = "".join(
            f"<tr><td {left}>{html.escape(word)}</td><td {left}>{percent(p)}</td>"
            f'<td {left}><div style="width:{_bar(p)}px;height:0.8em;background:#0072B2"></div></td></tr>'
            for word, p in self._rows()
        )
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead><tr><th>answer</th><th>probability</th><th></th></tr></thead><tbody>{lines}</tbody></table>{notes}"


def percent(p: float) -> str:
    """A probability in words that do not change with its last digits.

    Examples
    --------
    >>> percent(0.998), percent(0.314), percent(0.0002)
    ('over 90 %', '31 %', 'under 10 %')
    """
    return "over 90 %" if p >= 0.9 else "under 10 %" if p < 0.1 else f"{100 * p:.0f} %"


def _bar(p: float) -> int:
    return 190 if p >= 0.9 else 5 if p < 0.1 else round(200 * p)


def ask(
    model, story: str, question: str, ids: Mapping[str, int], answers: Sequence[str], longest: tuple[int, int] | None = None,
) -> Reply:
    """Ask a trained model a question about a story, both in words.

    Capitals and punctuation do not matter. A word that is not among `ids` is read as id 1, and named. A text longer than any
    in training is not refused: the reply warns beside the answer.

    Parameters
    ----------
    model : a Keras model with two inputs of ids (batch, time), which gives one probability for each answer, (batch, answers).
        The input named "question" gets the question, the other one the story; without that name, the second gets it.
    story, question : texts of one word or more.
    ids : {word: id}, ids from 2 up.
    answers : the answers' words, in the order of the model's outputs.
    longest : how many words the longest story and the longest question had that the model learnt from; the reply warns of
        what is longer.

    Returns
    -------
    Reply : shows itself as a table of the likeliest answers.

    Raises
    ------
    ValueError : one sentence, if a text is not a string, has no word in it or no word that the model knows, if `ids` is no
        dict, or if the model does not have two inputs and one output for each answer, or gives something else than numbers.

    Examples
    --------
    >>> import keras
    >>> def reader(name):
    ...     door = keras.Input((None,), dtype="int32", name=name)
    ...     return door, keras.layers.LSTM(2)(keras.layers.Embedding(9, 2, mask_zero=True)(door))
    >>> (story, a), (question, b) = reader("story"), reader("question")
    >>> both = keras.layers.Dense(2, activation="softmax", kernel_initializer="zeros")(keras.layers.concatenate([a, b]))
    >>> ask(keras.Model([story, question], both), "The cat!", "Who purrs?", {"the": 2, "cat": 3, "who": 4}, ["cat", "dog"])
    cat  50 %
    dog  50 %
    Not known to the model, read as id 1, in the question: purrs.
    """
    if len(getattr(model, "inputs", None) or []) != 2 or len(getattr(model, "outputs", None) or []) != 1:
        raise ValueError(f"ask takes a model that reads two inputs, a story and a question, and gives one output, got {model!r:.60}.")
    if model.outputs[0].shape[1:] != (len(answers),):
        raise ValueError(
            f"the model gives the shape {model.outputs[0].shape}, and there are {len(answers)} answers: pass the list of answers "
            "that the model was trained with."
        )
    if not isinstance(ids, Mapping):
        raise ValueError(f"ids is a dict {{word: id}}, such as {{'the': 2}}, got {type(ids).__name__}: number its words from 2 up.")
    batch, unknown, notes = [], {}, []
    for where, text, most in zip(("story", "question"), (story, question), longest or (np.inf, np.inf)):
        words = _words(where, text)
        unknown[where] = [word for word in words if word not in ids]
        if len(unknown[where]) == len(words):
            raise ValueError(
                f"the model knows no word of this {where}, {text!r:.60}: it learnt {len(ids)} words, among them "
                f"{', '.join(list(ids)[:5])}."
            )
        if len(words) > most:
            notes.append(
                f"The {where} has {len(words):,} words, and the longest that the model learnt from had {most:,}: do not rely on the answer."
            )
        batch.append(np.array([[ids.get(word, 1) for word in words]], "int32"))
    if model.inputs[0].name == "question":
        batch.reverse()
    probabilities = np.asarray(model.predict_on_batch(batch))[0]
    if not np.isfinite(probabilities).all():
        raise ValueError("the model gives nan or inf in place of probabilities: look into its weights, and train it anew.")
    return Reply(dict(zip(answers, probabilities.tolist())), unknown, notes)


def _words(where: str, text) -> list[str]:
    if not isinstance(text, str):
        raise ValueError(f"the {where} must be a text between quotes, got {type(text).__name__}: {text!r:.60}.")
    words = re.findall(r"\w+", text.lower())
    if not words:
        raise ValueError(f"the {where} {text!r:.60} has no word in it: write at least one.")
    return words
