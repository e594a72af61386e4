"""Every message of the table is raised by the Keras that is installed; every one met in the series is in the table."""
import html
import re
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import helpers
from helpers.messages import MESSAGES, NOTEBOOKS, Message, fitting

from . import series

SAID = [message for message in MESSAGES if message.kind]
SILENT = [message for message in MESSAGES if not message.kind]
TEXTS = {path.name[:2]: series.read(path) for path in series.NOTEBOOKS}
ROWS = [[1, 2, 3], [4, 5]]
OBJECTS = np.array(ROWS, dtype=object)
SERIES = np.ones((3, 7, 4), "float32")


def ids(length=None):
    return keras.Input((length,), dtype="int32", name="ids")


def model(length=None, mask_zero=False):
    door = ids(length)
    return keras.Model(door, layers.LSTM(3)(layers.Embedding(12, 6, mask_zero=mask_zero, name="vectors")(door)))


def look_up(*row):
    with tf.device("CPU:0"):
        return layers.Embedding(12, 6)(np.array([row]))


def two_inputs():
    doors = [keras.Input((None, 4)), keras.Input((None, 4))]
    both = keras.Model(doors, layers.Concatenate()([layers.LSTM(2)(door) for door in doors]))
    both([SERIES, SERIES[:2]])


def texts():
    door = keras.Input((1,), dtype="string")
    keras.Model(door, layers.TextVectorization(vocabulary=["cat"])(door)).predict(np.array([["cat"]]), verbose=0)


def wrapped():
    door = keras.Input((None, 4))
    wrapper = keras.Model(door, layers.TimeDistributed(layers.Dense(2))(door))
    for shape in ((3, 7, 4), (3, 9, 4), (6, 5, 4)):
        wrapper.predict(np.ones(shape, "float32"), verbose=0)


def loss(name, labels, answers=1, steps=True, y=None):
    answering = keras.Sequential([keras.Input((None, 4)), layers.LSTM(2, return_sequences=steps), layers.Dense(answers)])
    answering.compile(loss=name)
    answering.evaluate(SERIES, np.zeros(labels) if y is None else y, verbose=0)


def masked():
    return layers.Embedding(12, 6, mask_zero=True)(np.array([[3, 0]]))


def function_in(number, name):
    """A function that a notebook defines."""
    source = next(cell.source for cell in TEXTS[number].cells if cell.cell_type == "code" and f"def {name}(" in cell.source)
    names = {"np": np, "keras": keras, "layers": layers}
    exec(re.search(rf"def {name}\(.*?\n(?=\S|\Z)", source + "\n", re.S)[0], names)
    return names[name]


class EqualLengthsFirst(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, i):
        return np.ones((2, (5, 5, 7)[i]), "int32"), np.zeros((2, 3))


def fit_equal_lengths_first():
    learner = model()
    learner.compile(loss="mse")
    learner.fit(EqualLengthsFirst(), shuffle=False, verbose=0)


def stream(*lengths):
    return tf.data.Dataset.from_generator(
        lambda: (np.ones(n, "int32") for n in lengths), output_signature=tf.TensorSpec((None,), tf.int32))


def buckets(boundaries, sizes, **more):
    return list(stream(3, 9).bucket_by_sequence_length(lambda row: tf.shape(row)[0], boundaries, sizes, **more))


def other_python():
    done = subprocess.run([sys.executable, "-I", "-S", "-c", "import helpers"], capture_output=True, text=True)
    raise ModuleNotFoundError(done.stderr.strip().splitlines()[-1].removeprefix("ModuleNotFoundError: "))


def out_of_table():
    with tf.device("CPU:0"):
        keras.Sequential([ids(), layers.Embedding(12, 6)]).predict(np.array([[12]]), verbose=0)


def asked(story, question="what?"):
    ends = [keras.Input((None,), dtype="int32", name=name) for name in ("story", "question")]
    sums = [layers.LSTM(2)(layers.Embedding(4, 2)(end)) for end in ends]
    reader = keras.Model(ends, layers.Dense(1, activation="softmax")(layers.concatenate(sums)))
    helpers.ask(reader, story, question, {"fox": 2, "what": 3}, ["fox"])


def open_range(labels):
    with tf.device("CPU:0"):
        loss("sparse_categorical_crossentropy", None, 3, steps=False, y=np.array(labels))


def first_length_for_good(call=lambda recipe, ids: recipe(ids)):
    recipe = keras.Sequential([layers.Embedding(9, 8), layers.Flatten(), layers.Dense(1)])
    for length in (10, 12):
        call(recipe, np.ones((2, length), "int32"))


def of_text(text, call=lambda reader, text: reader(text), **arguments):
    door = keras.Input((1,), dtype="string")
    vectors = layers.Embedding(9, 4)(layers.TextVectorization(vocabulary=["cat"])(door))
    reader = keras.Model(door, layers.LSTM(2)(vectors))
    reader.compile(**arguments)
    call(reader, tf.constant([[text]]))


def predict(reader, batch):
    return reader.predict(batch, verbose=0)


def masked_model(length):
    doors = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    predict(keras.Model(doors, layers.LSTM(2)(doors[0], mask=doors[1])), [SERIES, np.ones((3, length), bool)])


def unrolled():
    door = keras.Input((None, 4))
    reader = keras.Model(door, layers.LSTM(2, unroll=True)(door))
    for length in (7, 5):
        predict(reader, SERIES[:, :length])


def reads_four_features():
    door = keras.Input((None, 4))
    return keras.Model(door, layers.LSTM(2)(door))


def built():
    layer = layers.LSTM(5)
    layer.build(SERIES.shape)
    return layer


def three_names(layer):
    output, h, c = layer(SERIES)


# What raises each message, in the words of the table.
RAISES = {
    "No module named 'helpers'": other_python,
    "ConcatOp : Dimension": two_inputs,
    "You must pass a `shape` argument.": lambda: keras.Input(shape=None),
    "Cannot convert '…' to a shape.": lambda: keras.Input(shape=5),
    "Invalid input shape for input": lambda: model()(np.array([7, 3, 9])),
    "Input … is incompatible with the layer: expected shape=": lambda: model(10)(np.ones((2, 12), "int32")),
    "Shapes used to initialize variables": lambda: layers.Dense(3)(layers.Flatten()(keras.Input((None, 4)))),
    "setting an array element with a sequence.": lambda: np.array(ROWS),
    "Can't convert non-rectangular Python sequence": lambda: tf.constant(ROWS),
    "Failed to convert a NumPy array to a Tensor": lambda: tf.convert_to_tensor(OBJECTS),
    "Unrecognized data type": lambda: model().predict(ROWS, verbose=0),
    "Invalid dtype: object": lambda: model().predict(OBJECTS, verbose=0),
    "Data cardinality is ambiguous.": lambda: model().predict([np.array(row) for row in ROWS], verbose=0),
    "Cannot batch tensors": lambda: list(stream(3, 2).batch(2)),
    "Cannot index into an inner ragged dimension.": lambda: layers.LSTM(2)(layers.Embedding(9, 4)(tf.ragged.constant(ROWS))),
    "input \"…\" feeds the Embedding \"…\", which": lambda: helpers.trace(model(), np.array([[0.5]])),
    "Input … is incompatible with the layer: expected ndim=3, found ndim=4.": lambda: layers.LSTM(2)(np.ones((2, 5, 1, 6))),
    "`input_dim` must be a positive integer.": lambda: layers.Embedding(np.array([[3, 11]]).max() + 1, 4),
    "Embedding.__init__() missing": lambda: layers.Embedding(10_000),
    "Cast string to int32": lambda: model()(np.array([["the", "cat"]])),
    "Exception encountered when calling": lambda: look_up(12),
    "slice index 0 of dimension 1": lambda: of_text(""),
    "Tried to stack list": lambda: of_text("", predict),
    "Input … is incompatible with the layer: expected axis": first_length_for_good,
    "Model doesn't support `jit_compile": lambda: of_text("cat", predict, jit_compile=True),
    "indices[…] = … is not in": lambda: look_up(4, 12),
    "indices[…] = -… is not in": lambda: look_up(-13),
    "Graph execution error:": out_of_table,
    "Invalid dtype: str…": texts,
    "input \"…\" feeds the Embedding \"…\", whose": lambda: helpers.trace(model(), np.array([[12]])),
    "Argument `input_length` is deprecated.": lambda: layers.Embedding(12, 6, input_length=10),
    "LSTM.__init__() missing": lambda: layers.LSTM(),
    "Received an invalid value for argument `units`": lambda: layers.LSTM(0),
    "Received an invalid value for `units`": lambda: layers.Dense(0),
    "Cannot convert '(…, …)' to a shape. Found": lambda: layers.LSTM(64 / 2)(SERIES),
    "You tried to call `count_params`": lambda: layers.LSTM(2).count_params(),
    "You called `set_weights(weights)`": lambda: layers.LSTM(5).set_weights(built().get_weights()),
    "Matrix size-incompatible": lambda: built()(SERIES[..., :3]),
    "Input … is incompatible with the layer: expected shape=(None, None, …)": lambda: reads_four_features()(SERIES[..., :3]),
    "Cannot unstack": lambda: layers.LSTM(2)(SERIES, mask=np.ones((3, 9), bool)),
    "Tried to read from index": lambda: layers.LSTM(2)(SERIES, mask=np.ones((3, 3), bool)),
    "Trying to access element": lambda: masked_model(3),
    "Cannot unroll a RNN": unrolled,
    "Layer \"…\" expects 1 input(s)": lambda: layers.Dense(2)(layers.LSTM(3, return_state=True)(SERIES)),
    "not enough values to unpack": lambda: three_names(layers.GRU(5, return_state=True)),
    "too many values to unpack": lambda: three_names(layers.Bidirectional(layers.LSTM(5, return_state=True))),
    "Input … is incompatible with the layer: expected ndim=3, found ndim=2.": lambda: layers.LSTM(2)(layers.LSTM(5)(SERIES)),
    "slice index": wrapped,
    "Arguments `target` and `output` must have the same rank": lambda: loss("binary_crossentropy", (3,)),
    "Arguments `target` and `output` must have the same shape.": lambda: loss("binary_crossentropy", (3, 1)),
    "Argument `output` must have rank": lambda: loss("sparse_categorical_crossentropy", (3,), 3),
    "Arguments `target` and `output` must have the same shape up": lambda: loss("sparse_categorical_crossentropy", (3, 1), 3),
    "Dimensions must be equal": lambda: loss("mse", (3, 5, 1)),
    "Received a label value": lambda: open_range([0, 1, 3]),
    "labels (…), outputs": lambda: function_in("04", "assert_labels")(model(), np.ones((3, 7)), np.zeros((3, 1))),
    "list index out of range": lambda: layers.LSTM(5)(SERIES, initial_state=[tf.zeros((3, 5))]),
    "row … gives something else alone": lambda: helpers.assert_padding_invariant(model(), ROWS),
    "Layer '…' (of type …) was passed an input with a mask": lambda: layers.Conv1D(2, 1)(masked()),
    "The `mask` must be broadcastable": lambda: layers.Softmax()(layers.Embedding(12, 6, mask_zero=True)(np.array([[3, 1, 0]]))),
    "row … holds nothing but padding": lambda: helpers.assert_padding_invariant(model(), [[3], []]),
    "the mask has the shape": lambda: helpers.assert_padding_invariant(model(), np.array([[3, 1, 0]]), mask=np.ones((1, 2), bool)),
    "row … should have": lambda: helpers.assert_padding_invariant(model(), np.array([[3, 1, 0]]), lengths=[9]),
    "Incompatible shapes:": lambda: keras.losses.MeanSquaredError()(
        np.zeros((2, 6, 1)), np.ones((2, 6, 1)), sample_weight=np.ones(2)),
    "row … holds the padding value": lambda: helpers.assert_padding_invariant(model(), [[3, 0, 4]]),
    "`generator` yielded an element": fit_equal_lengths_first,
    "`len(bucket_batch_sizes)` must equal": lambda: buckets([4, 8], [2, 2]),
    "Got error code INVALID_ARGUMENT": lambda: buckets([4, 8], [1] * 3, pad_to_bucket_boundary=True),
    "assertion failed: [When pad_to_bucket_boundary": lambda: buckets([4, 8], [1] * 3, pad_to_bucket_boundary=True),
    "Your input ran out of data": lambda: model().predict(stream(5, 7).batch(1), verbose=0),
    "module 'keras.layers' has no attribute 'Recurrent'": lambda: layers.Recurrent,
    "the … has no word in it": lambda: asked(""),
    "the model knows no word of this": lambda: asked("Drachen fliegen"),
    "the … must be a text between quotes": lambda: asked("fox", 7),
    "Unrecognized keyword arguments passed to LSTM: {'batch_input_shape'": lambda: layers.LSTM(4, batch_input_shape=(1, None, 3)),
    "Unrecognized keyword arguments passed to LSTM: {'time_major'": lambda: layers.LSTM(4, time_major=True),
    "module 'keras.layers' has no attribute 'CuDNNLSTM'": lambda: layers.CuDNNLSTM(4),
    "'Sequential' object has no attribute 'reset_states'": lambda: keras.Sequential().reset_states(),
    "When using `stateful=True`": lambda: layers.LSTM(4, stateful=True)(keras.Input((None, 3))),
}


def named(message: Message) -> str:
    return message.title[:60]


def raised(action) -> str:
    """Everything that an action says: its error in full, or its warnings."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            action()
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return "\n".join(f"{warning.category.__name__}: {warning.message}" for warning in said)


def of(message: Message):
    starts = [start for start in RAISES if message.says.startswith(start)]
    assert starts, f"nothing here raises {message.title!r}: add a line to RAISES"
    return RAISES[max(starts, key=len)]


# --- each message of the table is really said


@pytest.mark.parametrize("message", [m for m in SAID if m.run], ids=named)
def test_the_installed_keras_says_it(message):
    text = raised(of(message))
    names = [message.kind] if not message.kind.startswith("Inv") else [message.kind, "InternalError"]  # tf.data wraps some
    assert any(re.search(rf"\b{name}: ", text) for name in names), text[:300]
    assert message.pattern.search(" ".join(text.split())), f"{message.says}\n\nis not in\n\n{text[:600]}"
    assert message in fitting(text) or message.frame, f"pasted as it comes, it is taken for {[m.title for m in fitting(text)]}"


# Other ways to the same message: what the row says must be true of them, too.
ALSO = [
    ("Matrix size-incompatible", lambda: layers.LSTM(6)(SERIES, initial_state=[tf.zeros((3, 5))] * 2), "units"),
    ("Matrix size-incompatible", lambda: first_length_for_good(predict), "behind Flatten"),
    ("Input … is incompatible with the layer: expected shape=(None, None, …)",
     lambda: predict(reads_four_features(), SERIES[..., :3]), "features"),
    ("Received an invalid value for argument `units`", lambda: layers.GRU(0), "GRU"),
    ("Received an invalid value for `units`", lambda: layers.Dense(64 / 2), "float"),
    ("Cannot convert '(…, …)' to a shape. Found", lambda: layers.LSTM(32.0)(SERIES), "float"),
    ("`input_dim` must be a positive integer.", lambda: layers.Embedding(24 / 2, 4), "float"),
    ("Cast string to int32", lambda: predict(model(), tf.constant([["the", "cat"]])), "words"),
    ("Layer \"…\" expects 1 input(s)", lambda: layers.Dense(2)(layers.GRU(3, return_state=True)(SERIES)), "GRU"),
    ("Layer \"…\" expects 1 input(s)", lambda: layers.Dense(2)(layers.Bidirectional(layers.LSTM(3, return_state=True))(SERIES)), "five"),
    ("Arguments `target` and `output` must have the same rank", lambda: loss("categorical_crossentropy", (3,), 3, steps=False), "classes"),
    ("Arguments `target` and `output` must have the same shape.", lambda: loss("binary_crossentropy", (3, 7, 1), steps=False), "other way round"),
    ("Arguments `target` and `output` must have the same shape.", lambda: loss("binary_crossentropy", (3, 5, 1)), "another length"),
    ("Argument `output` must have rank", lambda: loss("sparse_categorical_crossentropy", (3, 7), 3, steps=False), "other way round"),
    ("Arguments `target` and `output` must have the same shape up", lambda: loss("sparse_categorical_crossentropy", (3, 5), 3), "another length"),
    ("Received a label value", lambda: open_range([0, 1, -1]), "below 0"),
]


@pytest.mark.parametrize("start, action, words", [pytest.param(*case, id=f"{case[0][:40]}-{case[2]}") for case in ALSO])
def test_the_row_is_true_of_this_mistake_too(start, action, words):
    rows = helpers.messages(raised(action)).rows
    assert len(rows) == 1 and start in rows[0][0], [row[0] for row in rows]
    assert words in " ".join(rows[0])


def test_what_needs_a_graphics_card_stands_in_keras_source():
    file = Path(keras.__file__).parent / "src" / "backend" / "tensorflow" / "rnn.py"
    source = re.sub(r'"\s*"', "", file.read_text(encoding="utf-8"))
    (message,) = (m for m in SAID if not m.run)
    assert message.says in source and "source" in message.where


def test_a_wrong_pattern_would_be_found():
    broken = Message("ValueError", "You must pass a `form` argument.", "", "", "", "01", "comma")
    assert not broken.pattern.search(raised(RAISES["You must pass a `shape` argument."]))


# --- each message met in the series is in the table


NAME = re.compile(r"\b[A-Z]\w*(?:Error|Warning): ")


def met(notebook) -> list[tuple[str, str]]:
    """(cell, line from the error's name on) of everything that looks like a message in the saved outputs."""
    return [(cell.id, line[hit.start():]) for cell in notebook.cells if cell.cell_type == "code"
            and "where: " not in series.text_of(cell)  # the table itself
            for line in series.text_of(cell).splitlines() for hit in NAME.finditer(line)]


def met_without_a_name(notebook) -> list[tuple[str, str]]:
    """(cell, output) of cells that catch an error or a warning and show its text, or a line of it, without its name."""
    catches = re.compile(r"^except .* as error:.*str\(error\)|\.message\b|line_with\(", re.M | re.S)
    return [(cell.id, series.text_of(cell)) for cell in notebook.cells if cell.cell_type == "code"
            and "def " not in cell.source and catches.search(cell.source)]


@pytest.mark.parametrize("number", TEXTS)
def test_everything_met_in_a_notebook_has_a_row(number):
    for cell, line in met(TEXTS[number]):
        kind = line.partition(":")[0]
        assert [m for m in fitting(line) if m.kind == kind], f"notebook {number}, {cell}: no row for {line[:160]!r}"


@pytest.mark.parametrize("number", TEXTS)
def test_what_is_shown_without_its_name_has_a_row(number):
    for cell, text in met_without_a_name(TEXTS[number]):
        assert fitting(text.replace("\\'", "'")), f"notebook {number}, {cell}: no row for {text[:160]!r}"


def test_such_texts_are_found():
    found = {f"{number}#{cell}" for number in TEXTS for cell, _ in met_without_a_name(TEXTS[number])}
    assert found >= {"02#length-warning", "02#graph-error", "04#wrapper-error", "06#cardinality"}, found


def test_messages_are_met_in_many_notebooks():
    assert {number for number in TEXTS if met(TEXTS[number])} >= {"00", "01", "02", "03", "04", "05", "06", "08"}


# --- each row leads to a cell that shows it


@pytest.mark.parametrize("message", [m for m in MESSAGES if m.cell], ids=named)
def test_the_notebook_of_a_row_shows_it(message):
    cells = {cell.id: cell for cell in TEXTS[message.notebook].cells}
    assert message.cell in cells, f"notebook {message.notebook} has no cell {message.cell!r}"
    cell = cells[message.cell]
    shown = cell.source if cell.cell_type == "markdown" else series.text_of(cell)
    assert shown.strip()
    if message.kind:
        assert message.pattern.search(" ".join(shown.replace("\\'", "'").split())), f"{message.cell} does not show {message.says}"


def test_rows_stand_in_the_order_of_the_notebooks():
    for rows in (SAID, SILENT):
        assert [message.notebook for message in rows] == sorted(message.notebook for message in rows)
    assert list(MESSAGES) == SAID + SILENT


def test_rows_are_whole_and_different():
    for message in MESSAGES:
        assert all((message.says, message.where, message.cause, message.cure)) and message.fixed >= 10
        assert message.cell or message.kind, "a silent bug is shown by a cell"
    assert len({(m.kind, m.says) for m in MESSAGES}) == len(MESSAGES) and len(SAID) > 40 and len(SILENT) > 20


# --- asking the table


def test_all_rows_come_with_links():
    table = helpers.messages()
    assert len(table.rows) == len(MESSAGES)
    links = re.findall(r'<a href="([^"]+)">(\d\d)</a>', table._repr_html_())
    assert [number for _, number in links] == [m.notebook for m in MESSAGES]
    assert all((NOTEBOOKS / file).is_file() and file.startswith(number) for file, number in links)
    assert html.escape(MESSAGES[1].title) in table._repr_html_() and "cure: " in repr(table)


@pytest.mark.parametrize("words, notebook", [("ndim", "04"), ("NDIM", "04"), ("calm hour", "05"), ("stateful", "08"), ("padded_batch", "01"), ("x * 2", "05"),
                                             ("tf.constant(texts)", "02")])
def test_a_word_finds_rows(words, notebook):
    table = helpers.messages(words)
    assert notebook in [row[-1] for row in table.rows] and len(table.rows) < 10


def test_a_whole_error_finds_its_row():
    text = raised(out_of_table)
    assert len(text.splitlines()) > 5
    for given in (text, f"Traceback (most recent call last):\n  File x\n\x1b[31m{text}\x1b[0m", " ".join(text.split())):
        (row,) = helpers.messages(given).rows
        assert row[0] == "InvalidArgumentError: indices[…] = … is not in [0, …)"
    try:
        layers.LSTM(2)(layers.LSTM(5)(SERIES))
    except ValueError as error:
        (row,) = helpers.messages(error).rows
    assert "ndim=2" in row[0] and row[-1] == "04"


def test_a_frame_is_named_if_nothing_else_is_there():
    (row,) = helpers.messages("InvalidArgumentError: Graph execution error:").rows
    assert "further down" in row[2]


@pytest.mark.parametrize("text", ["my dog ate it", "ValueError: could not open the door", "?!", "…x…"])
def test_what_fits_nothing_gets_one_sentence(text):
    assert repr(helpers.messages(text)).startswith("No message of this series fits.")


@pytest.mark.parametrize("strange", [5, "", "  \n", "...", [], b"ndim", object(), np.zeros(2), str])
def test_what_is_no_text_is_refused_in_one_sentence(strange):
    with pytest.raises(ValueError, match=r"^helpers.messages takes the text of an error, or a word of it"):
        helpers.messages(strange)


def test_a_huge_text_is_read_in_no_time():
    text = "indices[ " * 20_000 + "Input " * 20_000 + "row " * 20_000
    assert helpers.timed(lambda: helpers.messages(text)) < 5
