"""What trace says about shapes and masks, held against what padding really does to the numbers."""
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import helpers

IDS = np.array([[3, 1, 4, 0, 0, 0], [9, 2, 6, 5, 3, 0]])


def embedded(mask=True):
    ids = keras.Input((None,), dtype="int32", name="ids")
    return ids, layers.Embedding(12, 8, mask_zero=mask, name="vectors")(ids)


class Doubles(layers.Layer):
    def __init__(self, keeps, **names):
        super().__init__(**names)
        self.supports_masking = keeps

    def call(self, x):
        return 2 * x


def from_state(x, masked):
    """An LSTM that begins with a state; with two tensor arguments Keras passes it no mask unless it is told to."""
    ids, look_up = x._keras_history.operation.input, x._keras_history.operation
    start = layers.Dense(4, name="start")(layers.GlobalAveragePooling1D(name="pool")(x))
    mask = {"mask": look_up.compute_mask(ids)} if masked else {}
    return layers.LSTM(4, name="target")(x, initial_state=[start, start], **mask)


# name: (what to put between Embedding and reader, what trace says of "target", does padding stay without effect?)
KEPT = {
    "Dense": lambda x: layers.Dense(8, name="target")(x),
    "Dropout": lambda x: layers.Dropout(0.5, name="target")(x),
    "SpatialDropout1D": lambda x: layers.SpatialDropout1D(0.5, name="target")(x),
    "Activation": lambda x: layers.Activation("relu", name="target")(x),
    "LayerNormalization": lambda x: layers.LayerNormalization(name="target")(x),
    "UnitNormalization": lambda x: layers.UnitNormalization(name="target")(x),
    "Rescaling": lambda x: layers.Rescaling(2.0, name="target")(x),
    "Add": lambda x: layers.Add(name="target")([x, layers.Dense(8, name="other")(x)]),
    "Concatenate": lambda x: layers.Concatenate(name="target")([x, layers.Dense(8, name="other")(x)]),
    "own layer": lambda x: Doubles(True, name="target")(x),
}
USED_AND_KEPT = {
    "BatchNormalization": lambda x: layers.BatchNormalization(name="target")(x),
    "LSTM, sequences": lambda x: layers.LSTM(8, return_sequences=True, name="target")(x),
    "GRU, sequences": lambda x: layers.GRU(8, return_sequences=True, name="target")(x),
    "SimpleRNN, sequences": lambda x: layers.SimpleRNN(8, return_sequences=True, name="target")(x),
    "Bidirectional, sequences": lambda x: layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="target")(x),
    "MultiHeadAttention": lambda x: layers.MultiHeadAttention(2, 4, name="target")(x, x),
}
USED = {
    "LSTM": lambda x: layers.LSTM(4, name="target")(x),
    "GRU": lambda x: layers.GRU(4, name="target")(x),
    "Bidirectional": lambda x: layers.Bidirectional(layers.LSTM(4), name="target")(x),
    "GlobalAveragePooling1D": lambda x: layers.GlobalAveragePooling1D(name="target")(x),
}
WARNED = {
    "Conv1D": lambda x: layers.Conv1D(8, 3, padding="same", name="target")(x),
    "MaxPooling1D": lambda x: layers.MaxPooling1D(1, name="target")(x),
    "Reshape": lambda x: layers.Reshape((-1, 8), name="target")(x),
    "Lambda": lambda x: layers.Lambda(lambda t: t + 1, name="target", output_shape=(None, 8))(x),
    "own layer without support": lambda x: Doubles(False, name="target")(x),
}
SILENT = {
    "x * 2": lambda x: x * 2,
    "x + y": lambda x: x + layers.Dense(8, name="other")(x),
    "ops.relu": lambda x: ops.relu(x),
    "Add of masked and unmasked": lambda x: layers.Add(name="target")([x, x * 2]),
    "Concatenate of masked and unmasked": lambda x: layers.Concatenate(name="target")([x, x * 2]),
}
CASES = [
    pytest.param(build, state, survives, id=f"{state}: {name}")
    for cases, state, survives in (
        (KEPT, "kept", True), (USED_AND_KEPT, "used and kept", True), (USED, "used", True),
        (WARNED, "LOST with a warning", False), (SILENT, "LOST in silence", False),
        ({"GroupNormalization": lambda x: layers.GroupNormalization(2, name="target")(x)},
         "kept, but padding LEAKS in", False),
        ({"LSTM with initial_state": lambda x: from_state(x, False)}, "LOST in silence", False),
        ({"LSTM with initial_state and mask=": lambda x: from_state(x, True)}, "used", True),
    )
    for name, build in cases.items()
]


@pytest.mark.filterwarnings("ignore:Layer '.*' .* destroy the mask")
@pytest.mark.parametrize("build, state, survives", CASES)
def test_the_mask_column_agrees_with_the_numbers(build, state, survives):
    keras.utils.set_random_seed(0)
    ids, x = embedded()
    y = build(x)
    out = layers.GlobalAveragePooling1D(name="reader")(y) if len(y.shape) == 3 else y
    model = keras.Model(ids, out)
    result = helpers.trace(model, IDS)
    row = next((r for r in result.rows if r.name == "target"), None) or result[y._keras_history.operation.name]
    assert row.mask == state
    # The rows as they are beside the same rows with ten more pads: what the reader hands on must not change.
    longer = np.pad(IDS, ((0, 0), (0, 10)))
    given = np.asarray(model(IDS))
    alone = np.concatenate([np.asarray(model(row[None, row > 0])) for row in IDS])
    for other in (np.asarray(model(longer)), alone):
        assert (np.abs(given - other).max() < 1e-6) == survives


def test_enough_kinds_are_covered():
    assert sum(map(len, (KEPT, USED_AND_KEPT, USED, WARNED, SILENT))) >= 25


def test_attention_takes_the_mask_off_its_input():
    # MultiHeadAttention clears the mask of the tensor it is given: a layer that reads it afterwards has lost it.
    keras.utils.set_random_seed(0)
    ids, x = embedded()
    attended = layers.MultiHeadAttention(2, 4, name="attention")(x, x)
    norm = layers.LayerNormalization(name="norm")(x)
    out = layers.Concatenate(name="both")(
        [layers.LSTM(3, name="one")(attended), layers.LSTM(3, name="two")(norm)])
    result = helpers.trace(keras.Model(ids, out), IDS)
    assert result["attention"].mask == "used and kept"
    order = [row.name for row in result.rows]
    expected = "kept" if order.index("norm") < order.index("attention") else "LOST in silence"
    assert result["norm"].mask == expected


def test_masking_layer_makes_a_mask_of_its_own():
    series = keras.Input((None, 2), name="series")
    model = keras.Model(series, layers.LSTM(3, name="read")(layers.Masking(name="skip")(series)))
    row = helpers.trace(model, np.array([[[1, 2], [0, 0], [0, 1], [0, 0.0]]]))["skip"]
    assert (row.mask, row.real) == ("made", (2, 4))


def two_inputs():
    text = keras.Input((None,), dtype="int32", name="text")
    question = keras.Input((None,), dtype="int32", name="question")
    shared = layers.Embedding(20, 5, mask_zero=True, name="shared")
    a, b = layers.LSTM(4, name="read_text")(shared(text)), layers.LSTM(3, name="read_question")(shared(question))
    return keras.Model([text, question], layers.Dense(2, name="answer")(layers.Concatenate(name="both")([a, b])))


def test_two_inputs_and_a_shared_layer():
    model = two_inputs()
    batch = {"text": np.array([[3, 4, 5, 0]]), "question": np.array([[7, 8]])}
    result = helpers.trace(model, batch)
    shared = [row for row in result.rows if row.name == "shared"]
    assert {result.rows[row.reads[0]].name: (row.shape, row.real) for row in shared} == {
        "text": ((1, 4, 5), (3, 4)), "question": ((1, 2, 5), (2, 2))}
    for reader in ("text", "question"):  # each line hangs together with the one it reads
        (place,) = result[f"read_{reader}"].reads
        assert result.rows[result.rows[place].reads[0]].name == reader and result[f"read_{reader}"].seen == (place,)
    assert sum(row.parameters for row in result.rows) == result.parameters == model.count_params()
    assert [row.name for row in result.rows][:2] == ["text", "question"]
    assert repr(helpers.trace(model, [batch["text"], batch["question"]])) == repr(result)


@pytest.mark.parametrize("turned", [False, True])
def test_the_runs_of_a_shared_layer_are_told_apart_in_whatever_order_they_were_made(turned):
    ends = [keras.Input((None,), dtype="int32", name=name) for name in ("text", "question")]
    shared = layers.Embedding(20, 5, mask_zero=True, name="shared")
    found = {end.name: shared(end) for end in (ends[::-1] if turned else ends)}
    lost = layers.GlobalAveragePooling1D(name="lost")(found["text"] * 2)
    read = layers.GlobalAveragePooling1D(name="read")(found["question"])
    result = helpers.trace(keras.Model(ends, layers.Concatenate()([lost, read])), [np.array([[3, 4, 5, 0]]), np.array([[7, 8]])])
    for row in result.rows:
        if row.name == "shared":
            assert row.shape[:2] == result.rows[row.reads[0]].shape


def test_sequential_is_traced_like_functional():
    parts = [layers.Embedding(12, 8, mask_zero=True, name="vectors"), layers.LSTM(4, name="read")]
    sequential = keras.Sequential([keras.Input((None,), dtype="int32", name="ids"), *parts])
    functional = keras.Model(ids := keras.Input((None,), dtype="int32", name="ids"), parts[1](parts[0](ids)))
    assert repr(helpers.trace(sequential, IDS)) == repr(helpers.trace(functional, IDS))
    late = keras.Sequential([layers.Embedding(12, 8, name="vectors"), layers.LSTM(4, name="read")])
    late(IDS)
    assert helpers.trace(late, IDS)["read"].shape == (2, 4)


def test_several_outputs_have_several_shapes():
    ids, x = embedded()
    model = keras.Model(ids, layers.LSTM(4, return_state=True, return_sequences=True, name="read")(x))
    assert helpers.trace(model, IDS)["read"].shape == ((2, 6, 4), (2, 4), (2, 4))


def test_trace_leaves_the_model_as_it_was():
    model = two_inputs()
    batch = {"text": np.array([[3, 4, 5, 0]]), "question": np.array([[7, 8]])}
    before = np.asarray(model(batch))
    helpers.trace(model, batch)
    assert np.array_equal(np.asarray(model(batch)), before)
    assert all("call" not in vars(layer) for layer in model.layers)


def test_compiled_says_the_same_and_builds_one_graph_for_each_recurrent_layer():
    ids, x = embedded(mask=False)
    masked = layers.Embedding(12, 8, mask_zero=True, name="masked")(ids)
    read = [layers.LSTM(4, return_sequences=True, name="lstm")(x), layers.GRU(4, unroll=True, name="unrolled")(x[:, :3]),
            layers.LSTM(4, name="masked_lstm")(masked), layers.Bidirectional(layers.LSTM(4), name="both")(x)]
    twice = layers.SimpleRNN(4, return_sequences=True, return_state=True, name="twice")
    model = keras.Model(ids, [*read, twice(x)[1], twice(read[0][:, :2] @ np.ones((4, 8), "float32"))[0]])
    before = [np.asarray(out) for out in model(IDS)]
    for batch in (IDS, IDS[:, :4], IDS[:1]):
        assert repr(helpers.trace(model, batch, compiled=True)) == repr(helpers.trace(model, batch))
    graphs = {layer.name: vars(layer)["_any_length_graph"] for layer in model.layers if "_any_length_graph" in vars(layer)}
    assert {name: graph.experimental_get_tracing_count() for name, graph in graphs.items()} == {"lstm": 1, "twice": 1}
    assert all(map(np.array_equal, [np.asarray(out) for out in model(IDS)], before))
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    assert all(map(np.allclose, [np.asarray(out) for out in copy(IDS)], before))


def test_a_model_inside_is_one_line():
    inside = keras.Sequential([keras.Input((None, 8)), layers.LSTM(4)], name="inside")
    ids, x = embedded(mask=False)
    assert helpers.trace(keras.Model(ids, inside(x)), IDS)["inside"].mask == "not traced: a model inside"


def test_the_table_reads_in_a_terminal_and_in_a_notebook():
    result = helpers.trace(two_inputs(), {"text": IDS, "question": IDS})
    text, page = repr(result), result._repr_html_()
    assert "symbolic shape" in text and "made (8 of 12 real)" in text and text.splitlines()[-1].startswith("in all")
    assert page.count("<tr>") == len(text.splitlines()) and "made (8 of 12 real)" in page


# --- bad input: one sentence that says what came, what is expected, what to do


@cache
def model_():
    ids, x = embedded()
    return keras.Model(ids, layers.LSTM(4, name="read")(x))


class Own(keras.Model):
    def call(self, x):
        return x


ragged = tf.ragged.constant([[1, 2, 3], [4, 5]])


@pytest.mark.parametrize("batch, says", [
    ([[1, 2, 3], [4, 5]], r'input "ids" got a list, and a batch is one rectangular array \(batch, time\): .* np\.array'),
    ([[1, 2], [4, 5]], r'input "ids" got a list'),
    (np.array([[1, 2, 3], [4, 5]], dtype=object), "an object array, which is .* of unequal length; .*: pad the rows to one length"),
    (np.array([["a", "b"]]), r"an array of <U1; expected is a rectangle of numbers \(batch, time\): turn words into ids first"),
    (np.array([[1, 12]]), "rows 0 to 11; got the id 12: make input_dim the largest id .* are swapped"),
    (np.array([[1, -1]]), r"rows 0 to 11; got the id -1; ids count from 0: mend the ids \(padding is 0\)\.$"),
    (np.array([[1.0, 2.5]]), "whole-number ids; got float64: find where the floats come in"),
    (np.array([1, 2, 3]), r"shape \(None, None\), which is \(batch, time\); got shape \(3,\). For one sequence pass x\[np.newaxis\]"),
    (np.ones((2, 3, 4), "int32"), r"got shape \(2, 3, 4\)\."),
    (np.ones((2, 0), "int32"), r"an empty array of shape \(2, 0\)"),
    ({"words": np.array([[1]])}, r"keys \['words'\], and the model's inputs are called \['ids'\]"),
    (ragged, r"a ragged tensor, and an LSTM takes rectangles only: pass batch.to_tensor\(\)"),
    ("hello", "got a str"), (None, "got a NoneType"), (3, "got a int"),
])
def test_a_batch_that_is_none(batch, says):
    with pytest.raises(ValueError, match=says) as caught:
        helpers.trace(model_(), batch)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("batch, says", [
    (np.array([[1]]), r"the model has 2 inputs \['text', 'question'\] and the batch is one ndarray: pass a dict"),
    ([np.array([[1]])], "the batch is 1 things"),
    ({"text": np.array([[1]]), "question": np.array([[1], [2]])}, r"same number of rows, got {'text': 1, 'question': 2}"),
])
def test_a_batch_for_two_inputs_that_is_none(batch, says):
    with pytest.raises(ValueError, match=says):
        helpers.trace(two_inputs(), batch)


@pytest.mark.parametrize("model, says", [
    (lambda: keras.Sequential([layers.Embedding(5, 2), layers.LSTM(3)], name="late"), r'the model "late" is not built'),
    (lambda: Own(), "a subclass that computes in its own call"),
    (lambda: layers.LSTM(3), "got LSTM as the model. Put the layer into a model first"),
    (lambda: "model", "got str as the model"), (lambda: None, "got NoneType as the model"),
])
def test_a_model_that_is_none(model, says):
    with pytest.raises(ValueError, match=says):
        helpers.trace(model(), IDS)


@pytest.mark.parametrize("wrapped", [lambda layer: layer, layers.Bidirectional], ids=["LSTM", "Bidirectional"])
def test_a_layer_that_keeps_its_state_is_refused_and_keeps_it(wrapped):
    ids = keras.Input(batch_shape=(2, None), dtype="int32", name="ids")
    lstm = layers.LSTM(4, stateful=True, name="keeps")
    model = keras.Model(ids, wrapped(lstm)(layers.Embedding(12, 8, mask_zero=True)(ids)))
    states = lambda: [variable.numpy() for variable in model.non_trainable_variables]
    before = states()
    with pytest.raises(ValueError, match='" has stateful=True, and trace runs layers twice to look for leaks, .*: build the model without'):
        helpers.trace(model, IDS)
    assert before and all(map(np.array_equal, before, states()))


def test_asking_for_a_layer_that_is_not_there():
    with pytest.raises(KeyError, match="no layer 'reed' in this trace; it has"):
        helpers.trace(model_(), IDS)["reed"]
