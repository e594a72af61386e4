"""Batching policies side by side, in one run on this machine: ratios, not promises.

    python -m tests.benchmark_batching            about twelve minutes on two cores
    python -m tests.benchmark_batching --small    N = 4,000 only, one round: under two minutes

Lengths are lognormal (median 60, sigma 0.8, clipped to 1 to 512), batches hold 32 sequences. Every policy gives the same
sequences; the limit is as many real tokens in dense batches, without padding. Times are medians over interleaved rounds;
the limit is run before each policy, so that its own median is a steady one.
"""
from __future__ import annotations

import os
import platform
import statistics
import sys
import time
import tracemalloc
import warnings
from pathlib import Path

import helpers  # first: silences TensorFlow's start-up log
import keras
import numpy as np
import tensorflow as tf
from helpers.batching import BucketedDataset, _Ragged, least_waste_boundaries, plan_batches
from keras import layers

B = 32


def lognormal(n: int) -> np.ndarray:
    return np.clip(np.round(np.random.default_rng(0).lognormal(np.log(60), 0.8, n)), 1, 512).astype(np.int64)


class Cut:
    """A permutation cut into batches of `size`, each padded to its longest sequence (or to `steps` where given)."""

    def __init__(self, order: np.ndarray, lengths: np.ndarray, size: int = B, steps=None, starts=None):
        self.order, self.lengths, self.size = order, lengths, size
        self.starts = np.arange(0, len(order), size) if starts is None else starts
        self.ends = np.append(self.starts[1:], len(order))
        self.steps = np.maximum.reduceat(lengths[order], self.starts) if steps is None else np.full(len(self.starts), steps)

    def shuffled(self, random) -> "Cut":
        places = random.permutation(len(self.starts))
        self.starts, self.ends, self.steps = self.starts[places], self.ends[places], self.steps[places]
        return self

    def rows(self, i: int) -> np.ndarray:
        return self.order[self.starts[i] : self.ends[i]]


# --- the policies: (lengths, seed) -> Cut


def one_by_one(lengths, seed):
    return Cut(np.random.default_rng(seed).permutation(len(lengths)), lengths, size=1)


def pad_to_longest(lengths, seed):
    return Cut(np.random.default_rng(seed).permutation(len(lengths)), lengths, steps=int(lengths.max()))


def random_batches(lengths, seed):
    return Cut(np.random.default_rng(seed).permutation(len(lengths)), lengths)


def exact_groups(lengths, seed):
    random = np.random.default_rng(seed)
    order = random.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    change = np.flatnonzero(np.diff(lengths[order], prepend=-1))
    ends = np.append(change[1:], len(order))
    starts = np.concatenate([np.arange(a, b, B) for a, b in zip(change, ends)])
    return Cut(order, lengths, starts=starts).shuffled(random)


def sorted_shuffled(lengths, seed):
    random = np.random.default_rng(seed)
    order = random.permutation(len(lengths))
    return Cut(order[np.argsort(lengths[order], kind="stable")], lengths).shuffled(random)


def length_grouped(lengths, seed):
    """The order that Hugging Face's length-grouped sampler describes: shuffle, cut into groups of 50 batches (fewer for
    little data), sort each group from long to short, put the longest sequence of all first."""
    order = np.random.default_rng(seed).permutation(len(lengths))
    group = max(1, min(len(order) // (4 * B), 50)) * B
    order = order[np.lexsort([-lengths[order], np.arange(len(order)) // group])]
    first = int(lengths[order].argmax())
    order[[0, first]] = order[[first, 0]]
    return Cut(order, lengths)


def ours(buckets):
    boundaries = {}

    def plan(lengths, seed):
        if id(lengths) not in boundaries:  # found once, like any other property of the data
            boundaries[id(lengths)] = least_waste_boundaries(lengths, buckets, B)
        plan = plan_batches(lengths, B, boundaries[id(lengths)], seed=0, epoch=seed)
        cut = Cut(plan.order, lengths, starts=np.sort(plan.starts))
        cut.starts, cut.steps = plan.starts, plan.steps[:, 0]
        cut.ends = np.minimum(plan.starts + B, len(lengths))
        return cut

    return plan


POLICIES = {
    "batch of one": one_by_one, "pad to the longest": pad_to_longest, "random, pad to batch": random_batches,
    "exact-length groups": exact_groups, "sorted, batches shuffled": sorted_shuffled,
    "length-grouped (HF)": length_grouped, "ours, 8 buckets": ours(8), "ours, 16 buckets": ours(16),
}
SLOW = ("batch of one", "pad to the longest", "exact-length groups")  # two timed rounds are enough for these


def planner(name, lengths):
    """What is timed as planning: for ours the plan itself, without the repacking for this table."""
    if name.startswith("ours"):
        boundaries = least_waste_boundaries(lengths, int(name.split()[1]), B)
        return lambda seed: plan_batches(lengths, B, boundaries, epoch=seed)
    return lambda seed: POLICIES[name](lengths, seed)


# --- feeding


class Planned(keras.utils.PyDataset):
    """The batches of a Cut for Keras; the first two differ in length wherever there are two that do."""

    def __init__(self, ragged: _Ragged, targets: np.ndarray, cut: Cut):
        super().__init__()
        self.ragged, self.targets, self.cut = ragged, targets, cut
        other = np.flatnonzero(cut.steps != cut.steps[0])
        if len(other):
            for part in (cut.starts, cut.ends, cut.steps):
                part[[1, other[0]]] = part[[other[0], 1]]

    def __len__(self):
        return len(self.cut.starts)

    def __getitem__(self, i):
        rows = self.cut.rows(i)
        return self.ragged.rectangle(rows, int(self.cut.steps[i])), self.targets[rows]


def tf_bucketed(sequences: tf.RaggedTensor, targets, boundaries) -> tf.data.Dataset:
    """bucket_by_sequence_length; its boundaries are exclusive, ours are not."""
    data = tf.data.Dataset.from_tensor_slices((sequences, targets)).shuffle(10_000, seed=0)
    data = data.map(lambda x, y: (x.to_tensor() if isinstance(x, tf.RaggedTensor) else x, y))
    bounds = [int(b) + 1 for b in boundaries[:-1]]
    return data.bucket_by_sequence_length(lambda x, y: tf.shape(x)[0], bounds, [B] * (len(bounds) + 1))


class Counter(layers.Layer):
    runs = 0

    def __init__(self):
        super().__init__()
        self.supports_masking = True

    def call(self, x):
        Counter.runs += 1
        return x


def build(mask: bool) -> keras.Model:
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    x = Counter()(layers.Embedding(1000, 32, mask_zero=mask)(ids))
    model = keras.Model(ids, layers.Dense(1)(layers.LSTM(32)(x)))
    model.compile("adam", "mse")
    return model


def clock(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def median_ms(action, rounds: int) -> float:
    return 1000 * statistics.median(clock(lambda: action(i)) for i in range(rounds))


def machine() -> str:
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    vector = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "vector instructions unknown"
    return (f"{os.cpu_count()} cores {platform.machine()} ({vector}), {platform.system()}, Python {platform.python_version()}, "
            f"TensorFlow {tf.__version__}, Keras {keras.__version__}, NumPy {np.__version__}")


def planning(sizes) -> None:
    rows = []
    for n in sizes:
        lengths = lognormal(n)
        for name in POLICIES:
            cut = POLICIES[name](lengths, 0)
            cells = int((cut.steps * (cut.ends - cut.starts)).sum())
            plan = planner(name, lengths)
            plan(0)
            rows.append([f"{n:,}", name, f"{median_ms(plan, 7 if n < 10**6 else 5):.2f}", f"{100 * (1 - lengths.sum() / cells):.1f} %",
                         int(cut.steps.sum()), len(np.unique(cut.steps))])
        exact = {k: least_waste_boundaries(lengths, k) for k in (8, 16)}
        for k, bounds in exact.items():
            padded = bounds[np.searchsorted(bounds, lengths)].sum()
            rows.append([f"{n:,}", f"exact bound, {k} buckets", "", f"{100 * (1 - lengths.sum() / padded):.1f} %", "", k])
        rows.append([f"{n:,}", "boundaries, 8, once", f"{median_ms(lambda i: least_waste_boundaries(lengths, 8, B), 3):.2f}", "", "", ""])
    print(helpers.table(["N", "policy", "planning ms", "padding", "sum of T", "shapes"], rows), "\n")


def pipeline(sizes) -> None:
    """A whole epoch of padded batches, nothing trained."""
    rows = []
    for n in sizes:
        lengths = lognormal(n)
        flat = np.ones(int(lengths.sum()), np.int32)
        sequences = np.split(flat, np.cumsum(lengths)[:-1])
        targets = np.zeros(n, np.float32)
        data = BucketedDataset(sequences, targets, batch_size=B, buckets=8)

        def own(_):
            data.on_epoch_end()
            for i in range(len(data)):
                data[i]

        ours_ms = median_ms(own, 3)
        tracemalloc.start()
        own(0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        rows.append([f"{n:,}", "ours, 8 buckets", round(ours_ms), "1", f"{1000 * ours_ms / n:.2f}", f"{peak / n:.0f}"])
        if n > 100_000:
            continue
        ragged = tf.RaggedTensor.from_row_lengths(flat, lengths)
        quantiles = np.unique(np.quantile(lengths, np.arange(1, 9) / 8).astype(int))
        for name, bounds in (("quantile", quantiles), ("least-waste", least_waste_boundaries(lengths, 8))):
            dataset = tf_bucketed(ragged, targets, bounds)
            ms = median_ms(lambda _: [None for _ in dataset], 3)
            rows.append([f"{n:,}", f"tf.data, {name} boundaries", round(ms), f"{ms / ours_ms:.0f}", f"{1000 * ms / n:.2f}", ""])
    heads = ["N", "pipeline", "ms", "times ours", "microseconds a sequence", "peak bytes a sequence"]
    print(helpers.table(heads, rows), "\n")


def training(n: int, rounds: int) -> None:
    lengths = lognormal(n)
    flat = np.random.default_rng(1).integers(1, 1000, int(lengths.sum())).astype(np.int32)
    sequences = np.split(flat, np.cumsum(lengths)[:-1])
    ragged, targets = _Ragged("ids", sequences, 0), np.zeros(n, np.float32)
    tensor = tf.RaggedTensor.from_row_lengths(flat, lengths)
    mean = int(round(lengths.mean()))
    dense = Cut(np.arange(n), np.full(n, mean))
    tokens = _Ragged("ids", np.resize(flat, (n, mean)), 0)
    few = np.arange(n // 20)  # a batch of one is so slow that a twentieth of it is timed
    feeds = {"dense limit": lambda seed: Planned(tokens, targets, dense)}
    for name, policy in POLICIES.items():
        if name == "batch of one":
            feeds[name] = lambda seed: Planned(ragged, targets, Cut(few, lengths, size=1))
        else:
            feeds[name] = lambda seed, policy=policy: Planned(ragged, targets, policy(lengths, seed))
    quantiles = np.unique(np.quantile(lengths, np.arange(1, 9) / 8).astype(int))
    for name, bounds in (("quantile", quantiles), ("least-waste", least_waste_boundaries(lengths, 8))):
        feeds[f"tf.data, {name} boundaries"] = lambda seed, bounds=bounds: tf_bucketed(tensor, targets, bounds)

    seconds, traces = {}, {}
    for mask in (False, True):
        models = {name: build(mask) for name in feeds}

        def epoch(name: str, turn: int) -> float:
            data, before = feeds[name](turn), Counter.runs
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # tf.data of unknown length warns at its end
                took = clock(lambda: models[name].fit(data, verbose=0, shuffle=False))
            traces[name] = traces.get(name, 0) + Counter.runs - before
            return took * (20 if name == "batch of one" else 1)

        for turn in range(rounds + 1):  # the first turn warms up and traces
            for name in list(feeds)[1:]:
                if name in SLOW and turn > 2:
                    continue
                for which in ("dense limit", name):
                    took = epoch(which, turn)
                    if turn:
                        seconds.setdefault((which, mask), []).append(took)
    middle = {key: statistics.median(values) for key, values in seconds.items()}
    rows = [
        [name, f"{middle[name, False]:.2f}", *(f"{middle[name, m] / middle['dense limit', m]:.2f}" for m in (False, True)),
         f"{traces[name] / 2:.0f}"]
        for name in feeds
    ]
    print(helpers.table(["training epoch, N = " + f"{n:,}", "seconds", "over limit", "over limit, masked", "traces"], rows))


if __name__ == "__main__":
    small = "--small" in sys.argv
    print(machine(), "\n")
    planning([4_000] if small else [4_000, 100_000, 1_000_000])
    pipeline([4_000] if small else [4_000, 100_000, 1_000_000])
    training(4_000, rounds=1 if small else 5)
