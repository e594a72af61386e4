"""Questions of notebook 05."""
import keras
import numpy as np
from keras import layers

from ..checking import Question, Wrong, finished, letters
from ..invariance import assert_padding_invariant
from ..tracing import LOST_WARNING, trace

# --- a rectangle of measurements

_SERIES = [[0.5, 1.9], [2.7], [0.2, 0.4, 0.6, 0.8, 1.5], [3.1, 3.2, 3.3]]


def _pad(series, length: int, before=False, cut_front=False, dtype="float32") -> np.ndarray:
    rectangle = np.zeros((len(series), length), dtype)
    for row, values in zip(rectangle, series):
        values = values[-length:] if cut_front else values[:length]
        row[slice(length - len(values), None) if before else slice(len(values))] = values
    return rectangle


def _padded(function) -> list[np.ndarray]:
    return [np.asarray(result) for result in finished([function([list(row) for row in _SERIES], length) for length in (3, 4)])]


def _pads_like(function, **how) -> bool:
    wanted = [_pad(_SERIES, length, **how) for length in (3, 4)]
    return all(mine.shape == w.shape and np.allclose(mine, w) for mine, w in zip(_padded(function), wanted))


# --- a model with a lost mask

_TEXTS = [[7, 3, 12], [5, 9, 1, 14, 2]]


class _Model:
    """Stands for a model of the examples below: what `_facts` finds out about one."""

    def __init__(self, **facts):
        self.facts = {"parameters": 613, "outputs": 1, "masked": True, "operators": 0, "warned": 0, "proof": True, "same": True} | facts


def _reference() -> keras.Model:
    ids = keras.Input((None,), dtype="int32")
    larger = layers.Embedding(20, 6)(ids) * 10
    steps = layers.LSTM(6, return_sequences=True)(larger)
    summary = layers.LSTM(4)(steps + larger)
    return keras.Model(ids, layers.Dense(1)(summary))


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
    if not isinstance(model, keras.Model):
        raise ValueError(f"expected is a keras.Model, got {type(model).__name__}")
    rows = trace(model, np.array([[7, 3, 12, 0]])).rows
    embeddings = [layer for layer in model.layers if isinstance(layer, layers.Embedding)]
    names = {layer.name for layer in model.layers}
    parameters, outputs, alike = model.count_params(), len(model.outputs), False
    if parameters == 613 and outputs == 1:
        reference = _reference()
        reference.set_weights(model.get_weights())
        alike = all(np.allclose(model(x), reference(x), atol=1e-5) for x in map(np.array, ([_TEXTS[0]], [_TEXTS[1]])))
    return {
        "parameters": parameters, "outputs": outputs, "masked": any(layer.mask_zero for layer in embeddings),
        "operators": sum(row.name not in names for row in rows), "warned": [row.mask for row in rows].count(LOST_WARNING),
        "proof": _is_invariant(model), "same": alike,
    }


def _is_invariant(model) -> bool:
    try:
        assert_padding_invariant(model, _TEXTS)
    except AssertionError:
        return False
    return True


def _mended(model) -> bool:
    _last[0] = None  # measured anew: it may have been trained since
    facts = _facts(model)
    return facts["proof"] and facts["same"]


def _fails(model) -> dict:
    """The facts of a model that padding still changes; an empty dict for one that passes."""
    facts = _facts(model)
    return {} if facts["proof"] else facts


# --- an average over real timesteps


def _mean_cases(empty: bool) -> tuple[np.ndarray, np.ndarray]:
    values = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32") + 1
    mask = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0] if empty else [0, 0, 1, 1]], bool)
    return values, mask


def _mean(values, mask) -> np.ndarray:
    return np.stack([v[m].mean(axis=0) if m.any() else np.zeros(v.shape[-1]) for v, m in zip(values, mask)])


def _averages(function, empty: bool) -> np.ndarray:
    values, mask = _mean_cases(empty)
    with np.errstate(all="ignore"):
        (result,) = finished([function(values.copy(), mask.copy())])
    return np.asarray(result)


def _averages_like(function, reference, empty=False) -> bool:
    mine = _averages(function, empty)
    wanted = reference(*_mean_cases(empty))
    return mine.shape == wanted.shape and np.allclose(mine, wanted, atol=1e-5, equal_nan=True)


def _divided_by_all(values, mask):
    return (values * mask[:, :, np.newaxis]).mean(axis=1)


def _without_guard(values, mask):
    real = mask[:, :, np.newaxis].astype("float32")
    with np.errstate(all="ignore"):
        return (values * real).sum(axis=1) / real.sum(axis=1)


def _over_the_batch(values, mask):
    return values[mask].mean(axis=0)


def _letters(answer) -> set[str]:
    return letters(answer, of="abcde")


def _says(*words):
    """A match for any of these words, in whatever case."""
    return lambda answer: str(answer).strip(" '\".").lower() in words


QUESTIONS = {
    "05-front": Question(
        expects="three ids, such as (6, 7, 8)",
        right=(3, 4, 5),
        because="Cut in front: what is kept is the end of the sentence.",
        wrongs=(
            Wrong((1, 2, 3), "You expected the end to be cut, as most tools do. The default is truncating=\"pre\": the first words "
                  "go, the last ones stay."),
            Wrong((0, 4, 5), "You made room for a pad. A row that is too long gets none; it is cut to three."),
            Wrong((1, 2, 3, 4, 5), "maxlen is a limit, not a minimum: every row of the result has exactly three ids."),
            Wrong((0, 6, 7), "That is the second row: too short, so it gets a pad, in front. The first row is too long, and is cut."),
        ),
    ),
    "05-still": Question(
        expects='"stands still", "falls to zero" or "moves on"',
        right="moves on",
        because="For this LSTM, 0 is a word like any other.",
        wrongs=(
            Wrong("stands still", "You took 0 for 'nothing happens'. Without a mask it is an id: its vector is looked up and read "
                  "like the others. Standing still is what a mask brings.", _says("stands still", "stand still", "still")),
            Wrong("falls to zero", "You took id 0 for a vector of zeros. Row 0 of an Embedding holds numbers like every row, and "
                  "even zeros would move h, through the recurrent weights.", _says("falls to zero", "fall to zero", "zero")),
        ),
    ),
    "05-side": Question(
        expects='"before" or "after"',
        right="after",
        because="Pads after the words are what it reads last, and they wash the words out.",
        wrongs=(
            Wrong("before", "You thought that a bad start spoils everything. Pads before do leave something that five words cannot "
                  "undo, but pads after the words are the last thing this LSTM reads, and wash the words out.", _says("before", "pre", "in front")),
            Wrong("both", "Both change h, but not alike: this LSTM is moved further by the pads that it reads last.", _says("both", "equal", "same")),
        ),
    ),
    "05-sixty": Question(
        expects="a whole number from 0 to 4",
        right=3,
        because="All but one: pads after the words, and no mask.",
        wrongs=(
            Wrong(4, "You trusted training to learn that 0 means nothing. With pads before the words it can; after 48 pads or more "
                  "behind the words there is nothing left of the sentence to learn from."),
            Wrong(2, "You expected both models without a mask to fail. With pads *before* the words the last word is still the last "
                  "thing read, so training copes."),
            Wrong(1, "You expected a mask to help on one side only. With a mask it makes no difference where the pads stand."),
            Wrong(0, "60 timesteps sound like much for 3 to 12 words. With a mask an LSTM does not read the other 48 at all."),
        ),
    ),
    "05-twelve": Question(
        expects="a whole number from 0 to 4",
        right=4,
        because="All four: over a few pads, training finds a way around them. That is the trap.",
        wrongs=(
            Wrong(3, "You took the result for 60 timesteps over. The same model fails or learns, depending on how many pads the "
                  "longest sentence brings with it: at 12 there are 9 at the most, and training finds a way around them."),
            Wrong(2, "You expected that no model without a mask can learn this. With 9 pads at the most, training copes on "
                  "either side."),
            Wrong(1, "Fewer pads make it easier, not harder: more models get there than at 60 timesteps."),
            Wrong(0, "Fewer pads make it easier, not harder: more models get there than at 60 timesteps."
                  " Three did even then."),
        ),
    ),
    "05-silent": Question(
        expects='"kept", "lost with a warning" or "lost in silence"',
        right="lost in silence",
        because="An operator makes a new array, and nobody hangs the mask on it, nor says so.",
        wrongs=(
            Wrong("kept", "You thought of what `* 2` does to the numbers: nothing that would disturb a mask. But the mask hangs on "
                  "the array, and `*` makes a new one without it.", _says("kept", "keep", "keeps")),
            Wrong("lost with a warning", "Warnings come from layers that were handed a mask and cannot pass it on. An operator is no "
                  "layer of yours, and nobody looks.", _says("lost with a warning", "warning", "with a warning")),
            Wrong("used", "Using a mask means leaving pads out. `* 2` doubles every cell, pads as well.", _says("used", "made")),
        ),
    ),
    "05-lose": Question(
        expects='letters, such as "ad"',
        right=lambda answer: _letters(answer) == set("bce"),
        example="bce",
        because="Conv1D, GlobalMaxPooling1D and Lambda. The other two work on each timestep by itself and say so to Keras.",
        wrongs=(
            Wrong("bc", "Lambda too: Keras cannot know what your function does with a mask, so it takes it away.",
                  lambda a: _letters(a) == set("bc")),
            Wrong("be", "c loses it as well. GlobalAveragePooling1D is in the first table, and it uses the mask; "
                  "GlobalMaxPooling1D does not know of masks.", lambda a: {"b", "e"} <= _letters(a) and "c" not in _letters(a)),
            Wrong("ce", "b loses it as well: a Conv1D mixes neighbours, so each result belongs to several timesteps, and Keras "
                  "drops the mask.", lambda a: {"c", "e"} <= _letters(a) and "b" not in _letters(a)),
            Wrong("abce", "ReLU changes each number by itself. It keeps the mask, like every activation layer.",
                  lambda a: "a" in _letters(a)),
            Wrong("bcde", "SpatialDropout1D does the same at every timestep, and only in training. It keeps the mask, like Dropout.",
                  lambda a: "d" in _letters(a)),
        ),
    ),
    "05-empty": Question(
        expects='"zeros", "NaN" or "an error"',
        right=_says("nan", "nans"),
        example="NaN",
        because="0 timesteps, so 0 / 0.",
        wrongs=(
            Wrong("zeros", "The sum over no timestep is 0, and then it is divided by the number of real timesteps, which is 0 too.",
                  _says("zeros", "zero", "0", "0.0")),
            Wrong("an error", "An error would be kind. 0 / 0 of floats is NaN, and NaN goes on to the loss without a word.",
                  _says("an error", "error")),
        ),
    ),
    "05-weights": Question(
        expects='"yes" or "no"',
        right=False,
        because="The pads add nothing to the sum, but the sum is divided by all timesteps.",
        wrongs=(
            Wrong(True, "You took weights for a mask. They take the pads out of the sum; the number by which it is divided stays "
                  "that of *all* timesteps."),
        ),
    ),
    "05-zero": Question(
        expects='"yes" or "no"',
        right=False,
        because="It is all zero, so Masking takes it for padding, here in the middle of the day.",
        wrongs=(
            Wrong(True, "You expected Masking to look for padding at the end. It looks at values only: a minute in which every "
                  "feature is 0 is masked, wherever it stands."),
        ),
    ),
    "05-pad": Question(
        expects="a function of a list of lists and a length that gives one array",
        right=lambda f: _pads_like(f) and all(a.dtype.kind == "f" for a in _padded(f)),
        because="Filled behind, cut behind, and every fraction still there.",
        wrongs=(
            Wrong(lambda s, n: _pad(s, n, dtype="int32"), "The sides are right, and the fractions are gone: say dtype=\"float32\".",
                  lambda f: _pads_like(f, dtype="int32")),
            Wrong(lambda s, n: _pad(s, n, cut_front=True), "Filled behind, but cut in front: a row that is too long loses its "
                  "beginning. truncating is an argument of its own.", lambda f: _pads_like(f, cut_front=True)),
            Wrong(lambda s, n: _pad(s, n, before=True), "Cut behind, but filled in front. padding is an argument of its own.",
                  lambda f: _pads_like(f, before=True)),
            Wrong(lambda s, n: _pad(s, n, before=True, cut_front=True), "Filled and cut in front, as pad_sequences does when it is "
                  "not told otherwise.", lambda f: _pads_like(f, before=True, cut_front=True)),
            Wrong(lambda s, n: _pad(s, n, cut_front=True, dtype="int32"), "Two defaults are still at work: rows are cut in front, "
                  "and fractions are gone.", lambda f: _pads_like(f, cut_front=True, dtype="int32")),
            Wrong(lambda s, n: _pad(s, n, before=True, cut_front=True, dtype="int32"), "All three defaults of pad_sequences are at "
                  "work: filled in front, cut in front, fractions gone.",
                  lambda f: _pads_like(f, before=True, cut_front=True, dtype="int32")),
            Wrong(lambda s, n: _pad(s, max(map(len, s))), "The result should have `length` columns, whatever the longest row: pass "
                  "maxlen=length.", lambda f: {a.shape[1] for a in _padded(f)} == {5}),
        ),
        hints=(
            "Section 1 ends with the call that you need, but for one argument.",
            "maxlen, padding, truncating, dtype: four arguments besides the series.",
            'keras.utils.pad_sequences(series, maxlen=length, padding="post", truncating=..., dtype=...)',
        ),
    ),
    "05-mend": Question(
        expects="a keras.Model that computes what broken_model computes",
        right=_mended,
        because="Same layers, same numbers for a text alone, and padding has no effect.",
        wrongs=(
            Wrong(_Model(masked=False, proof=False), "The Embedding makes no mask now. mask_zero=True was right; the mask was lost "
                  "later on.", lambda m: not _fails(m).get("masked", True)),
            Wrong(_Model(proof=False, operators=2), "Both operators are still there, and an operator hands no mask on. Put a layer in "
                  "place of each.", lambda m: _fails(m).get("operators", 0) > 1),
            Wrong(_Model(proof=False, operators=1), "One operator is still there: as soon as one place is mended, the mask gets as "
                  "far as the other, and is lost in silence there. Both `* 10` and `+` need a layer.",
                  lambda m: _fails(m).get("operators", 0) == 1),
            Wrong(_Model(proof=False, warned=1), "Now Keras at least warns: the layer you put there does not pass the mask on. "
                  "Lambda is such a layer; Rescaling is not.", lambda m: _fails(m).get("warned", 0) > 0),
            Wrong(_Model(parameters=120, same=False), "Padding has no effect, but it is another model: broken_model has 613 "
                  "parameters. Keep its layers, and mend what stands between them.",
                  lambda m: _facts(m)["parameters"] != 613 or _facts(m)["outputs"] != 1),
            Wrong(_Model(same=False), "Padding has no effect, but the numbers are others: with the weights of broken_model, a "
                  "text alone should get the same answer. Is the factor 10 still there, and the sum?", lambda m: _facts(m)["proof"]),
        ),
        hints=(
            "At which stop is the mask lost? Mend it, and draw your model: at which stop is it lost now?",
            "The first table of section 6 has a layer that multiplies and one that adds.",
            "larger = layers.Rescaling(10.0)(vectors), and layers.Add()([...]) for the sum.",
        ),
    ),
    "05-mean": Question(
        expects="a function of values (batch, time, features) and mask (batch, time)",
        right=lambda f: _averages_like(f, _mean) and _averages_like(f, _mean, empty=True),
        because="Real timesteps only, and an empty row does no harm.",
        wrongs=(
            Wrong(lambda values, mask: values.mean(axis=1), "That is the average over all timesteps; the mask is not used.",
                  lambda f: _averages_like(f, lambda v, m: v.mean(axis=1))),
            Wrong(_divided_by_all, "The sum is right, and it is divided by *all* timesteps, as sample_weight does. Divide by the "
                  "number of real ones in each row.", lambda f: _averages_like(f, _divided_by_all)),
            Wrong(_without_guard, "Right for every row with a real timestep. A row without any divides 0 by 0: divide by at least 1.",
                  lambda f: _averages_like(f, _mean) and np.isnan(_averages(f, True)).any()),
            Wrong(_over_the_batch, "You averaged over the whole batch. Each row has an average of its own: sum along time, axis 1.",
                  lambda f: _averages(f, False).shape == (2,)),
            Wrong(lambda values, mask: _mean(values, mask)[:, :1], "The features are gone: each of them has an average of its own.",
                  lambda f: _averages(f, False).shape in ((3,), (3, 1))),
        ),
        hints=(
            "values * mask does not fit: (batch, time, features) against (batch, time). Which axis is missing in the mask?",
            "Sum of the real timesteps along axis 1, divided by how many there are in each row.",
            "np.maximum(count, 1) never divides by zero.",
        ),
    ),
}
