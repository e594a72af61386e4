"""Does padding change what a model gives? Each sequence alone against the same sequence in a padded batch."""
from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .lstm_by_hand import new_weights, run_lstm
from .showing import Table, attempt, first_line
from .tracing import _arrays, _mask_of, trace

_EXTRA = 10  # pads beside the longest sequence, so that this one is padded too
_NEAR = {"rtol": 1e-4, "atol": 1e-5}  # another batch size computes in another order: the last digits differ
_SENTENCES = [np.array([3, 1]), np.array([9, 2, 6])]  # short, for mask_table runs its models step by step


class Confirmation(str):
    """A line that shows itself without quotes."""

    def __repr__(self) -> str:
        return str(self)


def assert_padding_invariant(model, ids, padding_id=0, *, lengths=None, mask=None) -> Confirmation:
    """Stop with one sentence if padding changes what the model gives; return one line if it does not.

    The model reads each sequence alone, then all of them in one batch, once with the padding after and once with the
    padding before them. Of outputs that have a timestep for each one read, the real timesteps are compared. It tests
    answering, not training, and it tests the sequences that it is given: that they pass does not prove that all do.

    Parameters
    ----------
    model : a Keras model, or anything that takes a batch and returns an array. A Keras model runs as `predict` runs it
        for batches of any length, and must answer one sequence as it does when it is called.
    ids : a list of sequences, each a list of ids or an array (time, features); or a padded array (batch, time) or
        (batch, time, features). For a model with several inputs a dict of these, by name.
    padding_id : the id, or the value of every feature, that stands for padding.
    lengths : (batch,), how many steps from the left are real; only beside one padded array.
    mask : (batch, time), True at real steps; only beside one padded array. Without lengths and mask, the cells at
        the ends of its rows that hold `padding_id` are padding.

    Returns
    -------
    One line that confirms; as the last line of a cell it shows itself. Differences up to 0.00001 plus a ten-thousandth
    of the number count as none: batches of other sizes are added up in another order.

    Raises
    ------
    AssertionError : if some row differs; says which, on which side, by how much, and what to look at.
    ValueError : one sentence for anything that is no such model or no such sequences.

    Examples
    --------
    >>> keras.utils.set_random_seed(0)
    >>> model = keras.Sequential([keras.Input((None,), dtype="int32"),
    ...                           layers.Embedding(10, 4, mask_zero=True), layers.LSTM(3)])
    >>> assert_padding_invariant(model, [[5, 2], [7, 1, 8]])
    ✓ Padding has no effect: 2 sequences, each alone and padded to 13 steps, after and before, give the same.
    """
    rows = _rows(model, ids, padding_id, lengths, mask)
    padded = {name: _both_sides(sequences, padding_id, _EXTRA) for name, sequences in rows.items()}
    graph = getattr(model, "_functional", None) or model
    if isinstance(graph, keras.Model) and hasattr(graph, "_run_through_graph"):
        _arrays(graph, padded if isinstance(ids, Mapping) else padded[None])  # says what does not fit, such as an id past the table
    difference, row, side = _worst(_runs(model, rows, padded), rows, padded)
    first = next(iter(rows.values()))
    if row is not None:
        amount = f"{difference:.1g}" if np.isfinite(difference) else "NaN"
        makes = "mask_zero=True in the Embedding" if first[0].ndim == 1 else f"Masking({padding_id}) before the LSTM, or mask="
        raise AssertionError(
            f"row {row} gives something else alone ({len(first[row])} steps) than with padding {side} it: its numbers "
            f"differ by up to {amount}; look for {makes}, and at helpers.trace(model, batch) for where the mask is lost."
        )
    totals = " and ".join(str(batch.shape[1]) for batch in padded.values())
    return Confirmation(
        f"✓ Padding has no effect: {len(first)} sequences, each alone and padded to {totals} steps, after and before, give "
        "the same."
    )


def mask_table(cases: Mapping[str, Callable]) -> Table:
    """A table of what each piece of a model does to a mask, and whether padding stays without effect.

    Parameters
    ----------
    cases : {name: function}; the function takes the masked vectors of an Embedding, (batch, time, 8), and returns what
        stands before an LSTM (three axes) or takes the place of one (two axes).

    Returns
    -------
    Table
        For each case what `trace` says of its last layer (or the error, if there is one), and "yes" or "NO": does each
        sequence give the same alone and padded, after and before it?

    Raises
    ------
    ValueError : if `cases` is no dict of functions.

    Examples
    --------
    >>> mask_table({"Dense": lambda x: layers.Dense(8)(x), "x * 2": lambda x: x * 2})
    case   mask             padded = alone
    Dense  kept             yes
    x * 2  LOST in silence  NO
    """
    if not isinstance(cases, Mapping) or not all(map(callable, cases.values())):
        raise ValueError(f'mask_table takes a dict {{"name": lambda x: ...}} of functions, got {type(cases).__name__}.')
    return Table(["case", "mask", "padded = alone"], [[name, *_case(build)] for name, build in cases.items()])


def _case(build: Callable) -> tuple[str, str]:
    found = []

    def run():
        keras.utils.set_random_seed(0)
        ids = keras.Input((None,), dtype="int32", name="ids")
        piece = build(layers.Embedding(12, 8, mask_zero=True, name="vectors")(ids))
        last = piece._keras_history.operation.name
        padded = {None: _both_sides(_SENTENCES, 0, extra=2)}
        model = keras.Model(ids, piece)
        found.append(trace(model, padded[None][:2])[last].mask)
        weights = new_weights(3, piece.shape[-1]) if len(piece.shape) == 3 else None

        def read(vectors):  # an LSTM, and the mask that rides on what the model returns; in NumPy, because Keras takes its time
            mask = _mask_of(vectors)
            return run_lstm(np.asarray(vectors), *weights, mask=None if mask is None else np.asarray(mask))[0][:, -1]

        whole = model if weights is None else lambda x: read(model(x))
        found.append("yes" if _worst(_called(whole), {None: _SENTENCES}, padded)[1] is None else "NO")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the warning about a mask that gets lost is what the table says
        error = attempt(run)
    return tuple(found) if error == "no error" else (error, "–")


# --- running the model


def _called(model) -> Callable[[dict], list[np.ndarray]]:
    """The model, called step by step: {name: array} in (the name is None for a single input), a list of arrays out."""
    def run(arrays: dict) -> list[np.ndarray]:
        return [np.asarray(output) for output in keras.tree.flatten(model(arrays[None] if None in arrays else arrays))]

    return run


def _runs(model, rows: dict, padded: dict) -> Callable[[dict], list[np.ndarray]]:
    """How to run the model: as `predict` does for batches of any length, if it is a Keras model and not to run eagerly."""
    called = _called(model)
    if not isinstance(model, keras.Model) or model.run_eagerly:
        return called
    steps = [min(len(sequences[i]) for sequences in rows.values()) for i in range(len(next(iter(rows.values()))))]
    short = min(range(len(steps)), key=lambda i: (steps[i] < 2, steps[i]))  # of one step a layer cannot lose any
    alone = {name: sequences[short][np.newaxis] for name, sequences in rows.items()}
    expected = called(alone)
    open_ended = [tf.TensorSpec((None, None, *batch.shape[2:]), batch.dtype) for batch in padded.values()]

    def forward(*tensors):
        return keras.tree.flatten(model(tensors[0] if None in rows else dict(zip(rows, tensors)), training=False))

    try:
        graph = tf.function(forward, input_signature=open_ended, autograph=False).get_concrete_function()

        def run(arrays: dict) -> list[np.ndarray]:
            tensors = [tf.constant(array, spec.dtype) for array, spec in zip(arrays.values(), open_ended)]
            return [output.numpy() for output in graph(*tensors)]

        got = run(alone)
        run(padded)
    except Exception as error:
        raise AssertionError(
            f"called, the model answers; as predict and fit run it, with timesteps left open, it stops with "
            f"{type(error).__name__}: {first_line(error)}"
        ) from None
    for one, other in zip(expected, got):
        if one.shape != other.shape or not np.allclose(one, other, equal_nan=True, **_NEAR):
            what = f"the shape {one.shape} and {other.shape}" if one.shape != other.shape else "numbers that differ"
            raise AssertionError(
                f"for row {short} alone, calling the model and running it as predict does, with timesteps left open, give "
                f"{what}: not padding makes this difference, but a layer that counts timesteps wrongly, such as TimeDistributed."
            )
    return run


def _worst(run: Callable[[dict], list[np.ndarray]], rows: dict, padded: dict) -> tuple[float, int | None, str]:
    """The largest difference that padding makes, in which row (None if it makes none) and on which side."""
    count = len(next(iter(rows.values())))
    in_company, worst = run(padded), (0.0, None, "")
    for i in range(count):
        alone = run({name: sequences[i][np.newaxis] for name, sequences in rows.items()})
        lengths = {(padded[name].shape[1], len(sequences[i])) for name, sequences in rows.items()}
        for side, place in (("after", i), ("before", count + i)):
            for a, p in zip(alone, in_company):
                a, p = np.asarray(a[0], float), np.asarray(_real_steps(p[place], a[0].shape, lengths, side), float)
                difference = float(np.max(np.abs(a - p), initial=0.0))
                difference = np.inf if np.isnan(difference) else difference
                if not np.allclose(a, p, **_NEAR) and difference > 1.001 * worst[0]:  # of equals the first, whatever rounding says
                    worst = (difference, i, side)
    return worst


def _real_steps(output: np.ndarray, alone: tuple, lengths: set[tuple[int, int]], side: str) -> np.ndarray:
    """What a padded batch gives for one row, cut to its real timesteps if it has an axis of timesteps.

    `lengths` are the pairs (padded, real) of the inputs, two of which may be padded to one length.
    """
    if output.shape == alone:
        return output
    if output.ndim == len(alone) > 0 and (len(output), alone[0]) in lengths and output.shape[1:] == alone[1:]:
        return output[:alone[0]] if side == "after" else output[len(output) - alone[0]:]
    raise ValueError(
        f"for one sequence the model gives the shape {alone} alone and {output.shape} padded: what can be compared has "
        "one row for each sequence, or one for each timestep."
    )


def _both_sides(sequences: Sequence[np.ndarray], padding_id, extra: int) -> np.ndarray:
    """All sequences padded to the longest and `extra` more: first with the padding after them, then with it before."""
    count, total = len(sequences), max(map(len, sequences)) + extra
    kind = np.int64 if sequences[0].ndim == 1 else np.result_type(np.float32, *sequences)  # of all rows, not of the first
    batch = np.full((2 * count, total, *sequences[0].shape[1:]), padding_id, kind)
    for after, before, sequence in zip(batch, batch[count:], sequences):
        after[:len(sequence)] = before[total - len(sequence):] = sequence
    return batch


# --- what came in: one sentence about anything that does not fit


def _rows(model, ids, padding_id, lengths, mask) -> dict:
    """{name of the input: its sequences as arrays}; the name is None for a model fed with one array."""
    if not callable(model):
        raise ValueError(f"assert_padding_invariant takes a model and its sequences, got {type(model).__name__} as the model.")
    for tensor in getattr(model, "inputs", None) or []:
        if len(tensor.shape) > 1 and tensor.shape[1] is not None:
            raise ValueError(
                f'the input "{tensor.name}" takes exactly {tensor.shape[1]} timesteps, so no sequence can be read without '
                "its padding: build the model with Input(shape=(None,))."
            )
    if isinstance(padding_id, bool) or not isinstance(padding_id, (int, float, np.number)):
        raise ValueError(f"padding_id is one number, such as 0, got {type(padding_id).__name__}: write lengths= or mask= by name.")
    if isinstance(ids, Mapping):
        if not ids:
            raise ValueError("ids is an empty dict: give each input of the model as {name: list of sequences}.")
        if lengths is not None or mask is not None:
            raise ValueError("lengths= and mask= go with one padded array: give each input of the dict as a list of sequences.")
        rows = {name: _sequences(given, padding_id, None, None) for name, given in ids.items()}
    else:
        rows = {None: _sequences(ids, padding_id, lengths, mask)}
    counts = {name: len(sequences) for name, sequences in rows.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"the inputs need the same number of sequences, got {counts}.")
    return rows


def _sequences(ids, padding_id, lengths, mask) -> list[np.ndarray]:
    is_array = hasattr(ids, "shape")
    if not is_array and (lengths is not None or mask is not None):
        raise ValueError("lengths= and mask= go with a padded array; a list of sequences says its lengths itself: leave them out.")
    if is_array:
        return _cut(np.asarray(ids), padding_id, lengths, mask)
    if not isinstance(ids, (list, tuple)) or not ids:
        raise ValueError(f"expected is a list of sequences, such as [[5, 2], [7, 1, 8]], got {ids!r:.60}.")
    sequences = [_checked(row, number, padding_id) for number, row in enumerate(ids)]
    shapes = [sequence.shape[1:] for sequence in sequences]
    if len(set(shapes)) > 1:
        odd = next(number for number, shape in enumerate(shapes) if shape != shapes[0])
        raise ValueError(
            f"all sequences need the same features, and row 0 has the shape {sequences[0].shape}, row {odd} {sequences[odd].shape}."
        )
    return sequences


def _cut(batch: np.ndarray, padding_id, lengths, mask) -> list[np.ndarray]:
    """The sequences of a padded array, without their padding."""
    if batch.ndim not in (2, 3) or batch.dtype.kind not in "iuf" or 0 in batch.shape:
        raise ValueError(
            f"a padded array has the shape (batch, time) or (batch, time, features), got {batch.dtype} of shape {batch.shape}."
        )
    if lengths is not None and mask is not None:
        raise ValueError("lengths= and mask= say the same thing twice: give one of them.")
    if lengths is not None:
        mask = np.arange(batch.shape[1]) < _lengths(lengths, batch)[:, np.newaxis]
    mask = ~_is_padding(batch, padding_id, batch.ndim - 2) if mask is None else np.asarray(mask)
    if mask.shape != batch.shape[:2]:
        raise ValueError(
            f"the mask has the shape {mask.shape} and the array {batch.shape}: it needs one True or False for each "
            f"timestep, {batch.shape[:2]}."
        )
    for number, row in enumerate(mask.astype(bool)):
        real = np.flatnonzero(row)
        if len(real) and len(real) != real[-1] - real[0] + 1:
            raise ValueError(
                f"row {number} has padding at step {real[0] + np.argmin(row[real[0]:])}, between real ones: padding belongs "
                "before or after a sequence."
            )
    return [_checked(row[real], number, padding_id) for number, (row, real) in enumerate(zip(batch, mask.astype(bool)))]


def _lengths(lengths, batch: np.ndarray) -> np.ndarray:
    lengths = np.asarray(lengths)
    if lengths.shape != batch.shape[:1] or lengths.dtype.kind not in "iu":
        raise ValueError(f"lengths= needs one whole number for each of the {len(batch)} rows, got {lengths.tolist()!r:.60}.")
    if lengths.max() > batch.shape[1]:
        raise ValueError(
            f"row {lengths.argmax()} should have {lengths.max()} real steps, and the array has {batch.shape[1]} timesteps: "
            "mend lengths=, or pad further."
        )
    return lengths


def _checked(row, number: int, padding_id) -> np.ndarray:
    try:
        sequence = np.asarray(row)
    except ValueError:
        sequence = np.array(None)
    if sequence.ndim in (1, 2) and len(sequence) == 0:
        raise ValueError(f"row {number} holds nothing but padding, so there is nothing to compare: leave it out.")
    fits = sequence.ndim == 1 and sequence.dtype.kind in "iu" or sequence.ndim == 2 and sequence.dtype.kind in "iuf"
    if not fits:
        raise ValueError(
            f"row {number} should be a list of whole-number ids, or an array (time, features), got {row!r:.60}."
        )
    if sequence.ndim == 1 and padding_id != np.floor(padding_id):
        raise ValueError(f"ids are whole numbers, so padding_id should be one, such as 0; got {padding_id}.")
    padding = _is_padding(sequence, padding_id, sequence.ndim - 1)
    if padding.any():
        raise ValueError(
            f"row {number} holds the padding value {padding_id} at step {np.argmax(padding)}, where a mask would skip a real "
            "step: keep this value for padding only, or pass another padding_id."
        )
    return sequence


def _is_padding(array: np.ndarray, padding_id, features: int) -> np.ndarray:
    """True at the timesteps that hold the padding value, in every feature if there are features."""
    same = np.isnan(array) if np.isnan(padding_id) else array == padding_id
    return same.all(axis=-1) if features else same
