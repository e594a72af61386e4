"""Questions of notebook 08: ten sick programs, what a cure does to them, and what a cover-up does."""
import inspect
import types
import warnings
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from ..checking import NotYet, Question, Wrong
from ..invariance import assert_padding_invariant
from ..showing import attempt
from ..tracing import LOST_SILENT, trace


def same_program(first: Callable, second: Callable) -> bool:
    """True if two functions do the same things in the same order: spaces, line breaks and comments do not count."""
    def parts(code):
        constants = [parts(c) if isinstance(c, types.CodeType) else (type(c), c) for c in code.co_consts]
        return code.co_code, code.co_names, code.co_varnames, constants

    return parts(first.__code__) == parts(second.__code__)


class Case:
    """One patient: the program as it came in, and `examine(program)`, which names what has been made of it.

    `cured(program)` raises NotYet for the program as it came in, and is True if `examine` says "cured".
    """

    def __init__(self, sick: Callable, examine: Callable[[Callable], str]):
        # Read again from its text, because Python compiles names that a module imports in another way than a cell does.
        names = {"keras": keras, "layers": layers, "np": np, "pad": _pad}
        exec(inspect.getsource(sick), names)
        self.sick, self._examine, self._last = names[sick.__name__], examine, (None, "")

    def cured(self, program) -> bool:
        if isinstance(program, keras.Layer) or not callable(program):
            raise ValueError(f"expected is the function itself, without brackets behind its name, got {type(program).__name__}")
        if isinstance(program, types.FunctionType) and same_program(program, self.sick):
            raise NotYet("The program is as it came in: change it, and run its cell again.")
        self._last = (program, "stopped")
        with warnings.catch_warnings(), tf.device("CPU:0"):
            warnings.simplefilter("ignore")
            keras.utils.set_random_seed(0)
            self._last = (program, self._examine(program))
        return self._last[1] == "cured"

    def called(self, name: str) -> Callable[[object], bool]:
        """A match for programs that `examine` gives this name; `cured` has been asked just before."""
        return lambda program: self._last[0] is program and self._last[1] == name


def _made(program: Callable, *arguments):
    result = program(*arguments)
    if result is None or result is ...:
        raise ValueError("it gave back nothing: is its return still there?")
    return result


def _model(thing) -> keras.Model:
    if not isinstance(thing, keras.Model):
        raise ValueError(f"a keras.Model should come back, and it is {type(thing).__name__}")
    return thing


def _pair(thing) -> tuple:
    if not isinstance(thing, (tuple, list)) or len(thing) != 2:
        raise ValueError(f"two things should come back, as before, and it is {type(thing).__name__}")
    return tuple(thing)


def _of(model, kind) -> list:
    return [layer for layer in model._flatten_layers() if isinstance(layer, kind)]


def _reads(model) -> bool:
    return bool(_of(model, layers.RNN))


def _masks(model) -> bool:
    return any(layer.mask_zero for layer in _of(model, layers.Embedding))


def _invariant(model, ids) -> bool:
    return attempt(lambda: assert_padding_invariant(model, ids)) == "no error"


def _gives(model, reference, *batches) -> bool:
    """True if `reference`, given the weights of `model` (matched by shape), gives the same for each batch."""
    mine = sorted(model.get_weights(), key=lambda w: w.shape)
    places = sorted(reference.weights, key=lambda w: tuple(w.shape))
    if [w.shape for w in mine] != [tuple(w.shape) for w in places]:
        return False
    for place, weights in zip(places, mine):
        place.assign(weights)
    results = [[np.asarray(m(batch)) for m in (model, reference)] for batch in batches]
    return all(a.shape == b.shape and np.allclose(a, b, atol=1e-5) for a, b in results)


def _told_apart(outputs) -> bool:
    """True if no two rows are the same (but for the last digit, which depends on the place in the batch)."""
    outputs = np.asarray(outputs)
    apart = np.abs(outputs[:, np.newaxis] - outputs).max(axis=-1)
    return bool((apart + np.eye(len(outputs)) > 1e-6).all())


def _pad(rows) -> np.ndarray:
    return keras.utils.pad_sequences(rows, padding="post", truncating="post", dtype="int32")


pad = _pad  # its name in the notebook

_TEXTS = [[7, 3, 1], [5, 9, 1, 4, 2]]

# --- 1: arguments swapped


def mail_sorter():
    ids = keras.Input(shape=(None,), dtype="int32", name="ids")
    vectors = layers.Embedding(16, 1000, mask_zero=True, name="vectors")(ids)
    summary = layers.LSTM(8, name="summary")(vectors)
    folder = layers.Dense(4, activation="softmax", name="folder")(summary)
    return keras.Model(ids, folder)


def _sorter(rows, numbers, between=lambda ids: ids, mask_zero=True):
    ids = keras.Input(shape=(None,), dtype="int32")
    vectors = layers.Embedding(rows, numbers, mask_zero=mask_zero)(between(ids))
    return keras.Model(ids, layers.Dense(4, activation="softmax")(layers.LSTM(8)(vectors)))


def _examine_mail(program) -> str:
    model = _model(_made(program))
    ids = np.array([[15], [16], [310], [998], [999]])
    if attempt(lambda: model(ids)) != "no error":
        return "sick"
    if not _told_apart(model(ids)):
        return "clipped"
    if not _reads(model):
        return "removed"
    spare = model.count_params() - 16_836
    if spare > 32:  # a spare row or two, of 16 numbers, do no harm
        return "big"
    if not _masks(model) or not _invariant(model, _TEXTS):
        return "unmasked"
    return "cured" if spare in (0, 16, 32) else "small"


_MAIL = Case(mail_sorter, _examine_mail)

# --- 2: pads after the words, no mask


def spam_filter(sentences):
    x = keras.utils.pad_sequences(
        sentences, maxlen=60, padding="post", truncating="post", dtype="int32"
    )
    parts = [
        keras.Input(shape=(None,), dtype="int32", name="ids"),
        layers.Embedding(11, 8, name="vectors"),
        layers.LSTM(16, name="summary"),
        layers.Dense(1, activation="sigmoid", name="answer"),
    ]
    return x, keras.Sequential(parts)


def _filter(length=60, side="post", mask_zero=False, units=16, middle=None):
    def program(sentences):
        x = keras.utils.pad_sequences(sentences, length, padding=side, truncating="post", dtype="int32")
        middle_one = layers.LSTM(units) if middle is None else middle()
        return x, keras.Sequential([
            keras.Input((None,), dtype="int32"), layers.Embedding(11, 8, mask_zero=mask_zero), middle_one,
            layers.Dense(1, activation="sigmoid")])

    return program


_SENTENCES = [[3, 9, 4], [5, 5, 1, 5, 7, 5, 4, 6, 10, 2] * 3, [2, 7, 7, 1, 10]]  # one is longer than any in the notebook


def _examine_spam(program) -> str:
    x, model = _pair(_made(program, [list(s) for s in _SENTENCES]))
    x, model = np.asarray(x), _model(model)
    if x.ndim != 2 or (x != 0).sum(axis=1).tolist() != [3, 30, 5]:
        return "cut"
    if not _reads(model):
        return "removed"
    if _invariant(model, _SENTENCES):
        return "cured" if model.count_params() == 1_705 else "other"
    if x[0, 0] == 0:
        return "front"
    if x.shape[1] < 60:
        return "short"
    return "larger" if model.count_params() != 1_705 else "sick"


_SPAM = Case(spam_filter, _examine_spam)

# --- 3: half a mask


def dialogue_reader():
    words = keras.Input(shape=(None,), dtype="int32", name="words")
    speakers = keras.Input(shape=(None,), dtype="int32", name="speakers")
    what = layers.Embedding(20, 6, mask_zero=True, name="what")(words)
    who = layers.Embedding(3, 6, name="who")(speakers)
    both = layers.Add(name="both")([what, who])
    summary = layers.LSTM(5, name="summary")(both)
    return keras.Model([words, speakers], layers.Dense(1, name="answer")(summary))


def _reader_of_two(mask_what=True, mask_who=True, after=lambda v: v, use_who=True, first=None):
    words = keras.Input((None,), dtype="int32", name="words")
    speakers = keras.Input((None,), dtype="int32", name="speakers")
    what = layers.Embedding(20, 6, mask_zero=mask_what)(words)
    who = layers.Embedding(3, 6, mask_zero=mask_who)(speakers)
    both = after(layers.Add()([what, who])) if use_who else what
    middle = layers.LSTM(5)(both) if first is None else first(both)
    return keras.Model([words, speakers], layers.Dense(1)(middle))


_DIALOGUES = {"words": [[7, 3, 12], [5, 9, 1, 14, 2]], "speakers": [[1, 2, 1], [2, 2, 1, 1, 2]]}


def _alone(rows: dict, number: int) -> dict:
    return {name: np.array([sequences[number]]) for name, sequences in rows.items()}


def _examine_talk(program) -> str:
    model = _model(_made(program))
    names = [tensor.name for tensor in model.inputs]
    if sorted(names) != ["speakers", "words"] or len(_of(model, layers.Embedding)) != 2:
        return "dropped"
    first, second = _alone(_DIALOGUES, 0), _alone(_DIALOGUES, 1)
    others = first | {"speakers": 3 - first["speakers"]}
    if np.allclose(model(first), model(others), atol=1e-7):
        return "dropped"
    if _invariant(model, _DIALOGUES):
        return "cured" if _gives(model, _reader_of_two(), first, second) else "other"
    if _of(model, layers.Masking):
        return "masking"
    return "sick" if _masks(model) else "none"


_TALK = Case(dialogue_reader, _examine_talk)

# --- 4: thrown off with a warning


def scaled_reader():
    ids = keras.Input(shape=(None,), dtype="int32", name="ids")
    vectors = layers.Embedding(20, 6, mask_zero=True, name="vectors")(ids)
    larger = layers.Lambda(lambda v: v * 10, output_shape=(None, 6), name="larger")(vectors)
    summary = layers.LSTM(5, name="summary")(larger)
    return keras.Model(ids, layers.Dense(1, name="answer")(summary))


def _scaled(between=layers.Rescaling, mask_zero=True):
    ids = keras.Input((None,), dtype="int32")
    vectors = layers.Embedding(20, 6, mask_zero=mask_zero)(ids)
    larger = between(10.0)(vectors) if between is layers.Rescaling else between(vectors)
    return keras.Model(ids, layers.Dense(1)(layers.LSTM(5)(larger)))


def _lambda_layer(vectors):
    return layers.Lambda(lambda v: v * 10, output_shape=(None, 6))(vectors)


def _silenced():
    warnings.filterwarnings("ignore")
    return _scaled(_lambda_layer)


def _examine_scale(program) -> str:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = _model(_made(program))
    warned = any("destroy the mask" in str(warning.message) for warning in said)
    if _invariant(model, _TEXTS):
        batches = [np.array([row]) for row in _TEXTS]
        return "cured" if _gives(model, _scaled(), *batches) else "removed"
    if not _masks(model):
        return "unmasked"
    if any(row.mask == LOST_SILENT for row in trace(model, np.array([[7, 3, 0]])).rows):
        return "operator"
    return "sick" if warned else "silenced"


_SCALE = Case(scaled_reader, _examine_scale)

# --- 5: one label for each sequence, one answer for each timestep


def water_meter():
    parts = [
        keras.Input(shape=(None, 2), name="hours"),
        layers.LSTM(8, return_sequences=True, name="read"),
        layers.Dense(1, name="litres"),
    ]
    model = keras.Sequential(parts)
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss="mse")
    return model


def _meter(*middle, length=None, loss="mse"):
    model = keras.Sequential([keras.Input((length, 2)), *middle])
    model.compile(optimizer="adam", loss=loss)
    return model


def _examine_meter(program) -> str:
    model = _model(_made(program))
    if model.input_shape[1] is not None:
        return "fixed"
    hours = np.random.default_rng(0).random((4, 6, 2)).astype("float32")
    answers = np.asarray(model(hours))
    if answers.ndim == 3 and answers.shape[1] == 6:
        return "sick"
    if answers.size != 4:
        raise ValueError(f"four houses should give four answers, and the model gives the shape {answers.shape}")
    if not _reads(model):
        return "removed"
    for hour in range(6):
        other = hours.copy()
        other[:, hour] += 1
        if np.allclose(model(other), answers, atol=1e-7):
            return "part"
    litres = np.array([1.0, 2.0, 3.0, 5.0], "float32")
    loss = float(model.compute_loss(y=tf.constant(litres), y_pred=tf.constant(answers)))
    return "cured" if np.isclose(loss, np.mean((answers.ravel() - litres) ** 2), rtol=1e-4) else "loss"


_METER = Case(water_meter, _examine_meter)

# --- 6: one row too few


def name_reader(names):
    number = {name: i for i, name in enumerate(names, start=1)}
    ids = keras.Input(shape=(None,), dtype="int32", name="ids")
    vectors = layers.Embedding(len(names), 3, mask_zero=True, name="vectors")(ids)
    return number, keras.Model(ids, layers.LSTM(5, name="summary")(vectors))


def _names_model(rows, mask_zero=True, between=lambda ids: ids):
    ids = keras.Input((None,), dtype="int32")
    return keras.Model(ids, layers.LSTM(5)(layers.Embedding(rows, 3, mask_zero=mask_zero)(between(ids))))


def _numbered(names, start=1):
    return {name: i for i, name in enumerate(names, start)}


def _examine_names(program) -> str:
    for count in (3, 11):
        names = [f"name {i}" for i in range(count)]
        number, model = _pair(_made(program, list(names)))
        model = _model(model)
        if not isinstance(number, dict) or sorted(number) != sorted(names):
            raise ValueError("the first thing that comes back should be the dict with a number for each name")
        ids = np.array([[number[name]] for name in names])
        if len(np.unique(ids)) < count:
            return "shared"
        if not _masks(model):
            return "unmasked"
        if ids.min() < 1:
            return "zero"
        if attempt(lambda: model(ids)) != "no error":
            return "sick"
        if not _told_apart(model(ids)):
            return "shared"
        if not _invariant(model, ids.reshape(1, -1).tolist()):
            return "unmasked"
        if _of(model, layers.Embedding)[0].input_dim > ids.max() + 2:
            return "big"
    return "cured"


_NAMES = Case(name_reader, _examine_names)

# --- 7: whole numbers of fractions


def batch_of(nights):
    longest = max(len(night) for night in nights)
    return keras.utils.pad_sequences(nights, longest, padding="post", truncating="post")


_NIGHTS = [[0.62, 0.71, 0.58], [0.9, 0.35, 0.44, 1.27, 2.81], [0.55]]


def _filled(rows, fill=float, length=5):
    return np.array([[*map(fill, row[:length]), *[0] * (length - len(row))] for row in rows])


def _examine_pulse(program) -> str:
    batch = np.asarray(_made(program, [list(night) for night in _NIGHTS]))
    if batch.ndim != 2 or batch.dtype.kind not in "iuf" or len(batch) != 3:
        raise ValueError(f"a rectangle of numbers with three rows should come back, and it is {batch.dtype} of shape {batch.shape}")
    if batch.shape[1] < 5:
        return "cut"
    right = _filled(_NIGHTS, length=batch.shape[1])
    if np.allclose(batch, right, atol=1e-6):
        return "cured"
    whole = np.floor(right)
    if np.array_equal(batch, whole):
        return "sick" if batch.dtype.kind in "iu" else "late"
    if np.array_equal(batch, np.round(right)):
        return "rounded"
    factor = batch[1, 4] / right[1, 4]
    if np.isfinite(factor) and factor > 1.5 and np.allclose(batch, right * factor, atol=1.01):
        return "scaled"
    front = np.stack([np.roll(row, batch.shape[1] - len(night)) for row, night in zip(right, _NIGHTS)])
    return "front" if np.allclose(batch, front, atol=1e-6) else "other"


_PULSE = Case(batch_of, _examine_pulse)

# --- 8: a stack whose first layer keeps nothing but a summary


def deep_reader():
    return [
        layers.Embedding(20, 6, mask_zero=True, name="vectors"),
        layers.LSTM(8, name="first"),
        layers.LSTM(4, name="second"),
        layers.Dense(1, activation="sigmoid", name="answer"),
    ]


def _deep(*between, first=True, second=False):
    return [layers.Embedding(20, 6, mask_zero=True), layers.LSTM(8, return_sequences=first), *between,
            layers.LSTM(4, return_sequences=second), layers.Dense(1, activation="sigmoid")]


def _stacked(parts) -> keras.Model:
    return keras.Sequential([keras.Input((None,), dtype="int32"), *parts])


def _examine_stack(program) -> str:
    parts = _made(program)
    if isinstance(parts, keras.Model):
        parts = parts.layers
    if not isinstance(parts, (list, tuple)) or not all(isinstance(part, keras.Layer) for part in parts):
        raise ValueError(f"a list of layers should come back, and it is {type(parts).__name__}")
    try:
        model = _stacked([part for part in parts if not isinstance(part, layers.InputLayer)])
    except ValueError as error:
        if "ndim=3" not in str(error):
            raise
        return "sick"
    if len(_of(model, layers.LSTM)) < 2:
        return "dropped"
    if len(model.output_shape) == 3:
        return "steps"
    if not _masks(model):
        return "unmasked"
    if model.count_params() != 813:
        return "other"
    return "cured" if _gives(model, _stacked(_deep()), np.array([[7, 3, 1]]), np.array([[5, 9, 1, 4, 2]])) else "repeated"


_STACK = Case(deep_reader, _examine_stack)

# --- 9: answers in the order of the buckets


def answer_all(model, texts, size):
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    answers = []
    for k in range(0, len(order), size):
        rows = [texts[i] for i in order[k : k + size]]
        answers.append(model(pad(rows)))
    return np.concatenate(answers)


def _answered(inverse=None, sort=True, size_of=lambda size: size):
    def program(model, texts, size):
        order = sorted(range(len(texts)), key=lambda i: len(texts[i])) if sort else list(range(len(texts)))
        size = size_of(size)
        answers = [model(pad([texts[i] for i in order[k:k + size]])) for k in range(0, len(order), size)]
        answers = np.concatenate(answers)
        return answers if inverse is None else inverse(answers, order)

    return program


def _examine_order(program) -> str:
    lengths = [9, 2, 7, 1, 8, 3, 12]
    right = np.array([13, 10, 16, 11, 15, 12, 14])
    texts = [[int(number)] * n for number, n in zip(right, lengths)]
    shapes = []

    def model(batch):
        batch = np.asarray(batch)
        shapes.append(batch.shape)
        return batch[:, 0].astype("float32")

    answers = np.asarray(_made(program, model, [list(text) for text in texts], 2)).ravel()
    order = np.argsort(lengths, kind="stable")
    if answers.shape != right.shape:
        return "lost"
    if np.array_equal(answers, right):
        cells = sum(rows * steps for rows, steps in shapes)
        if len(shapes) >= len(texts):
            return "single"
        return "cured" if cells <= 2 * (2 + 7 + 9) + 12 else "unsorted"
    if np.array_equal(answers, right[order][order]):
        return "twice"
    return "values" if np.array_equal(answers, np.sort(right)) else "sick"


_ORDER = Case(answer_all, _examine_order)

# --- 10: a real step that looks like padding


def night_watch(nights):
    batch = keras.utils.pad_sequences(nights, padding="post", truncating="post", dtype="float32")
    steps = keras.Input(shape=(None, 2), name="steps")
    real = layers.Masking(0.0, name="real")(steps)
    return batch, keras.Model(steps, layers.LSTM(4, name="summary")(real))


def _watch(value=0.0, mask=None, add=0.0, masked=True):
    def program(nights):
        nights = [np.asarray(night, "float32") + add for night in nights]
        batch = keras.utils.pad_sequences(nights, padding="post", truncating="post", dtype="float32", value=value)
        steps = keras.Input((None, 2))
        real = layers.Masking(value if mask is None else mask)(steps) if masked else steps
        return batch, keras.Model(steps, layers.LSTM(4)(real))

    return program


_STEP = [0.8, -0.3]
_WATCHED = [
    [_STEP, [0.0, 0.0], [0.5, 0.9]],
    [[0.0, 0.0], _STEP, [0.2, 0.1], [0.4, -0.4], [1.5, 2.9]],
    [_STEP, [-1.0, -1.0], [1.0, 1.0], [0.0, 0.0]],
    [_STEP, [-2.9, 0.0], [3.0, 3.0]],
]


def _examine_night(program) -> str:
    nights = [np.array(night, "float32") for night in _WATCHED]
    batch, model = _pair(_made(program, [night.copy() for night in nights]))
    given = _model(model)(batch)
    given = np.asarray(given)
    if given.shape != (4, 4) or [w.shape for w in model.get_weights()] != [(2, 16), (4, 16), (16,)]:
        return "other"
    if np.isnan(given).any():
        return "nan"

    def read(rows):
        return _read_by_its_lstm(model, rows)

    if np.allclose(given, read(nights), atol=1e-5):
        return "cured" if _reads_its_padding_value(program, batch, nights[3]) else "collides"
    quiet = [np.array([step for step in night if step.any()]) for night in nights]
    if np.allclose(given, read(quiet), atol=1e-5):
        return "sick"
    longest = [np.concatenate([night, np.zeros((5 - len(night), 2), "float32")]) for night in nights]
    if np.allclose(given, read(longest), atol=1e-5):
        return "unmasked"
    if np.allclose(given[[0, 1, 3]], read(nights)[[0, 1, 3]], atol=1e-5):
        return "collides"
    return "moved" if np.allclose(given[1], read(nights)[1], atol=0.2) else "other"


def _read_by_its_lstm(model, nights) -> np.ndarray:
    """What the weights of `model` make of each night alone, without a mask."""
    reader = layers.LSTM(4)
    reader.build((None, None, 2))
    reader.set_weights(model.get_weights())
    return np.concatenate([reader(night[np.newaxis]) for night in nights])


def _reads_its_padding_value(program, batch, shortest) -> bool:
    """False if an hour with the very numbers that this program pads with is skipped, although they can be measured."""
    filled = next(array for array in map(np.asarray, batch if isinstance(batch, (list, tuple)) else [batch]) if array.ndim == 3)[3]
    pads = [step for step in filled if np.abs(step).max() <= 3 and not (shortest == step).all(axis=1).any()]
    if not pads:
        return True
    night = np.array([_STEP, pads[0], [0.5, 0.9]], "float32")
    batch, model = program([night, np.repeat(night[:1], 5, axis=0)])
    return np.allclose(np.asarray(model(batch))[:1], _read_by_its_lstm(model, [night]), atol=1e-5)


_NIGHT = Case(night_watch, _examine_night)


# --- what is said


def _still(example: Callable, where: str, case: Case) -> Wrong:
    return Wrong(example, f"You changed something, and the symptom is still there: {where}", case.called("sick"))


def _cause(right: str, because: str, **others: str) -> Question:
    letters = sorted([right, *others])
    return Question(
        expects=f"one letter, {letters[0]} to {letters[-1]}, such as \"{letters[0]}\"", right=right, because=because,
        wrongs=tuple(Wrong(letter, idea) for letter, idea in others.items()),
    )


def _program(name: str) -> str:
    return f"the function {name}, cured, and its cell run again"


QUESTIONS = {
    "08-cause-mail": _cause(
        "b", "1,000 stands where the size of a vector belongs. The LSTM gives it away: it reads vectors of 1,000 numbers, and has "
        "32,288 parameters instead of 800.",
        a="310 lies between 1 and 999, as every id of this vocabulary. It is the table that has no row for it.",
        c="One row too few would refuse the id 999 and no other. This table ends at 15.",
        d="Both letters have four words, and the length is open. The message speaks of an id, 310, and of the end of a table, 16.",
    ),
    "08-mail": Question(
        expects=_program("mail_sorter"), right=_MAIL.cured,
        because="A CURE: a row of 16 numbers for each id from 0 to 999, and an LSTM that reads 16 numbers, with its 800 parameters.",
        wrongs=(
            _still(lambda: _sorter(17, 1000), "some id from 1 to 999 still has no row. Read the two arguments of the Embedding "
                   "by their names: which is input_dim?", _MAIL),
            Wrong(lambda: _sorter(16, 1000, lambda ids: keras.ops.minimum(ids, 15)),
                  "A COVER-UP: ids are bent until they fit the table. No error any more, and rare words have become one and the "
                  "same: letters that differ in them get the same answer.", _MAIL.called("clipped")),
            Wrong(lambda: _sorter(1000, 1000), "A COVER-UP: every id has a row, and the table or its vectors are larger than "
                  "this mail needs. Its vocabulary has the ids 0 to 999, and a vector should have 16 numbers.", _MAIL.called("big")),
            Wrong(lambda: _sorter(1000, 4), "Every id has a row now, but the model has become smaller: a vector should have 16 "
                  "numbers, and the other layers should stay as they were.", _MAIL.called("small")),
            Wrong(lambda: _sorter(1000, 16, mask_zero=False), "Tuesday is served, and something that was well is gone: padding "
                  "changes the answers now. Keep mask_zero=True.", _MAIL.called("unmasked")),
            Wrong(lambda: keras.Sequential([keras.Input((None,), dtype="int32"), layers.Embedding(1000, 16, mask_zero=True),
                                            layers.GlobalAveragePooling1D(), layers.Dense(4)]),
                  "A COVER-UP: the LSTM is gone. It was not the one that was ill.", _MAIL.called("removed")),
        ),
        hints=(
            "How many rows has the table, and how long is a vector? helpers.trace shows the second number.",
            "Write the names: layers.Embedding(input_dim=..., output_dim=..., mask_zero=True).",
            "input_dim is the number of ids, 0 to 999; output_dim the size of a vector, 16.",
        ),
    ),
    "08-cause-spam": _cause(
        "c", "After the words come 48 pads or more, and without a mask the LSTM reads every one of them.",
        a="The same five rounds are enough once the model is well: cure it, and see.",
        b="The answer hangs on one word. Sixteen units are plenty for that; they have forgotten it at timestep 60.",
        d="With pads in front training finds a way around them, and the model still gives another answer for every other "
          "number of pads. Not the side is the cause, but that pads are read at all.",
    ),
    "08-spam": Question(
        expects=_program("spam_filter"), right=_SPAM.cured,
        because="A CURE: a letter gives the same alone and with any number of pads, before or after it. So there is "
                "something to learn at timestep 60.",
        wrongs=(
            _still(lambda sentences: _filter(70)(sentences), "the LSTM still reads the pads. Who could tell it which "
                   "timesteps are real?", _SPAM),
            Wrong(_filter(side="pre"), "A COVER-UP: with pads in front it learns, and the pads are still read. The first program "
                  "that pads after the words gets wrong answers, without an error.", _SPAM.called("front")),
            Wrong(_filter(None), "A COVER-UP: fewer pads, the same illness. It learns on these letters, and one long letter in a "
                  "batch makes it fail again.", _SPAM.called("short")),
            Wrong(_filter(12, mask_zero=True), "A COVER-UP: a letter of 30 words does not arrive whole. Words are cut off, and the "
                  "last one decides; or pads have become words. All of a letter should be in x, and nothing else but zeros.",
                  _SPAM.called("cut")),
            Wrong(_filter(units=64), "A COVER-UP: a larger model reads the same pads, only with more effort.", _SPAM.called("larger")),
            Wrong(_filter(mask_zero=True, middle=layers.GlobalAveragePooling1D), "A COVER-UP: the LSTM is gone, and with it the "
                  "order of the words. It was not the one that was ill.", _SPAM.called("removed")),
            Wrong(_filter(mask_zero=True, units=8), "Padding has no effect any more, but it is another model: keep its layers as they "
                  "were (1,705 parameters).", _SPAM.called("other")),
        ),
        hints=(
            "What does the Embedding send on besides the vectors? Look at the last column of helpers.trace.",
            "An argument of the Embedding makes a mask: False where the id is 0.",
            "layers.Embedding(11, 8, mask_zero=True, name=\"vectors\"), and nothing else.",
        ),
    ),
    "08-cause-talk": _cause(
        "b", "An Add hands a mask on only if both arrays bring one. Here the speakers have none, so the words lose theirs, and the "
        "LSTM gets none.",
        a="One of the two Embeddings does make a mask: the thick line begins at `what`.",
        c="An LSTM uses every mask that reaches it. Look where the thick line ends: before the LSTM.",
        d="Each row has as many speakers as words, otherwise there would be an error. One of the two arrays has no mask.",
    ),
    "08-talk": Question(
        expects=_program("dialogue_reader"), right=_TALK.cured,
        because="A CURE: the mask arrives, and each dialogue gets the answer that it gets alone.",
        wrongs=(
            _still(lambda: _reader_of_two(mask_who=False, after=layers.Dropout(0.1)), "padding still changes the answers. Both "
                   "arrays that go into the Add need a mask, or the LSTM gets it by hand.", _TALK),
            Wrong(lambda: _reader_of_two(use_who=False), "A COVER-UP: the speakers are not read any more, so their missing mask "
                  "does no harm. Neither do they any good.", _TALK.called("dropped")),
            Wrong(lambda: _reader_of_two(mask_who=False, after=layers.Masking(0.0)), "A COVER-UP: Masking looks for vectors of "
                  "zeros, and the vectors of id 0 are none. Its mask says \"real\" everywhere.", _TALK.called("masking")),
            Wrong(lambda: _reader_of_two(mask_what=False, mask_who=False), "A COVER-UP: there is no mask left that could get "
                  "lost. Padding still changes the answers.", _TALK.called("none")),
            Wrong(lambda: _reader_of_two(first=lambda v: layers.GlobalAveragePooling1D()(v)), "Padding has no effect any more, but it "
                  "is another model: for a dialogue alone it should compute what it computed before.", _TALK.called("other")),
        ),
        hints=(
            "Two arrays go into the Add. Which of them has a mask?",
            "Here 0 is padding among the speakers, too: they are 1 and 2.",
            "who = layers.Embedding(3, 6, mask_zero=True, name=\"who\")(speakers). Or LSTM(...)(both, mask=...) by hand.",
        ),
    ),
    "08-cause-scale": _cause(
        "a", "Keras cannot know what your function does to timesteps, so it takes the mask away, and says so.",
        b="It does: mask_zero=True stands there, and the trace says *made*. Look one line further down.",
        c="That is what the programmer thought, too. But the LSTM behind it gets no mask, and the pads move its h.",
        d="A large factor moves h further. If the mask arrived, alone and in company would still agree: look at what became of it.",
    ),
    "08-scale": Question(
        expects=_program("scaled_reader"), right=_SCALE.cured,
        because="A CURE: no warning, because the mask is not lost; the same numbers for a text alone, and padding has no effect.",
        wrongs=(
            _still(lambda: _scaled(lambda v: layers.Dropout(0.1)(_lambda_layer(v))), "the warning, and the pads that are read. Which "
                   "layer multiplies, and hands the mask on?", _SCALE),
            Wrong(_silenced, "A COVER-UP: the warning is silenced, and the mask is as lost as before. Padding changes the answers.",
                  _SCALE.called("silenced")),
            Wrong(lambda: _scaled(lambda v: v * 10), "A COVER-UP, and a common one: an operator loses the mask, too, only in silence. "
                  "Padding changes the answers.", _SCALE.called("operator")),
            Wrong(lambda: _scaled(_lambda_layer, mask_zero=False), "A COVER-UP: no mask is made, so none is lost, and nobody warns. "
                  "Padding changes the answers.", _SCALE.called("unmasked")),
            Wrong(lambda: _scaled(lambda v: v), "Padding has no effect any more, but the numbers are others: a text alone should get "
                  "the answer that it got before. Is the factor 10 still there?", _SCALE.called("removed")),
        ),
        hints=(
            "The warning names the layer. Do you need that layer, or only what it computes?",
            "Notebook 05, section 6: which layer multiplies and keeps the mask?",
            "larger = layers.Rescaling(10.0, name=\"larger\")(vectors)",
        ),
    ),
    "08-cause-meter": _cause(
        "b", "(64, 6, 1) minus (64,) is stretched to (64, 6, 64): every hour of every house is compared with the labels of all houses. "
        "The best answer to that is their average.",
        a="More rounds bring all answers closer to the same average: the loss is computed from the wrong differences.",
        c="Six hours are read, and the label is hidden in them. With the cure, the same rounds are enough.",
        d="64 labels for 64 houses, in order. Compare not their number but the shapes.",
    ),
    "08-meter": Question(
        expects=_program("water_meter"), right=_METER.cured,
        because="A CURE: one answer for each house, (64, 1), and a loss that compares it with the label of this house.",
        wrongs=(
            _still(lambda: _meter(layers.LSTM(8, return_sequences=True), layers.Dense(1), loss="mae"), "the model still answers at "
                   "every hour, and there is one label for the day. No loss and no optimizer mends that.", _METER),
            Wrong(lambda: _meter(layers.LSTM(8, return_sequences=True), layers.Flatten(), layers.Dense(1), length=6),
                  "A COVER-UP: the shapes fit, because all days are six hours long now. The length was open, and should stay so.",
                  _METER.called("fixed")),
            Wrong(lambda: _meter(layers.GlobalAveragePooling1D(), layers.Dense(1)), "A COVER-UP: the LSTM is gone. It was not the one "
                  "that was ill.", _METER.called("removed")),
            Wrong(lambda: _meter(layers.LSTM(8, return_sequences=True), layers.Lambda(lambda v: v[:, 0]), layers.Dense(1)),
                  "A COVER-UP: one answer for each house, made of a part of the day: in some hour its people may use what they like, "
                  "and the bill stays the same.", _METER.called("part")),
            Wrong(lambda: _meter(layers.LSTM(8), layers.Dense(1), loss="mae"), "One answer for each house: that is it. But the loss is "
                  "another now; the mean of the squared differences was right.", _METER.called("loss")),
        ),
        hints=(
            "What is the shape of the answers, and what is the shape of the labels?",
            "One label for each house needs one answer for each house. Which argument makes the LSTM answer at every timestep?",
            "layers.LSTM(8, name=\"read\"), without return_sequences.",
        ),
    ),
    "08-cause-names": _cause(
        "d", "The numbers go from 1 to 4, and a table with 4 rows has the rows 0 to 3. Row 0 is for padding.",
        a="Swapped, the table would have 3 rows of 4 numbers, and Cem would be refused as well. Compare the largest number with the "
          "number of rows.",
        b="Zoe would be served then, and Ada never read: with mask_zero, 0 means padding, so row 0 should stay free for it.",
        c="Zoe has a number, as the dict shows. It is the Embedding that has no row for it.",
    ),
    "08-names": Question(
        expects=_program("name_reader"), right=_NAMES.cured,
        because="A CURE: a row for each name and one for the padding, whatever the list of names.",
        wrongs=(
            _still(lambda names: (_numbered(names), _names_model(min(len(names) + 1, 6))), "with another list of names, one of them "
                   "still has no row. How many rows do the ids 0 to len(names) need?", _NAMES),
            Wrong(lambda names: (_numbered(names), _names_model(len(names), between=lambda ids: keras.ops.minimum(ids, len(names) - 1))),
                  "A COVER-UP: two names share one number, or one row of the table. Nobody is refused, and the model cannot tell them "
                  "apart.", _NAMES.called("shared")),
            Wrong(lambda names: (_numbered(names, 0), _names_model(len(names))), "A COVER-UP: the first name has the number 0 now. With "
                  "mask_zero that is padding, so this name is never read.", _NAMES.called("zero")),
            Wrong(lambda names: (_numbered(names, 0), _names_model(len(names), mask_zero=False)), "A COVER-UP: without a mask, padding is "
                  "read like a name, and changes the answers.", _NAMES.called("unmasked")),
            Wrong(lambda names: (_numbered(names), _names_model(10_000)), "A COVER-UP: a big number instead of the right one. It serves "
                  "until name 10,000 (or whatever you wrote), and most of its rows are never used.", _NAMES.called("big")),
        ),
        hints=(
            "Which is the largest number that a name gets? And which rows has the table?",
            "input_dim is the largest id + 1.",
            "layers.Embedding(len(names) + 1, 3, mask_zero=True, name=\"vectors\")",
        ),
    ),
    "08-cause-pulse": _cause(
        "c", "pad_sequences makes whole numbers unless it is told otherwise, and of 1.62 a 1 is left, and of 0.71 a 0.",
        a="It has nothing to forget: look at what it is given.",
        b="A mask would be good, too. But the rows are alike before any padding begins: compare the first three columns with the "
          "measurements.",
        d="Here nothing is cut: `longest` leaves room for all, and truncating is named. Look at the values.",
    ),
    "08-pulse": Question(
        expects=_program("batch_of"), right=_PULSE.cured,
        because="A CURE: every measurement is in the batch as it was measured.",
        wrongs=(
            _still(lambda nights: _filled(nights, int).astype("int64"), "what comes out are whole numbers. Which dtype do measurements "
                   "need?", _PULSE),
            Wrong(lambda nights: _filled(nights, int).astype("float32"), "A COVER-UP: the array says float now, but the fractions were "
                  "cut off before. 0.0 was 0.71 once.", _PULSE.called("late")),
            Wrong(lambda nights: _filled(nights, lambda value: int(100 * value)), "A COVER-UP: made larger before the cut, so that something "
                  "is left. The values are others now, and still cut.", _PULSE.called("scaled")),
            Wrong(lambda nights: _filled(nights, round), "A COVER-UP: rounded instead of cut, and still no fractions.",
                  _PULSE.called("rounded")),
            Wrong(lambda nights: _filled(nights, length=1), "A COVER-UP: all nights are cut to one length. The values that are left are "
                  "right, and the others are gone.", _PULSE.called("cut")),
            Wrong(lambda nights: keras.utils.pad_sequences(nights, dtype="float32"), "The fractions are back, but now the zeros stand in "
                  "front. Keep padding=\"post\".", _PULSE.called("front")),
        ),
        hints=(
            "Print batch_of(nights).dtype, and compare its first row with nights[0].",
            "Notebook 05, section 1: pad_sequences has three defaults, and two of them are set here.",
            "keras.utils.pad_sequences(nights, longest, padding=\"post\", truncating=\"post\", dtype=\"float32\")",
        ),
    ),
    "08-cause-stack": _cause(
        "a", "The first LSTM hands on one vector for each text, (batch, 8). The second waits for (batch, time, features).",
        b="The Embedding is there, and what it hands on has three axes: (1, 5, 6).",
        c="Units are free in every layer. The message speaks of the number of axes (ndim), not of their size.",
        d="An open length is no trouble for an LSTM: the first one took it. The second gets no timesteps at all.",
    ),
    "08-stack": Question(
        expects=_program("deep_reader"), right=_STACK.cured,
        because="A CURE: the second LSTM reads what the first one makes of every timestep, and only the second sums up.",
        wrongs=(
            _still(lambda: [layers.Embedding(20, 6, mask_zero=True), layers.LSTM(16), layers.LSTM(4), layers.Dense(1)],
                   "\"expected ndim=3, found ndim=2\". Which layer hands on two axes, and to whom?", _STACK),
            Wrong(lambda: [layers.Embedding(20, 6, mask_zero=True), layers.LSTM(8), layers.Dense(1)], "A COVER-UP: without one of its "
                  "LSTMs there is no error, and no stack.", _STACK.called("dropped")),
            Wrong(lambda: _deep(layers.RepeatVector(5), first=False), "A COVER-UP: there is a time axis again, but only one summary "
                  "stands on it, once or in copies. The second LSTM cannot see what happened when.", _STACK.called("repeated")),
            Wrong(lambda: _deep(second=True), "The second LSTM answers at every timestep now, so the answer is one for each word. Only the "
                  "layers *below* another LSTM need return_sequences=True.", _STACK.called("steps")),
            Wrong(lambda: [layers.Embedding(20, 6), *_deep()[1:]], "The stack stands, but the mask is gone. Keep mask_zero=True.",
                  _STACK.called("unmasked")),
            Wrong(lambda: _deep(layers.Dense(6)), "The stack stands, but it is another model: keep the four layers as they were "
                  "(813 parameters).", _STACK.called("other")),
        ),
        hints=(
            "Which layer hands on a summary where a sequence is needed?",
            "Notebook 04, section 2: an LSTM below another one needs an argument.",
            "layers.LSTM(8, return_sequences=True, name=\"first\")",
        ),
    ),
    "08-cause-order": _cause(
        "c", "Every answer is right, and stands in another one's place.",
        a="sorted drops nothing: 200 papers go in and 200 answers come out, or they could not be compared with `truth`. Look at "
          "where each answer stands.",
        b="This model looks at the first word only, and padding stands behind. The same answers are all there.",
        d="The size of a batch decides how many texts are served together, not what the answers are.",
    ),
    "08-order": Question(
        expects=_program("answer_all"), right=_ORDER.cured,
        because="A CURE: like lengths together for the model, and the answers in the order of the texts.",
        wrongs=(
            _still(_answered(lambda answers, order: answers[::-1]), "answer number i still belongs to another text than number i.", _ORDER),
            Wrong(_answered(lambda answers, order: answers[order]), "The right idea in the wrong direction: answers[order] shuffles them "
                  "once more. Number k belongs to text order[k], so it has to go *to* that place.", _ORDER.called("twice")),
            Wrong(_answered(sort=False), "A COVER-UP: the order is right because nothing is sorted any more. Long and short texts share "
                  "batches again, full of padding.", _ORDER.called("unsorted")),
            Wrong(_answered(sort=False, size_of=lambda size: 1), "A COVER-UP: one text at a time keeps the order, and gives up batches.",
                  _ORDER.called("single")),
            Wrong(_answered(lambda answers, order: np.sort(answers)), "A COVER-UP: what is sorted here are the answers themselves.",
                  _ORDER.called("values")),
            Wrong(_answered(lambda answers, order: answers[:2]), "Some answers are lost: there should be one for each text.",
                  _ORDER.called("lost")),
        ),
        hints=(
            "Answer k belongs to text order[k]. Where should it stand?",
            "Make room for all answers, and put number k at place order[k].",
            "answers = np.concatenate(answers); in_place = np.empty_like(answers); in_place[order] = answers",
        ),
    ),
    "08-cause-night": _cause(
        "d", "All its features are 0.0, so Masking(0.0) calls it padding, in the middle of the night.",
        a="It arrives: the trace says *made* and *used*. Look at *which* timesteps it calls real.",
        b="Zeros move h, too, through the recurrent weights, if they are read. Look at the mask.",
        c="No night is longer than the batch. All ten hours are in it, and nine are called real.",
    ),
    "08-night": Question(
        expects=_program("night_watch"), right=_NIGHT.cured,
        because="A CURE: every hour that was measured is read, calm ones too, and no padding is.",
        wrongs=(
            _still(_watch(mask=0.0), "calm hours are still skipped, or read as something else. Which value can no measurement have?",
                   _NIGHT),
            Wrong(_watch(masked=False), "A COVER-UP: without Masking the calm hour is read, and so is all the padding.",
                  _NIGHT.called("unmasked")),
            Wrong(_watch(value=2.0), "A COVER-UP: another value that can be measured. An hour with this value in both features is "
                  "skipped now; what is measured lies between -3 and 3.", _NIGHT.called("collides")),
            Wrong(_watch(add=0.1), "A COVER-UP: the measurements were shifted so that none is zero. They are others now.",
                  _NIGHT.called("moved")),
            Wrong(_watch(value=np.nan), "Nothing equals NaN, not even NaN: Masking(NaN) masks nothing, and NaN goes through everything.",
                  _NIGHT.called("nan")),
            Wrong(lambda nights: _watch(value=-10.0)([night[:3] for night in nights]), "Something else has changed: for each night, four "
                  "numbers should come out, made of all its hours by the same LSTM.", _NIGHT.called("other")),
        ),
        hints=(
            "np.asarray(model.get_layer(\"real\").compute_mask(batch)): which real hour is False?",
            "pad_sequences takes value=, and Masking the same number. Which one never occurs?",
            "value=-10.0 in pad_sequences and layers.Masking(-10.0): the features lie between -3 and 3.",
        ),
    ),
}
