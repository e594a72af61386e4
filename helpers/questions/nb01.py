"""Questions of notebook 01."""
import re

import numpy as np

from ..checking import Question, Wrong, finished, same

_CASES = ([[1, 2, 3], [4, 5]], [[7]], [[1], [2, 3, 4, 5], [6, 7]])


def _rectangle(sequences, front=False, dtype="int32") -> np.ndarray:
    array = np.zeros((len(sequences), max(map(len, sequences))), dtype)
    for row, sequence in zip(array, sequences):
        row[slice(-len(sequence), None) if front else slice(len(sequence))] = sequence
    return array


def _given(function) -> list:
    return finished([function([list(row) for row in case]) for case in _CASES])


def _results(function) -> list[np.ndarray]:
    return [np.asarray(result) for result in _given(function)]


def _agrees(function, reference) -> bool:
    return all(np.array_equal(mine, reference(case)) for mine, case in zip(_results(function), _CASES))


def _is_rectangle(function) -> bool:
    whole = all(result.dtype.kind in "iu" for result in _results(function))
    return _agrees(function, _rectangle) and whole and not any(map(_is_plain, _given(function)))


def _is_plain(answer) -> bool:
    """True for a list, which Keras does not take for an array."""
    return isinstance(answer, (list, tuple))


def _shape(answer) -> tuple:
    return tuple(answer.shape)


class _Input:
    """Stands for a keras.Input in the examples below: all that counts is its shape."""

    def __init__(self, *shape):
        self.shape = shape


QUESTIONS = {
    "01-shape": Question(
        expects="a shape, such as (2, 5)",
        right=(2, 8),
        because="Two sequences, and 8 numbers for each, because the LSTM has 8 units.",
        wrongs=(
            Wrong((2, 12, 8), "You kept the 12 timesteps. This LSTM hands on only what it holds after the last one; notebook "
                  "04 shows the switch that keeps them all."),
            Wrong((2, 12), "You let the time axis through and dropped the features. It is the other way round: time ends at "
                  "the LSTM, and 8 numbers come out for each sequence."),
            Wrong((2, 12, 6), "(2, 12, 6) is what the Embedding hands on. The LSTM reads these 12 vectors and ends the time axis."),
            Wrong((4, 8), "The 4 belongs to the other batch. This one has 2 sequences."),
            Wrong((2, 6), "6 is the length of a vector in the Embedding. What comes out has the width of the LSTM, 8."),
            Wrong((8, 2), "The two numbers are right, the order is not: the batch comes first in every shape."),
        ),
    ),
    "01-nones": Question(
        expects='three of the five words in one string, such as "units, batch, time"',
        right=lambda words: _words(words) in (["batch", "time", "features"], ["batch", "timesteps", "features"],
                                              ["batch", "time", "feature"], ["batch", "time", "vector"]),
        example="batch, time, vector",
        because="Batch, time, and the 6 numbers of each vector, its features.",
        wrongs=(
            Wrong("time, batch, vector", "Batch and time are swapped: Keras puts the batch first, always.",
                  lambda words: _words(words)[:2] == ["time", "batch"]),
            Wrong("batch, time, vocabulary", "The vocabulary has 50 ids; 6 is how many numbers stand for each of them: the "
                  "length of its vector.", lambda words: _words(words)[2] in ("vocabulary", "words", "ids")),
            Wrong("batch, time, units", "Units belong to the LSTM, and it has 8. 6 is the length of a vector in the Embedding.", lambda words: _words(words)[2] == "units"),
            Wrong("batch, vector, time", "Time and vector are swapped: the last axis is the vector, and it is never open.",
                  lambda words: _words(words)[1] in ("vector", "features")),
        ),
    ),
    "01-fixed": Question(
        expects='"yes" or "no"',
        right=False,
        because="The door is closed at any length but 10, although the LSTM behind it would not mind.",
        wrongs=(
            Wrong(True, "You thought of the LSTM, which could read 12 timesteps well enough. But the model begins with an "
                  "Input, and it checks what you promised."),
        ),
    ),
    "01-axis": Question(
        expects='"batch", "time" or "features"',
        right="features",
        because="There is a row of weights for each feature, and weights are made when the model is built.",
        wrongs=(
            Wrong("time", "You took the timesteps for something that has weights. The same weights are used at each timestep, "
                  "so their number is free."),
            Wrong("batch", "The batch axis is always open; you do not even write it. No weight depends on how many rows there are."),
        ),
    ),
    "01-ways": Question(
        expects="a whole number from 0 to 9",
        right=2,
        because="tf.ragged.constant keeps the rows unequal, padded_batch fills them up; the other seven refuse.",
        wrongs=(
            Wrong(0, "You took it that nothing takes unequal rows. Two are made for them: ragged.constant keeps them as they "
                  "are, padded_batch fills them up."),
            Wrong(1, "You found one of two: ragged.constant keeps the rows unequal, and padded_batch fills them up."),
            Wrong(4, "You hoped that some tools would fill up the short row unasked. None does: padding is a choice (in front "
                  "or behind, with which id), and the choice is yours.", lambda n: 3 <= int(n) <= 8),
            Wrong(9, "You read None as 'every row may have its own length'. It says that each *batch* may have its own "
                  "length; within a batch all rows are equally long."),
        ),
    ),
    "01-traces": Question(
        expects="a whole number from 0 to 10",
        right=2,
        because="One for the first length, one more, with None, for the second; after that every length fits.",
        wrongs=(
            Wrong(10, "You expected a trace for each new length. That is what a bare tf.function does; Keras lets the length "
                  "go to None as soon as it has seen a second one."),
            Wrong(1, "You took it that None is traced from the start. The first trace is for the shape of the first batch; "
                  "the second length makes Keras trace once more, with None."),
            Wrong(0, "Something has to write the computation down before it can run fast: the first call traces."),
            Wrong(3, "One too many: one trace for the first length, one more, with None, for the second. No later length needs another."),
        ),
    ),
    "01-float": Question(
        expects='a whole number, or "error"',
        right=1,
        because="The fraction is cut off: 1.9 is the word number 1.",
        wrongs=(
            Wrong(2, "You expected rounding. Turning a float into an int cuts the fraction off, in NumPy, TensorFlow and Keras alike."),
            Wrong("error", "An error would be kind. The Input has dtype int32, so whatever comes is turned into whole numbers, "
                  "without a word."),
            Wrong(1.9, "There is no word between two words: a look-up needs a whole row number.", lambda a: same(a, 1.9)),
        ),
    ),
    "01-batch": Question(
        expects="a function that takes a list of lists and gives one array",
        right=_is_rectangle,
        because="As long as the longest, zeros behind: every list of sequences is a batch now.",
        wrongs=(
            Wrong(lambda sequences: np.array([row[: min(map(len, sequences))] for row in sequences]),
                  "Your rectangle is as long as the *shortest* sequence: the ends of the others are lost. Take the longest and "
                  "fill up.", lambda f: _agrees(f, lambda c: np.array([row[: min(map(len, c))] for row in c]))),
            Wrong(lambda sequences: _rectangle(sequences, front=True),
                  "Your zeros stand in front. Here they were asked for behind the words; notebook 05 shows why it matters to say "
                  "which.", lambda f: _agrees(f, lambda c: _rectangle(c, front=True))),
            Wrong(lambda sequences: _rectangle(sequences).T,
                  "Your axes are swapped: one row for each sequence, time across.",
                  lambda f: _agrees(f, lambda c: _rectangle(c).T)),
            Wrong(lambda sequences: _rectangle(sequences).tolist(),
                  "The rows are right, and they are still a list of lists: np.array(...) around it makes an array of them.",
                  lambda f: _agrees(f, _rectangle) and any(map(_is_plain, _given(f)))),
            Wrong(lambda sequences: _rectangle(sequences, dtype="float64"),
                  'The rectangle is right and holds floats, which np.zeros gives unless told otherwise: add dtype="int32".',
                  lambda f: _agrees(f, _rectangle)),
            Wrong(lambda sequences: np.array(sequences, dtype=object),
                  "That is an object array: a column of Python lists, not a rectangle of numbers. Keras refuses it with "
                  "'Invalid dtype: object'.", lambda f: _results(f)[0].dtype == object),
            Wrong(lambda sequences: np.array(sequences),
                  "np.array alone cannot make a rectangle of unequal rows: make the rectangle first, np.zeros((rows, longest)), "
                  "and write the rows into it.", lambda f: _stops_as_inhomogeneous(f)),
            Wrong(lambda sequences: _padded_to(sequences, 10),
                  "Your rectangle has one length for all lists. It should be as long as the longest sequence of *this* list, and "
                  "no longer.", lambda f: len({r.shape[1] for r in _results(f)}) == 1),
        ),
        hints=(
            "How many rows does the rectangle have, and how many columns? Both can be read off the list.",
            'np.zeros((rows, columns), dtype="int32") makes the rectangle. Then go through the sequences and write each into its row.',
            "rectangle[i, : len(sequences[i])] = sequences[i]",
        ),
    ),
    "01-series": Question(
        expects="a keras.Input(...)",
        right=lambda answer: _shape(answer) == (None, None, 3),
        because="Any number of days, any number of minutes, three numbers a minute.",
        wrongs=(
            Wrong(_Input(None, 3, None), "Features and time are swapped: time comes first, then the three features.",
                  lambda a: _shape(a) == (None, 3, None)),
            Wrong(_Input(None, None), "That is one number a minute without a feature axis, as ids have. Three numbers a minute "
                  "need a third axis.", lambda a: _shape(a) == (None, None)),
            Wrong(_Input(None, None, None, 3), "You wrote the batch axis too. Input adds it by itself: write only (time, features).",
                  lambda a: _shape(a) == (None, None, None, 3)),
            Wrong(_Input(None, 3), "That is a single timestep of three numbers. The minutes need an axis of their own, and it is open.",
                  lambda a: _shape(a) == (None, 3)),
            Wrong(_Input(None, None, None), "The features may not be open: the LSTM has weights for each. There are three.",
                  lambda a: _shape(a) == (None, None, None)),
            Wrong(_Input(None, 1440, 3), "You counted the minutes of a whole day. Days with fewer would be refused: leave time open.",
                  lambda a: len(_shape(a)) == 3 and isinstance(_shape(a)[1], int) and _shape(a)[2] == 3),
            Wrong((None, 3), "That is the right shape, and it still has to go into keras.Input(shape=...).",
                  lambda a: isinstance(a, tuple) and a == (None, 3)),
        ),
        hints=(
            "Write the three axes of a batch of days first: (batch, time, features). Which sizes do you know?",
            "Input leaves the batch out. Two axes are left to write: one open, one not.",
        ),
    ),
    "01-single": Question(
        expects="an array of the four ids",
        right=lambda answer: _is_sentence(answer) and not _is_plain(answer),
        because="One row, four columns: a batch of one.",
        wrongs=(
            Wrong([[7, 3, 9, 2]], "The numbers and brackets are right, but these are plain Python brackets, and Keras wants an "
                  "array: np.array([[7, 3, 9, 2]]).", lambda a: _is_sentence(a) and _is_plain(a)),
            Wrong(np.array([[7], [3], [9], [2]]), "(4, 1) runs, and means four sentences of one word each: the model gives "
                  "four rows back. One sentence is one row.", lambda a: _ids(a).shape == (4, 1)),
            Wrong(np.array([7, 3, 9, 2]), "The batch axis is missing: (4,) is refused. Put an axis in front, (1, 4).",
                  lambda a: _ids(a).shape == (4,)),
            Wrong(np.array([[[7], [3], [9], [2]]]), "(1, 4, 1) runs, because Keras takes the last axis away without a word; "
                  "ids need only two axes, (1, 4).", lambda a: _ids(a).shape == (1, 4, 1)),
            Wrong(np.array([[2, 9, 3, 7]]), "The shape is right; the ids are not the four of the sentence, in their order.",
                  lambda a: _ids(a).shape == (1, 4)),
        ),
        hints=(
            "A batch is (batch, time). How many sequences are there, and how many timesteps?",
            "Brackets make axes: [7, 3, 9, 2] has one, [[7, 3, 9, 2]] has two.",
        ),
    ),
}


def _words(answer) -> list[str]:
    return [word for word in re.findall("[a-z]+", str(answer).lower()) if word != "and"]


def _ids(answer) -> np.ndarray:
    return np.asarray(answer)


def _is_sentence(answer) -> bool:
    return _ids(answer).shape == (1, 4) and same(_ids(answer), ((7, 3, 9, 2),))


def _padded_to(sequences, length: int) -> np.ndarray:
    return np.array([list(row) + [0] * (length - len(row)) for row in sequences])


def _stops_as_inhomogeneous(function) -> bool:
    try:
        function([[1, 2, 3], [4, 5]])
    except ValueError as error:
        return "inhomogeneous" in str(error)
    return False
