"""Plans hold every sequence exactly once, least-waste boundaries are least, and Keras takes the dataset in any order."""
import itertools
import random as pythons_random
import tracemalloc
from collections import Counter

import keras
import numpy as np
import pytest
from keras import layers

from helpers.batching import BucketedDataset, least_waste_boundaries, padding_share, plan_batches

SEEDS = range(40)


def lognormal(n: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.clip(np.round(random.lognormal(np.log(60), 0.8, n)), 1, 512).astype(int)


def some(seed: int) -> tuple[np.ndarray, int, int]:
    """Random lengths, batch size and number of buckets; small ones and odd ones among them."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, random.choice([2, 5, 40, 3000]), size=random.integers(1, 200))
    return lengths, int(random.integers(1, 40)), int(random.integers(1, 20))


def waste(lengths, boundaries) -> int:
    return int((boundaries[np.searchsorted(boundaries, lengths)] - lengths).sum())


# --- boundaries


@pytest.mark.parametrize("seed", SEEDS)
def test_no_other_boundaries_waste_less(seed):
    random = np.random.default_rng(seed)
    lengths, buckets = random.integers(1, 12, size=random.integers(1, 15)), int(random.integers(1, 5))
    values = np.unique(lengths)
    every = (c for k in range(1, buckets + 1) for c in itertools.combinations(values, k) if c[-1] == values[-1])
    found = least_waste_boundaries(lengths, buckets)
    assert waste(lengths, found) == min(waste(lengths, np.array(c)) for c in every)
    assert np.all(np.diff(found) > 0) and len(found) <= buckets and found[-1] == lengths.max()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_other_boundaries_waste_less_when_rests_move_up(seed):
    lengths, size, buckets = some(seed)
    lengths, buckets = np.minimum(lengths, 14), min(buckets, 4)
    values = np.unique(lengths)

    def cells(boundaries):  # what is left of a bucket moves up into the next
        upto = np.searchsorted(np.sort(lengths), boundaries, side="right")
        upto[:-1] -= upto[:-1] % size
        return int((np.diff(upto, prepend=0) * boundaries).sum())

    every = (c for k in range(1, buckets + 1) for c in itertools.combinations(values, k) if c[-1] == values[-1])
    found = least_waste_boundaries(lengths, buckets, size)
    assert cells(found) == min(cells(np.array(c)) for c in every) and len(found) <= buckets


def test_boundaries_are_for_the_lengths_of_one_input():
    assert least_waste_boundaries([[3], [4]], 1).tolist() == [4]
    with pytest.raises(ValueError, match=r"lengths has shape \(2, 2\); expected is \(N,\), the lengths of one input: pass lengths\[:, 0\]"):
        least_waste_boundaries([[3, 9], [4, 1]], 1)


def test_more_buckets_than_lengths_is_one_for_each():
    assert least_waste_boundaries([5, 2, 5], 9).tolist() == [2, 5]


@pytest.mark.parametrize("buckets", [4, 8, 16])
def test_padding_is_within_a_point_of_the_bound(buckets):
    lengths = lognormal(4000)
    boundaries = least_waste_boundaries(lengths, buckets)
    exact = waste(lengths, boundaries) / (waste(lengths, boundaries) + lengths.sum())
    share = padding_share(lengths, plan_batches(lengths, 32, buckets))
    assert exact <= share <= exact + 0.01


# --- plans


@pytest.mark.parametrize("seed", SEEDS)
def test_every_sequence_exactly_once_and_room_for_each(seed):
    lengths, batch_size, buckets = some(seed)
    plan = plan_batches(lengths, batch_size, buckets, seed=seed)
    assert sorted(np.concatenate(list(plan)).tolist()) == list(range(len(lengths)))
    sizes = [len(rows) for rows in plan]
    assert sum(size < batch_size for size in sizes) <= 1 and max(sizes) <= batch_size
    assert all(lengths[rows].max() <= steps for rows, (steps,) in zip(plan, plan.steps))
    assert len(np.unique(plan.steps)) <= buckets
    assert len(plan) == -(-len(lengths) // batch_size)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_columns(seed):
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 30, size=(random.integers(1, 150), 2))
    plan = plan_batches(lengths, 8, 4, seed=seed)
    assert sorted(np.concatenate(list(plan)).tolist()) == list(range(len(lengths)))
    assert all((lengths[rows].max(axis=0) <= steps).all() for rows, steps in zip(plan, plan.steps))
    more = [steps[1] - lengths[rows, 1].max() for rows, steps in zip(plan, plan.steps)]
    assert sum(more) == 0 or (sum(more) == more[1] == 1 and more[0] == 0)  # one step, so that the first two differ


def test_the_same_seed_and_epoch_give_the_same_plan_and_others_another():
    lengths = lognormal(500)
    plans = {(s, e): [rows.tolist() for rows in plan_batches(lengths, 16, 6, seed=s, epoch=e)] for s in (0, 1) for e in (0, 1)}
    assert plans[0, 0] == [rows.tolist() for rows in plan_batches(lengths, 16, 6, seed=0, epoch=0)]
    assert len({str(plan) for plan in plans.values()}) == 4
    together = lambda plan: {frozenset(rows) for rows in plan}
    assert together(plans[0, 0]) != together(plans[0, 1]), "an epoch shuffles the members, not the batches alone"


def test_every_order_within_a_bucket_comes_equally_often():
    # Three sequences per bucket, 1,200 epochs: each of the 6 orders is expected 200 times, give or take 13.
    plans = [plan_batches([3, 9, 3, 9, 3, 9], 3, 2, epoch=epoch) for epoch in range(1200)]
    for members in ({0, 2, 4}, {1, 3, 5}):
        orders = Counter(tuple(rows.tolist()) for plan in plans for rows in plan if set(rows.tolist()) == members)
        assert sum(orders.values()) == 1200 and len(orders) == 6
        assert all(150 < count < 250 for count in orders.values()), orders


@pytest.mark.parametrize("longest", [90, 2**23])  # below and above the lengths that are looked up
def test_a_plan_is_the_same_in_however_many_parts_its_keys_are_made(longest, monkeypatch):
    lengths = np.append(np.random.default_rng(0).integers(1, 60, size=99), longest)
    plan = plan_batches(lengths, 8, 3)
    monkeypatch.setattr("helpers.batching._PART", 7)
    parted = plan_batches(lengths, 8, 3)
    assert np.array_equal(parted.order, plan.order) and np.array_equal(parted.steps, plan.steps)


def test_batches_do_not_come_sorted():
    steps = plan_batches(lognormal(4000), 32, 8).steps[:, 0]
    assert abs(np.corrcoef(steps[:-1], steps[1:])[0, 1]) < 0.3


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("columns", [1, 2])
def test_the_first_two_batches_differ_wherever_lengths_do(seed, columns):
    random = np.random.default_rng(seed)
    lengths = random.choice([3, 3, 3, 3, 7, 9], size=(60, columns))
    steps = plan_batches(lengths, 4, 3, seed=seed).steps
    varies = np.any(steps != steps[0], axis=0)
    assert np.all(steps[0, varies] != steps[1, varies])


def test_given_boundaries_are_kept_and_nothing_is_lost_above_the_last():
    plan = plan_batches([2, 3, 9, 50, 4, 8], 2, buckets=[4, 9])
    assert sorted(np.concatenate(list(plan)).tolist()) == [0, 1, 2, 3, 4, 5]
    assert set(plan.steps[:, 0]) <= {4, 9, 50} and plan.steps.max() == 50


def peak(action) -> int:
    tracemalloc.start()
    action()
    bytes_at_most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return bytes_at_most


def test_memory_grows_in_proportion():
    # Seconds are in the benchmark; bytes do not depend on the machine.
    lengths = {n: lognormal(n) for n in (10_000, 100_000)}
    planning = {n: peak(lambda: plan_batches(lengths[n], 32, 8)) for n in lengths}
    rows = {n: [np.zeros(5)] * n for n in lengths}
    feeding = {n: peak(lambda: BucketedDataset(rows[n])[0]) for n in lengths}
    for peaks in (planning, feeding):
        assert peaks[100_000] < 11 * peaks[10_000]
    assert planning[100_000] < 60 * 100_000


def test_boundaries_of_twenty_thousand_different_lengths_fit_into_memory():
    lengths = np.arange(1, 20_001)
    assert peak(lambda: least_waste_boundaries(lengths, 4)) < 20e6
    assert least_waste_boundaries(lengths, 4).tolist() == [5000, 10000, 15000, 20000]


def test_padding_share_counts_cells():
    lengths = [1, 3, 3, 3]
    assert padding_share(lengths, plan_batches(lengths, 4, 1)) == pytest.approx(2 / 12)
    assert padding_share(lengths, plan_batches(lengths, 2, 2)) == pytest.approx(2 / 12)
    assert padding_share([[2, 1], [2, 3]], plan_batches([[2, 1], [2, 3]], 2, 1)) == pytest.approx(2 / 10)


@pytest.mark.parametrize("lengths, says", [
    ([3], "for 4 sequences of 1 inputs, and there are 1 lengths of 1"), ([[3, 1]] * 4, "there are 4 lengths of 2"),
    ([1, 3, 9, 3], "one of these is longer than its batch"),
])
def test_a_share_of_a_plan_for_other_lengths(lengths, says):
    with pytest.raises(ValueError, match=says):
        padding_share(lengths, plan_batches([1, 3, 3, 3], 2, 1))
    with pytest.raises(ValueError, match="must be what plan_batches returns, got list"):
        padding_share([3], [([0], 3)])


# --- bad input


@pytest.mark.parametrize("lengths, says", [
    ([], "lengths is empty"), ([3, 0, 2], "sequence 1 has length 0"), ([3, -1], "sequence 1 has length -1"),
    ([2.5, 3], "lengths has 2.5, which is no whole number"), ([float("nan")], "has nan, which"), (["a"], "an array of <U1"),
    ([[[1]]], r"shape \(1, 1, 1\)"), ([None, 3], "an array of object"), (5, r"shape \(\).* pass \[len\(s\) for s in"),
    ([float("inf")], "has inf, which is no whole"), ([1e30], "has 1e\\+30, which"), ([2**40], "more than an array can hold"),
    ([[1, 2], [3]], r"unequal length: pass \[len\(s\) for s in sequences\]"), (np.ones((9, 40), int), "for at most 16: pass"),
    (np.array([2**63], "uint64"), "no whole number of timesteps"),
])
def test_lengths_that_are_none(lengths, says):
    for call in (lambda: plan_batches(lengths, 2), lambda: least_waste_boundaries(lengths, 2)):
        with pytest.raises(ValueError, match=says) as caught:
            call()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("arguments, says", [
    ({"batch_size": 0}, "batch_size must be a whole number of 1 or more, got 0"),
    ({"batch_size": 2.5}, "got 2.5"), ({"batch_size": "8"}, "got '8'"), ({"batch_size": True}, "got True"),
    ({"buckets": 0}, "buckets must be a whole number of 1 or more, got 0"),
    ({"buckets": [8, 4]}, r"boundaries must increase, got \[8, 4\]"), ({"buckets": [4, 4]}, "must increase"),
    ({"buckets": []}, "boundaries is empty"), ({"buckets": [0, 4]}, r"boundaries must be lengths of 1 or more.*got \[0, 4\]"),
    ({"buckets": [2.5, 4]}, "boundaries has 2.5, which is no whole number"), ({"buckets": [[2], [4]]}, "must be lengths of 1"),
    ({"buckets": np.array([8, 4], "uint8")}, "must increase"), ({"buckets": [[4], [4, 8]]}, "boundaries must be whole numbers"),
    ({"buckets": 2.5}, "buckets must be a whole number of 1 or more, got 2.5"), ({"buckets": None}, "boundaries is an array of object"),
    ({"seed": -1}, "seed must be a whole number of 0 or more, got -1"), ({"epoch": 0.5}, "epoch must be"),
    ({"seed": 2**32}, "seed must be a whole number below"), ({"epoch": 2**32}, "epoch must be a whole number below"),
])
def test_arguments_that_are_none(arguments, says):
    with pytest.raises(ValueError, match=says):
        plan_batches([1, 2, 3], **({"batch_size": 2} | arguments))


def test_whole_floats_are_lengths_and_boundaries():
    assert plan_batches([2.0, 3.0], 1, buckets=[2.0, 8.0]).steps.ravel().tolist() == plan_batches([2, 3], 1, [2, 8]).steps.ravel().tolist()


def test_numbers_far_larger_than_the_data():
    assert len(plan_batches([2, 3], 10**30)) == 1 and least_waste_boundaries([2, 3], 10**30, 10**30).tolist() == [2, 3]
    assert sorted(plan_batches([2, 6], 1, buckets=[4, 10**12]).steps.ravel().tolist()) == [4, 10**12]
    assert sorted(plan_batches([2, 2**30], 1, buckets=2).steps.ravel().tolist()) == [2, 2**30]


# --- the dataset


def sequences(lengths, seed=0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.integers(1, 20, size=n) for n in lengths]


def model(per_step=False):
    """Padding changes nothing for it, and nothing in it takes long to train: what is tested here is what it is fed with."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = layers.Embedding(20, 6, mask_zero=True)(ids)
    net = keras.Model(ids, layers.Dense(1)(x if per_step else layers.GlobalAveragePooling1D()(x)))
    net.compile("sgd", "mse")
    return net


@pytest.fixture(scope="module")
def net():
    return model()


def test_batches_hold_the_sequences_with_their_targets():
    rows = sequences(lognormal(100))
    data = BucketedDataset(rows, targets=np.arange(100), batch_size=8, buckets=4)
    seen = []
    for i in range(len(data)):
        batch, targets = data[i]
        for ids, target in zip(batch, targets):
            assert np.array_equal(ids[: len(rows[target])], rows[target]) and not ids[len(rows[target]):].any()
            seen.append(target)
    assert sorted(seen) == list(range(100))


@pytest.mark.parametrize("lengths", [
    [5] * 32 + [7] * 8, [7] * 8 + [5] * 32, [5] * 40, [9] + [5] * 39, list(range(1, 41)), list(range(40, 0, -1)),
], ids=["two lengths", "long first", "one length", "one other", "rising", "falling"])
def test_keras_takes_it_in_any_order_of_lengths(net, lengths):
    # A bare PyDataset whose first two batches have the same length dies at the third: keras-team/keras#19748.
    data = BucketedDataset(sequences(lengths), targets=np.zeros(len(lengths)), batch_size=4, buckets=5)
    net.fit(data, epochs=3, verbose=0)
    assert np.isfinite(net.evaluate(data, verbose=0))
    assert len(net.predict(BucketedDataset(sequences(lengths), batch_size=4, buckets=5), verbose=0)) == len(lengths)


def test_two_inputs_by_name():
    text, question = keras.Input((None,), dtype="int32", name="text"), keras.Input((None,), dtype="int32", name="question")
    look_up = layers.Embedding(20, 4, mask_zero=True)
    both = layers.Concatenate()([layers.GlobalAveragePooling1D()(look_up(end)) for end in (text, question)])
    net = keras.Model([text, question], layers.Dense(1)(both))
    net.compile("sgd", "mse")
    lengths = lognormal(60)
    data = BucketedDataset({"text": sequences(lengths), "question": sequences(lengths % 5 + 1)}, np.zeros(60), batch_size=8)
    net.fit(data, epochs=2, verbose=0)
    assert data.predict(net).shape == (60, 1)


@pytest.mark.parametrize("before", ["nothing", "fit", "Keras's predict"])
def test_predictions_come_in_the_order_of_the_inputs(net, before):
    rows = sequences(lognormal(50))
    data = BucketedDataset(rows, np.zeros(50), batch_size=8, buckets=4)
    if before == "fit":
        net.fit(data, verbose=0)
    if before == "Keras's predict":
        served = net.predict(data, verbose=0)
    alone = np.concatenate([net.predict_on_batch(row[None]) for row in rows])
    if before == "Keras's predict":  # which answers in the order of the plan
        assert np.allclose(served, alone[np.concatenate(list(data.plan))], atol=1e-6) and not np.allclose(served, alone, atol=1e-6)
    assert np.allclose(data.predict(net), alone, atol=1e-6)


class Own(keras.Model):
    """A model of one's own class, which does not say beforehand what it gives."""

    def __init__(self, action):
        super().__init__()
        self.action = action

    def call(self, x):
        return self.action(keras.ops.cast(x, "float32"))


SQUEEZED, TOTALS = (lambda x: 2 * x), (lambda x: keras.ops.sum(x, axis=1, keepdims=True) * keras.ops.ones((1, 5)))
ROWS = [[1, 2], [3, 4, 5], [6, 7], [8, 9, 10]]


def test_answers_for_each_step_lose_their_padding():
    rows, tagger = sequences(lognormal(50)), model(per_step=True)
    for row, out in zip(rows, BucketedDataset(rows, batch_size=8, buckets=4).predict(tagger), strict=True):
        assert np.allclose(out, tagger.predict_on_batch(row[None])[0], atol=1e-6) and len(out) == len(row)
    assert [out.tolist() for out in BucketedDataset(ROWS, batch_size=2, buckets=2).predict(Own(SQUEEZED))] == [
        [2 * i for i in row] for row in ROWS]


def test_what_only_looks_like_an_answer_for_each_step():
    fives = [row + [0] * (5 - len(row)) for row in ROWS]
    data, totals = BucketedDataset(fives, batch_size=2), [[sum(row)] * 5 for row in ROWS]
    with pytest.raises(ValueError, match=r"an output \(5,\) for 5 timesteps may be one for each: pass per_step=True or False"):
        data.predict(Own(TOTALS))
    assert data.predict(Own(TOTALS), per_step=False).tolist() == totals
    assert [out.tolist() for out in data.predict(Own(SQUEEZED), per_step=True)] == (2 * np.array(fives)).tolist()
    ids = keras.Input((None,))  # a functional model says it by itself
    assert data.predict(keras.Model(ids, keras.layers.Lambda(TOTALS, output_shape=(5,))(ids))).tolist() == totals
    with pytest.raises(ValueError, match="expected is one answer for each sequence, or one for each timestep"):
        BucketedDataset(ROWS, batch_size=2, buckets=2).predict(Own(lambda x: x[:, ::2]))
    with pytest.raises(ValueError, match="expected is one answer"):
        data.predict(Own(lambda x: x[:, :1]), per_step=True)


def test_several_outputs_keep_their_structure():
    data = BucketedDataset(ROWS, batch_size=2, buckets=2)
    both = data.predict(Own(lambda x: {"steps": SQUEEZED(x), "totals": TOTALS(x)}))
    assert both["steps"][1].tolist() == [6, 8, 10] and both["totals"][3].tolist() == [27] * 5
    first, second = data.predict(Own(lambda x: (TOTALS(x), SQUEEZED(x))))
    assert first.shape == (4, 5) and second[0].tolist() == [2, 4]
    assert data.predict(Own(lambda x: [TOTALS(x)])).shape == (4, 5)


def test_targets_for_each_step_are_padded_along():
    rows = sequences([3, 1, 5])
    data = BucketedDataset(rows, targets=[row[:, None] * 2 for row in rows], batch_size=3, buckets=1)
    (batch, targets), = [data[0]]
    assert np.array_equal(batch[..., None] * 2, targets)
    model(per_step=True).fit(data, verbose=0)


def test_series_of_features():
    series = [np.ones((n, 2)) * n for n in (3, 1, 5)]
    (batch,), rows = (data := BucketedDataset(series, batch_size=3, buckets=1, pad=-9.0))[0], data.plan[0]
    assert batch.shape == (3, 5, 2) and batch.dtype == np.float32
    for series_in, row in zip(batch, rows):
        n = len(series[row])
        assert (series_in[:n] == n).all() and (series_in[n:] == -9).all()


class Served(BucketedDataset):
    """Notes what Keras asks for within an epoch; what it peeks at before is not noted."""

    epochs: list

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.epochs, self.within = [], False

    def on_epoch_begin(self):
        super().on_epoch_begin()
        self.epochs.append([])
        self.within = True

    def on_epoch_end(self):
        self.within = False

    def __getitem__(self, i):
        if self.within:
            self.epochs[-1].append(self.plan[i].tolist())
        return super().__getitem__(i)


def planned(lengths, epochs, seed=3) -> list:
    return [[rows.tolist() for rows in plan_batches(lengths, 8, 4, seed, epoch)] for epoch in epochs]


def serving(lengths, **more) -> Served:
    return Served(sequences(lengths), np.zeros(len(lengths)), batch_size=8, buckets=4, seed=3, **more)


def test_keras_serves_the_plans_of_seed_and_epoch(net):
    lengths = lognormal(60)
    served = []
    for way in range(2):
        pythons_random.seed(way)
        data = serving(lengths)
        net.fit(data, epochs=2, verbose=0, shuffle=False)
        data.predict(net)  # takes no epoch
        net.fit(data, epochs=2, verbose=0, shuffle=False)
        served.append(data.epochs)
    assert served[0] == served[1] == planned(lengths, range(4))
    later = serving(lengths, epoch=2)
    net.evaluate(later, verbose=0), net.predict(later, verbose=0)
    assert later.epochs == planned(lengths, (2, 3)) and later.epoch == 4
    assert [rows.tolist() for rows in later.plan] == later.epochs[-1]


def test_as_validation_data_and_with_weights_of_classes(net):
    lengths = lognormal(60)
    train, other = serving(lengths), serving(lengths)
    past = net.fit(train, validation_data=other, class_weight={0: 3.0}, epochs=2, verbose=0, shuffle=False).history
    assert np.isfinite(past["val_loss"]).all() and train.epochs == other.epochs == planned(lengths, range(2))


def test_a_still_one_serves_one_plan(net):
    lengths = lognormal(60)
    data = serving(lengths, shuffle=False, epoch=1)
    net.fit(data, epochs=2, verbose=0, shuffle=False)
    assert data.epochs == planned(lengths, (1, 1))


def test_two_traces_at_the_most_in_fit():
    runs = []

    class Counter(layers.Layer):
        def call(self, x):
            runs.append(x.shape)
            return x

    ids = keras.Input((None,), dtype="int32")
    net = keras.Model(ids, layers.Dense(1)(layers.GlobalAveragePooling1D()(Counter()(layers.Embedding(20, 4)(ids)))))
    net.compile("sgd", "mse")
    runs.clear()
    data = BucketedDataset(sequences(lognormal(1000)), np.zeros(1000), buckets=16)
    net.fit(data, epochs=3, verbose=0, shuffle=False)
    assert 1 <= len(runs) <= 2


@pytest.mark.parametrize("buckets", [4, 8, 16])
def test_few_different_shapes(buckets):
    plan = plan_batches(lognormal(4001), 32, buckets)
    shapes = {(len(rows), T) for rows, (T,) in zip(plan, plan.steps)}
    assert len(shapes) <= buckets + 1  # the short batch may add one


def test_several_targets_and_weights():
    ids = keras.Input((None,), dtype="int32")
    steps = layers.Embedding(20, 4)(ids)
    net = keras.Model(ids, {"tags": layers.Dense(1)(steps), "topic": layers.Dense(1)(layers.GlobalMaxPooling1D()(steps))})
    net.compile("sgd", "mse")
    rows = sequences([3, 1, 5, 4])
    targets = {"topic": [1, 0, 1, 0], "tags": [row[:, None] for row in rows]}
    weights = {"topic": [1, 1, 2, 2], "tags": [np.ones(len(row)) for row in rows]}
    data = BucketedDataset(rows, targets, sample_weight=weights, batch_size=2, buckets=2)
    net.fit(data, verbose=0)
    for i, mine in enumerate(data.plan):
        batch, y, w = data[i]
        assert np.array_equal(y["tags"][:, :, 0], batch) and np.array_equal(w["tags"], batch > 0)
        assert y["topic"].tolist() == [[1, 0, 1, 0][row] for row in mine] and w["topic"].tolist() == [[1, 1, 2, 2][row] for row in mine]
    assert set(data.predict(net)) == {"tags", "topic"}


def test_numbers_are_narrowed_only_if_they_fit():
    (small,), (large,) = BucketedDataset([[2**31 - 1, -5]])[0], BucketedDataset([[2**40], [1, 2]])[0]
    assert small.dtype == np.int32 and small.tolist() == [[2**31 - 1, -5]]
    assert large.dtype == np.int64 and large.max() == 2**40
    (mixed,) = BucketedDataset([[1]] * 5000 + [[0.5, 2]], batch_size=5001)[0]
    assert mixed.dtype == np.float32 and mixed.max() == 2


def test_a_padding_value_for_each_input():
    data = BucketedDataset({"ids": [[1], [2, 3]], "series": [[[0.5]], [[1.5], [2.5]]]}, batch_size=2, pad={"series": -10.0})
    (batch,) = data[0]
    assert sorted(batch["ids"].tolist()) == [[1, 0], [2, 3]] and sorted(batch["series"][:, 1, 0].tolist()) == [-10, 2.5]


@pytest.mark.parametrize("inputs, targets, says", [
    ({"a": [[1], [2]], "b": [[1]]}, None, r"one entry for each sequence, got {'a': 2, 'b': 1}"),
    ([[1], [2]], [0], r"targets need one entry for each sequence, got 1 for 2 \(several inputs"), ([[1], []], None, 'input "inputs" has sequence 1 empty'),
    ([], None, 'input "inputs" has no sequence'), ({}, None, "an empty dict"), (3, None, "a list of sequences, got int"),
    ([["a", "b"]], None, "turn words into ids first"), (["ab", "c"], None, "the first is 'ab'"), ("ab", None, "got str"),
    ([[1, 2], [3]], [[0, 1], [0, 1]], r"sequence 1 has 1 timesteps and 2 targets.* pass np.array\(targets\)"),
    (([[1], [2, 3]], [[1], [4]]), None, "several inputs: pass {name: list of sequences}"), ((n for n in [[1]]), None, "got generator"),
    (([[1], [2], [3]], [[1], [4], [5]]), [0, 1, 1], "got 3 for 2 .several inputs: a dict"), ([[1], [[2]]], None, "all of shape .time,"),
    ([1, 2], None, "one of them has no length"), ([[1], [2]], 3, "targets must have one entry for each sequence, got int"),
    ([[1], [2]], ["yes", "no"], "targets hold <U3; expected are numbers"), ([[1], [2]], [None, 1], "targets hold object"),
    ([[1], [2]], {"a": [1, 2], "b": [1]}, 'targets "b" need one entry'), ([[[1], [2, 3]]], None, "several inputs"),
    (np.zeros((3, 0), int), None, 'input "inputs" has sequence 0 empty'), (np.zeros((0, 5)), np.zeros(0), 'input "inputs" has no sequence'),
])
def test_inputs_that_are_none(inputs, targets, says):
    with pytest.raises(ValueError, match=says):
        BucketedDataset(inputs, targets, batch_size=2)


@pytest.mark.parametrize("arguments, says", [
    ({"pad": 0.5}, "holds int32, and the padding value 0.5 is none"), ({"pad": float("nan")}, "padding value nan"),
    ({"pad": None}, r'input "inputs" needs one number as padding value, or one for each feature, got pad=None'), ({"pad": "a"}, "got pad='a'"),
    ({"pad": [0, 1]}, r"got pad=\[0, 1\]"), ({"pad": {"b": 1}}, r"pad has the names \['b'\], and the inputs are \['inputs'\]"), ({"epoch": -1}, "epoch must be a whole number"),
    ({"sample_weight": [1, 2]}, "there are none: pass targets"),
])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_other_arguments_that_are_none(arguments, says):
    with pytest.raises(ValueError, match=says):
        BucketedDataset([[1], [2, 3]], **arguments)


def test_a_second_input_that_begins_to_vary_in_a_later_epoch():
    # In the plan of epoch 0 every batch holds a question of 6, in that of epoch 1 one holds only questions of 5.
    random = np.random.default_rng(0)
    for seed in range(200):
        questions = [[1] * n for n in random.permutation([6] * 10 + [5] * 86)]
        texts = [[1] * n for n in random.integers(2, 30, size=96)]
        data = BucketedDataset({"text": texts, "question": questions}, np.zeros(96), batch_size=16, buckets=4, seed=seed)
        longest = [{max(len(questions[row]) for row in rows) for rows in plan_batches(data.lengths, 16, 4, seed, epoch)} for epoch in (0, 1)]
        if longest == [{6}, {5, 6}]:
            break
    else:
        raise AssertionError("no such plan was found")
    ends = [keras.Input((None,), name=name) for name in ("text", "question")]
    sums = [layers.GlobalAveragePooling1D()(layers.Embedding(3, 2)(end)) for end in ends]
    model = keras.Model(ends, layers.Dense(1)(layers.concatenate(sums)))
    model.compile(loss="mse")
    model.fit(data, epochs=2, verbose=0)  # without the step more, Keras stops here


def test_three_inputs_of_which_no_two_batches_differ_in_all():
    lengths = np.array([[2, 2, 2], [3, 2, 2], [2, 3, 2], [2, 2, 3]])
    for seed in range(20):
        plan = plan_batches(lengths, 1, 2, seed)
        assert (plan.steps[0] != plan.steps[1]).all()
        more = plan.steps - [lengths[rows[0]] for rows in plan]
        assert more.min() == 0 and more.max() == 1 and not np.delete(more, 1, axis=0).any()
