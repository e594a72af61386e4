"""The NumPy LSTM is Keras's LSTM, and says in one sentence what does not fit."""
import keras
import numpy as np
import pytest

from helpers.lstm_by_hand import new_weights, run_lstm

random = np.random.default_rng(0)


def keras_lstm(units, features, **options):
    layer = keras.layers.LSTM(units, return_sequences=True, return_state=True, **options)
    layer.build((None, None, features))
    layer.set_weights(new_weights(units, features, seed=units))
    return layer


def vectors(*shape) -> np.ndarray:
    return random.uniform(-3, 3, size=shape).astype("float32")


@pytest.mark.parametrize("units, features, batch, time", [(8, 4, 2, 12), (1, 1, 1, 1), (3, 7, 5, 40), (32, 2, 1, 3)])
def test_equals_keras(units, features, batch, time):
    layer, x = keras_lstm(units, features), vectors(batch, time, features)
    h, c = run_lstm(x, *layer.get_weights())
    outputs, last_h, last_c = map(np.asarray, layer(x))
    assert np.abs(h - outputs).max() < 1e-6
    assert np.abs(h[:, -1] - last_h).max() < 1e-6 and np.abs(c[:, -1] - last_c).max() < 1e-6


@pytest.mark.parametrize("front", [True, False])
def test_equals_keras_with_a_mask_and_stands_still(front):
    layer, x = keras_lstm(8, 4), vectors(3, 10, 4)
    mask = np.arange(10) < np.array([[10], [6], [1]])
    mask = mask[:, ::-1] if front else mask
    h, c = run_lstm(x, *layer.get_weights(), mask=mask)
    outputs, last_h, last_c = map(np.asarray, layer(x, mask=mask))
    assert np.abs(h - outputs).max() < 1e-6 and np.abs(c[:, -1] - last_c).max() < 1e-6
    before = np.concatenate([np.zeros((3, 1, 8)), h[:, :-1]], axis=1)
    assert np.array_equal(h[~mask], before[~mask]) and not np.allclose(h[mask], before[mask])


def test_masked_is_the_same_as_shorter():
    weights, x = new_weights(8, 4), vectors(1, 9, 4)
    masked, _ = run_lstm(x, *weights, mask=np.arange(9)[np.newaxis] < 5)
    short, _ = run_lstm(x[:, :5], *weights)
    assert np.abs(masked[:, -1] - short[:, -1]).max() < 1e-6


def test_a_state_handed_over_goes_on():
    layer, x = keras_lstm(8, 4), vectors(2, 12, 4)
    weights = layer.get_weights()
    h, c = run_lstm(x, *weights)
    first_h, first_c = run_lstm(x[:, :6], *weights)
    state = (first_h[:, -1], first_c[:, -1])
    second_h, second_c = run_lstm(x[:, 6:], *weights, initial_state=state)
    assert np.abs(second_h - h[:, 6:]).max() < 1e-6 and np.abs(second_c - c[:, 6:]).max() < 1e-6
    assert np.abs(np.asarray(layer(x[:, 6:], initial_state=list(state))[0]) - second_h).max() < 1e-6
    assert not np.allclose(run_lstm(x[:, 6:], *weights)[0], h[:, 6:], atol=1e-3)


def test_large_numbers_do_not_overflow():
    with np.errstate(all="raise"):
        h, _ = run_lstm(np.full((1, 3, 4), 1e4), *new_weights(8, 4))
    assert np.isfinite(h).all() and np.abs(h).max() <= 1


@pytest.mark.parametrize("units, features", [(1, 1), (8, 4), (16, 64)])
def test_new_weights_are_drawn_as_keras_draws_them(units, features):
    layer = keras.layers.LSTM(units)
    layer.build((None, None, features))
    kernel, recurrent_kernel, bias = new_weights(units, features)
    theirs = layer.get_weights()
    assert [w.shape for w in (kernel, recurrent_kernel, bias)] == [w.shape for w in theirs]
    assert np.array_equal(bias, theirs[2])
    assert np.allclose(recurrent_kernel @ recurrent_kernel.T, np.eye(units), atol=1e-5)
    limit = np.sqrt(6 / (features + 4 * units))
    assert np.abs(kernel).max() <= limit and np.abs(theirs[0]).max() <= limit


def test_new_weights_depend_on_the_seed_alone():
    assert all(map(np.array_equal, new_weights(3, 2, seed=5), new_weights(3, 2, seed=5)))
    assert not np.array_equal(new_weights(3, 2, seed=5)[0], new_weights(3, 2, seed=6)[0])


@pytest.mark.parametrize("units, features, said", [
    (0, 4, "units from 1 up, got units=0"), (3, -1, "features from 1 up, got features=-1"),
    (2.0, 4, "got units=2.0"), (True, 4, "got units=True"), (3, "4", "got features='4'"),
])
def test_new_weights_refuses(units, features, said):
    with pytest.raises(ValueError, match=said):
        new_weights(units, features)


K, R, B = new_weights(2, 3)
X = np.ones((5, 4, 3))


@pytest.mark.parametrize("arguments, said", [
    ((X[0], K, R, B), r"x is an array of numbers \(batch, time, features\); got shape \(4, 3\) of float64: for one sequence"),
    ((np.array([["a"]]), K, R, B), r"x is an array of numbers .* got shape \(1, 1\) of <U1"),
    ((X, K[0], R, B), r"^kernel is an array of numbers \(features, 4·units\); got shape \(8,\)"),
    ((X, K, R[np.newaxis], B), r"recurrent_kernel is an array .* got shape \(1, 2, 8\)"),
    ((X, K, R, B[np.newaxis]), r"bias is an array of numbers \(4·units,\); got shape \(1, 8\)"),
    ((X, K, R, B[:7]), "got 7 numbers, which four do not divide"),
    ((X, K[:, :4], R, B), "kernel has 4 columns and the bias 8 numbers"),
    ((X, K, np.ones((2, 12)), B), "recurrent_kernel has 12 columns and the bias 8 numbers"),
    ((X, K, np.ones((3, 8)), B), "recurrent_kernel has 3 rows, one for each unit, and 8 columns, which makes 2 units"),
    ((X[..., :2], K, R, B), "x has 2 features and the kernel 3 rows"),
])
def test_what_does_not_fit_is_one_sentence_with_both_sizes(arguments, said):
    with pytest.raises(ValueError, match=said):
        run_lstm(*arguments)


@pytest.mark.parametrize("mask, said", [
    (np.ones(4, bool), r"\(5, 4\) for x of shape \(5, 4, 3\); got shape \(4,\) of bool"),
    (np.ones((5, 3), bool), r"\(5, 4\) for x .*; got shape \(5, 3\) of bool"),
    (np.ones((5, 4)), r"one True or False .* got shape \(5, 4\) of float64"),
])
def test_refuses_a_mask(mask, said):
    with pytest.raises(ValueError, match=said):
        run_lstm(X, K, R, B, mask=mask)


@pytest.mark.parametrize("state, said", [
    (np.zeros((5, 2)), r"the pair \(h, c\), each of shape \(5, 2\)"),
    ([np.zeros((5, 2))], r"the pair \(h, c\)"),
    ([np.zeros((5, 2)), np.zeros((5, 3))], r"the initial c needs the shape \(batch, units\), here \(5, 2\); got \(5, 3\)"),
    ([np.zeros((1, 2)), np.zeros((5, 2))], r"the initial h needs the shape .* got \(1, 2\)"),
])
def test_refuses_a_state(state, said):
    with pytest.raises(ValueError, match=said):
        run_lstm(X, K, R, B, initial_state=state)
