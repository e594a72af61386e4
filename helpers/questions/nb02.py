"""Questions of notebook 02."""
import keras
import numpy as np

from ..checking import Question, Wrong, letters


class _Layer:
    """Stands for an Embedding in the examples below: all that counts are its two sizes."""

    def __init__(self, input_dim, output_dim):
        self.input_dim, self.output_dim = input_dim, output_dim


def _sizes(layer) -> tuple:
    return layer.input_dim, layer.output_dim


def _letters(answer) -> str:
    return "".join(sorted(letters(answer, of="abcd")))


def _scores(model) -> list[tuple]:
    """What the model gives for two texts of 4 ids and for two texts of 9."""
    return [tuple(np.asarray(model(np.ones((2, length), "int32"))).shape) for length in (4, 9)]


def _takes_every_id(model) -> bool:
    """Runs the ids 0 to 11 through the model, on the CPU: there an id without a row stops it with an error."""
    with keras.device("cpu:0"):
        model(np.arange(12, dtype="int32")[np.newaxis])
    return True


def _same_backwards(model) -> bool:
    ids = np.arange(12, dtype="int32")[np.newaxis]
    return np.allclose(np.asarray(model(ids)), np.asarray(model(ids[:, ::-1])), rtol=1e-5, atol=1e-7)


def _refuses(model, ids) -> bool:
    try:
        with keras.device("cpu:0"):
            model(ids)
    except Exception:
        return True
    return False


def _fixed(ids):
    if ids.shape[1] != 10:
        raise ValueError("expected shape=(None, 10)")
    return np.zeros((len(ids), 3))


def _too_few_rows(ids):
    if ids.max() > 10:
        raise ValueError("indices[0,11] = 11 is not in [0, 11)")
    return np.zeros((len(ids), 3))


def _minds_the_order(ids):
    return np.tile(ids[:, :1], (1, 3)).astype("float32")


QUESTIONS = {
    "02-shape": Question(
        expects="a shape, such as (2, 5)",
        right=(2, 5, 6),
        because="Two sequences, five timesteps, six numbers for each id.",
        wrongs=(
            Wrong((2, 6), "You let the time axis go, as an LSTM does. An Embedding replaces each id by its vector, so all five "
                  "timesteps are still there."),
            Wrong((2, 5, 12), "12 is the number of rows in the table. What stands for an id is one of these rows, and it has "
                  "6 numbers."),
            Wrong((2, 5, 12, 6), "You put the whole table behind each id. Only one of its 12 rows is looked up, so 6 numbers come."),
            Wrong((2, 5), "That is the shape of the ids. Each id becomes 6 numbers, and these need an axis of their own."),
            Wrong((2, 30), "You laid the five vectors end to end. That takes a Flatten layer; an Embedding keeps the time axis."),
            Wrong((12, 6), "(12, 6) is the table inside the layer. What comes out has the axes of the batch, and one more."),
            Wrong((2, 6, 5), "The three sizes are right, the order is not: the new axis is appended, behind batch and time."),
            Wrong((5, 6), "That is one sequence. The batch has two, and its axis stays in front."),
        ),
    ),
    "02-exact": Question(
        expects='"yes" or "no"',
        right=True,
        because="To the last bit: eleven zeros and the number itself.",
        wrongs=(
            Wrong(False, "It is wise to distrust sums of floats. But in each of these sums eleven terms are 0 and one is the "
                  "number times 1: nothing is left to round."),
        ),
    ),
    "02-rank": Question(
        expects="a shape, such as (2, 5)",
        right=(2, 5, 1, 6),
        because="The three axes stay, and a fourth is appended.",
        wrongs=(
            Wrong((2, 5, 6), "You let the axis of size 1 make room for the vector. The layer does not ask what an axis means; it "
                  "keeps all three and appends its own."),
            Wrong((2, 5, 1), "You took the 1 for the place where the vector goes. The layer appends an axis of its own behind it."),
            Wrong((2, 5, 6, 1), "The axis of 6 is appended, so it comes last, behind the 1."),
            Wrong("error", "You expected the layer to insist on two axes. It takes ids of any rank."),
        ),
    ),
    "02-rows": Question(
        expects="a whole number",
        right=13,
        because="Rows 0 to 12: twelve words, and row 0 for the padding.",
        wrongs=(
            Wrong(12, "You counted the words. Rows are numbered from 0, so a table of 12 ends with row 11, and the word with the "
                  "id 12 has none."),
            Wrong(14, "You added one for the padding and one more. Row 0 is the padding and rows 1 to 12 are the words: that is 13."),
            Wrong(11, "You subtracted where one has to add: the largest id is 12, and rows are numbered from 0."),
        ),
    ),
    "02-zero": Question(
        expects='"yes" or "no"',
        right=False,
        because="Row 0 has numbers like any other row; the mask is a separate note.",
        wrongs=(
            Wrong(True, "You read mask_zero as 'make it zero'. It says which id is padding (the id zero); the table, with its row 0, "
                  "stays as it is."),
        ),
    ),
    "02-count": Question(
        expects="a whole number",
        right=640_000,
        because="64 × 10,000 is the same product: the count hides the swap.",
        wrongs=(
            Wrong(10_064, "You added the two numbers. A table of 64 rows with 10,000 numbers in each has 64 times 10,000 of them."),
            Wrong(100_000_000, "You took 10,000 for both sides. The printed table has 64 rows; only its width is 10,000."),
            Wrong(4_096, "You took 64 for both sides. The printed table has 64 rows, and each is 10,000 numbers wide."),
            Wrong(6_400, "You expected the smaller number of rows to make the table smaller. Each row has grown by as much as "
                  "their number has shrunk.", lambda n: 0 < float(n) < 640_000),
            Wrong(6_400_000, "You expected the wider rows to make the table larger. Their number has shrunk by as much as each "
                  "has grown.", lambda n: float(n) > 640_000),
        ),
    ),
    "02-clues": Question(
        expects='letters in one string, such as "ad"',
        right=lambda answer: _letters(answer) == "bc",
        example="bc",
        because="What leaves the Embedding, and what the LSTM needs to read it.",
        wrongs=(
            Wrong("abc", "a does not differ: 64 × 10,000 is 10,000 × 64. You have seen this witness already.",
                  lambda answer: "a" in _letters(answer)),
            Wrong("bcd", "d does not differ: an LSTM with 32 units hands on 32 numbers for each text, however many it reads at a "
                  "timestep.", lambda answer: "d" in _letters(answer)),
            Wrong("b", "b gives it away, and not alone: the LSTM has weights for each number that it reads, so c differs as well.",
                  lambda answer: _letters(answer) == "b"),
            Wrong("c", "c gives it away, and so does its cause, b: the LSTM grows because wider vectors leave the Embedding.",
                  lambda answer: _letters(answer) == "c"),
        ),
    ),
    "02-first": Question(
        expects="a whole number",
        right=64,
        because="The table has the rows 0 to 63, so 64 is the first id without one.",
        wrongs=(
            Wrong(63, "63 is the last id that works: 64 rows, numbered from 0."),
            Wrong(65, "You counted the rows from 1. They run from 0 to 63, so 64 is the first without one."),
            Wrong(10_000, "10,000 was meant to be the number of rows. As printed it is the length of a row; the table has 64 rows."),
            Wrong(9_999, "9,999 would be the last id in order, if the table had 10,000 rows. As printed it has 64."),
            Wrong(0, "0 is an id like any other here, and row 0 exists."),
        ),
    ),
    "02-negative": Question(
        expects='the number of a row, or "zeros", or "error"',
        right=11,
        because="Counted from the end, −1 is the last row.",
        wrongs=(
            Wrong("error", "An error would be kind. Ids past the table are refused; negative ones are counted from its end, in silence."),
            Wrong("zeros", "You took −1 for 'nothing here'. The layer knows no such id: it counts from the end and finds the last row."),
            Wrong(0, "You expected −1 to be cut off at 0. It is counted from the end of the table instead."),
            Wrong(1, "You dropped the sign. A negative id is counted from the end of the table."),
            Wrong(12, "12 rows are numbered 0 to 11: the last has the number 11."),
            Wrong(-1, "No row has the number −1. Keras adds the number of rows: −1 + 12."),
        ),
    ),
    "02-order": Question(
        expects='letters in one string, such as "bd"',
        right=lambda answer: _letters(answer) == "ac",
        example="ac",
        because="A sum and a comparison come to the same in any order.",
        wrongs=(
            Wrong("abc", "You took the LSTM for a kind of sum. It reads one vector after another, and what it makes of each depends on "
                  "those before: backwards, b gives other numbers.", lambda answer: "b" in _letters(answer)),
            Wrong("acd", "Turned round, d has the same numbers, but at other places of its row, and each place has weights of its own "
                  "in a Dense.", lambda answer: "d" in _letters(answer)),
            Wrong("a", "a does, and c as well: the largest of some numbers is the same, whichever comes first.",
                  lambda answer: _letters(answer) == "a"),
            Wrong("c", "c does, and a as well: a mean adds all numbers up, and a sum does not depend on the order.",
                  lambda answer: _letters(answer) == "c"),
        ),
    ),
    "02-length": Question(
        expects='"yes" or "no"',
        right=True,
        because="The argument is taken, warned about, and forgotten.",
        wrongs=(
            Wrong(False, "You took input_length for a promise that is kept, as in Input(shape=(10,)). In this Keras it does nothing: "
                  "the layer takes any length."),
        ),
    ),
    "02-layer": Question(
        expects="an Embedding",
        right=lambda layer: _sizes(layer) == (32, 4),
        because="32 rows, 0 to 31: the padding and the 31 words.",
        wrongs=(
            Wrong(_Layer(4, 32), "The two numbers are swapped: rows first, then the numbers in a row. With their names, input_dim= and "
                  "output_dim=, a mix-up can be seen.", lambda a: _sizes(a) in ((4, 32), (4, 31), (4, 30))),
            Wrong(_Layer(31, 4), "31 rows end with row 30. They are enough for these three messages, and stop at the word with the "
                  "id 31: input_dim is the largest id of the vocabulary, plus 1.", lambda a: _sizes(a) == (31, 4)),
            Wrong(_Layer(30, 4), "30 is the largest id in these messages. The vocabulary goes on to 31, and rows are numbered from 0: "
                  "its largest id, plus 1.", lambda a: _sizes(a) == (30, 4)),
            Wrong(_Layer(33, 4), "One row is spare. Row 0 is the padding and rows 1 to 31 are the words; TextVectorization's [UNK] is "
                  "not in use here.", lambda a: _sizes(a) == (33, 4)),
            Wrong(_Layer(10, 4), "You counted the different ids in the messages. The table needs a row for every *number* up to the "
                  "largest, whether it occurs here or not.", lambda a: 8 <= _sizes(a)[0] <= 12 and _sizes(a)[1] == 4),
            Wrong(_Layer(32, 6), "The rows are right; a vector of this shop has 4 numbers.",
                  lambda a: _sizes(a)[0] == 32),
            Wrong((32, 4), "The numbers are right, and still have to go into layers.Embedding(...).",
                  lambda a: isinstance(a, tuple) and a == (32, 4)),
        ),
        hints=(
            "Which number is the rows, which the length of a row? Then: how are rows numbered?",
            "The messages are a sample. Which is the largest id that any message of this shop can have?",
            "layers.Embedding(input_dim=largest id + 1, output_dim=4)",
        ),
    ),
    "02-case": Question(
        expects="a whole number",
        right=48,
        because="960,000 / 20,000 = 48 rows, 0 to 47.",
        wrongs=(
            Wrong(47, "You have found the layer, and its last row: 47 still works. The first id without a row is one more."),
            Wrong(49, "You have found the layer. Its 48 rows are numbered from 0 to 47; which id is the first without one?"),
            Wrong(20_000, "20,000 is the length of a row in body_vectors; that many ids were *meant*. How many rows does a table have "
                  "that holds 960,000 numbers, 20,000 in each row?"),
            Wrong(5_000, "title_vectors is in order: 160,000 / 32 = 5,000 rows, one for each id. Look for a last axis that is the size "
                  "of a vocabulary."),
            Wrong(300, "tag_vectors is in order: 2,400 / 8 = 300 rows, one for each id. Look for a last axis that is the size of a "
                  "vocabulary."),
            Wrong(64, "64 belonged to the first case. This layer has another number of rows; its parameters tell how many."),
            Wrong(32, "32 is the length of a row in title_vectors, and that layer is in order. Look for a last axis that is the "
                  "size of a vocabulary."),
        ),
        hints=(
            "The last axis is the length of a row. Which of the three looks like the size of a vocabulary?",
            "Parameters = rows × length of a row. You know two of the three numbers.",
            "960,000 / 20,000 rows, numbered from 0.",
        ),
    ),
    "02-any": Question(
        expects="a keras.Model",
        right=lambda model: _scores(model) == [(2, 3), (2, 3)] and _takes_every_id(model) and _same_backwards(model),
        because="Three scores for each text, at length 4 and at length 9, forwards and backwards.",
        wrongs=(
            Wrong(_too_few_rows, "The shapes are right, and the id 11 has no row: the ids run from 0 to 11, which needs 12 rows.",
                  lambda m: _scores(m) == [(2, 3), (2, 3)] and _refuses(m, np.array([[11]]))),
            Wrong(_minds_the_order, "The shapes are right, and a text read backwards gets other scores. An LSTM, for one, reads in order; "
                  "what ends the time axis here has to forget it.",
                  lambda m: _scores(m) == [(2, 3), (2, 3)] and not _same_backwards(m)),
            Wrong(lambda ids: np.zeros((*ids.shape, 3)), "Three scores come out for each *timestep*: the time axis is still there. "
                  "Something has to make one row of the vectors before (or after) the Dense.",
                  lambda m: [len(shape) for shape in _scores(m)] == [3, 3]),
            Wrong(lambda ids: np.zeros((len(ids), 6)), "There is one row for each text, but not of three numbers: it still has to go "
                  "through a Dense(3).", lambda m: len({shape for shape in _scores(m)}) == 1 and len(_scores(m)[0]) == 2),
            Wrong(lambda ids: np.zeros(ids.shape), "What comes out is as long as the text. Pooling has to run over *time*, so that "
                  "one number is left for each feature.", lambda m: [shape[-1] for shape in _scores(m)] == [4, 9]),
            Wrong(_fixed, "Your model has a length built in: it stops when another one comes. Leave time open in the Input, "
                  "shape=(None,), and end it by pooling.", lambda m: callable(m) and _refuses(m, np.ones((2, 4), "int32"))),
        ),
        hints=(
            "Four lines, one for each layer: Input, Embedding, something that ends the time axis, Dense(3).",
            "Section 6 has four layers that make one row of many vectors. Two of them forget the order.",
            "layers.GlobalAveragePooling1D() goes between the Embedding and the Dense.",
        ),
    ),
}
