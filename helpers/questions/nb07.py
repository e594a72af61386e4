"""Questions of notebook 07."""
import keras
import numpy as np
from keras import layers

from ..checking import Question, Wrong, finished


def _share(answer) -> float:
    """0.125 from 0.125, "1/8", 12.5 or "12.5 %"."""
    if isinstance(answer, str):
        top, _, below = answer.replace("%", "").partition("/")
        answer = float(top) / float(below or 1)
    answer = float(answer)
    return answer / 100 if answer > 1 else answer


# --- parameters of the two-input model


def _count(words, answers):
    return 96 * (words + 2) + 12_416 + 3_136 + 49 * answers


_SIZES = ((9_998, 500), (98, 10), (1, 2))


def _counts(function) -> list[int]:
    return [int(result) for result in finished([function(*sizes) for sizes in _SIZES])]


def _counts_like(reference):
    return lambda function: _counts(function) == [reference(*sizes) for sizes in _SIZES]


def _forgot_two(words, answers):
    return _count(words - 2, answers)


def _forgot_one(words, answers):
    return _count(words - 1, answers)


def _no_bias(words, answers):
    return _count(words, answers) - answers


def _one_table(words, answers):
    return _count(words, answers) - 32 * (words + 2)


def _no_lstm(words, answers):
    return _count(words, answers) - 12_416 - 3_136


# --- a model for two inputs, both masked

_IDS = {"text": np.array([[5, 60, 7], [3, 2, 9]]), "question": np.array([[4, 8], [31, 2]])}


class _Model:
    """Stands for a model of the examples below: what `_facts` finds out about one."""

    def __init__(self, **facts):
        self.facts = {"text": True, "question": True, "probabilities": True, "swapped": False, "sizes": True} | facts


_last = [None, {}]  # the model that was measured last, and its facts: one answer is asked for its facts many times


def _facts(model) -> dict:
    """What the exercise asks of a model; of a real one it is measured, once for each `check`."""
    if isinstance(model, _Model):
        return model.facts
    if _last[0] is not model:
        _last[:] = model, {}
        _last[1] = _measured(model)
    return _last[1]


def _measured(model) -> dict:
    """text, question: zeros behind it change nothing."""
    if not isinstance(model, keras.Model):
        raise ValueError(f"expected is a keras.Model, got {type(model).__name__}")
    embeddings = [layer for layer in model.layers if isinstance(layer, layers.Embedding)]
    if any(layer.input_dim < 100 for layer in embeddings):
        return _Model(swapped=True).facts
    readers = [(layer.cell.kernel.shape[0], layer.units) for layer in model.layers if isinstance(layer, layers.LSTM)]
    alone = _fed(model)
    return {
        "text": np.allclose(alone, _fed(model, text=5), atol=1e-6),
        "question": np.allclose(alone, _fed(model, question=5), atol=1e-6),
        "probabilities": alone.shape == (2, 10) and np.allclose(alone.sum(axis=1), 1, atol=1e-4),
        "swapped": False, "sizes": sorted(readers) == [(32, 16), (64, 32)],
    }


def _fed(model, **pads: int) -> np.ndarray:
    """What the model answers, with so many zeros behind each text and each question."""
    return np.asarray(model({name: np.pad(ids, ((0, 0), (0, pads.get(name, 0)))) for name, ids in _IDS.items()}))


def _both(model) -> bool:
    _last[0] = None  # measured anew: it may have been trained since
    return _facts(model) == _Model().facts


def _moved(*names: str):
    """Do zeros behind these inputs, and behind no other, change the answer?"""
    return lambda model: [name for name in _IDS if not _facts(model)[name]] == list(names)


# --- an answer, or none


_CASES = (
    ([0.1, 0.7, 0.2], ["red", "blue", "grey"], 0.5), ([0.1, 0.7, 0.2], ["red", "blue", "grey"], 0.9),
    ([0.5, 0.3, 0.2], ["red", "blue", "grey"], 0.5), ([0.2, 0.3, 0.5], ["fox", "bear", "crow"], 0.6),
    ([0.05, 0.05, 0.9], ["fox", "bear", "crow"], 0.6),
)


def _sure(probabilities, answers, least):
    best = int(np.argmax(probabilities))
    return answers[best] if probabilities[best] >= least else "I do not know"


def _said(function) -> list[str]:
    results = [function(np.array(p), list(answers), least) for p, answers, least in _CASES]
    if any(result is ... for result in results) or all(result is None for result in results):
        finished(results)
    return [result if isinstance(result, str) else repr(result) for result in results]


def _says_like(reference):
    return lambda function: _said(function) == _said(reference)


def _always(probabilities, answers, least):
    return answers[int(np.argmax(probabilities))]


def _above(probabilities, answers, least):
    best = int(np.argmax(probabilities))
    return answers[best] if probabilities[best] > least else "I do not know"


def _number(probabilities, answers, least):
    best = int(np.argmax(probabilities))
    return best if probabilities[best] >= least else "I do not know"


def _first(probabilities, answers, least):
    found = [answer for answer, p in zip(answers, probabilities) if p >= 1 - least]
    return found[0] if found else "I do not know"


def _nothing(probabilities, answers, least):
    best = int(np.argmax(probabilities))
    return answers[best] if probabilities[best] >= least else None


QUESTIONS = {
    "07-chance": Question(
        expects="a number from 0 to 1",
        right=lambda answer: 0.1 <= _share(answer) <= 0.16,
        example=0.125,
        because="The question says of which kind the answer is, and there are eight of each kind.",
        wrongs=(
            Wrong(0.03, "That is 1 in 32, a choice among all answers. But \"what colour\" leaves only the eight colours.",
                  lambda a: 0 < _share(a) < 0.05),
            Wrong(0.25, "That is the chance to hit the *kind* of answer, one of four. The question gives the kind away, and "
                  "within it there are eight words to choose from.", lambda a: 0.2 <= _share(a) <= 0.3),
            Wrong(0.5, "Half would be two words to choose from. Count the colours that a story may have: there are eight.",
                  lambda a: 0.4 <= _share(a) <= 0.6),
        ),
    ),
    "07-lstm": Question(
        expects='"fewer", "the same" or "more"',
        right="the same",
        because="It counts 64 features and 32 units, and neither is the vocabulary.",
        wrongs=(
            Wrong("fewer", "You let it shrink with the vocabulary. But the LSTM never meets a word: it reads vectors of 64 numbers, "
                  "and they are as long as before."),
            Wrong("more", "Nothing it reads has grown: vectors of 64 numbers come in, 32 units hold them."),
        ),
    ),
    "07-unmasked": Question(
        expects='"as well", "half as well" or "near chance"',
        right="near chance",
        because="It has learnt what kind of answer a question wants, and nothing of the stories.",
        wrongs=(
            Wrong("as well", "You trust training to find a way around the zeros. It has to carry the story through dozens of "
                  "them, and by then every story leaves the same h, as in notebook 05."),
            Wrong("half as well", "You let the long stories through, which have few pads behind them. There are not enough of these to "
                  "learn from: most stories stand before forty zeros or more."),
        ),
    ),
    "07-not": Question(
        expects='"red", "not red" or "unsure"',
        right="red",
        because="It has learnt to spot a colour's word, and nothing in its stories ever said no.",
        wrongs=(
            Wrong("not red", "You read the sentence; the model spots words. In its 4,096 stories the colour that was named was always the "
                  "answer, so \"not\" had nothing to teach.", lambda a: str(a).strip(" '\"").lower().startswith("not")),
            Wrong("unsure", "You gave it a doubt that nothing has taught it. All its stories were true to the word, and a model can be "
                  "sure and wrong.", lambda a: str(a).strip(" '\"").lower().startswith("unsure")),
        ),
    ),
    "07-count": Question(
        expects="a function of two whole numbers that gives a whole number",
        right=_counts_like(_count),
        because="Notebook 00's model of 9,998 words, padding and unknown, and 500 answers: 1,000,052, as it was.",
        wrongs=(
            Wrong(_forgot_two, "Both tables are two rows short: id 0 is padding and id 1 an unknown word, and both have rows.",
                  _counts_like(_forgot_two)),
            Wrong(_forgot_one, "Both tables are one row short: padding has a row, and so has the unknown word.", _counts_like(_forgot_one)),
            Wrong(_no_bias, "The last layer has a bias for each answer, beside its 48 weights.", _counts_like(_no_bias)),
            Wrong(_one_table, "There are two Embeddings: the question's words have vectors of their own, of 32 numbers.",
                  _counts_like(_one_table)),
            Wrong(_no_lstm, "You counted the tables and the last layer. The two LSTMs have 12,416 and 3,136, whatever the vocabulary.",
                  _counts_like(_no_lstm)),
        ),
        hints=(
            "Which layers have a size that depends on the words, which on the answers, and which on neither?",
            "An Embedding has rows × numbers in a row. The words need words + 2 rows, in a table of 64 and one of 32 numbers.",
            "(words + 2) * (64 + 32) + 12_416 + 3_136 + (32 + 16 + 1) * answers",
        ),
    ),
    "07-both": Question(
        expects="a keras.Model with the inputs text and question",
        right=_both,
        because="Zeros behind a text or behind a question change nothing.",
        wrongs=(
            Wrong(_Model(swapped=True), "One of your Embeddings has fewer than 100 rows: its two numbers are swapped (notebook 02).",
                  lambda m: _facts(m)["swapped"]),
            Wrong(_Model(text=False, question=False), "Zeros behind the text change the answer, and so do zeros behind the question: "
                  "neither side has a mask.", _moved("text", "question")),
            Wrong(_Model(question=False), "The text is masked, the question is not: zeros behind a question change the answer. Questions "
                  "are padded too, as soon as two of unequal length share a batch.", _moved("question")),
            Wrong(_Model(text=False), "The question is masked, the text is not: zeros behind a text change the answer.", _moved("text")),
            Wrong(_Model(probabilities=False), "Ten probabilities for each story are asked for: Dense(10, activation=\"softmax\").",
                  lambda m: not _facts(m)["probabilities"]),
            Wrong(_Model(sizes=False), "Padding has no effect, as it should be, but the sizes are not those of section 3: vectors of 64 and "
                  "32 numbers, 32 and 16 units, the larger ones for the text.", lambda m: not _facts(m)["sizes"]),
        ),
        hints=(
            "Everything is as in section 3 of this notebook; look for what makes a mask, and on how many of the two sides it stands.",
            "Both Embeddings need mask_zero=True, and 100 rows.",
            "For each input: Embedding(100, 64, mask_zero=True) then LSTM(32); Embedding(100, 32, mask_zero=True) then LSTM(16).",
        ),
    ),
    "07-sure": Question(
        expects="a function of probabilities, answers and a least probability that gives a word",
        right=_says_like(_sure),
        because="Sure enough, or honest.",
        wrongs=(
            Wrong(_always, "Your function always names an answer. If its probability is below least, say \"I do not know\".", _says_like(_always)),
            Wrong(_above, "Exactly least is enough, and your function refuses it: use >= where you have >.", _says_like(_above)),
            Wrong(_number, "You give the place of the answer in the list. Asked is the word: answers[place].", _says_like(_number)),
            Wrong(_nothing, "Below least your function returns nothing. Let it say \"I do not know\".", _says_like(_nothing)),
            Wrong(_first, "You looked for any answer that is likely enough in some other sense. Only one can be meant: the likeliest of all, "
                  "and its probability has to reach least.", _says_like(_first)),
        ),
        hints=(
            "Which answer is the likeliest? np.argmax gives its place.",
            "Compare probabilities[place] with least; return answers[place], or the three words.",
            "best = np.argmax(probabilities), then: return answers[best] if probabilities[best] >= least else \"I do not know\"",
        ),
    ),
}
