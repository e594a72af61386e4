"""assert_padding_invariant and mask_table: what passes, what fails, and what they say."""
import re

import keras
import numpy as np
import pytest
from keras import layers

import helpers
from helpers.questions import nb05

IDS = [[3, 1, 4], [9, 2, 6, 5, 3], [7]]


def model(mask_zero=True, between=lambda v: v, sequences=False, head=True):
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="ids")
    vectors = layers.Embedding(12, 8, mask_zero=mask_zero, name="vectors")(ids)
    h = layers.LSTM(5, return_sequences=sequences, name="read")(between(vectors))
    return keras.Model(ids, layers.Dense(2, name="answer")(h) if head else h)


def averages(mask_zero=True):
    """Quicker than an LSTM, and padding changes it as much without a mask."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="ids")
    return keras.Model(ids, layers.GlobalAveragePooling1D()(layers.Embedding(12, 8, mask_zero=mask_zero, name="vectors")(ids)))


def differs(*arguments, says="row ", **named) -> str:
    with pytest.raises(AssertionError) as caught:
        helpers.assert_padding_invariant(*arguments, **named)
    text = str(caught.value)
    assert text.startswith(says) and "\n" not in text
    return text


# --- what passes, and the mutation that must fail


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sequences", [False, True], ids=["one", "steps"])
def test_a_masked_model_passes_and_its_mutation_fails(seed, sequences):
    random = np.random.default_rng(seed)
    ids = [random.integers(1, 12, size=n).tolist() for n in random.integers(1, 15, size=4)]
    said = helpers.assert_padding_invariant(model(sequences=sequences), ids)
    assert said.startswith("✓ Padding has no effect: 4 sequences") and f"padded to {max(map(len, ids)) + 10} steps" in said
    assert "mask_zero=True" in differs(model(mask_zero=False, sequences=sequences), ids)


@pytest.mark.parametrize("between", [
    lambda v: v * 2, layers.Reshape((-1, 8)), layers.Conv1D(8, 3, padding="same"), layers.GroupNormalization(2),
], ids=["operator", "Reshape", "Conv1D", "GroupNormalization"])
@pytest.mark.filterwarnings("ignore:Layer '.*' .* destroy the mask")
def test_a_lost_mask_fails(between):
    differs(model(between=between), IDS)


class Reader:
    """Gives the largest id of each row, and more for rows that hold one of `spoilt` = {id: amount}, if padded on a side."""

    def __init__(self, side, **spoilt):
        self.column, self.spoilt = {"before": 0, "after": -1}[side], spoilt

    def __call__(self, ids):
        ids = np.asarray(ids)
        answer = ids.max(axis=1).astype(float)
        for name, amount in self.spoilt.items():
            answer[(ids[:, self.column] == 0) & (ids == int(name[2:])).any(axis=1)] += amount
        return answer[:, np.newaxis]


@pytest.mark.parametrize("side", ["before", "after"])
def test_it_names_the_row_the_side_and_the_amount(side):
    text = differs(Reader(side, id9=0.25), IDS)
    assert text.startswith(f"row 1 gives something else alone (5 steps) than with padding {side} it: ")
    assert "differ by up to 0.2;" in text and "helpers.trace(model, batch)" in text


def test_it_names_the_row_that_differs_most():
    assert differs(Reader("after", id3=0.5, id9=2.0, id7=1.0), IDS).startswith("row 1 ")
    assert differs(Reader("after", id4=3.0, id9=2.0, id7=1.0), IDS).startswith("row 0 ")


def test_the_real_steps_of_a_sequence_output_are_the_ones_compared():
    class Steps:
        """A model that answers at every step: its id at real steps, and something new at each pad."""

        def __init__(self, wrong_at):
            self.wrong_at = wrong_at

        def __call__(self, ids):
            ids = np.asarray(ids, float)
            answer = np.where(ids == 0, ids.shape[1], ids)
            answer[ids == self.wrong_at] += ids.shape[1]
            return answer[:, :, np.newaxis]

    helpers.assert_padding_invariant(Steps(wrong_at=-1), IDS)
    assert "row 0" in differs(Steps(wrong_at=4), IDS)  # the last real step, before the pads
    assert "row 2" in differs(Steps(wrong_at=7), IDS)


def test_nan_on_one_side_is_a_difference():
    def mean_of_pads_too(ids):
        ids = np.asarray(ids, float)
        return np.where((ids == 0).any(axis=1), np.nan, 1.0)[:, np.newaxis]

    assert "differ by up to NaN;" in differs(mean_of_pads_too, IDS)


def test_a_padded_array_says_the_same_as_its_list():
    after = keras.utils.pad_sequences(IDS, maxlen=8, padding="post", dtype="int32")
    before = keras.utils.pad_sequences(IDS, maxlen=8, padding="pre", dtype="int32")
    one = averages()
    expected = helpers.assert_padding_invariant(one, IDS)
    lengths = [len(row) for row in IDS]
    for given in (
        {"ids": after}, {"ids": before}, {"ids": after, "lengths": lengths}, {"ids": after, "lengths": np.array(lengths)},
        {"ids": after, "mask": after != 0}, {"ids": before, "mask": before != 0},
    ):
        assert helpers.assert_padding_invariant(one, **given) == expected
    assert ": 2 sequences, each alone and padded to 12 steps" in helpers.assert_padding_invariant(one, np.array([[3, 1], [4, 1]]))
    differs(averages(mask_zero=False), after, lengths=lengths)


def test_another_padding_id_and_series():
    keras.utils.set_random_seed(0)
    days = [np.array([[0.8, 0.3], [0.0, 0.0], [0.5, 0.9]]), np.array([[0.2, 0.1]])]
    weather = keras.Sequential([keras.Input((None, 2)), layers.Masking(-10.0), layers.LSTM(3)])
    helpers.assert_padding_invariant(weather, days, -10.0)
    differs(weather, days, -1.0)
    with pytest.raises(ValueError, match=r"row 0 holds the padding value 0 at step 1, where a mask would skip a real step"):
        helpers.assert_padding_invariant(weather, days)
    half_calm = [np.array([[0.8, 0.3], [0.0, 0.1]]), np.array([[0.0, 0.1]])]
    zeros = keras.Sequential([keras.Input((None, 2)), layers.Masking(0.0), layers.LSTM(3)])
    helpers.assert_padding_invariant(zeros, half_calm)
    helpers.assert_padding_invariant(zeros, np.array([[[0.8, 0.3], [0.0, 0.1], [0.0, 0.0]]]))


def test_a_series_of_which_only_some_rows_are_whole_numbers():
    """The batch takes its kind from all rows and from the padding value: nothing is cut off, NaN stays NaN."""
    seen = []

    def look(batch):
        seen.append(np.asarray(batch))
        return np.ones((len(batch), 1))

    days = [np.array([[1], [2]]), np.array([[0.5]])]
    helpers.assert_padding_invariant(look, days, -0.5)
    company = seen[0]
    assert company[1, 0, 0] == 0.5 and company[0, -1, 0] == -0.5 and company.dtype.kind == "f"
    seen.clear()
    helpers.assert_padding_invariant(look, days, np.nan)
    assert np.isnan(seen[0][0, -1, 0]) and not np.isnan(seen[0][0, :2]).any()
    with pytest.raises(ValueError, match="row 0 holds the padding value nan at step 1"):
        helpers.assert_padding_invariant(look, [np.array([[1.0], [np.nan]])], np.nan)


def test_the_advice_fits_what_came_in():
    keras.utils.set_random_seed(0)
    bare = keras.Sequential([keras.Input((None, 2)), layers.LSTM(3)])
    said = differs(bare, [np.array([[0.8, 0.3], [0.5, 0.9]])], -10.0)
    assert "look for Masking(-10.0) before the LSTM, or mask=" in said and "Embedding" not in said


def test_a_model_with_a_mask_as_input_goes_by_way_of_a_function():
    keras.utils.set_random_seed(0)
    minutes, real = keras.Input((None, 2), name="minutes"), keras.Input((None,), dtype="bool", name="real")
    two = keras.Model([minutes, real], layers.LSTM(3)(minutes, mask=real))
    days = [np.array([[0.8, 0.3], [0.0, 0.0], [0.5, 0.9]]), np.array([[0.2, 0.1]])]
    helpers.assert_padding_invariant(lambda x: two({"minutes": x, "real": (x != -10).any(axis=-1)}), days, -10.0)
    differs(lambda x: two({"minutes": x, "real": np.ones(x.shape[:2], bool)}), days, -10.0)


# --- a Keras model runs as predict runs it


@pytest.mark.filterwarnings("ignore:Layer '.*' .* destroy the mask")
def test_a_model_that_is_right_when_called_and_wrong_in_predict_fails():
    ids = keras.Input((None,), dtype="int32", name="ids")
    h = layers.LSTM(5, return_sequences=True)(layers.Embedding(12, 8, mask_zero=True)(ids))
    wrapped = keras.Model(ids, layers.TimeDistributed(layers.Dense(2))(h))
    eager = helpers.assert_padding_invariant(lambda x: wrapped(x), IDS)  # step by step nothing is wrong with it
    assert eager.startswith("✓")
    said = differs(wrapped, IDS, says="for row 0 alone, calling")
    assert "the shape (1, 3, 2) and (1, 1, 2)" in said and "TimeDistributed" in said
    stops = "called, the model answers; as predict and fit run it, with timesteps left open, it stops with InvalidArgumentError"
    differs(wrapped, [[3]] * 9, says=stops)  # more rows than steps


def test_a_layer_that_only_answers_when_called():
    class Counts(layers.Layer):
        def call(self, x):
            return x * len(x.numpy())

    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(12, 4)(ids)
    counts = Counts()
    counts.compute_output_spec = lambda x: keras.KerasTensor(x.shape, x.dtype)
    one = keras.Model(ids, counts(x))
    differs(one, IDS, says="called, the model answers; as predict and fit run it")
    one.compile(run_eagerly=True)
    differs(one, IDS)  # it counts the rows of the batch


def test_several_inputs_and_several_outputs():
    def two(mask_zero):
        keras.utils.set_random_seed(0)
        text, question = (keras.Input((None,), dtype="int32", name=name) for name in ("text", "question"))
        shared = layers.Embedding(12, 5, mask_zero=mask_zero)
        a, b = layers.LSTM(4)(shared(text)), layers.LSTM(3, return_sequences=True)(shared(question))
        return keras.Model([text, question], [layers.Dense(2)(a), b])

    batch = {"text": IDS, "question": [[5, 6], [1], [2, 2, 2, 2]]}
    assert "padded to 15 and 14 steps" in helpers.assert_padding_invariant(two(True), batch)
    differs(two(False), batch)
    clean, spoilt = Reader("after"), Reader("after", id9=1.0)
    assert differs(lambda ids: [clean(ids), spoilt(ids)], IDS).startswith("row 1 ")


def test_two_inputs_that_are_padded_to_one_length():
    ends = [keras.Input((None,), dtype="int32", name=name) for name in ("text", "question")]
    shared = layers.Embedding(12, 5, mask_zero=True)
    tagger = keras.Model(ends, [layers.Dense(2)(shared(end)) for end in ends])
    said = helpers.assert_padding_invariant(tagger, {"text": IDS[:2], "question": [[5, 6, 1, 2, 2], [1, 3]]})
    assert "padded to 15 and 15 steps" in said


def test_a_model_that_answers_with_true_and_false():
    helpers.assert_padding_invariant(lambda ids: np.asarray(ids).any(axis=1), IDS)
    assert "differ by up to 1;" in differs(lambda ids: (np.asarray(ids) == 0).any(axis=1), IDS)


def test_it_leaves_the_model_as_it_was():
    one = averages()
    before = [w.copy() for w in one.get_weights()]
    helpers.assert_padding_invariant(one, IDS)
    assert all(np.array_equal(a, b) for a, b in zip(before, one.get_weights()))


# --- bad input: one sentence that says what came, what is expected, what to do

BATCH = np.array([[3, 1, 4, 0], [9, 2, 0, 0]])


@pytest.fixture(scope="module")
def reader():
    return averages()


@pytest.mark.parametrize("ids, named, says", [
    (BATCH, {"lengths": [3, 9]}, r"row 1 should have 9 real steps, and the array has 4 timesteps: mend lengths=, or pad further\."),
    (BATCH, {"lengths": [3]}, r"one whole number for each of the 2 rows, got \[3\]\."),
    (BATCH, {"lengths": [3, 0]}, "row 1 holds nothing but padding, so there is nothing to compare: leave it out"),
    (BATCH, {"mask": BATCH[:, :3] != 0}, r"the mask has the shape \(2, 3\) and the array \(2, 4\): .* each timestep, \(2, 4\)\."),
    (BATCH, {"mask": BATCH[0] != 0}, r"the mask has the shape \(4,\)"),
    (BATCH, {"mask": BATCH != 0, "lengths": [3, 2]}, "say the same thing twice: give one of them"),
    (BATCH, {"mask": np.array([[1, 0, 1, 0], [1, 1, 0, 0]])}, "row 0 has padding at step 1, between real ones"),
    (np.array([[3, 0, 4, 0], [9, 2, 0, 0]]), {}, "row 0 has padding at step 1, between real ones"),
    (np.array([[3, 1], [0, 0]]), {}, "row 1 holds nothing but padding"),
    ([[3, 1], []], {}, "row 1 holds nothing but padding, so there is nothing to compare: leave it out"),
    ([[3, 1], [5, 0, 7]], {}, "row 1 holds the padding value 0 at step 1, .* keep this value for padding only, or pass another padding_id"),
    ([[3, 1], [5, 0]], {}, "row 1 holds the padding value 0 at step 1"),
    (np.array([[3, 0, 4]]), {"lengths": [3]}, "row 0 holds the padding value 0 at step 1"),
    ([[3, 1], [5]], {"lengths": [2, 1]}, "a list of sequences says its lengths itself: leave them out"),
    ([[3, 1], [5.5]], {}, r"row 1 should be a list of whole-number ids, or an array \(time, features\), got \[5.5\]"),
    ([3, 1], {}, "row 0 should be a list of whole-number ids"),
    ([[[3], [1, 2]]], {}, "row 0 should be a list of whole-number ids"),
    ([["a"]], {}, "row 0 should be a list of whole-number ids"),
    ([np.ones((2, 3)), np.ones((2, 4))], {}, r"row 0 has the shape \(2, 3\), row 1 \(2, 4\)"),
    ([[3, 99]], {}, r'"ids" feeds the Embedding "vectors", whose table has the rows 0 to 11; got the id 99: make input_dim'),
    ([[3, 1]], {"padding_id": -1}, r"whose table has the rows 0 to 11; got the id -1; .*padding is 0"),
    (BATCH, {"padding_id": [3, 2]}, r"padding_id is one number, such as 0, got list: write lengths= or mask= by name\.$"),
    (BATCH, {"padding_id": BATCH != 0}, "padding_id is one number, such as 0, got ndarray"),
    ([[3, 1]], {"padding_id": "0"}, "got str"), ([[3, 1]], {"padding_id": None}, "got NoneType"),
    ([[3, 1]], {"padding_id": True}, "got bool"),
    ([[3, 1]], {"padding_id": 0.5}, r"ids are whole numbers, so padding_id should be one, such as 0; got 0\.5"),
    ([np.ones((2, 3))], {"padding_id": -1}, r'input "ids" takes arrays of shape \(None, None\)'),
    ({"text": IDS}, {}, r"the batch has the keys \['text'\], and the model's inputs are called \['ids'\]"),
    ([], {}, r"expected is a list of sequences, such as \[\[5, 2\], \[7, 1, 8\]\], got \[\]"),
    ("hello", {}, "expected is a list of sequences"), (None, {}, "expected is a list of sequences, .* got None"),
    (np.array([3, 1]), {}, r"\(batch, time\) or \(batch, time, features\), got int64 of shape \(2,\)"),
    ({}, {}, "ids is an empty dict: give each input of the model as {name: list of sequences}"),
    ({"ids": IDS}, {"lengths": [1]}, "give each input of the dict as a list of sequences"),
    ({"a": IDS, "b": IDS[:2]}, {}, r"the same number of sequences, got {'a': 3, 'b': 2}"),
])
def test_sequences_that_are_none(reader, ids, named, says):
    with pytest.raises(ValueError, match=says) as caught:
        helpers.assert_padding_invariant(reader, ids, **named)
    assert "\n" not in str(caught.value)


def test_models_that_cannot_be_tested():
    fixed = keras.Sequential([keras.Input((5,), dtype="int32", name="five"), layers.Embedding(12, 3), layers.LSTM(2)])
    with pytest.raises(ValueError, match=r'"five" takes exactly 5 timesteps, .* Input\(shape=\(None,\)\)'):
        helpers.assert_padding_invariant(fixed, IDS)
    with pytest.raises(ValueError, match="got str as the model"):
        helpers.assert_padding_invariant("model", IDS)
    pairs = keras.Sequential([keras.Input((None,), dtype="int32"), layers.Embedding(12, 4), layers.UpSampling1D(2)])
    with pytest.raises(ValueError, match=r"the shape \(6, 4\) alone and \(30, 4\) padded"):
        helpers.assert_padding_invariant(pairs, IDS)


# --- the table


def test_the_table_says_what_happens_to_the_mask_and_to_the_numbers():
    table = helpers.mask_table({
        "kept": lambda v: layers.Dense(8)(v),
        "used": lambda v: layers.LSTM(4)(v),
        "warned": lambda v: layers.Conv1D(8, 3, padding="same")(v),
        "silent": lambda v: v + v,
        "leaks": lambda v: layers.GroupNormalization(2)(v),
        "new": lambda v: layers.Masking(0.0)(v),
        "refuses": lambda v: layers.Softmax()(v),
    })
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["kept"] == ["kept", "yes"] and rows["used"] == ["used", "yes"]
    assert rows["warned"] == ["LOST with a warning", "NO"] and rows["silent"] == ["LOST in silence", "NO"]
    assert rows["leaks"] == ["kept, but padding LEAKS in", "NO"] and rows["new"] == ["made", "NO"]
    assert rows["refuses"][0].startswith("ValueError: The `mask` must be broadcastable") and rows["refuses"][1] == "–"


def test_the_table_is_quiet(recwarn):
    helpers.mask_table({"Conv1D": lambda v: layers.Conv1D(8, 3, padding="same")(v)})
    assert not [w for w in recwarn if "destroy the mask" in str(w.message)]


@pytest.mark.parametrize("cases", [["Dense"], {"Dense": layers.Dense}.keys(), {"Dense": "Dense"}])
def test_a_table_of_nothing(cases):
    with pytest.raises(ValueError, match=r'mask_table takes a dict {"name": lambda x: ...} of functions, got'):
        helpers.mask_table(cases)


# --- attention takes the mask off its input: by numbers


def blocks(count, cure):
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="ids")
    embedding = layers.Embedding(12, 8, mask_zero=True)
    x, mask = embedding(ids), embedding.compute_mask(ids)[:, np.newaxis, :]
    for _ in range(count):
        attention = layers.MultiHeadAttention(2, 4)
        x = layers.Add()([x, attention(x, x, attention_mask=mask) if cure else attention(x, x)])
    return keras.Model(ids, layers.GlobalAveragePooling1D()(x))


def test_a_second_attention_has_lost_the_mask():
    helpers.assert_padding_invariant(blocks(1, cure=False), IDS)
    differs(blocks(2, cure=False), IDS)
    helpers.assert_padding_invariant(blocks(2, cure=True), IDS)


# --- exercise 2 of notebook 05, with real models


def answer(multiply, add, mask_zero=True, units=6, by_hand=False, factor=10.0):
    ids = keras.Input((None,), dtype="int32", name="ids")
    embedding = layers.Embedding(20, 6, mask_zero=mask_zero)
    mask = {"mask": embedding.compute_mask(ids)} if by_hand else {}
    larger = {"operator": lambda v: v * factor, "layer": layers.Rescaling(factor),
              "Lambda": layers.Lambda(lambda v: v * factor, output_shape=(None, 6))}[multiply](embedding(ids))
    steps = layers.LSTM(units, return_sequences=True)(larger, **mask)
    both = {"operator": lambda pair: pair[0] + pair[1], "layer": layers.Add()}[add]([steps, larger])
    return keras.Model(ids, layers.Dense(1)(layers.LSTM(4)(both, **mask)))


def by_comparison():
    """The mask made from the ids by hand, not by the Embedding."""
    ids = keras.Input((None,), dtype="int32", name="ids")
    mask, larger = keras.ops.not_equal(ids, 0), layers.Rescaling(10.0)(layers.Embedding(20, 6)(ids))
    steps = layers.LSTM(6, return_sequences=True)(larger, mask=mask)
    return keras.Model(ids, layers.Dense(1)(layers.LSTM(4)(layers.Add()([steps, larger]), mask=mask)))


@pytest.mark.filterwarnings("ignore:Layer '.*' .* destroy the mask")
@pytest.mark.parametrize("model_, says", [
    (lambda: answer("layer", "layer"), "✓ Right."),
    (lambda: answer("operator", "operator", by_hand=True), "✓ Right."),
    (lambda: answer("operator", "operator", by_hand=True, mask_zero=False), "✗ The Embedding makes no mask now"),
    (lambda: by_comparison(), "✓ Right."),
    (lambda: answer("operator", "operator"), "✗ Both operators are still there"),
    (lambda: answer("layer", "operator"), "✗ One operator is still there"),
    (lambda: answer("operator", "layer"), "✗ One operator is still there"),
    (lambda: answer("Lambda", "layer"), "✗ Now Keras at least warns"),
    (lambda: answer("layer", "layer", mask_zero=False), "✗ The Embedding makes no mask now"),
    (lambda: answer("layer", "layer", factor=2.0), "✗ Padding has no effect, but the numbers are others"),
    (lambda: keras.Sequential([keras.Input((None,), dtype="int32"), layers.Embedding(20, 6, mask_zero=True), layers.LSTM(4)]),
     "✗ Padding has no effect, but it is another model"),
    (lambda: 3, "✗ Your answer was tried and it stopped with ValueError: expected is a keras.Model, got int."),
])
def test_real_answers_to_the_second_exercise(model_, says, capsys, monkeypatch):
    proofs = []
    monkeypatch.setattr(nb05, "_is_invariant", lambda m, proof=nb05._is_invariant: proofs.append(m) or proof(m))
    helpers.check("05-mend", model_())
    assert " ".join(capsys.readouterr().out.split()).startswith(says)
    assert len(proofs) <= 1, "measured once, and not again for every idea"


def test_a_model_that_was_changed_is_measured_anew(capsys):
    mended = answer("layer", "layer")
    (larger,) = (layer for layer in mended.layers if isinstance(layer, layers.Rescaling))
    for mark, factor in (("✗", 2.0), ("✓", 10.0)):
        larger.scale = factor
        helpers.check("05-mend", mended)
        assert capsys.readouterr().out.startswith(mark)


def test_the_models_stand_ins_know_what_real_ones_are_asked():
    assert nb05._facts(answer("layer", "layer")) == nb05._Model().facts


def test_a_confirmation_shows_itself_without_quotes():
    said = helpers.assert_padding_invariant(averages(), IDS)
    assert repr(said) == str(said) and re.fullmatch(r"✓ Padding has no effect: 3 sequences, .*\.", said)
