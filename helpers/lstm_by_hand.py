"""Keras's LSTM in NumPy: new weights, and the state after every timestep. Notebook 03 builds it step by step."""
from __future__ import annotations

import numpy as np


def new_weights(units: int, features: int, seed: int = 0) -> list[np.ndarray]:
    """The three arrays of a new LSTM, drawn as Keras draws them: ready for `run_lstm(x, *weights)` or `set_weights`.

    Parameters
    ----------
    units, features : whole numbers from 1 up.
    seed : another seed, other weights.

    Returns
    -------
    [kernel (features, 4·units), recurrent_kernel (units, 4·units), bias (4·units,)], float32, blocks in the order
    i, f, c, o: Glorot-uniform, orthogonal, and zeros with ones for the forget gate.

    Raises
    ------
    ValueError : for anything but whole numbers from 1 up.

    Examples
    --------
    >>> [w.shape for w in new_weights(units=2, features=3)]
    [(3, 8), (2, 8), (8,)]
    """
    for name, n in (("units", units), ("features", features)):
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
            raise ValueError(f"new_weights needs a whole number of {name} from 1 up, got {name}={n!r}.")
    random = np.random.default_rng(seed)
    limit = np.sqrt(6 / (features + 4 * units))
    kernel = random.uniform(-limit, limit, size=(features, 4 * units))
    recurrent_kernel = np.linalg.qr(random.normal(size=(4 * units, units)))[0].T
    bias = np.repeat([0, 1, 0, 0], units)
    return [np.asarray(w, "float32") for w in (kernel, recurrent_kernel, bias)]


def run_lstm(x, kernel, recurrent_kernel, bias, mask=None, initial_state=None) -> tuple[np.ndarray, np.ndarray]:
    """Read a batch and return both halves of the state after every timestep.

    Parameters
    ----------
    x : (batch, time, features)
    kernel, recurrent_kernel, bias : (features, 4·units), (units, 4·units), (4·units,), as `layer.get_weights()` gives.
    mask : (batch, time) of True and False; at a False timestep the state stands still.
    initial_state : (h, c), each (batch, units); zeros by default.

    Returns
    -------
    h, c : each (batch, time, units)

    Raises
    ------
    ValueError : one sentence that names the two sizes that do not fit, or the array with too few or too many axes.

    Examples
    --------
    >>> h, c = run_lstm(np.ones((2, 5, 3)), *new_weights(units=4, features=3))
    >>> h.shape, c.shape
    ((2, 5, 4), (2, 5, 4))
    """
    x, kernel, recurrent_kernel, bias = (np.asarray(array) for array in (x, kernel, recurrent_kernel, bias))
    _check_weights(x, kernel, recurrent_kernel, bias)
    batch, time, units = len(x), x.shape[1], bias.size // 4
    mask = np.ones((batch, time), bool) if mask is None else np.asarray(mask)
    if mask.shape != (batch, time) or mask.dtype != bool:
        raise ValueError(
            f"the mask has one True or False for each timestep, {(batch, time)} for x of shape {x.shape}; "
            f"got shape {mask.shape} of {mask.dtype}."
        )
    h, c = _state(initial_state, batch, units, bias.dtype)
    hs, cs = np.empty((2, batch, time, units), np.result_type(x.dtype, kernel.dtype))
    for t in range(time):
        i, f, candidate, o = np.split(x[:, t] @ kernel + h @ recurrent_kernel + bias, 4, axis=-1)
        new_c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(candidate)
        new_h = _sigmoid(o) * np.tanh(new_c)
        real = mask[:, t, np.newaxis]
        h, c = np.where(real, new_h, h), np.where(real, new_c, c)
        hs[:, t], cs[:, t] = h, c
    return hs, cs


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * z))  # the same as 1 / (1 + exp(-z)), and never overflows


def _check_weights(x, kernel, recurrent_kernel, bias) -> None:
    wanted = {"x": (x, 3, "(batch, time, features)"), "kernel": (kernel, 2, "(features, 4·units)"),
              "recurrent_kernel": (recurrent_kernel, 2, "(units, 4·units)"), "bias": (bias, 1, "(4·units,)")}
    for name, (array, rank, axes) in wanted.items():
        if array.ndim != rank or array.dtype.kind not in "biuf":
            cure = ": for one sequence pass x[np.newaxis]" if name == "x" and array.ndim == 2 else ""
            raise ValueError(f"{name} is an array of numbers {axes}; got shape {array.shape} of {array.dtype}{cure}.")
    if bias.size == 0 or bias.size % 4:
        raise ValueError(f"the bias holds four blocks of one size, i, f, c, o; got {bias.size} numbers, which four do not divide.")
    for name, array in (("kernel", kernel), ("recurrent_kernel", recurrent_kernel)):
        if array.shape[1] != bias.size:
            raise ValueError(
                f"{name} has {array.shape[1]} columns and the bias {bias.size} numbers: both are 4·units, "
                "so take all three arrays from one layer's get_weights()."
            )
    if len(recurrent_kernel) != bias.size // 4:
        raise ValueError(
            f"recurrent_kernel has {len(recurrent_kernel)} rows, one for each unit, and {bias.size} columns, which makes "
            f"{bias.size // 4} units: take all three arrays from one layer's get_weights()."
        )
    if x.shape[2] != len(kernel):
        raise ValueError(
            f"x has {x.shape[2]} features and the kernel {len(kernel)} rows, one for each feature: these two must agree."
        )


def _state(initial_state, batch: int, units: int, dtype) -> tuple[np.ndarray, np.ndarray]:
    if initial_state is None:
        return np.zeros((batch, units), dtype), np.zeros((batch, units), dtype)
    if not isinstance(initial_state, (list, tuple)) or len(initial_state) != 2:
        raise ValueError(f"initial_state is the pair (h, c), each of shape {(batch, units)}; got {initial_state!r:.60}.")
    state = tuple(np.asarray(part) for part in initial_state)
    for name, part in zip("hc", state):
        if part.shape != (batch, units):
            raise ValueError(f"the initial {name} needs the shape (batch, units), here {(batch, units)}; got {part.shape}.")
    return state
