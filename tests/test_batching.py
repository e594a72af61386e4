"""Plans hold every sequence exactly once, least-waste boundaries are least, and Keras takes the dataset in any order."""
import itertools

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


def test_planning_grows_in_proportion():
    # Counted in bytes, not in seconds: the plan of ten times as many sequences is ten times as large.
    small, large = (plan_batches(lognormal(n), 32, 8) for n in (10_000, 100_000))
    size = lambda plan: plan.order.nbytes + plan.starts.nbytes + plan.steps.nbytes
    assert size(large) / size(small) == pytest.approx(10, rel=0.01)


def test_padding_share_counts_cells():
    lengths = [1, 3, 3, 3]
    assert padding_share(lengths, plan_batches(lengths, 4, 1)) == pytest.approx(2 / 12)
    assert padding_share(lengths, plan_batches(lengths, 2, 2)) == pytest.approx(2 / 12)
    assert padding_share([[2, 1], [2, 3]], plan_batches([[2, 1], [2, 3]], 2, 1)) == pytest.approx(2 / 10)
    with pytest.raises(ValueError, match="for 4 sequences, and there are 1 lengths"):
        padding_share([3], plan_batches(lengths, 2, 1))


# --- bad input


@pytest.mark.parametrize("lengths, says", [
    ([], "lengths is empty"), ([3, 0, 2], "sequence 1 has length 0"), ([3, -1], "sequence 1 has length -1"),
    ([2.5, 3], "a length of 2.5 is no whole number"), ([float("nan")], "a length of nan"), (["a"], "an array of <U1"),
    ([[[1]]], r"shape \(1, 1, 1\)"), ([None, 3], "an array of object"),
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
    ({"buckets": []}, "boundaries must be whole lengths"), ({"buckets": [0, 4]}, "boundaries must be whole lengths"),
    ({"buckets": [2.5, 4]}, "boundaries must be whole lengths"),
    ({"seed": -1}, "seed must be a whole number of 0 or more, got -1"), ({"epoch": 0.5}, "epoch must be"),
])
def test_arguments_that_are_none(arguments, says):
    with pytest.raises(ValueError, match=says):
        plan_batches([1, 2, 3], **({"batch_size": 2} | arguments))


def test_whole_floats_are_lengths():
    assert len(plan_batches([2.0, 3.0], 1)) == 2


# --- the dataset


def sequences(lengths, seed=0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.integers(1, 20, size=n) for n in lengths]


def model(per_step=False):
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = layers.Embedding(20, 6, mask_zero=True)(ids)
    x = layers.LSTM(5, return_sequences=per_step)(x)
    net = keras.Model(ids, layers.Dense(1)(x))
    net.compile("sgd", "mse")
    return net


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
def test_keras_takes_it_in_any_order_of_lengths(lengths):
    # A bare PyDataset whose first two batches have the same length dies at the third: keras-team/keras#19748.
    data = BucketedDataset(sequences(lengths), targets=np.zeros(len(lengths)), batch_size=4, buckets=5)
    net = model()
    net.fit(data, epochs=3, verbose=0)
    assert np.isfinite(net.evaluate(data, verbose=0))
    assert len(net.predict(BucketedDataset(sequences(lengths), batch_size=4, buckets=5), verbose=0)) == len(lengths)


def test_two_inputs_by_name():
    text, question = keras.Input((None,), dtype="int32", name="text"), keras.Input((None,), dtype="int32", name="question")
    look_up = layers.Embedding(20, 4, mask_zero=True)
    both = layers.Concatenate()([layers.LSTM(3)(look_up(text)), layers.LSTM(3)(look_up(question))])
    net = keras.Model([text, question], layers.Dense(1)(both))
    net.compile("sgd", "mse")
    lengths = lognormal(60)
    data = BucketedDataset({"text": sequences(lengths), "question": sequences(lengths % 5 + 1)}, np.zeros(60), batch_size=8)
    net.fit(data, epochs=2, verbose=0)
    assert data.predict(net).shape == (60, 1)


def test_predictions_come_in_the_order_of_the_inputs():
    rows, net = sequences(lognormal(50)), model()
    alone = np.concatenate([net.predict_on_batch(row[None]) for row in rows])
    assert np.allclose(BucketedDataset(rows, batch_size=8, buckets=4).predict(net), alone, atol=1e-6)
    tagger = model(per_step=True)
    for row, out in zip(rows, BucketedDataset(rows, batch_size=8, buckets=4).predict(tagger)):
        assert np.allclose(out, tagger.predict_on_batch(row[None])[0], atol=1e-6) and len(out) == len(row)


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


def test_each_epoch_is_shuffled_anew_and_a_still_one_is_not():
    rows = sequences(lognormal(100))
    moving, still = (BucketedDataset(rows, batch_size=8, shuffle=shuffle) for shuffle in (True, False))
    before = [data.plan[0].tolist() for data in (moving, still)]
    length = len(moving)
    moving.on_epoch_end(), still.on_epoch_end()
    assert moving.plan[0].tolist() != before[0] and still.plan[0].tolist() == before[1] and len(moving) == length


@pytest.mark.parametrize("inputs, targets, says", [
    ({"a": [[1], [2]], "b": [[1]]}, None, r"one entry for each sequence, got {'a': 2, 'b': 1}"),
    ([[1], [2]], [0], r"got {'inputs': 2, 'targets': 1}"), ([[1], []], None, 'input "inputs" has sequence 1 empty'),
    ([], None, 'input "inputs" has no sequence'), ({}, None, "an empty dict"), (3, None, "a list of sequences, got int"),
    ([["a", "b"]], None, "turn words into ids first"), ([[1, 2], [3]], [[0, 1], [0, 1]], "sequence 1 has 1 timesteps and 2 targets"),
])
def test_inputs_that_are_none(inputs, targets, says):
    with pytest.raises(ValueError, match=says):
        BucketedDataset(inputs, targets, batch_size=2)


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
