"""Ways of batching side by side, in one run on this machine: ratios, not promises.

    python -m tests.benchmark_batching               about fifteen minutes on two cores
    python -m tests.benchmark_batching --rounds 9    steadier medians, longer
    python -m tests.benchmark_batching --small       N = 4,000 only, one round: two minutes

Lengths are lognormal (median 60, sigma 0.8, clipped to 1 to 512), batches hold 32 sequences. Every policy gives the same
sequences; the limit is as many real tokens in dense batches, without padding. In a round all ways train side by side, some
batches of each in turn, so that a slow minute of the machine is slow for all. Figures are medians over the rounds; of the slow
policies only a part of an epoch is trained on, as the table says.
"""
from __future__ import annotations

import functools
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
from helpers.batching import BucketedDataset, _Ragged, least_waste_boundaries, padding_share, plan_batches
from keras import layers

B = 32


@functools.cache
def lognormal(n: int) -> np.ndarray:
    return np.clip(np.round(np.random.default_rng(0).lognormal(np.log(60), 0.8, n)), 1, 512).astype(np.int64)


@functools.cache
def boundaries(n: int, buckets: int, batch_size: int = 1) -> np.ndarray:
    """Found once, like any other property of the data."""
    return least_waste_boundaries(lognormal(n), buckets, batch_size)


@functools.cache
def quantiles(n: int) -> np.ndarray:
    return np.unique(np.quantile(lognormal(n), np.arange(1, 9) / 8).astype(int))


class Cut:
    """A permutation cut into batches of `size`, each padded to its longest sequence (or to `steps` where given)."""

    def __init__(self, order: np.ndarray, lengths: np.ndarray, size: int = B, steps=None, starts=None):
        self.order = order
        self.starts = np.arange(0, len(order), size) if starts is None else starts
        self.ends = np.append(self.starts[1:], len(order))
        self.steps = np.maximum.reduceat(lengths[order], self.starts) if steps is None else np.full(len(self.starts), steps)

    def shuffled(self, random) -> Cut:
        places = random.permutation(len(self.starts))
        self.starts, self.ends, self.steps = self.starts[places], self.ends[places], self.steps[places]
        return self

    def rows(self, i: int) -> np.ndarray:
        return self.order[self.starts[i] : self.ends[i]]

    def shapes(self) -> list[tuple[int, int]]:
        return list(zip((self.ends - self.starts).tolist(), self.steps.tolist()))


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


POLICIES = {
    "batch of one": one_by_one, "pad to the longest": pad_to_longest, "random, pad to batch": random_batches,
    "exact-length groups": exact_groups, "sorted, batches shuffled": sorted_shuffled, "length-grouped (HF)": length_grouped,
}
OURS = {"ours, 8 buckets": 8, "ours, 16 buckets": 16}
TENSORFLOW = {"tf.data, quantile boundaries": quantiles, "tf.data, least-waste boundaries": lambda n: boundaries(n, 8)}
PART = {"batch of one": 20, "pad to the longest": 4, "random, pad to batch": 4, "exact-length groups": 4}  # of these only a part is trained on
LIMIT = "dense limit"
TICKS = 100  # parts of a round: in each of them every way trains on its share of batches
OPEN = (tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.float32))


# --- feeding


class Planned(keras.utils.PyDataset):
    """The batches of a Cut for Keras (or the first of them); the first two differ in length wherever there are two that do."""

    def __init__(self, ragged: _Ragged, targets: np.ndarray, cut: Cut, batches: int | None = None):
        super().__init__()
        self.ragged, self.targets, self.cut, self.batches = ragged, targets, cut, batches or len(cut.starts)
        other = np.flatnonzero(cut.steps != cut.steps[0])
        if len(other):
            for part in (cut.starts, cut.ends, cut.steps):
                part[[1, other[0]]] = part[[other[0], 1]]

    def __len__(self):
        return self.batches

    def __getitem__(self, i):
        rows = self.cut.rows(i)
        return self.ragged.rectangle(rows, int(self.cut.steps[i])), self.targets[rows]


class Data:
    """N sequences of ids with their targets, as each of the ways of batching wants them."""

    def __init__(self, n: int):
        self.n, self.lengths, self.targets = n, lognormal(n), np.zeros(n, np.float32)
        self.flat = np.random.default_rng(1).integers(1, 1000, int(self.lengths.sum()), dtype=np.int32)

    @functools.cached_property
    def sequences(self) -> list[np.ndarray]:
        return np.split(self.flat, np.cumsum(self.lengths)[:-1])

    @functools.cached_property
    def ragged(self) -> _Ragged:
        return _Ragged("ids", self.sequences)

    def ours(self, buckets: int) -> BucketedDataset:
        return BucketedDataset(self.sequences, self.targets, batch_size=B, buckets=boundaries(self.n, buckets, B))

    def planned(self, name: str, turn: int, batches: int | None = None, part: int = 1) -> Planned:
        if name == LIMIT:
            mean = int(round(self.lengths.mean()))
            dense = _Ragged("ids", np.resize(self.flat, (self.n, mean)))
            return Planned(dense, self.targets, Cut(np.arange(self.n), np.full(self.n, mean)), batches)
        cut = POLICIES[name](self.lengths, turn)
        return Planned(self.ragged, self.targets, cut, batches or len(cut.starts) // part)

    def tensorflow(self, name: str) -> tf.data.Dataset:
        """bucket_by_sequence_length; its boundaries are exclusive, ours are not."""
        ragged = tf.RaggedTensor.from_row_lengths(self.flat, self.lengths)
        data = tf.data.Dataset.from_tensor_slices((ragged, self.targets)).shuffle(10_000, seed=0)
        data = data.map(lambda x, y: (x.to_tensor() if isinstance(x, tf.RaggedTensor) else x, y))
        bounds = [int(b) + 1 for b in TENSORFLOW[name](self.n)[:-1]]
        return data.bucket_by_sequence_length(lambda x, y: tf.shape(x)[0], bounds, [B] * (len(bounds) + 1))


def through_keras(data: BucketedDataset) -> tf.data.Dataset:
    """What Keras makes of a PyDataset before it trains."""
    return tf.data.Dataset.from_generator(lambda: (data[i] for i in range(len(data))), output_signature=OPEN).prefetch(tf.data.AUTOTUNE)


# --- measuring


def clock(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def peak(action) -> int:
    tracemalloc.start()
    action()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def machine() -> str:
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    vector = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "vector instructions unknown"
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    return (f"{os.cpu_count()} cores {platform.machine()} ({vector}), {platform.system()}, Python {platform.python_version()}, "
            f"TensorFlow {tf.__version__}, Keras {keras.__version__}, NumPy {np.__version__}, {load}")


def epoch_of(data) -> None:
    """A whole epoch of padded batches, nothing trained."""
    if isinstance(data, BucketedDataset):
        data.on_epoch_begin()
    for _ in data:
        pass


def planning(n: int, rounds: int) -> dict[str, float]:
    """Milliseconds of a plan."""
    lengths = lognormal(n)
    plans = {name: functools.partial(lambda policy, turn: policy(lengths, turn), policy) for name, policy in POLICIES.items()}
    for name, k in OURS.items():
        bounds = boundaries(n, k, B)
        plans[name] = functools.partial(lambda bounds, turn: plan_batches(lengths, B, bounds, epoch=turn), bounds)
    times = {name: [] for name in plans}
    for turn in range(rounds + 1):
        for name, plan in plans.items():
            times[name].append(clock(lambda: plan(turn)))
    return {name: 1000 * statistics.median(seconds[1:]) for name, seconds in times.items()}


def pipelines(n: int, rounds: int) -> dict[str, float]:
    """Milliseconds of an epoch of padded batches."""
    data = Data(n)
    feeds = {name: functools.partial(data.planned, name, 0) for name in (LIMIT, *POLICIES)}
    feeds |= {name: functools.partial(data.ours, k) for name, k in OURS.items()}
    feeds["ours, 8 buckets, through Keras"] = lambda: through_keras(data.ours(8))
    feeds |= {name: functools.partial(data.tensorflow, name) for name in TENSORFLOW}
    made, times = {name: feed() for name, feed in feeds.items()}, {name: [] for name in feeds}
    for _ in range(rounds):
        for name, feed in made.items():
            times[name].append(clock(lambda: epoch_of(feed)))
    return {name: 1000 * statistics.median(seconds) for name, seconds in times.items()}


def shapes(n: int) -> dict[str, list[tuple[int, int]]]:
    """(rows, T) of every batch of an epoch."""
    data, found = Data(n), {}
    found[LIMIT] = data.planned(LIMIT, 0).cut.shapes()
    for name, policy in POLICIES.items():
        found[name] = policy(data.lengths, 0).shapes()
    for name, k in OURS.items():
        plan = plan_batches(data.lengths, B, boundaries(n, k, B))
        found[name] = [(len(rows), int(T)) for rows, (T,) in zip(plan, plan.steps)]
    for name in TENSORFLOW:
        found[name] = [tuple(x.shape) for x, _ in data.tensorflow(name)]
    return found


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


def training(n: int, rounds: int) -> tuple[dict, dict, dict]:
    """For (name, mask): how many times as long as the limit an epoch takes; for each mask the seconds of the limit; traces, at the most.

    The speed of a machine may waver by half within minutes. So all ways train side by side, some batches of each in turn; a batch is
    assembled and trained on within its time. Traces are counted in `fit`.
    """
    data, few, over, seconds, traces = Data(n), Data(4 * B), {}, {}, {}
    names = (LIMIT, *POLICIES, *OURS, *TENSORFLOW)
    kind = lambda name: "ours" if name in OURS else "tf.data" if name in TENSORFLOW else "planned"
    made = lambda name, turn: (data.ours(OURS[name]) if name in OURS else data.tensorflow(name) if name in TENSORFLOW
                               else data.planned(name, turn, part=PART.get(name, 1)))
    for mask in (False, True):
        models, runs = {kind(name): build(mask) for name in names}, {}  # one model for a kind of feed: its traces serve all of it
        for name in names:
            before = Counter.runs
            for batches in ((few.ours(2), made(name, 0)) if name in OURS else (data.tensorflow(name),) if name in TENSORFLOW
                            else (data.planned(name, 0, 4), data.planned(name, 1, 4))):
                models[kind(name)].fit(batches, verbose=0, shuffle=False)
            runs[kind(name)] = runs.get(kind(name), 0) + Counter.runs - before
        traces = {name: max(traces.get(name, 0), runs[kind(name)]) for name in names}

        model = build(mask)
        step = tf.function(lambda x, y: model.train_step((x, y)), input_signature=OPEN)
        step(np.ones((2, 3), np.int32), np.zeros(2, np.float32))
        for turn in range(rounds):
            feeds = {name: made(name, turn) for name in names}
            counts = {name: sum(1 for _ in feed) if name in TENSORFLOW else len(feed) for name, feed in feeds.items()}
            streams = {name: iter(feed) if name in TENSORFLOW else map(feed.__getitem__, range(counts[name])) for name, feed in feeds.items()}
            took = dict.fromkeys(names, 0.0)
            for tick in range(TICKS):
                for name in names:
                    share = range(counts[name] * tick // TICKS, counts[name] * (tick + 1) // TICKS)
                    took[name] += clock(lambda: [step(*next(streams[name])) for _ in share])
            for name in names:
                whole = len(feeds[name].cut.starts) / counts[name] if isinstance(feeds[name], Planned) else 1
                over.setdefault((name, mask), []).append(took[name] * whole / took[LIMIT])
            seconds.setdefault(mask, []).append(took[LIMIT])
    middles = lambda found: {key: statistics.median(values) for key, values in found.items()}
    return middles(over), middles(seconds), traces


def growth(sizes) -> list[dict]:
    """For each N: nanoseconds and bytes a sequence, for planning, building the dataset, and an epoch of padded batches.

    All N take turns, as in `training`.
    """
    data = {n: Data(n) for n in sizes}
    bucketed = {n: data[n].ours(8) for n in sizes}
    plan = lambda n, turn=0: plan_batches(data[n].lengths, B, boundaries(n, 8, B), epoch=turn)
    times = {(n, what): [] for n in sizes for what in ("planning", "assembling", "boundaries")}
    for turn in range(9):
        for n in sizes:
            times[n, "planning"].append(clock(lambda: plan(n, turn)))
            if turn % 3 == 0:
                times[n, "assembling"].append(clock(lambda: epoch_of(bucketed[n])))
                times[n, "boundaries"].append(clock(lambda: least_waste_boundaries(data[n].lengths, 8, B)))
    middles = {key: statistics.median(seconds) for key, seconds in times.items()}
    return [{
        "N": n, "planning": 1e9 * middles[n, "planning"] / n, "assembling": 1e9 * middles[n, "assembling"] / n,
        "planning bytes": peak(lambda: plan(n)) / n, "building bytes": peak(lambda: data[n].ours(8)) / n,
        "assembling bytes": peak(lambda: epoch_of(bucketed[n])) / n, "boundaries": 1000 * middles[n, "boundaries"],
    } for n in sizes]


def exact(n: int, buckets: int) -> float:
    """The padded share that no plan with so many buckets can go below."""
    padded = boundaries(n, buckets)[np.searchsorted(boundaries(n, buckets), lognormal(n))]
    return 1 - lognormal(n).sum() / padded.sum()


def main(small: bool, rounds: int) -> None:
    sizes = (4_000, 4_000, 4_000) if small else (4_000, 100_000, 1_000_000)
    n, many, most = sizes
    print(machine(), "\n")
    plan_ms, feed_ms, kinds = planning(most, 3 if small else 5), pipelines(many, 2), shapes(n)
    over, seconds, traces = training(n, rounds)
    rows = []
    for name, batches in kinds.items():
        cells = sum(rows * T for rows, T in batches)
        real = cells if name == LIMIT else lognormal(n).sum()
        rows.append([
            name + (f" (1/{PART[name]})" if name in PART else ""), f"{plan_ms[name]:.1f}" if name in plan_ms else "",
            f"{1 - real / cells:.1%}", f"{sum(T for _, T in batches):,}", len(set(batches)), f"{feed_ms[name]:,.0f}",
            f"{feed_ms[name] / feed_ms['ours, 8 buckets']:.1f}", f"{over[name, False]:.2f}", f"{over[name, True]:.2f}", traces[name],
        ])
    print(f"Planning: N = {most:,}; pipeline: N = {many:,}; all else: N = {n:,}. Over the limit: an epoch of {seconds[False]:.1f} s, "
          f"masked {seconds[True]:.1f} s.")
    heads = ["way of batching", "planning ms", "padding", "sum of T", "shapes", "pipeline ms", "times ours", "epoch", "masked", "traces"]
    print(helpers.table(heads, rows), "\n")
    quickest, keras_way = min(feed_ms[name] for name in TENSORFLOW), feed_ms["ours, 8 buckets, through Keras"]
    print(f"Ours with 8 buckets through tf.data.Dataset.from_generator, as Keras feeds it: {keras_way:,.0f} ms; the quicker of the "
          f"two tf.data pipelines takes {quickest / keras_way:.1f} times as long.\n")

    grown = growth(sorted(set(sizes)))
    heads = ["N", "planning ns", "assembling ns", "planning bytes", "building bytes", "assembling bytes", "boundaries, once, ms"]
    print("As the work grows, for each sequence (8 buckets):")
    print(helpers.table(heads, [[f"{row['N']:,}", *(f"{value:,.1f}" for value in list(row.values())[1:])] for row in grown]), "\n")

    away = max(padding_share(lognormal(size), plan_batches(lognormal(size), B, k)) - exact(size, k) for size in set(sizes) for k in (8, 16))
    last, first = grown[-1], grown[-2 if len(grown) > 1 else -1]
    targets = [
        ("planning, ms for a million (15 with AVX-512, 40 elsewhere)", 40 if "AVX-512" not in machine() else 15,
         max(plan_ms[name] for name in OURS)),
        ("padded share above the exact bound, points", 1, 100 * away),
        *((f"epoch over the limit, {k} buckets{', masked' if mask else ''}", most_, over[f"ours, {k} buckets", mask])
          for k, most_ in ((8, 1.4), (16, 1.25)) for mask in (False, True)),
        *((f"epoch over padding to the longest{', masked' if mask else ''}", 0.25,
           max(over[name, mask] for name in OURS) / over["pad to the longest", mask]) for mask in (False, True)),
        ("pipeline over tf.data's, the quicker of the two", 1 / 20, feed_ms["ours, 8 buckets"] / quickest),
        ("traces", 2, max(traces[name] for name in OURS)),
        (f"planning, ns a sequence: {last['N']:,} over {first['N']:,}", 1.5, last["planning"] / first["planning"]),
        (f"assembling, ns a sequence: {last['N']:,} over {first['N']:,}", 1.5, last["assembling"] / first["assembling"]),
        ("bytes a sequence, planning and building, the same", 1.5, max(last[f"{key} bytes"] / first[f"{key} bytes"] for key in ("planning", "building"))),
    ]
    print(helpers.table(["target", "at most", "measured", "reached"],
                        [[what, f"{limit:.3g}", f"{value:.3g}", "yes" if value <= limit else "NO"] for what, limit, value in targets]))


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="Your input ran out of data")  # tf.data of unknown length, at its end
    small = "--small" in sys.argv
    main(small, int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 1 if small else 3)
