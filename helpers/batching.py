"""Batches of sequences of many lengths: plan them, measure their padding, feed them to Keras.

NumPy plans and assembles; neither loops over sequences. A plan is a permutation of the sequences, cut into batches:
every sequence stands in it exactly once, and only the last batch may be short.
"""
from __future__ import annotations

import operator
from collections.abc import Sequence

import keras
import numpy as np

_TABLE = 2**22  # up to this length the bucket of every length is looked up in a table
_PART = 2**15  # sequences whose keys are made at a time: few enough for the processor's cache


def _integers(name: str, values, example: str) -> np.ndarray:
    """Whole numbers as int64, from integers or from floats that are whole."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of unequal length
        raise ValueError(f"{name} must be whole numbers, got sequences of unequal length: pass {example}.") from None
    if array.size == 0:
        raise ValueError(f"{name} is empty: pass {example}.")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} is an array of {array.dtype}, shape {array.shape}; expected are whole numbers: pass {example}.")
    if array.dtype.kind in "uf":
        bad = array[~((array == np.floor(array)) & (np.abs(array) < 2.0**62))]
        if bad.size:
            raise ValueError(f"{name} has {bad.flat[0]}, which is no whole number of timesteps: pass {example}.")
    return array.astype(np.int64, copy=False)


def _lengths(lengths) -> np.ndarray:
    """Lengths as whole numbers, one row for each sequence and one column for each input."""
    example = "[len(s) for s in sequences]"
    array = _integers("lengths", lengths, example)
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] > 16):
        raise ValueError(f"lengths has shape {array.shape}; expected is (N,), or (N, inputs) for at most 16: pass {example}.")
    array = array[:, None] if array.ndim == 1 else array
    if array.min() < 1:
        row, column = np.unravel_index(array.argmin(), array.shape)
        raise ValueError(
            f"sequence {row} has length {array[row, column]}, and an LSTM needs at least one timestep: leave such sequences out."
        )
    if array.max() >= 2**31:
        raise ValueError(f"sequence {array.max(axis=1).argmax()} has length {array.max()}, more than an array can hold: cut it.")
    return array


def _column(lengths) -> np.ndarray:
    """Lengths of a single input, (N,)."""
    array = _lengths(lengths)
    if array.shape[1] > 1:
        raise ValueError(f"lengths has shape {array.shape}; expected is (N,), the lengths of one input: pass lengths[:, 0].")
    return array[:, 0]


def _whole(name: str, value, least: int = 1) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if isinstance(value, bool) or number < least:
        raise ValueError(f"{name} must be a whole number of {least} or more, got {value!r}.")
    return number


def _seed(name: str, value) -> int:
    number = _whole(name, value, least=0)
    if number >= 2**32:  # two words to NumPy, the second of which would be taken for an epoch
        raise ValueError(f"{name} must be a whole number below 2**32, got {value!r}.")
    return number


def _before(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)[:-1]])


def least_waste_boundaries(lengths, buckets: int, batch_size: int = 1) -> np.ndarray:
    """The bucket boundaries that leave the least padding, found exactly by dynamic programming.

    A boundary is the length that a bucket pads to: a sequence of length n goes to the first boundary >= n.

    Parameters
    ----------
    lengths : (N,) whole numbers >= 1. buckets : how many boundaries at the most. batch_size : if given, what a bucket
        leaves over after its full batches is counted in the next bucket, where `plan_batches` puts it.

    Returns
    -------
    (k,) increasing lengths that occur, the last of them the longest. k is smaller than `buckets` if one boundary more would
        save nothing: for fewer different lengths, or for buckets that do not fill a batch. For D different lengths the cost
        is buckets × D × log D in time, and 8 × buckets × D bytes, whatever N is.

    Raises
    ------
    ValueError : for no lengths, lengths below 1 or not whole, lengths of several inputs, buckets below 1.

    Examples
    --------
    >>> least_waste_boundaries([2, 2, 2, 3, 9, 10], buckets=2)
    array([ 3, 10])
    """
    column, buckets = _column(lengths), _whole("buckets", buckets)
    batch_size = min(_whole("batch_size", batch_size), len(column))
    if column.max() < _TABLE:
        counts = np.bincount(column)
        values = np.flatnonzero(counts)
        counts = counts[values]
    else:
        values, counts = np.unique(column, return_counts=True)
    if buckets >= len(values):
        return values
    upto = np.concatenate([[0], np.cumsum(counts)])  # how many sequences have one of the first j lengths
    upto[:-1] -= upto[:-1] % batch_size
    tops = np.concatenate([[0], values])  # tops[j]: the last of the first j lengths
    cells = upto * tops  # cells[j]: fewest cells that hold the first j lengths, in one bucket to begin with
    choices = []
    for _ in range(buckets - 1):
        cells, choice = _one_bucket_more(cells, upto, tops)
        choices.append(choice)
    ends, j = [], len(values)
    for choice in reversed(choices):
        if choice[j] < j:
            ends.append(j)
            j = choice[j]
    return tops[sorted({*ends, j} - {0})]


def _one_bucket_more(cells: np.ndarray, upto: np.ndarray, tops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each j the least cells[i] + (upto[j] - upto[i]) × tops[j] over i <= j, and its i (j itself: no bucket more).

    The best i never falls as j rises, because the padding of a bucket is a Monge array. So the middle j is done first, and
    bounds the search of the others; each round of the loop halves the distance between the j that are known.
    """
    n = len(cells)
    least, choice = np.empty_like(cells), np.empty(n, np.int64)
    stride = 1 << (n.bit_length() - 1)
    while stride:
        j = np.arange(stride - 1, n, 2 * stride)
        low = np.where(j >= stride, choice[j - stride], 0)
        high = np.minimum(j, np.where(j + stride < n, choice[np.minimum(j + stride, n - 1)], n))
        counts = high - low + 1
        starts = _before(counts)
        i = np.arange(counts.sum()) + np.repeat(low - starts, counts)
        total = cells[i] + (np.repeat(upto[j], counts) - upto[i]) * np.repeat(tops[j], counts)
        least[j] = np.minimum.reduceat(total, starts)
        hits = np.flatnonzero(total == np.repeat(least[j], counts))
        choice[j] = i[hits[np.searchsorted(hits, starts)]]
        stride //= 2
    return least, np.where(least < cells, choice, np.arange(n))


def _boundaries(column: np.ndarray, buckets, batch_size: int) -> np.ndarray:
    if isinstance(buckets, (int, np.integer, float, str)):
        return least_waste_boundaries(column, buckets, batch_size)
    boundaries = _integers("boundaries", buckets, "whole lengths that increase, such as [8, 16, 32]")
    if boundaries.ndim != 1 or boundaries[0] < 1:
        raise ValueError(f"boundaries must be lengths of 1 or more, such as [8, 16, 32], got {boundaries.tolist()}.")
    if np.any(np.diff(boundaries) <= 0):
        raise ValueError(f"boundaries must increase, got {boundaries.tolist()}.")
    longest = column.max()
    return boundaries if boundaries[-1] >= longest else np.append(boundaries, longest)


class Plan(Sequence):
    """Batches as index arrays: `len(plan)`, `plan[i]`, `for rows in plan`.

    `order` is the permutation (N,) they are cut from, `steps` (batches, inputs) the length T that each batch pads to.
    """

    def __init__(self, order: np.ndarray, starts: np.ndarray, batch_size: int, steps: np.ndarray):
        self.order, self.starts, self.batch_size, self.steps = order, starts, batch_size, steps

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [self[j] for j in range(len(self))[i]]
        start = self.starts[i]
        return self.order[start : start + self.batch_size]


def plan_batches(lengths, batch_size: int, buckets=8, seed: int = 0, epoch: int = 0) -> Plan:
    """Plan one epoch: sequences of like length together, shuffled within their bucket, batches in shuffled order.

    Parameters
    ----------
    lengths : (N,) or (N, inputs) whole numbers >= 1. The first column decides the bucket; the others are padded to the
        longest in their batch.
    batch_size : sequences in a batch.
    buckets : how many (their boundaries are then those of least waste), or the boundaries themselves, increasing. All
        sequences longer than the last boundary share one more bucket, padded to the longest of all.
    seed, epoch : whole numbers from 0 to 2**32 - 1. The same pair gives the same plan; another epoch gives another.

    Returns
    -------
    Plan
        Every sequence exactly once. What is left of a bucket moves up into the next, so that at most one batch is short.
        The first two batches differ in length wherever lengths ever will: Keras guesses the open axes from these two. Where
        chance does not make them differ, the second gets one step of padding more.

    Raises
    ------
    ValueError : one sentence for lengths, batch size, bucket number or boundaries that are none.

    Examples
    --------
    >>> plan = plan_batches([3, 9, 3, 8, 2, 9], batch_size=2, buckets=2, seed=1)
    >>> sorted(plan.steps[:, 0].tolist()), sorted(np.concatenate(list(plan)).tolist())
    ([3, 9, 9], [0, 1, 2, 3, 4, 5])

    Notes
    -----
    One sort: each sequence is a whole number of 64 bits, the highest for its bucket, the lowest for its place, all between
    for the dice. NumPy sorts such numbers by vector instructions, in half the time of permuting each bucket by itself.
    """
    array, batch_size = _lengths(lengths), _whole("batch_size", batch_size)
    column, n = array[:, 0], len(array)
    batch_size = min(batch_size, n)
    boundaries, longest = _boundaries(column, buckets, batch_size), int(column.max())
    random = np.random.Generator(np.random.SFC64([_seed("seed", seed), _seed("epoch", epoch)]))

    low, high = n.bit_length(), len(boundaries).bit_length()  # bits for the place of a sequence, and for its bucket
    keys = random.bit_generator.random_raw(n)
    bucket = np.searchsorted(boundaries, np.arange(longest + 1) if longest < _TABLE else column).astype(np.uint64)
    bucket <<= np.uint64(64 - high)
    for start in range(0, n, _PART):
        part = keys[start : start + _PART]
        here = slice(start, start + len(part))
        part >>= np.uint64(low + high)
        part <<= np.uint64(low)
        part |= bucket.take(column[here]) if longest < _TABLE else bucket[here]
        part |= np.arange(start, here.stop, dtype=np.uint64)
    keys.sort()
    starts = np.arange(0, n, batch_size)
    last = keys[np.minimum(starts + batch_size, n) - 1] >> np.uint64(64 - high)  # a batch pads to the bucket of its last sequence
    keys &= np.uint64(2**low - 1)
    order = keys.view(np.int64)
    steps = [boundaries[last]] + [np.maximum.reduceat(array[order, c], starts) for c in range(1, array.shape[1])]
    steps = np.stack(steps, axis=1)
    shuffled = random.permutation(len(starts))
    steps, starts = (each[_differing_first(shuffled, steps)] for each in (steps, starts))
    if len(steps) > 1:  # an input whose T varies in some epoch, and by chance not in these two batches, gets one more step
        open_axes = [np.any(steps[:, 0] != steps[0, 0]), *(np.ptp(array[:, c]) > 0 for c in range(1, array.shape[1]))]
        steps[1] += (steps[0] == steps[1]) & open_axes
    return Plan(order, starts, batch_size, steps)


def _differing_first(shuffled: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Move two batches to the front that differ in every input whose length differs anywhere, if there are two."""
    varies = np.any(steps != steps[0], axis=0)
    if not varies.any():
        return shuffled
    for first in range(min(len(shuffled), 64)):
        differs = np.all(steps[shuffled][:, varies] != steps[shuffled[first], varies], axis=1)
        if differs.any():
            second = int(differs.argmax())
            front = [shuffled[first], shuffled[second]]
            return np.concatenate([front, np.delete(shuffled, [first, second])])
    return shuffled


def padding_share(lengths, plan: Plan) -> float:
    """The share of cells that hold padding, 0 to 1, over all inputs of a plan's batches.

    Parameters
    ----------
    lengths : (N,) or (N, inputs), those that were planned. plan : what `plan_batches` returns.

    Raises
    ------
    ValueError : if the plan is none, or one for other lengths.

    Examples
    --------
    >>> lengths = [1, 1, 4, 2]
    >>> padding_share(lengths, plan_batches(lengths, batch_size=2, buckets=1))
    0.5
    """
    array = _lengths(lengths)
    if not isinstance(plan, Plan):
        raise ValueError(f"plan must be what plan_batches returns, got {type(plan).__name__}.")
    if (len(array), array.shape[1]) != (len(plan.order), plan.steps.shape[1]):
        raise ValueError(
            f"the plan is for {len(plan.order)} sequences of {plan.steps.shape[1]} inputs, and there are {len(array)} lengths "
            f"of {array.shape[1]}: plan these."
        )
    cut = np.argsort(plan.starts)
    if np.any(np.maximum.reduceat(array[plan.order], plan.starts[cut]) > plan.steps[cut]):
        raise ValueError("the plan is for other lengths: one of these is longer than its batch. Plan these.")
    rows = np.minimum(plan.starts + plan.batch_size, len(array)) - plan.starts
    cells = int((plan.steps * rows[:, None]).sum())
    return 1 - int(array.sum()) / cells


def _narrow(array: np.ndarray) -> np.ndarray:
    """float32 for float64, and int32 for int64 if every number fits."""
    if array.dtype == np.float64:
        return array.astype(np.float32)
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8 and -(2**31) <= array.min() and array.max() < 2**31:
        return array.astype(np.int32)
    return array


def _joined(name: str, sequences: list) -> np.ndarray:
    """All sequences end to end, some thousands at a time, so that the numbers are narrow before all stand together."""
    try:
        some = (sequences[i : i + 4096] for i in range(0, len(sequences), 4096))
        return _narrow(np.concatenate([_narrow(np.concatenate(list(map(np.asarray, each)))) for each in some]))
    except ValueError:
        raise ValueError(
            f'{name} must be a list of sequences of numbers, all of shape (time,) or all of (time, features); the first is '
            f"{str(sequences[0])[:40]!r} (several inputs: pass {{name: list of sequences}})."
        ) from None


class _Ragged:
    """Sequences of unequal length as one flat array and the place where each begins."""

    def __init__(self, name: str, sequences, pad=0):
        is_array = isinstance(sequences, np.ndarray) and sequences.dtype != object and sequences.ndim >= 2
        if is_array:
            self.lengths = np.full(len(sequences), sequences.shape[1], np.int64)
        else:
            if not hasattr(sequences, "__len__") or isinstance(sequences, (str, bytes)):
                raise ValueError(f"{name} must be a list of sequences, got {type(sequences).__name__}.")
            sequences = list(sequences)
            try:
                self.lengths = np.fromiter(map(len, sequences), np.int64, len(sequences))
            except TypeError:
                raise ValueError(f"{name} must be a list of sequences; one of them has no length.") from None
        if not len(sequences) or not self.lengths.min():
            what = "no sequence" if not len(sequences) else f"sequence {int(self.lengths.argmin())} empty"
            raise ValueError(f"{name} has {what}: every sequence needs at least one timestep.")
        self.flat = _narrow(sequences.reshape(-1, *sequences.shape[2:])) if is_array else _joined(name, sequences)
        if self.flat.dtype.kind not in "biuf":
            raise ValueError(f"{name} holds {self.flat.dtype}; expected are numbers: turn words into ids first.")
        self.starts = _before(self.lengths)
        if np.asarray(pad).dtype.kind not in "biuf" or np.shape(pad) not in ((), self.flat.shape[1:]):
            raise ValueError(f"{name} needs one number as padding value, or one for each feature, got pad={pad!r:.60}.")
        self.pad = np.asarray(pad).astype(self.flat.dtype)
        if self.flat.dtype.kind != "f" and np.any(self.pad != pad):
            raise ValueError(f"{name} holds {self.flat.dtype}, and the padding value {pad!r} is none.")

    def rectangle(self, rows: np.ndarray, steps: int) -> np.ndarray:
        """(rows, steps, ...) with the padding behind."""
        lengths = self.lengths[rows]
        real = np.arange(steps) < lengths[:, None]
        out = np.full((len(rows), steps, *self.flat.shape[1:]), self.pad)
        # Row after row, both sides list the real cells in the same order.
        places = np.repeat(self.starts[rows] - _before(lengths), lengths)
        out[real] = self.flat[places + np.arange(len(places))]
        return out


def _field(name: str, values, lengths: np.ndarray) -> np.ndarray | _Ragged | dict:
    """Targets or weights: an array for one to a sequence, a _Ragged for one to a timestep; a dict has such a thing for each."""
    if isinstance(values, dict):
        return {key: _field(f'{name} "{key}"', each, lengths) for key, each in values.items()}
    if isinstance(values, str) or not np.iterable(values) or not hasattr(values, "__len__"):
        raise ValueError(f"{name} must have one entry for each sequence, got {type(values).__name__}.")
    if len(values) != len(lengths):
        raise ValueError(f"{name} need one entry for each sequence, got {len(values)} for {len(lengths)} (several inputs: a dict).")
    listed = isinstance(values, (list, tuple)) or getattr(values, "dtype", None) == object
    first = next(iter(values))
    if listed and np.iterable(first) and not isinstance(first, str):
        ragged = _Ragged(name, values)
        if not np.array_equal(lengths, ragged.lengths):
            row = int((lengths != ragged.lengths).argmax())
            raise ValueError(
                f"sequence {row} has {lengths[row]} timesteps and {ragged.lengths[row]} {name}: a list of lists is one for each "
                f"timestep, as long as its sequence. For one to a sequence pass np.array({name})."
            )
        return ragged
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} hold {array.dtype}; expected are numbers, such as the number of each label.")
    return array


def _cut(field, rows: np.ndarray, steps: int):
    if isinstance(field, dict):
        return {name: _cut(each, rows, steps) for name, each in field.items()}
    return field.rectangle(rows, steps) if isinstance(field, _Ragged) else field[rows]


class BucketedDataset(keras.utils.PyDataset):
    """Bucketed batches for Keras's `fit`, `evaluate` and `predict`, and as `validation_data`, planned anew each epoch.

    Write `fit(data, shuffle=False)`: the batches are shuffled already, from `seed` and `epoch`. Keras's own shuffle, its
    default, permutes them once more, with Python's global `random`. Leave out `steps_per_epoch`: below `len(data)` Keras
    goes on within the old round while the plan changes, so that some sequences come twice and others not at all.

    Parameters
    ----------
    inputs : a list of sequences (ids, or (time, features) arrays), or a dict {input's name: such a list}. The first input
        decides the bucket. An array (N, T, ...) counts as N sequences of T timesteps: pass sequences before they are padded.
    targets : (N, ...) one for each sequence, as an array or a list of numbers; or a list of sequences, one target for each
        timestep of the first input; or a dict {output's name: either of them}; or None.
    sample_weight : like `targets`. Weights for each timestep are 0 behind a sequence.
    batch_size, buckets, seed : as in `plan_batches`.
    epoch : the epoch that is served next. Each `fit` goes on where the last one stopped; what Keras evaluates or predicts with
        this dataset counts as an epoch too. (With a distribution strategy, or another backend, Keras begins one more to look.)
    pad : the value behind a short sequence, 0 by default; or a dict {input's name: value}.
    shuffle : False serves the same plan for ever.

    `model.predict(data)` answers in the order of `plan`; `data.predict(model)` in the order of `inputs`.

    Attributes
    ----------
    plan : the plan that is served, or was served last; before the first epoch, the one that will be.

    Raises
    ------
    ValueError : one sentence for inputs of unequal count, empty sequences, or what `plan_batches` refuses.

    Examples
    --------
    >>> data = BucketedDataset([[5, 2, 8], [7], [4, 4]], targets=np.array([1, 0, 1]), batch_size=2, buckets=1)
    >>> len(data), sorted(batch.shape for batch, _ in (data[0], data[1]))
    (2, [(1, 3), (2, 3)])
    """

    def __init__(self, inputs, targets=None, *, sample_weight=None, batch_size: int = 32, buckets=8, seed: int = 0,
                 epoch: int = 0, pad=0, shuffle: bool = True):
        super().__init__()
        self._named = isinstance(inputs, dict)
        inputs = inputs if self._named else {"inputs": inputs}
        if not inputs:
            raise ValueError("inputs is an empty dict: pass {name of the input: list of sequences}.")
        pads = pad if isinstance(pad, dict) else dict.fromkeys(inputs, pad)
        if not set(pads) <= set(inputs):
            raise ValueError(f"pad has the names {list(pads)}, and the inputs are {list(inputs)}.")
        self._inputs = {name: _Ragged(f'input "{name}"', values, pads.get(name, 0)) for name, values in inputs.items()}
        counts = {name: len(ragged.lengths) for name, ragged in self._inputs.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(f"inputs need one entry for each sequence, got {counts}.")
        if targets is None and sample_weight is not None:
            raise ValueError("sample_weight weighs the targets, and there are none: pass targets.")
        self.lengths = np.stack([ragged.lengths for ragged in self._inputs.values()], axis=1)
        answers = {"targets": targets, "sample_weight": sample_weight}
        self._answers = [_field(name, each, self.lengths[:, 0]) for name, each in answers.items() if each is not None]
        self._buckets = _boundaries(_lengths(self.lengths)[:, 0], buckets, _whole("batch_size", batch_size))
        self._batch_size, self._seed, self._shuffle = batch_size, seed, shuffle
        self.epoch = _seed("epoch", epoch)
        self.plan = self._planned()

    def _planned(self) -> Plan:
        return plan_batches(self.lengths, self._batch_size, self._buckets, self._seed, self.epoch)

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, i: int):
        rows, steps = self.plan[i], self.plan.steps[i]
        batch = {name: ragged.rectangle(rows, t) for (name, ragged), t in zip(self._inputs.items(), steps)}
        return (batch if self._named else batch["inputs"], *(_cut(each, rows, steps[0]) for each in self._answers))

    def on_epoch_begin(self) -> None:
        """Keras calls this before each epoch, after its look at the first two batches."""
        if self._shuffle:
            self.plan = self._planned()
            self.epoch += 1

    def predict(self, model: keras.Model, per_step: bool | None = None):
        """What a model gives for these sequences, in the order of `inputs`, whatever the order of the batches.

        An output is an array (N, ...); or, if it answers at each timestep of the first input, a list of N arrays, each as
        long as its sequence. Several outputs come in the structure that the model gives them. `per_step` says for all
        outputs whether they answer at each timestep. None asks the model: its second axis must be open (None), and as long
        as the batch; a model of your own class, which does not say, must follow batches of different lengths.

        Raises
        ------
        ValueError : if an output is neither one answer for each sequence nor one for each timestep, or may be either.

        Examples
        --------
        >>> ids = keras.Input((None,))
        >>> total = keras.Model(ids, keras.ops.sum(ids, axis=1, keepdims=True))
        >>> BucketedDataset([[5, 2, 8], [7], [4, 4]], batch_size=2).predict(total).ravel().tolist()
        [15.0, 7.0, 8.0]
        """
        made = [model.predict_on_batch(self[i][0]) for i in range(len(self))]
        outputs = list(zip(*(keras.tree.flatten(batch) for batch in made)))
        symbols = getattr(model, "outputs", None) or [None] * len(outputs)
        found = [self._in_order(batches, symbol, per_step) for batches, symbol in zip(outputs, symbols)]
        return found[0] if len(found) == 1 and not isinstance(made[0], dict) else keras.tree.pack_sequence_as(made[0], found)

    def _in_order(self, batches: tuple[np.ndarray, ...], symbol, per_step: bool | None):
        steps, shapes = self.plan.steps[:, 0], sorted({batch.shape[1:] for batch in batches})
        follows = all(batch.shape[1:2] == (t,) for batch, t in zip(batches, steps))
        if per_step is None and follows and symbol is None and len(shapes) == 1:
            raise ValueError(f"an output {shapes[0]} for {steps[0]} timesteps may be one for each: pass per_step=True or False.")
        if per_step is None:
            per_step = follows and (symbol is None or symbol.shape[1] is None)
        if not (follows if per_step else len(shapes) == 1):
            raise ValueError(
                f"batches of {sorted(set(steps.tolist()))} timesteps have outputs of shapes {shapes}: expected is one answer for "
                "each sequence, or one for each timestep of the first input (per_step=True)."
            )
        back = np.argsort(np.concatenate(list(self.plan)))
        if not per_step:
            return np.concatenate(batches)[back]
        rows = [row for batch in batches for row in batch]
        return [rows[place][:length] for place, length in zip(back, self.lengths[:, 0])]
