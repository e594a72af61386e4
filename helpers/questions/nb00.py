"""Questions of notebook 00."""
import numpy as np

from ..checking import NotYet, Question, Wrong, letters


def _batch_is_right(batch) -> bool:
    shapes = _shapes(batch)
    ids = [np.asarray(batch[name]) for name in ("text", "question")]
    whole = all(array.dtype.kind in "iu" for array in ids)
    return shapes == ((5, 100), (5, 3)) and whole and all(0 <= array.min() and array.max() < 10_000 for array in ids)


def _shapes(batch) -> tuple:
    if any(batch[name] is ... for name in ("text", "question")):
        raise NotYet
    return tuple(np.asarray(batch[name]).shape for name in ("text", "question"))


def _ones(text: tuple, question: tuple, fill=1) -> dict:
    return {"text": np.full(text, fill), "question": np.full(question, fill)}


def _letters(answer) -> set[str]:
    return letters(answer, of="abcd")


def _numbers(batch) -> np.ndarray:
    return np.concatenate([np.asarray(batch[name]).ravel() for name in ("text", "question")])


QUESTIONS = {
    "00-shape": Question(
        expects="a shape, such as (2, 5)",
        right=(3, 500),
        because="Three texts, 500 scores for each.",
        wrongs=(
            Wrong((3, 12, 500), "You kept the 12 timesteps. That would be one set of scores after every word; this LSTM "
                  "reads all words and hands on one summary for each text."),
            Wrong((3, 5, 500), "You kept the 5 timesteps of the question. The question is summed up as well, by an LSTM "
                  "of its own, before the answer is chosen."),
            Wrong((3, 17, 500), "You laid text and question end to end, 12 + 5 timesteps. They are read by two LSTMs; "
                  "what is joined are the two summaries, 32 + 16 numbers."),
            Wrong((3, 48), "(3, 48) is what goes into the last layer: 32 numbers about the text and 16 about the question. "
                  "The Dense layer turns these 48 into 500 scores."),
            Wrong((3,), "That would be one number for each text, the chosen answer. The model gives a score to every "
                  "answer; choosing the best is one more step."),
            Wrong((500,), "500 scores are right, for one text. The batch holds three texts, and each gets its own row."),
            Wrong((500, 3), "The two numbers are right, the order is not: the batch comes first in every shape."),
        ),
    ),
    "00-long": Question(
        expects='a shape, such as (2, 5), or "error"',
        right=(2, 500),
        because="Two texts now, 500 scores for each; no length is built into the model, so another one is as welcome.",
        wrongs=(
            Wrong("error", "You took the lengths of the first batch for settled. Nothing in the model has the size 12 or 5: "
                  "None means that the length is read from each batch when it comes."),
            Wrong((3, 500), "You took the number of rows for settled. It is as free as the length: this batch has two."),
            Wrong((2, 20, 500), "You kept the 20 timesteps. The LSTM hands on one summary for each text, however long it is."),
            Wrong((2, 28, 500), "You laid text and question end to end, 20 + 8 timesteps. Each is summed up by itself, and "
                  "the summaries have no time axis."),
        ),
    ),
    "00-parameters": Question(
        expects="a whole number",
        right=1_000_052,
        because="Longer texts use the same parameters more often; they do not need more of them.",
        wrongs=(
            Wrong(1_666_753, "You let the parameters grow with the length of the text. They belong to the layers, and every "
                  "timestep uses the same ones again.", lambda n: float(n) > 1_000_052),
            Wrong(666_701, "You let the parameters shrink with the smaller batch. Rows of a batch share all parameters; how "
                  "many rows there are changes none.", lambda n: 0 < float(n) < 1_000_052),
        ),
    ),
    "00-batch": Question(
        expects='a dict with the keys "text" and "question" and an array of ids under each',
        right=_batch_is_right,
        because="Five texts of 100 words, five questions of 3: the model takes them as they are.",
        wrongs=(
            Wrong(_ones((100, 5), (3, 5)), "Your shapes have time first. In Keras the batch comes first: five texts of 100 "
                  "words are (5, 100).", lambda b: _shapes(b) == ((100, 5), (3, 5))),
            Wrong(_ones((5, 100), (3, 5)), "The text is right; the question has its axes swapped. Five questions of 3 words "
                  "are (5, 3).", lambda b: _shapes(b) == ((5, 100), (3, 5))),
            Wrong(_ones((100,), (3,)), "That is one text and one question, without a batch axis. Five of them make "
                  "rectangles of shape (5, 100) and (5, 3).", lambda b: _shapes(b) == ((100,), (3,))),
            Wrong(_ones((5, 100), (5, 3), 10_000), "Some ids are 10,000 or more (or below 0). An Embedding with 10,000 rows "
                  "knows the ids 0 to 9,999.",
                  lambda b: _numbers(b).max() >= 10_000 or _numbers(b).min() < 0),
            Wrong(_ones((5, 100), (5, 3), 0.5), "Your ids are floats. An id says which row to look up, so it is a whole "
                  "number: integers(...) makes them.", lambda b: _numbers(b).dtype.kind == "f"),
            Wrong(_ones((5, 100), (3, 3)), "Text and question need the same number of rows: question 1 belongs to text 1, and "
                  "so on.", lambda b: _shapes(b)[0][0] != _shapes(b)[1][0]),
            Wrong([np.ones((5, 100)), np.ones((5, 3))], "A list goes by position; a dict with the names of the inputs cannot "
                  'be mixed up: {"text": ..., "question": ...}.', lambda b: isinstance(b, (list, tuple))),
        ),
        hints=(
            "Look at how short_batch was made in section 3. Which numbers have to change?",
            "A shape is (batch, time). What is the batch here, and what is time, for the texts and for the questions?",
            'my_batch = {"text": random.integers(1, 10_000, size=(5, 100)), "question": ...}',
        ),
    ),
    "00-dense": Question(
        expects="a whole number",
        right=9_800,
        because="200 answers, each with 48 weights and one bias: 200 × 48 + 200.",
        wrongs=(
            Wrong(9_600, "You counted the weights, 200 × 48, and left out the biases: one more number for each answer."),
            Wrong(24_500, "That is the count for 500 answers. Each answer has weights of its own, so fewer answers need "
                  "fewer of them."),
            Wrong(6_600, "You counted the 32 numbers about the text only. The layer reads 48: 32 about the text and 16 "
                  "about the question."),
            Wrong(9_648, "You gave a bias to each of the 48 numbers that come in. A bias belongs to each answer that goes "
                  "out: there are 200."),
        ),
        hints=(
            "Check your rule on the number you know: it must give 24,500 for 500 answers and 48 inputs.",
            "Every answer has one weight for each of the 48 numbers, and one number of its own besides.",
            "500 × 48 + 500 is 24,500. Put 200 in place of 500.",
        ),
    ),
    "00-which": Question(
        expects='letters in one string, such as "ab"',
        right=lambda answer: _letters(answer) == {"a", "c"},
        because="Lengths are free, for each input by itself; rows must agree, and the batch axis must be there.",
        wrongs=(
            Wrong("abc", "b has four texts and three questions. Which question belongs to the fourth text? The rows must "
                  "agree; only lengths are free.", lambda answer: "b" in _letters(answer)),
            Wrong("acd", "d has no batch axis: (9,) is one text lying there by itself. A batch of one is (1, 9).",
                  lambda answer: "d" in _letters(answer)),
            Wrong("a", "c looks odd and is fine: a batch of one, a text of 500 words and a question of a single word. Each "
                  "input has a length of its own.", lambda answer: _letters(answer) == {"a"}),
            Wrong("c", "a is fine too: text and question need the same number of rows, not the same length.",
                  lambda answer: _letters(answer) == {"c"}),
        ),
        hints=(
            "Two rules decide: is there a batch axis, and do both inputs have the same number of rows?",
            "The lengths (the second numbers) may be anything from 1 up, for each input by itself.",
        ),
    ),
}
