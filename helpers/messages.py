"""The messages of the series: what you saw, where it comes up, its cause, its cure, and the notebook that explains it."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .invariance import Confirmation
from .showing import _ANSI, Table

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


@dataclass(frozen=True)
class Message:
    """`says` is the message word for word, with … for what varies; of a silent bug it is the symptom.

    `kind` is the name of the error or warning, "" if there is no message; `cell` is the cell of the notebook that shows
    it, "" if none does and the notebook is the one whose subject it is. `frame` marks a line that stands around other messages and says nothing itself; `run` is False for the one message
    that needs a graphics card and is read from Keras's source.
    """

    kind: str
    says: str
    where: str
    cause: str
    cure: str
    notebook: str
    cell: str
    frame: bool = False
    run: bool = True

    @property
    def title(self) -> str:
        return f"{self.kind}: {self.says}" if self.kind else f"no message: {self.says}"

    @property
    def pattern(self) -> re.Pattern:
        """Finds the message in a text in which every run of white space is one space."""
        parts = [re.escape(part) for part in self.says.rstrip("…").split("…")]
        return re.compile(".{0,400}?".join(parts))

    @property
    def fixed(self) -> int:
        """How many letters of it do not vary."""
        return len(self.says.replace("…", ""))


def _spaced(text: str) -> str:
    return " ".join(_ANSI.sub("", text).split())


def fitting(text: str) -> list[Message]:
    """The messages that stand in `text`. Where two fit the same place, the one that says more; frames only if alone."""
    text = _spaced(text)
    found = [(match.span(), message) for message in MESSAGES if message.kind for match in message.pattern.finditer(text)]
    found.sort(key=lambda pair: -pair[1].fixed)
    taken, best = [], []
    for (start, end), message in found:
        if all(end <= a or start >= b for a, b in taken):
            taken.append((start, end))
            best.append(message)
    best = [message for message in best if not message.frame] or best
    return [message for message in MESSAGES if message in best]


def _search(text: str) -> list[Message]:
    """The rows in which `text` stands as it is; else those with each of its words, where less than three letters are no word."""
    rows = [(m, " ".join((m.title, m.where, m.cause, m.cure)).lower()) for m in MESSAGES]
    text = _spaced(text).lower()
    wanted = re.findall(r"[\w.]{3,}", text)
    return len(text) > 2 and [m for m, row in rows if text in row] or [
        m for m, row in rows if wanted and all(word in row for word in wanted)]


class Messages(Table):
    """Rows of the table: html with links to the notebooks, or a paragraph for each message in a terminal."""

    heads = ["you see", "where it comes up", "cause", "cure", "notebook"]

    def __init__(self, rows: list[Message]):
        super().__init__(self.heads, [[m.title, m.where, m.cause, m.cure, m.notebook] for m in rows])

    def __repr__(self) -> str:
        return "\n\n".join(
            f"{title}\n  where: {where}\n  cause: {cause}\n  cure:  {cure}\n  notebook {number}"
            for title, where, cause, cure, number in self.rows
        )

    def _repr_html_(self) -> str:
        wraps = '<td style="text-align:left;min-width:7.5em;overflow-wrap:anywhere"'  # else a long line of code cuts off the table
        text = super()._repr_html_().replace('<td style="text-align:left"', wraps)
        for path in [*NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"), *Path.cwd().glob("[0-9][0-9]_*.ipynb")]:
            text = text.replace(f"{wraps}>{path.name[:2]}</td>", f'<td style="text-align:left"><a href="{path.name}">{path.name[:2]}</a></td>')
        return text


def messages(text: str | BaseException | None = None) -> Messages | Confirmation:
    """Say what a message means: cause, cure, notebook.

    Parameters
    ----------
    text : a whole error text, as long as it is, or the error itself, or a few words to search for; left out, every row is
        shown, those without any message at the end.

    Returns
    -------
    The rows that fit; as the last line of a cell they show themselves. One sentence if none fits.

    Raises
    ------
    ValueError : for anything but words or an error.

    Examples
    --------
    >>> messages("InvalidArgumentError: indices[0,2] = 9999 is not in [0, 64)")
    InvalidArgumentError: indices[…] = … is not in [0, …)
      where: an Embedding gets an id, on the CPU
      cause: the table has no row for this id: input_dim is too small, or input_dim and output_dim are swapped
      cure:  input_dim = largest id + 1; write the names of both arguments
      notebook 02
    """
    if text is None:
        return Messages(list(MESSAGES))
    if isinstance(text, BaseException):
        text = f"{type(text).__name__}: {text}"
    if not isinstance(text, str) or not text.strip(" .…\n"):
        raise ValueError(
            f'helpers.messages takes the text of an error, or a word of it, such as "ndim"; got {text!r:.60}.'
        )
    rows = fitting(text) or _search(text)
    if not rows:
        return Confirmation(
            "No message of this series fits. Try one word of it, or helpers.messages() for all; a message that is cut off may "
            "go on further down: look for the line that names a layer, a shape or an index."
        )
    return Messages(rows)


_M = Message
MESSAGES = (
    # --- 00
    _M("ModuleNotFoundError", "No module named 'helpers'", "the first cell of a notebook",
       "the notebook runs in another Python than the one with the project in it",
       "choose the kernel of the folder .venv, or begin with the first command of the README", "00", "setup-words"),
    _M("InvalidArgumentError", "ConcatOp : Dimension … in both shapes must be equal: shape[0] = […] vs. shape[1] = […]",
       "a model with two inputs gets a batch", "one input has more rows than the other: three texts and two questions",
       "as many rows in each input; their lengths may differ", "00", "rows-must-agree"),
    # --- 01
    _M("ValueError", "You must pass a `shape` argument.", "keras.Input is made", "shape=None or shape=(None), which is the same",
       "the comma: shape=(None,)", "01", "comma"),
    _M("ValueError", "Cannot convert '…' to a shape.", "keras.Input is made", "a number where a tuple is needed",
       "shape=(5,), with brackets and comma", "01", "comma"),
    _M("ValueError", "Invalid input shape for input … Expected shape …, but input has incompatible shape …", "a model is called",
       "the batch axis is missing: one sequence is no batch", "x[np.newaxis]: a batch of one", "01", "one"),
    _M("ValueError", "Input … is incompatible with the layer: expected shape=…, found shape=…", "a model is called",
       "Input(shape=(10,)) promised one length, and another came", "Input(shape=(None,)), or pad to the promised length",
       "01", "run-fixed"),
    _M("ValueError", "Shapes used to initialize variables must be fully-defined (no `None` dimensions). Received: shape=… for variable "
       "path='…'", "a layer makes its weights",
       "a weight needs a size, and gets None: Flatten before Dense on an open length, or an open feature axis",
       "pool or read with an LSTM instead of Flatten; say the number of features: Input(shape=(None, 5))", "01", "fixed-buys"),
    _M("ValueError", "setting an array element with a sequence. The requested array has an inhomogeneous shape after … dimensions.",
       "np.array of sequences", "rows of unequal length make no rectangle", "pad them: keras.utils.pad_sequences", "01", "run-ways"),
    _M("ValueError", "Can't convert non-rectangular Python sequence to Tensor.", "tf.constant of sequences",
       "rows of unequal length make no rectangle", "pad them, or tf.ragged.constant(...).to_tensor()", "01", "run-ways"),
    _M("ValueError", "Failed to convert a NumPy array to a Tensor (Unsupported object type …).",
       "an object array is made a tensor", "an array of lists (dtype=object) is no array of numbers, even with equal rows",
       "pad the lists into one array", "01", "run-ways"),
    _M("ValueError", "Unrecognized data type: x=… (of type <class 'list'>)", "fit or predict gets lists",
       "Keras takes arrays, not lists of lists", "pad the lists into one array", "01", "run-ways"),
    _M("ValueError", "Invalid dtype: object", "fit or predict gets an object array",
       "an array of lists (dtype=object) is no array of numbers", "pad the lists into one array", "01", "run-ways"),
    _M("ValueError", "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.…'x' sizes: …",
       "fit or predict gets a list of arrays", "a list of arrays means several inputs, not several sequences",
       "pad into one array, or feed one by one with x[np.newaxis]", "01", "run-ways"),
    _M("InvalidArgumentError", "Cannot batch tensors with different shapes in component …. First element had shape […] and element … had "
       "shape […].", "dataset.batch", "rows of unequal length make no rectangle", "dataset.padded_batch", "01", "run-ways"),
    _M("ValueError", "Cannot index into an inner ragged dimension.", "an LSTM gets a ragged tensor",
       "Input and Embedding take ragged tensors, an LSTM does not", ".to_tensor(), and a mask", "01", "ragged"),
    _M("ValueError", "input \"…\" feeds the Embedding \"…\", which looks up whole-number ids; got …", "helpers.trace",
       "ids are floats: Keras would cut their fractions off", "find the division that made floats of them", "01", "trace-refuses"),
    # --- 02
    _M("ValueError", "Input … is incompatible with the layer: expected ndim=3, found ndim=4. Full shape received: …",
       "an LSTM behind an Embedding", "the ids have a feature axis, (batch, time, 1), and the Embedding adds another",
       "ids of shape (batch, time): np.squeeze(ids, axis=-1)", "02", "rank-lstm"),
    _M("ValueError", "`input_dim` must be a positive integer. Received: input_dim=… (of type …).", "an Embedding is made",
       "ids.max() + 1 of an array is NumPy's kind of whole number; or a division made a float", "int(ids.max()) + 1", "02", "rows-int"),
    _M("TypeError", "Embedding.__init__() missing 1 required positional argument: 'output_dim'", "an Embedding is made",
       "only the number of rows is given, not how many numbers stand in each", "layers.Embedding(input_dim=10_000, output_dim=64)", "02", ""),
    _M("UnimplementedError", "Cast string to int32 is not supported", "an Embedding, or a model that reads ids, gets words",
       "an Embedding looks up ids, not words", "TextVectorization makes ids of words: to_ids(texts)", "02", "vectorize"),
    _M("InvalidArgumentError", "indices[…] = … is not in [0, …)", "an Embedding gets an id, on the CPU",
       "the table has no row for this id: input_dim is too small, or input_dim and output_dim are swapped",
       "input_dim = largest id + 1; write the names of both arguments", "02", "run-first"),
    _M("InvalidArgumentError", "indices[…] = -… is not in [0, …)", "an Embedding gets a negative id, on the CPU",
       "a negative id counts from the end of the table; this one lies before its beginning", "pad with 0, not with −1",
       "02", "negative-far"),
    _M("InvalidArgumentError", "Graph execution error:", "fit, predict or evaluate",
       "only the first line: the message proper stands further down", "paste the whole text into helpers.messages",
       "02", "graph-error", frame=True),
    _M("InvalidArgumentError", "Exception encountered when calling ….call().", "a layer or a model is called",
       "only the first line: the message proper stands below it", "paste the whole text into helpers.messages", "02", "", frame=True),
    _M("InvalidArgumentError", "slice index 0 of dimension 1 out of bounds.", "an LSTM is called on an empty text",
       "no timestep is there to read: ids of shape (batch, 0)", "leave empty texts out, or pad to one timestep at least", "02", ""),
    _M("InvalidArgumentError", "Tried to stack list which only contains uninitialized tensors and has a non-fully-defined element_shape: […]",
       "fit or predict with an LSTM and an empty text", "no timestep is there to read: ids of shape (batch, 0)",
       "leave empty texts out, or pad to one timestep at least", "02", ""),
    _M("ValueError", "Invalid dtype: str…", "predict gets texts in a NumPy array", "predict knows no NumPy strings",
       "tf.constant(texts)", "02", "strings"),
    _M("ValueError", "input \"…\" feeds the Embedding \"…\", whose table has the rows 0 to …; got the id …", "helpers.trace",
       "an id that the table has no row for, found before it runs", "mend the ids, or input_dim = largest id + 1",
       "02", "trace-refuses"),
    _M("UserWarning", "Argument `input_length` is deprecated. Just remove it.", "an Embedding is made",
       "an argument of old Keras, which does nothing any more", "leave it out; a fixed length goes into Input(shape=(10,))",
       "02", "length-warning"),
    _M("ValueError", "Input … is incompatible with the layer: expected axis … of input shape to have value …, but received input with shape …",
       "a Dense (behind Flatten, say) is called again",
       "its weights were made for the width of the first batch, and another length makes Flatten's row wider or narrower",
       "Input(shape=(10,)) and padding to it; or pooling or an LSTM instead of Flatten", "02", "old-recipe"),
    _M("UserWarning", "Model doesn't support `jit_compile=True`. Proceeding with `jit_compile=False`.", "fit or predict",
       "a layer that XLA cannot translate, such as TextVectorization", "leave jit_compile out; nothing else changes", "02", ""),
    # --- 03
    _M("TypeError", "LSTM.__init__() missing 1 required positional argument: 'units'", "an LSTM is made",
       "nobody but you decides how many units it has", "layers.LSTM(32)", "03", "nobody"),
    _M("ValueError", "Received an invalid value for argument `units`, expected a positive integer, got …", "an LSTM or a GRU is made",
       "a layer has one unit at least", "a whole number from 1 up", "03", "free"),
    _M("ValueError", "Received an invalid value for `units`, expected a positive integer. Received: units=…", "a Dense is made",
       "no unit at all, or a float, as from Dense(64 / 2)", "a whole number from 1 up; 64 // 2", "03", ""),
    _M("ValueError", "Cannot convert '(…, …)' to a shape. Found invalid dimension '…' of type '<class 'float'>'.",
       "an LSTM makes its weights", "LSTM(64 / 2): a division makes a float, and a size is a whole number", "64 // 2", "03", "free"),
    _M("ValueError", "You tried to call `count_params` on layer '…', but the layer isn't built.", "count_params()",
       "a layer has no weights before it knows the width of what comes in", "layer.build((None, None, 4)), or call it on a batch first",
       "03", "arrays-shapes"),
    _M("ValueError", "You called `set_weights(weights)` on layer '…' with a weight list of length …, but the layer was expecting 0 weights.",
       "set_weights", "a layer has no weights before it knows the width of what comes in",
       "layer.build((None, None, 4)), or call it on a batch first", "03", ""),
    _M("InvalidArgumentError", "Matrix size-incompatible: In[0]: […], In[1]: […]", "a layer is called, with or without a given state",
       "two widths do not fit: vectors with another number of features than the layer was built for, a state with another number of "
       "units, or, behind Flatten, another length",
       "as many features as at the first call; as many units in encoder and decoder; one length before Flatten", "03", "width-refused"),
    _M("ValueError", "Input … is incompatible with the layer: expected shape=(None, None, …), found shape=…", "a model is called",
       "vectors with another number of features than its Input says: the last numbers of the two shapes differ",
       "as many features as in Input(shape=(None, 4)); any length is fine", "03", ""),
    _M("ValueError", "Cannot unstack … tensors into a TensorArray of static size …", "an LSTM is called with mask=",
       "the mask is longer than the sequence", "a mask of shape (batch, time), as x has", "03", ""),
    _M("OutOfRangeError", "Tried to read from index … but array size is: …", "an LSTM is called with mask=",
       "the mask is shorter than the sequence", "a mask of shape (batch, time), as x has", "03", ""),
    _M("InvalidArgumentError", "Trying to access element … in a list with … elements.", "fit or predict, an LSTM with mask=",
       "the mask is shorter than the sequence", "a mask of shape (batch, time), as x has", "03", ""),
    _M("ValueError", "Cannot unroll a RNN if the time dimension is undefined.", "an LSTM with unroll=True, at the second length",
       "unroll=True lays down one piece of program for each timestep, and their number is open", "leave unroll out", "03", ""),
    # --- 04
    _M("ValueError", "Layer \"…\" expects 1 input(s), but it received … input tensors.", "a layer behind an LSTM, a GRU or Bidirectional",
       "return_state=True hands on the states as well: output, h, c (a GRU: output, h; a Bidirectional LSTM: five arrays)",
       "hand on the first, lstm(x)[0], or leave return_state off", "04", "three-inputs"),
    _M("ValueError", "not enough values to unpack (expected 3, got 2)", "output, h, c = layer(x)",
       "a GRU has no c: with return_state=True come output and h (elsewhere: fewer values than names)", "output, h = gru(x)",
       "04", "gru-states"),
    _M("ValueError", "too many values to unpack (expected …)", "output, h = layer(x)",
       "return_state=True hands on three arrays, output, h, c, and with Bidirectional five (elsewhere: more values than names)",
       "a name for each: output, h, c = lstm(x)", "04", ""),
    _M("ValueError", "Input … is incompatible with the layer: expected ndim=3, found ndim=2. Full shape received: …",
       "an LSTM above another LSTM, or on ids", "the layer below hands on a summary without timesteps; or there is no Embedding, or x is one sequence without a batch axis",
       "return_sequences=True in every LSTM below another one; an Embedding before ids; x[np.newaxis]", "04", "stack-error"),
    _M("InvalidArgumentError", "slice index … of dimension 0 out of bounds.", "predict with TimeDistributed",
       "where the length is open, the wrapper takes the number of sequences for it", "leave TimeDistributed out: Dense works on each timestep",
       "04", "wrapper-error"),
    _M("ValueError", "Arguments `target` and `output` must have the same rank (ndim). Received: target.shape=…, output.shape=…",
       "a crossentropy is computed (mse says nothing)", "labels with fewer axes than the outputs: one for each sequence against one output for each timestep; "
       "or numbers of classes for categorical_crossentropy",
       "labels (batch, time, 1), or a last LSTM without return_sequences; for numbers of classes the sparse loss", "04", "run-silent"),
    _M("ValueError", "Arguments `target` and `output` must have the same shape. Received: target.shape=…, output.shape=…",
       "binary_crossentropy is computed (mse says nothing)", "labels (`target`) for each sequence and outputs for each timestep, or the other way round; "
       "or labels of another length", "labels in the shape of model.output_shape: one output for each timestep takes return_sequences "
       "in the last LSTM, one for each sequence goes without", "04", "run-silent"),
    _M("ValueError", "Argument `output` must have rank (ndim) `target.ndim - 1`. Received: target.shape=…, output.shape=…",
       "a sparse loss is computed", "one class for each sequence and outputs for each timestep, or the other way round (the message has "
       "ndim on the wrong side)", "labels (batch, time) with return_sequences in the last LSTM, labels (batch,) without", "04", "run-silent"),
    _M("ValueError", "Arguments `target` and `output` must have the same shape up until the last dimension: target.shape=…, output.shape=…",
       "a sparse loss is computed", "labels (batch, 1), or labels of another length, against one output for each timestep",
       "labels (batch, time), as long as the outputs; or a last LSTM without return_sequences", "04", "run-silent"),
    _M("ValueError", "Dimensions must be equal, but are … and … for '{{node compile_loss/", "fit or evaluate, with mse",
       "labels of another length than the outputs", "labels for each timestep of x: (batch, time, 1)", "04", ""),
    _M("InvalidArgumentError", "Received a label value of … which is outside the valid range of [0, …).", "a sparse loss, on the CPU",
       "a class without an output: classes count from 0, so n outputs are the classes 0 to n − 1",
       "as many outputs as the largest class + 1; no label below 0", "04", ""),
    _M("AssertionError", "labels (…), outputs (…)", "assert_labels of notebook 04, before training",
       "labels and outputs have different shapes, and mse would stretch them", "as many axes in the labels as in the outputs",
       "04", "assert-labels"),
    _M("IndexError", "list index out of range", "an LSTM begins with a given state",
       "it needs two states and got one (elsewhere: any list that is too short)",
       "initial_state=[h, c]", "04", "run-match"),
    # --- 05
    _M("AssertionError", "row … gives something else alone (… steps) than with padding … it", "helpers.assert_padding_invariant",
       "padding changes the answer: no mask is made, or it is lost on the way", "mask_zero=True; helpers.trace shows where it is lost",
       "05", "invariant"),
    _M("UserWarning", "Layer '…' (of type …) was passed an input with a mask attached to it. However, this layer does not support masking "
       "and will therefore destroy the mask information.", "Conv1D, pooling, Reshape, Lambda, a layer of your own behind a mask",
       "the layer does not hand the mask on; what comes after it reads the padding",
       "a layer that does, or supports_masking = True in your own; mask= by hand, and before a Conv1D the vectors of pads set to 0",
       "05", "warning"),
    _M("ValueError", "The `mask` must be broadcastable to `inputs`.", "layers.Softmax behind a mask",
       "its mask has another meaning and shape", "layers.Activation(\"softmax\")", "05", "softmax"),
    _M("ValueError", "row … holds nothing but padding, so there is nothing to compare", "helpers.assert_padding_invariant",
       "an empty sequence; in a masked average it becomes NaN", "leave empty rows out, with their labels", "05", "nan-cure"),
    _M("InvalidArgumentError", "Incompatible shapes: […] vs. […]", "a loss with sample_weight",
       "one weight for each sequence, one loss for each timestep", "weights of shape (batch, time)", "05", "weights-shape"),
    _M("ValueError", "row … holds the padding value … at step …, where a mask would skip a real step", "helpers.assert_padding_invariant",
       "a real timestep has the value that means padding", "a padding value that no measurement can have; or a mask from the lengths",
       "05", "proof-series"),
    _M("ValueError", "the mask has the shape … and the array …: it needs one True or False for each timestep", "helpers.assert_padding_invariant",
       "the mask belongs to another array, or was cut", "a mask of shape (batch, time)", "05", "bad-masks"),
    _M("ValueError", "row … should have … real steps, and the array has … timesteps", "helpers.assert_padding_invariant",
       "a length is larger than the padded array; np.arange(T) < lengths would be True everywhere, in silence",
       "mend the lengths, or pad further", "05", "bad-masks"),
    _M("InvalidArgumentError", "You are passing a RNN mask that does not correspond to right-padded sequences, while using cuDNN, which is "
       "not supported.", "an LSTM on a graphics card (from Keras's source, not run here)",
       "padding in front, or a row of nothing but padding", "padding=\"post\", no empty rows; or use_cudnn=False", "05", "gpu", run=False),
    # --- 06
    _M("TypeError", "`generator` yielded an element of shape … where an element of shape … was expected.", "fit with a PyDataset or generator",
       "the first two batches had the same length, so Keras took it for fixed",
       "first two batches that differ in length, tf.data with output_signature, or helpers.BucketedDataset", "06", "crash-line"),
    _M("ValueError", "`len(bucket_batch_sizes)` must equal `len(bucket_boundaries) + 1` but …", "bucket_by_sequence_length",
       "n boundaries make n + 1 buckets", "one batch size more than boundaries", "06", "sizes-error"),
    _M("InternalError", "Got error code INVALID_ARGUMENT and message: {", "a tf.data pipeline runs",
       "only the first line: the message proper stands further down", "paste the whole text into helpers.messages",
       "06", "pad-boundary", frame=True),
    _M("InvalidArgumentError", "assertion failed: [When pad_to_bucket_boundary=True, elements must have length < max(bucket_boundaries).]",
       "bucket_by_sequence_length", "a sequence is as long as the last boundary, or longer", "one boundary more, above the longest sequence",
       "06", "pad-boundary"),
    _M("UserWarning", "Your input ran out of data; interrupting training", "predict or fit on a stream of batches",
       "TensorFlow cannot know how many batches a stream has; nothing is lost", "dataset.apply(tf.data.experimental.assert_cardinality(n))",
       "06", "cardinality"),
    # --- 07
    _M("AttributeError", "module 'keras.layers' has no attribute 'Recurrent'", "an answer from the days of Keras 1",
       "the class that recurrent layers once inherited from is gone", "RNN, LSTM, GRU; nothing inherits by that name", "07", "recurrent"),
    _M("ValueError", "the … has no word in it: write at least one.", "helpers.ask", "an empty story or question",
       "a story and a question in words", "07", "ask-refused"),
    _M("ValueError", "the model knows no word of this …, …: it learnt … words, among them …", "helpers.ask",
       "every word is new to the model, so nothing is left of the text but unknown words", "words like those of its training", "07",
       "ask-refused"),
    _M("ValueError", "the … must be a text between quotes, got …", "helpers.ask", "a number, a list or nothing in place of words",
       "write the words between quotes", "07", "ask-refused"),
    # --- 08: programs for older Keras
    _M("ValueError", "Unrecognized keyword arguments passed to LSTM: {'batch_input_shape': …}", "a program for Keras 2",
       "the argument is gone", "keras.Input(batch_shape=(1, None, 3)) in front", "08", "old"),
    _M("ValueError", "Unrecognized keyword arguments passed to LSTM: {'time_major': …}", "a program for Keras 2",
       "the argument is gone: batches are (batch, time, features)", "turn the axes: np.swapaxes(x, 0, 1)", "08", "old"),
    _M("AttributeError", "module 'keras.layers' has no attribute 'CuDNNLSTM'", "a program for Keras 2", "the layer is gone",
       "layers.LSTM, which uses cuDNN by itself on a graphics card (from Keras's source, not run here)", "08", "old"),
    _M("AttributeError", "'Sequential' object has no attribute 'reset_states'", "a program for Keras 2",
       "the state is reset at the layer today", "layer.reset_state()", "08", "old"),
    _M("ValueError", "When using `stateful=True` in a RNN, the batch size must be static.", "an LSTM with stateful=True",
       "a state that is kept belongs to fixed rows",
       "keras.Input(batch_shape=(1, None, 3)); or leave stateful out: it has nothing to do with lengths", "08", "old"),
    # --- no message at all
    _M("", "ids become other words, 1.9 is read as 1", "an Input with dtype=\"int32\" gets floats", "fractions are cut off in silence",
       "look at the dtype of your ids; helpers.trace refuses floats", "01", "run-float"),
    _M("", "every new length is slow the first time", "a tf.function of your own", "it is traced anew for each shape",
       "input_signature with None in the open axes; Keras's own loops do that by themselves", "01", "bare-function"),
    _M("", "the vectors have as many numbers as there should be words", "an Embedding on small ids",
       "input_dim and output_dim are swapped", "write their names; look at the last axis and at the LSTM's parameters", "02", "run-clues"),
    _M("", "padding with −1 is read as the last word", "an Embedding on the CPU", "negative ids count from the end of the table",
       "pad with 0, and keep it for padding", "02", "run-negative"),
    _M("", "an id past the table gets the last row, or zeros", "jit_compile=True; a graphics card (from the source)",
       "nobody checks the ids there", "assert 0 <= ids.min() and ids.max() < input_dim, before training", "02", "xla"),
    _M("", "the loss falls, and every sequence gets the same answer", "mse with labels (batch,) and return_sequences=True",
       "the labels are stretched against the outputs (broadcasting)", "labels in the shape of the outputs, or no return_sequences",
       "04", "broadcast-effect"),
    _M("", "every sequence gets the average of its own labels", "mse with labels (batch, time, 1), return_sequences forgotten",
       "the one output is stretched along time (broadcasting)", "return_sequences=True in the last LSTM; assert the shape of the labels",
       "04", "mirror"),
    _M("", "a decoder begins with h and c exchanged", "initial_state=[c, h]", "both have the same shape, so both orders run",
       "initial_state=[h, c], in the order in which return_state gives them", "04", "swapped-states"),
    _M("", "predict gives too few timesteps", "TimeDistributed on an open length", "it takes the number of sequences for the number of timesteps",
       "leave TimeDistributed out: Dense works on each timestep", "04", "run-wrapper"),
    _M("", "a long row loses its beginning", "pad_sequences", "truncating=\"pre\" is the default, also with padding=\"post\"",
       "say padding, truncating and dtype, always", "05", "only-padding"),
    _M("", "measurements become 0", "pad_sequences", "dtype=\"int32\" is the default: fractions are cut off",
       "dtype=\"float32\"", "05", "dtype-bites"),
    _M("", "the model does not learn: accuracy stays at a half", "an LSTM behind an Embedding, padding after the words",
       "without a mask it reads the padding last, which washes the words out", "mask_zero=True", "05", "run-sixty"),
    _M("", "a sequence gets another answer in other company", "any model with padding", "padding changes the answer",
       "helpers.assert_padding_invariant; mask_zero=True", "05", "company"),
    _M("", "the mask is gone behind x * 2, x + y, a slice or keras.ops", "between an Embedding and an LSTM",
       "an operator hands no mask on", "layers (Rescaling, Add), or mask= by hand if nothing mixes timesteps", "05", "run-silent"),
    _M("", "the mask is gone behind Add or Concatenate", "two arrays, one of them without a mask",
       "what has no mask counts as real everywhere", "a mask on both, or mask= by hand", "05", "table-silent"),
    _M("", "a decoder reads the padding", "an LSTM with initial_state", "with initial_state, Keras does not hand it the mask of its first input",
       "mask= by hand", "05", "initial-state"),
    _M("", "padding leaks in although the mask is kept", "GroupNormalization, or a Masking layer behind an Embedding",
       "averages over the padding; a new mask that is True everywhere", "LayerNormalization; mask_zero=True instead of Masking",
       "05", "table-silent"),
    _M("", "the second attention layer reads the padding", "MultiHeadAttention and a residual sum",
       "the layer takes the mask off the array that it was given", "attention_mask by hand", "05", "attention"),
    _M("", "the answer of an LSTM is all zeros", "zero_output_for_mask=True without return_sequences",
       "its last timestep is padding", "leave the switch out, or use the state h", "05", "zero-output"),
    _M("", "the loss is NaN, and then all weights are", "an average over a masked row of nothing but padding", "0 / 0",
       "leave empty rows out, with their labels", "05", "nan-spreads"),
    _M("", "a tagger is 80 % right and knows nothing", "accuracy over all timesteps", "the padding is counted, and easy to guess",
       "a mask that reaches the output, or weighted_metrics", "05", "always-zero"),
    _M("", "the loss shrinks as padding grows", "sample_weight for each timestep", "the sum over real timesteps is divided by all",
       "reduction=\"mean_with_sample_weight\", weighted_metrics", "05", "run-weights"),
    _M("", "a calm hour is skipped", "Masking(0.0) on measurements", "a real timestep with all features 0 looks like padding",
       "a padding value that no measurement can have; or a mask from the lengths", "05", "run-zero"),
    _M("", "NaN in, NaN out, or NaN in the gradients", "Masking(np.nan), missing measurements", "nothing equals NaN, so nothing is masked",
       "np.nan_to_num, and a mask from the lengths", "05", "nan"),
    _M("", "no padding at all, and an epoch takes longer", "groups of exactly equal length", "many small batches: the sum of T decides",
       "buckets", "06", "cost-proof"),
    _M("", "sorted by length, the model forgets", "batches served from short to long", "one label after another, where length tells about it",
       "sort within buckets, shuffle the batches, anew each epoch", "06", "run-sorted"),
    _M("", "right one by one, wrong in the evaluation", "predictions from buckets", "they come in the order of the buckets",
       "keep a number with each sequence; helpers.BucketedDataset(...).predict", "06", "order"),
    _M("", "the same model, another loss with other batches", "models that answer at every timestep",
       "the mean over real timesteps is taken for each batch", "compare on the same batches, or count by hand", "06", "run-company"),
)
