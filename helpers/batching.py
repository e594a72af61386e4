"""Batches of sequences of many lengths: plan them, measure their padding, feed them to Keras.

NumPy plans and assembles; nothing loops over sequences. A plan is a permutation of the sequences, cut into batches:
every sequence stands in it exactly once, and only the last batch may be short.
"""
from __future__ import annotations

import operator
from collections.abc import Sequence

import keras
import numpy as np


def _lengths(lengths) -> np.ndarray:
    """Lengths as whole numbers, one row for each sequence and one column for each input."""
    array = np.asarray(lengths)
    if array.size == 0:
        raise ValueError("lengths is empty: pass the length of each sequence, such as [len(s) for s in sequences].")
    if array.dtype.kind not in "iuf" or array.ndim > 2:
        raise ValueError(
            f"lengths is an array of {array.dtype} with shape {array.shape}; expected are whole numbers of shape (N,), or "
            "(N, inputs): pass [len(s) for s in sequences]."
        )
    if array.dtype.kind == "f":
        bad = array[array != np.floor(array)]
        if bad.size:
            raise ValueError(f"a length of {bad.flat[0]} is no whole number of timesteps: pass len(sequence).")
        array = array.astype(np.int64)
    array = array[:, None] if array.ndim == 1 else array
    if array.min() < 1:
        row, column = np.unravel_index(array.argmin(), array.shape)
        raise ValueError(
            f"sequence {row} has length {array[row, column]}, and an LSTM needs at least one timestep: leave such sequences out."
        )
    return array


def _whole(name: str, value) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if isinstance(value, bool) or number < 1:
        raise ValueError(f"{name} must be a whole number of 1 or more, got {value!r}.")
    return number


def least_waste_boundaries(lengths, buckets: int, batch_size: int = 1) -> np.ndarray:
    """The bucket boundaries that leave the least padding, found exactly by dynamic programming.

    A boundary is the length that a bucket pads to: a sequence of length n goes to the first boundary >= n.

    Parameters
    ----------
    lengths : (N,) whole numbers >= 1. buckets : how many boundaries at the most. batch_size : if given, what a bucket
        leaves over after its full batches is counted in the next bucket, where `plan_batches` puts it.

    Returns
    -------
    (k,) increasing lengths that occur, the last of them the longest; k is smaller than `buckets` only if there are fewer
    different lengths. Cost in time: buckets × (different lengths)², whatever N is.

    Raises
    ------
    ValueError : for no lengths, lengths below 1 or not whole, buckets below 1.

    Examples
    --------
    >>> least_waste_boundaries([2, 2, 2, 3, 9, 10], buckets=2)
    array([ 3, 10])
    """
    column, buckets = _lengths(lengths)[:, 0], _whole("buckets", buckets)
    batch_size = _whole("batch_size", batch_size)
    counts = np.bincount(column)
    values = np.flatnonzero(counts)
    if buckets >= len(values):
        return values
    upto = np.concatenate([[0], np.cumsum(counts[values])])  # how many sequences have one of the first i lengths
    upto[:-1] -= upto[:-1] % batch_size
    # cells[j]: fewest cells that hold the first j+1 lengths; a bucket that ends at length j and begins after i
    # holds (upto[j+1] - upto[i]) × values[j] cells. Minus infinity's place is taken by a large number above the diagonal.
    cells = (upto[1:] * values).astype(float)
    choices = []
    bucket = (upto[1:, None] - upto[None, 1:]) * values[:, None].astype(float)  # [j, i]: lengths i+1 .. j
    bucket[np.triu_indices(len(values))] = np.inf
    for _ in range(buckets - 1):
        total = bucket + cells[None, :]
        choice = total.argmin(axis=1)
        better = total[np.arange(len(values)), choice]
        choice = np.where(better < cells, choice, -1)
        cells = np.minimum(better, cells)
        choices.append(choice)
    ends, j = [], len(values) - 1
    for choice in reversed(choices):
        if j < 0:
            break
        if choice[j] >= 0:
            ends.append(j)
            j = choice[j]
    ends.append(j)
    return values[sorted(set(ends))]


def _boundaries(column: np.ndarray, buckets, batch_size: int) -> np.ndarray:
    if np.ndim(buckets) == 0:
        return least_waste_boundaries(column, buckets, batch_size)
    boundaries = np.asarray(buckets)
    if boundaries.size == 0 or boundaries.dtype.kind not in "iu" or boundaries.ndim != 1 or boundaries[0] < 1:
        raise ValueError(f"boundaries must be whole lengths of 1 or more, such as [8, 16, 32], got {list(np.ravel(buckets))}.")
    if np.any(np.diff(boundaries) <= 0):
        raise ValueError(f"boundaries must increase, got {boundaries.tolist()}.")
    longest = int(column.max())
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
    buckets : how many (their boundaries are then those of least waste), or the boundaries themselves, increasing; a sequence
        longer than the last one gets a bucket of its own kind, up to the longest.
    seed, epoch : the same pair gives the same plan; another epoch gives another.

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
    No sort by comparison: a radix sort of one byte (two for many buckets) for each sequence puts the buckets together, and
    each bucket is permuted by itself, which stays within the cache where one permutation of all would not.
    """
    array, batch_size = _lengths(lengths), _whole("batch_size", batch_size)
    column = array[:, 0]
    boundaries = _boundaries(column, buckets, batch_size)
    n = len(column)
    random = np.random.Generator(np.random.SFC64([_seed("seed", seed), _seed("epoch", epoch)]))

    small = np.min_scalar_type(len(boundaries))
    bucket = np.searchsorted(boundaries, np.arange(boundaries[-1] + 1)).astype(small).take(column)
    order = bucket.argsort(kind="stable")
    edges = np.searchsorted(bucket, np.arange(len(boundaries) + 1), sorter=order)
    for begin, end in zip(edges[:-1], edges[1:]):
        order[begin:end] = order[begin:end].take(random.permutation(end - begin))
    starts = np.arange(0, n, batch_size)
    last = bucket.take(order[np.minimum(starts + batch_size, n) - 1])  # a batch pads to the bucket of its last sequence
    steps = [boundaries[last]] + [np.maximum.reduceat(array[order, c], starts) for c in range(1, array.shape[1])]
    steps = np.stack(steps, axis=1)
    shuffled = random.permutation(len(starts))
    steps, starts = (each[_differing_first(shuffled, steps)] for each in (steps, starts))
    if len(steps) > 1:  # an input whose T varies in some epoch, and by chance not in these two batches, gets one more step
        open_axes = [np.any(steps[:, 0] != steps[0, 0]), *(np.ptp(array[:, c]) > 0 for c in range(1, array.shape[1]))]
        steps[1] += (steps[0] == steps[1]) & open_axes
    return Plan(order, starts, batch_size, steps)


def _seed(name: str, value) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if number < 0:
        raise ValueError(f"{name} must be a whole number of 0 or more, got {value!r}.")
    return number


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

    Examples
    --------
    >>> lengths = [1, 1, 4, 2]
    >>> padding_share(lengths, plan_batches(lengths, batch_size=2, buckets=1))
    0.5
    """
    array = _lengths(lengths)
    if len(array) != len(plan.order):
        raise ValueError(f"the plan is for {len(plan.order)} sequences, and there are {len(array)} lengths: plan these.")
    rows = np.minimum(plan.starts + plan.batch_size, len(array)) - plan.starts
    cells = int((plan.steps * rows[:, None]).sum())
    return 1 - int(array.sum()) / cells


class _Ragged:
    """Sequences of unequal length as one flat array and the place where each begins."""

    def __init__(self, name: str, sequences, pad):
        if isinstance(sequences, np.ndarray) and sequences.dtype != object and sequences.ndim >= 2:
            self.lengths = np.full(len(sequences), sequences.shape[1], np.int64)
            self.flat = sequences.reshape(-1, *sequences.shape[2:])
        else:
            try:
                self.lengths = np.fromiter(map(len, sequences), np.int64)
            except TypeError:
                raise ValueError(f'input "{name}" must be a list of sequences, got {type(sequences).__name__}.') from None
            if not len(self.lengths) or not self.lengths.min():
                what = "no sequence" if not len(self.lengths) else f"sequence {int(self.lengths.argmin())} empty"
                raise ValueError(f'input "{name}" has {what}: every sequence needs at least one timestep.')
            self.flat = np.concatenate([np.asarray(s) for s in sequences])
        if self.flat.dtype.kind not in "biuf":
            raise ValueError(f'input "{name}" holds {self.flat.dtype}; expected are numbers: turn words into ids first.')
        if self.flat.dtype == np.int64:
            self.flat = self.flat.astype(np.int32)
        elif self.flat.dtype == np.float64:
            self.flat = self.flat.astype(np.float32)
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.pad = np.asarray(pad, self.flat.dtype)

    def rectangle(self, rows: np.ndarray, steps: int) -> np.ndarray:
        """(rows, steps, ...) with the padding behind."""
        real = np.arange(steps) < self.lengths[rows, None]
        out = np.full((len(rows), steps, *self.flat.shape[1:]), self.pad)
        # Row after row, both sides list the real cells in the same order.
        places = np.repeat(self.starts[rows] - _before(self.lengths[rows]), self.lengths[rows])
        out[real] = self.flat[places + np.arange(len(places))]
        return out


def _before(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)[:-1]])


class BucketedDataset(keras.utils.PyDataset):
    """Bucketed batches for Keras's `fit`, `evaluate` and `predict`, reshuffled each epoch.

    Parameters
    ----------
    inputs : a list of sequences (ids, or (time, features) arrays), or a dict {input's name: such a list}. The first input
        decides the bucket.
    targets : (N, ...) one for each sequence, or a list of sequences, one target for each timestep; or None.
    batch_size, buckets, seed : as in `plan_batches`.
    pad : the value behind a short sequence, 0 by default.
    shuffle : False keeps the plan of epoch 0 for ever.

    Raises
    ------
    ValueError : one sentence for inputs of unequal count, empty sequences, or what `plan_batches` refuses.

    Examples
    --------
    >>> data = BucketedDataset([[5, 2, 8], [7], [4, 4]], targets=np.array([1, 0, 1]), batch_size=2, buckets=1)
    >>> len(data), [batch.shape for batch, _ in (data[0], data[1])]
    (2, [(2, 3), (1, 3)])
    """

    def __init__(self, inputs, targets=None, *, batch_size: int = 32, buckets=8, seed: int = 0, pad=0, shuffle: bool = True):
        super().__init__()
        self._named = isinstance(inputs, dict)
        named = inputs if self._named else {"inputs": inputs}
        if not named:
            raise ValueError("inputs is an empty dict: pass {name of the input: list of sequences}.")
        self._inputs = {name: _Ragged(name, sequences, pad) for name, sequences in named.items()}
        counts = {name: len(ragged.lengths) for name, ragged in self._inputs.items()}
        if targets is not None:
            counts["targets"] = len(targets)
        if len(set(counts.values())) > 1:
            raise ValueError(f"inputs and targets need one entry for each sequence, got {counts}.")
        self._targets, self._per_step = targets, False
        if targets is not None:
            self._per_step = isinstance(targets, (list, tuple)) and np.ndim(targets[0]) > 0
            self._targets = _Ragged("targets", targets, 0) if self._per_step else np.asarray(targets)
        if self._per_step:
            first = next(iter(self._inputs.values()))
            if not np.array_equal(first.lengths, self._targets.lengths):
                row = int((first.lengths != self._targets.lengths).argmax())
                raise ValueError(
                    f"sequence {row} has {first.lengths[row]} timesteps and {self._targets.lengths[row]} targets: targets "
                    "for each timestep are as long as their sequence."
                )
        self.lengths = np.stack([ragged.lengths for ragged in self._inputs.values()], axis=1)
        self._buckets = _boundaries(_lengths(self.lengths)[:, 0], buckets, _whole("batch_size", batch_size))
        self._batch_size, self._seed, self._shuffle = batch_size, seed, shuffle
        self.epoch = 0
        self.plan = plan_batches(self.lengths, batch_size, self._buckets, seed, 0)

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, i: int):
        rows, steps = self.plan[i], self.plan.steps[i]
        batch = {name: ragged.rectangle(rows, t) for (name, ragged), t in zip(self._inputs.items(), steps)}
        batch = batch if self._named else batch["inputs"]
        if self._targets is None:
            return (batch,)
        return batch, self._targets.rectangle(rows, steps[0]) if self._per_step else self._targets[rows]

    def on_epoch_end(self) -> None:
        """Keras calls this after each epoch, and once before the first."""
        if self._shuffle:
            self.epoch += 1
            self.plan = plan_batches(self.lengths, self._batch_size, self._buckets, self._seed, self.epoch)

    def predict(self, model: keras.Model):
        """What a model with one output gives for these sequences, in the order of `inputs`, not of the batches.

        Returns an array (N, ...); an output for each timestep comes as a list of N arrays, each as long as its sequence.
        """
        out = [model.predict_on_batch(self[i][0]) for i in range(len(self))]
        if isinstance(out[0], (list, dict)):
            raise ValueError(f"the model has {len(out[0])} outputs, and predict puts one in order: make a model for each.")
        back = np.argsort(np.concatenate(list(self.plan)))
        if out[0].ndim > 2 and all(batch.shape[1] == t for batch, t in zip(out, self.plan.steps[:, 0])):
            rows = [row for batch in out for row in batch]
            return [rows[place][:length] for place, length in zip(back, self.lengths[:, 0])]
        return np.concatenate(out)[back]
