"""Send one batch through a model and write down what each layer does to its shape and to its mask."""
from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from .showing import Table

MADE, KEPT, USED, USED_KEPT = "made", "kept", "used", "used and kept"
LOST_WARNING, LOST_SILENT, LEAKS = "LOST with a warning", "LOST in silence", "kept, but padding LEAKS in"
NONE, NESTED = "–", "not traced: a model inside"


@dataclass(frozen=True)
class Row:
    """One layer's line. Shapes are tuples (a tuple of tuples for several outputs); `reads` names the lines it takes
    its inputs from, and `seen` those of them whose array had a mask on it when this layer read it; `real` is (True cells,
    cells) of the mask that leaves the layer, or None."""

    name: str
    kind: str
    symbolic: tuple
    shape: tuple
    parameters: int
    mask: str
    real: tuple[int, int] | None
    reads: tuple[int, ...]
    seen: tuple[int, ...] = ()


class Trace:
    """What `trace` returns: `.rows` (a list of `Row`), `.parameters` of the whole model; shows itself as a table."""

    def __init__(self, rows: list[Row], parameters: int):
        self.rows, self.parameters = rows, parameters

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"no layer {name!r} in this trace; it has {[row.name for row in self.rows]}")

    def _table(self) -> Table:
        heads = ["layer", "kind", "symbolic shape", "in this batch", "parameters", "mask"]
        lines = [
            [row.name, row.kind, _shape_text(row.symbolic), _shape_text(row.shape), row.parameters,
             row.mask + (f" ({row.real[0]} of {row.real[1]} real)" if row.real else "")]
            for row in self.rows
        ]
        return Table(heads, [*lines, ["in all", "", "", "", self.parameters, ""]])

    def __repr__(self) -> str:
        return repr(self._table())

    def _repr_html_(self) -> str:
        return self._table()._repr_html_()


def _shape_text(shape: tuple) -> str:
    return ", ".join(map(str, shape)) if shape and isinstance(shape[0], tuple) else str(shape)


def _shapes(tensors) -> tuple:
    shapes = tuple(tuple(t.shape) for t in keras.tree.flatten(tensors))
    return shapes[0] if len(shapes) == 1 else shapes


def _mask_of(tensor):
    return getattr(tensor, "_keras_mask", None)


def _tensors(args, kwargs) -> list:
    """The tensors a layer computes with; masks given by keyword are not among them."""
    rest = {key: value for key, value in kwargs.items() if not key.endswith("mask")}
    return [t for t in keras.tree.flatten((args, rest)) if hasattr(t, "shape")]


def _given_masks(kwargs) -> list:
    given = [m for key, value in kwargs.items() if key.endswith("mask") for m in keras.tree.flatten(value)]
    return [m for m in given if m is not None]


def _takes_mask(operation) -> bool:
    """True if the layer's `call` has an argument `mask`."""
    return "mask" in inspect.signature(type(operation).call).parameters


def _other_padding(tensor, mask):
    """The same tensor with other values in its masked cells; what a layer makes of the real ones must not change."""
    if mask is None or len(tensor.shape) <= len(mask.shape) or not tensor.dtype.is_floating:
        return tensor
    real = tf.reshape(mask, tuple(mask.shape) + (1,) * (len(tensor.shape) - len(mask.shape)))
    other = tf.where(real, tensor, tensor + 1.0)
    other._keras_mask = mask
    return other


def _leaks(operation, args, kwargs, masks, outputs, leaving) -> bool:
    """True if the values at padded cells change what a masked layer gives at real ones."""
    def swap(t):
        return _other_padding(t, masks.get(id(t))) if hasattr(t, "shape") else t

    other = operation(*keras.tree.map_structure(swap, args), **kwargs)
    for before, after, mask in zip(keras.tree.flatten(outputs), keras.tree.flatten(other), leaving):
        before, after = np.asarray(before), np.asarray(after)
        if mask is not None and before.shape[: len(mask.shape)] == tuple(mask.shape):
            before, after = before[np.asarray(mask)], after[np.asarray(mask)]
        if not np.allclose(before, after, atol=1e-5, equal_nan=True):
            return True
    return False


def _compiled(operation):
    """The `call` of a recurrent layer that reads one sequence, as a graph for any batch and length; built once for each layer."""
    if "_any_length_graph" not in vars(operation):
        symbolic = operation._inbound_nodes[0].input_tensors[0]
        sequence = tf.TensorSpec((None, None, *symbolic.shape[2:]), operation.compute_dtype)
        graph = tf.function(lambda x: type(operation).call(operation, x), input_signature=[sequence], autograph=False)
        object.__setattr__(operation, "_any_length_graph", graph)  # past Keras, which would look for variables in it
    return operation._any_length_graph


class _Recorder:
    """Runs the operations of a graph and keeps, for each run, what happened to the mask."""

    def __init__(self, compiled: bool = False):
        self.compiled = compiled  # run recurrent layers as graphs, where no mask comes in
        self.runs: list[tuple] = []  # (state, outputs, masks that leave, has each tensor a mask?), in running order
        self.masks: dict[int, object] = {}  # id(tensor) -> the mask it was made with
        self._alive: list = []  # so that no id is used twice

    def around(self, operation):
        def run(*args, **kwargs):
            masked = [_mask_of(t) is not None for t in _tensors(args, kwargs)]  # before it runs: it may take one off
            state, outputs, leaving = self._run(operation, args, kwargs)
            flat = keras.tree.flatten(outputs)
            self._alive.append(flat)
            self.masks.update({id(t): mask for t, mask in zip(flat, leaving) if mask is not None})
            self.runs.append((state, outputs, leaving, masked))
            return outputs

        return run

    def _run(self, operation, args, kwargs):
        tensors, received = _tensors(args, kwargs), []
        # A layer may take the mask off its input (MultiHeadAttention does): the next one to read it has lost it.
        taken = any(id(t) in self.masks and _mask_of(t) is None for t in tensors)
        arriving = [m for m in map(_mask_of, tensors) if m is not None] + _given_masks(kwargs)

        def spy(*inner, **named):
            received.extend(_given_masks(named))
            if graph_fits:
                return _compiled(operation)(*inner)
            return type(operation).call(operation, *inner, **named)

        recurrent = isinstance(operation, keras.layers.RNN) and not operation.unroll  # unrolled it needs to know T
        graph_fits = self.compiled and recurrent and len(args) == len(tensors) == 1 and not arriving

        # `call` is looked up on the instance: for this one run it tells which masks reach it.
        object.__setattr__(operation, "call", spy)
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                outputs = operation(*args, **kwargs)
        finally:
            object.__delattr__(operation, "call")
        leaving = [_mask_of(t) for t in keras.tree.flatten(outputs)]
        kept = [m for m in leaving if m is not None]

        if isinstance(operation, keras.Model):
            state = NESTED
        elif not arriving:
            state = LOST_SILENT if taken else MADE if kept else NONE
        elif isinstance(operation, keras.layers.Masking):
            state = MADE
        elif any("destroy the mask" in str(warning.message) for warning in said):
            state = LOST_WARNING
        elif not received and (taken or not kept or _takes_mask(operation)):
            state = LOST_SILENT
        elif not received and _freed(arriving, kept):
            state = LOST_SILENT
        elif _leaks(operation, args, kwargs, self.masks, outputs, leaving):
            state = LEAKS
        else:
            state = USED if not kept else USED_KEPT if received else KEPT
        return state, outputs, leaving


def _freed(arriving, leaving) -> bool:
    """True if a cell that every arriving mask calls padding leaves as real."""
    padding = ~np.any([np.asarray(m) for m in arriving if m.shape == arriving[0].shape], axis=0)
    return any(m.shape == padding.shape and bool(np.any(np.asarray(m) & padding)) for m in leaving)


def _graph(model):
    if not isinstance(model, keras.Model):
        hint = " Put the layer into a model first." if isinstance(model, keras.Layer) else ""
        raise ValueError(f"trace takes a Keras model and a batch, got {type(model).__name__} as the model.{hint}")
    graph = getattr(model, "_functional", None) if isinstance(model, keras.Sequential) else model
    if graph is None:
        raise ValueError(
            f'the model "{model.name}" is not built, so its layers have no shapes yet: '
            "begin it with keras.Input(shape=(None,), ...), or call it once on a batch."
        )
    if not hasattr(graph, "_run_through_graph"):
        raise ValueError(
            f"trace follows the graph of a functional or Sequential model; {type(model).__name__} is a subclass "
            "that computes in its own call(): trace cannot look inside."
        )
    for operation in graph.operations:
        if getattr(operation, "stateful", False):
            raise ValueError(
                f'the layer "{operation.name}" has stateful=True, and trace runs layers twice to look for leaks, which would '
                "change its state: build the model without it."
            )
    return graph


def _arrays(graph, batch) -> list:
    """The batch as a list of arrays, one for each input; or one sentence about what does not fit."""
    names = [tensor.name for tensor in graph.inputs]
    if isinstance(batch, dict):
        if set(batch) != set(names):
            raise ValueError(f"the batch has the keys {sorted(batch)}, and the model's inputs are called {names}: use these.")
        arrays = [batch[name] for name in names]
    elif len(names) == 1:
        is_pack = isinstance(batch, (list, tuple)) and len(batch) == 1 and hasattr(batch[0], "shape")
        arrays = list(batch) if is_pack else [batch]
    else:
        if not isinstance(batch, (list, tuple)) or len(batch) != len(names):
            got = f"{len(batch)} things" if isinstance(batch, (list, tuple)) else f"one {type(batch).__name__}"
            raise ValueError(f"the model has {len(names)} inputs {names} and the batch is {got}: pass a dict with these keys.")
        arrays = list(batch)
    arrays = [_checked(tensor, array) for tensor, array in zip(graph.inputs, arrays)]
    rows = {name: len(array) for name, array in zip(names, arrays)}
    if len(set(rows.values())) > 1:
        raise ValueError(f"the inputs of one batch need the same number of rows, got {rows}.")
    _check_ids(graph, arrays)
    return arrays


def _checked(tensor, array):
    where, wanted = f'input "{tensor.name}"', tuple(tensor.shape)
    names = {1: "(batch,)", 2: "(batch, time)", 3: "(batch, time, features)"}.get(len(wanted), f"of {len(wanted)} axes")
    if isinstance(array, tf.RaggedTensor):
        raise ValueError(f"{where} got a ragged tensor, and an LSTM takes rectangles only: pass batch.to_tensor().")
    if not hasattr(array, "shape"):
        raise ValueError(
            f"{where} got a {type(array).__name__}, and a batch is one rectangular array {names}: make the sequences "
            "equally long (pad them) and wrap them in np.array(...)."
        )
    if isinstance(array, np.ndarray) and array.dtype.kind not in "biuf":
        what, cure = f"an array of {array.dtype}", "turn words into ids first"
        if array.dtype == object:
            what, cure = "an object array, which is what NumPy makes of rows of unequal length", "pad the rows to one length"
        raise ValueError(f"{where} got {what}; expected is a rectangle of numbers {names}: {cure}.")
    shape = tuple(array.shape)
    fits = len(shape) == len(wanted) and all(w is None or w == s for w, s in zip(wanted, shape))
    if not fits:
        cure = " For one sequence pass x[np.newaxis]." if len(shape) == len(wanted) - 1 else ""
        raise ValueError(f"{where} takes arrays of shape {wanted}, which is {names}; got shape {shape}.{cure}")
    if 0 in shape:
        raise ValueError(f"{where} got an empty array of shape {shape}: a batch needs at least one row and one step.")
    return np.asarray(array)


def _check_ids(graph, arrays) -> None:
    """An id past the table fails deep inside on CPU, a negative one wraps, a float is cut: say it here."""
    for operation in graph.operations:
        if not isinstance(operation, keras.layers.Embedding):
            continue
        sources = {id(tensor) for node in operation._inbound_nodes for tensor in node.input_tensors}
        for tensor, ids in zip(graph.inputs, arrays):
            if id(tensor) not in sources:
                continue
            where = f'input "{tensor.name}" feeds the Embedding "{operation.name}"'
            if ids.dtype.kind == "f":
                raise ValueError(f"{where}, which looks up whole-number ids; got {ids.dtype}: "
                                 "find where the floats come in, and round or mend them there.")
            bad = ids[(ids < 0) | (ids >= operation.input_dim)]
            if bad.size:
                cure = ("; ids count from 0: mend the ids (padding is 0)." if bad.flat[0] < 0 else
                        ": make input_dim the largest id + 1, or look whether input_dim and output_dim are swapped.")
                raise ValueError(
                    f"{where}, whose table has the rows 0 to {operation.input_dim - 1}; got the id {bad.flat[0]}{cure}"
                )


def _written(graph) -> list:
    """The graph's nodes in running order, without those Keras adds only to compute masks."""
    wanted, todo = set(), list(graph.outputs)
    while todo:
        tensor = todo.pop()
        node = _node(tensor)
        if id(node) in wanted:
            continue
        wanted.add(id(node))
        kwargs = {key: value for key, value in node.arguments.kwargs.items() if not key.endswith("mask")}
        todo += [t for t in keras.tree.flatten((node.arguments.args, kwargs)) if isinstance(t, keras.KerasTensor)]
    nodes = [_node(tensor) for tensor in graph.inputs]
    lane = {id(tensor): place for place, tensor in enumerate(graph.inputs)}  # which input a tensor comes from
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        level = []
        for node in graph._nodes_by_depth[depth]:
            if id(node) in wanted and not node.is_input:
                level.append((min(lane.get(id(t), 0) for t in node.input_tensors), node))
                lane.update({id(t): level[-1][0] for t in node.outputs})
        nodes += [node for _, node in sorted(level, key=lambda pair: pair[0])]
    return nodes


def _node(tensor):
    operation, index, _ = tensor._keras_history
    return operation._inbound_nodes[index]


def trace(model: keras.Model, batch, compiled: bool = False) -> Trace:
    """Run `batch` through `model`, one line for each layer.

    Parameters
    ----------
    model : a built functional or Sequential model. A model used as a layer in it gets one line and is not opened.
    batch : an array (batch, time) or (batch, time, features); for several inputs a dict by name, or a list in order.
    compiled : run recurrent layers that get no mask as graphs, as `predict` does: the first call takes longer, each later
        one on the same model a fraction. For sliders.

    Returns
    -------
    Trace
        Shows itself as a table: symbolic shape, shape in this batch, parameters, and what became of the mask:
        *made*, *kept*, *used* (the layer leaves the padded steps out), *LOST with a warning*, *LOST in silence*, or
        *kept, but padding LEAKS in*. The last is measured: the masked cells get other values, and what the layer
        gives at the real ones must not change.

    Raises
    ------
    ValueError : one sentence for anything that is no such model or no such batch.

    Examples
    --------
    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None,), dtype="int32", name="ids"),
    ...                           keras.layers.Embedding(10, 4, mask_zero=True, name="look_up"),
    ...                           keras.layers.LSTM(3, name="read")])
    >>> trace(model, np.array([[5, 2, 0], [7, 0, 0]]))
    layer    kind        symbolic shape   in this batch  parameters  mask
    ids      InputLayer  (None, None)     (2, 3)                  0  –
    look_up  Embedding   (None, None, 4)  (2, 3, 4)              40  made (3 of 6 real)
    read     LSTM        (None, 3)        (2, 3)                 96  used
    in all                                                      136

    Notes
    -----
    The run is eager (but for `compiled`) and in inference mode; Keras's own `Functional._run_through_graph` visits the
    layers (Keras 3.15, keras/src/ops/function.py).
    """
    graph = _graph(model)
    arrays = _arrays(graph, batch)
    recorder = _Recorder(compiled)
    tensors = [tf.cast(array, tensor.dtype) for tensor, array in zip(graph.inputs, arrays)]
    graph._run_through_graph(tensors, operation_fn=recorder.around)
    # A shared layer runs once for each of its nodes, and not always in the order in which these were made.
    ran = [n for depth in sorted(graph._nodes_by_depth, reverse=True) for n in graph._nodes_by_depth[depth] if not n.is_input]
    runs = dict(zip(map(id, ran), recorder.runs, strict=True))

    nodes, rows, counted = _written(graph), [], set()
    places = {id(tensor): place for place, node in enumerate(nodes) for tensor in node.outputs}
    for node in nodes:
        operation = node.operation
        if node.is_input:
            state, outputs, leaving, masked = NONE, tensors[[id(t) for t in graph.inputs].index(id(node.outputs[0]))], [], []
        else:
            state, outputs, leaving, masked = runs[id(node)]
        read = _tensors(node.arguments.args, node.arguments.kwargs) if masked else []
        masks = [m for m in leaving if m is not None]
        parameters = 0 if id(operation) in counted or not isinstance(operation, keras.Layer) else operation.count_params()
        counted.add(id(operation))
        rows.append(Row(
            name=operation.name,
            kind=type(operation).__name__,
            symbolic=_shapes(node.outputs),
            shape=_shapes(outputs),
            parameters=parameters,
            mask=state,
            real=(int(np.sum(masks[0])), int(np.size(masks[0]))) if masks else None,
            reads=tuple(dict.fromkeys(places[id(t)] for t in node.input_tensors if id(t) in places)),
            seen=tuple(places[id(t)] for t, has in zip(read, masked) if has and id(t) in places),
        ))
    return Trace(rows, model.count_params())
