"""Questions of notebook 03."""
import keras
import numpy as np

from ..checking import Question, Wrong, finished

_PAIRS = ((4, 32), (64, 16), (3, 2), (1, 7))


def _counts(function, rule) -> bool:
    results = finished([function(features, units) for features, units in _PAIRS])
    return all(int(result) == float(result) == rule(d, u) for result, (d, u) in zip(results, _PAIRS))


def _count_wrong(rule, idea: str) -> Wrong:
    return Wrong(rule, idea, lambda f: _counts(f, rule))


def _block(d, u):
    return u * (d + u) + u


def _step_arrays() -> list[np.ndarray]:
    random = np.random.default_rng(3)
    return [random.normal(size=shape) for shape in ((3, 4), (3, 5), (4, 5), (5, 5), (5,))]


def _steps(function, rule) -> bool:
    arrays = _step_arrays()
    (result,) = finished([function(*[array.copy() for array in arrays])])
    wanted = rule(*arrays)
    return np.shape(result) == np.shape(wanted) and np.allclose(result, wanted, atol=1e-5)


def _step_wrong(rule, idea: str) -> Wrong:
    return Wrong(rule, idea, lambda f: _steps(f, rule))


def _simple(x, h, kernel, recurrent_kernel, bias):
    return np.tanh(x @ kernel + h @ recurrent_kernel + bias)


def _keras_simple(x, h, kernel, recurrent_kernel, bias):
    cell = keras.layers.SimpleRNNCell(bias.size)
    cell.build(x.shape)
    cell.set_weights([kernel, recurrent_kernel, bias])
    return np.asarray(cell(x.astype("float32"), [h.astype("float32")])[0])


QUESTIONS = {
    "03-length": Question(
        expects="a whole number",
        right=4_736,
        because="As many as for 5: the same weights are used again at every timestep.",
        wrongs=(
            Wrong(473_600, "You gave each timestep weights of its own, so 100 times the timesteps made 100 times the parameters. "
                  "All timesteps share one set of weights.", lambda n: float(n) > 4_736),
            Wrong(47, "You expected the same weights to be spread over more timesteps. They are not spread: each timestep uses all "
                  "of them.", lambda n: 0 <= float(n) < 4_736),
        ),
    ),
    "03-grows": Question(
        expects='"rows", "columns" or "parameters"',
        right="columns",
        because="A column for each timestep. The rows are the units, and the layer still has 8.",
        wrongs=(
            Wrong("rows", "You took the units for timesteps. The rows are the 8 places of the state, and a longer sequence gives "
                  "the state no more places; it only changes more often."),
            Wrong("parameters", "You expected a longer sequence to need more weights. The layer is the same; its boxes in the "
                  "drawing are one set of weights at several moments."),
        ),
    ),
    "03-bias": Question(
        expects="a whole number",
        right=2,
        because="Two ones, one for each unit, all in one block.",
        wrongs=(
            Wrong(0, "All zeros is how a Dense layer starts. An LSTM starts with ones in one of its four blocks, so that it begins by "
                  "remembering."),
            Wrong(8, "You expected ones throughout. Only one of the four blocks starts at 1, the forget gate's; the other six "
                  "numbers are zero."),
            Wrong(1, "One block starts at 1, that is right, and a block has a number for each unit: there are two."),
            Wrong(4, "You expected a 1 for each of the four blocks. It is one block that starts at 1, with a number for each of "
                  "the two units."),
        ),
    ),
    "03-count": Question(
        expects="a whole number",
        right=12_416,
        because="4·(32·(64 + 32) + 32): the number that notebook 00 showed as well.",
        wrongs=(
            Wrong(3_104, "That is one block. An LSTM has four of them, i, f, c and o."),
            Wrong(12_288, "You left out the bias: one number for each unit, in each of the four blocks."),
            Wrong(8_320, "You counted the weights for the vector and the biases. Each unit has weights for the 32 numbers of the "
                  "old h as well: the recurrent kernel."),
            Wrong(8_192, "You counted the kernel alone. There is the recurrent kernel too, with a row for each unit, and the bias."),
            Wrong(24_832, "You took 64 for the units and 32 for the features. In LSTM(32) the units are 32; 64 is how wide a "
                  "word's vector is."),
            Wrong(4_736, "That is the count for 4 features. Here each vector has 64, and the kernel has a row for each."),
            Wrong(2_048, "You multiplied units and features, 32 × 64. Add u·u for the old h and u for the bias, and take four "
                  "such blocks."),
        ),
    ),
    "03-mask": Question(
        expects="a whole number from 0 to 8",
        right=5,
        because="Timestep 5 is the last that counts; then the state stands still.",
        wrongs=(
            Wrong(0, "You expected a masked timestep to clear the state. It leaves the state alone: what has been read stays read."),
            Wrong(8, "You let the masked timesteps count. Their vectors are not read, so h does not change after timestep 5."),
            Wrong(7, "You let the masked timesteps 6 and 7 count. All three are left out: h does not change after timestep 5."),
            Wrong(6, "mask[1, 5:] begins at index 5, and that is timestep 6 if you count from 1. The last one that counts is "
                  "timestep 5."),
            Wrong(4, "Index 4 is right in code, where counting begins at 0. Counted from 1 it is timestep 5."),
            Wrong(3, "Three timesteps are masked, and they are the last three of eight. How many are left in front?"),
        ),
    ),
    "03-cut": Question(
        expects='"yes" or "no"',
        right=False,
        because="The second call starts from zeros again: it knows nothing of the first.",
        wrongs=(
            Wrong(True, "You took it that the layer remembers the last call. It keeps its weights from call to call, not its state: "
                  "every call starts every sequence with zeros."),
        ),
    ),
    "03-units": Question(
        expects="1, 2, 4, 8 or 16",
        right=8,
        because="Eight are enough, and neither 6 timesteps nor 16 features asked for 8.",
        wrongs=(
            Wrong(1, "One symbol to remember, one unit, you thought. But a unit is one number, and 16 symbols have to be kept "
                  "apart on it while five more go by."),
            Wrong(2, "Two numbers make a point in a plane, and 16 points have room there. But five more symbols move the point, and "
                  "in 50 rounds the training does not learn to keep it in its place."),
            Wrong(16, "You gave each of the 16 symbols a unit. A symbol may be told by several units together, so fewer do."),
            Wrong(4, "Four numbers, each high or low, make 16 patterns, one for each symbol. But training has to find them, and in "
                  "50 rounds it does not get there. Where the border lies is known only after trying."),
            Wrong(6, "You gave each timestep a unit. Units are not timesteps: the same state is used at each of the six."),
        ),
    ),
    "03-gru": Question(
        expects="a whole number",
        right=3_648,
        because="Three blocks, and in each of them two biases for every unit.",
        wrongs=(
            Wrong(3_552, "Three times 1,184 is the count of the textbooks. Keras's GRU adds two biases in each block, one to what "
                  "comes from the vector and one to what comes from h: 96 more."),
            Wrong(3_584, "Three blocks and one row more, that is right. But the row is as wide as the array: three blocks of 32, so "
                  "96 numbers more and not 32."),
            Wrong(4_736, "That is the LSTM, with four blocks. A GRU has three."),
            Wrong(1_184, "That is one block, a SimpleRNN. A GRU has three."),
            Wrong(2_368, "That is two blocks. A GRU has two gates, and a candidate besides: three blocks."),
            Wrong(3_456, "You left out the biases. Keras's GRU even has two for each unit in each block."),
        ),
    ),
    "03-function": Question(
        expects="a function of features and units that gives a whole number",
        right=lambda answer: _counts(answer, lambda d, u: 4 * _block(d, u)),
        because="It agrees with count_params() for every pair that was tried.",
        wrongs=(
            _count_wrong(_block, "You counted one block, and the LSTM has four of them: i, f, c, o."),
            _count_wrong(lambda d, u: 4 * u * (d + u), "The biases are missing: one for each unit, in each of the four blocks."),
            _count_wrong(lambda d, u: 4 * (u * d + u), "The recurrent kernel is missing: each unit also has a weight for each "
                         "number of the old h, u·u in a block."),
            _count_wrong(lambda d, u: 4 * _block(u, d), "Features and units have changed places. u is the one that meets itself: "
                         "u·u for the old h."),
            _count_wrong(lambda d, u: 4 * (u * (d + u) + d), "You gave a bias to each feature. A bias belongs to each unit, to what "
                         "comes out of a block."),
            _count_wrong(lambda d, u: 4 * u * (d + u) + u, "You added the bias once. Each of the four blocks has its own: mind the "
                         "brackets."),
            _count_wrong(lambda d, u: 3 * _block(d, u), "Three blocks make a GRU. An LSTM has four."),
            _count_wrong(lambda d, u: 4 * (u * (d + u) + 2 * u), "Two biases in each block are the GRU's. The LSTM has one."),
        ),
        hints=(
            "Count one block first. Which rows does it have, and how wide is it?",
            "One block: a row for each feature, a row for each unit, a row of biases; each as wide as there are units.",
            "4 * (units * (features + units) + units)",
        ),
    ),
    "03-budget": Question(
        expects="a whole number",
        right=27,
        because="27 units make 9,936 parameters, 28 would make 10,416.",
        wrongs=(
            Wrong(28, "28 units make 4·(28·(64 + 28) + 28) = 10,416 parameters, a little over the budget."),
            Wrong(16, "16 fits, and so does every number up to the one asked for: units need not be a power of two."),
            Wrong(32, "32 units make 12,416 parameters, as in section 3: over the budget."),
            Wrong(39, "10,000 / (4·64) is 39: you counted the kernel alone. The recurrent kernel grows with u·u."),
            Wrong(38, "You counted kernel and bias, 4·(64·u + u). The recurrent kernel is missing; it grows with u·u."),
            Wrong(72, "That is the answer for one block. The LSTM has four, and the budget is for all of them."),
            Wrong(26, "26 fits, and there is room for one more."),
        ),
        hints=(
            "Write the count for 64 features with u left open, and try some u: which is still below 10,000?",
            "4·(u·(64 + u) + u) = 4·u·(65 + u). So u·(65 + u) may be at most 2,500.",
            "Try 25, then go up: 25·90 = 2,250.",
        ),
    ),
    "03-simple": Question(
        expects="a function that gives the new h, an array (batch, units)",
        right=lambda answer: _steps(answer, _keras_simple),
        because="One line, and a whole layer: the loop around it is the same as for the LSTM.",
        wrongs=(
            _step_wrong(lambda x, h, k, r, b: x @ k + h @ r + b, "All comes in and nothing squeezes it: tanh is missing. Without "
                        "it h can grow with every timestep."),
            _step_wrong(lambda x, h, k, r, b: np.tanh(x @ k + b), "The old h has no say in yours. Without h @ recurrent_kernel the "
                        "layer remembers nothing."),
            _step_wrong(lambda x, h, k, r, b: np.tanh(x @ k + h @ r), "The bias is missing; it is added before tanh."),
            _step_wrong(lambda x, h, k, r, b: 1 / (1 + np.exp(-(x @ k + h @ r + b))), "You squeezed with the sigmoid, which makes "
                        "gates. A SimpleRNN has none; it squeezes with tanh."),
            _step_wrong(lambda x, h, k, r, b: np.tanh(x @ k) + h @ r + b, "tanh goes around the whole sum, not around the part "
                        "that comes from the vector."),
            _step_wrong(lambda x, h, k, r, b: (_simple(x, h, k, r, b),) * 2, "You return two things, as the LSTM step does. A "
                        "SimpleRNN has no c: return h alone."),
            _step_wrong(lambda x, h, k, r, b: h + _simple(x, h, k, r, b), "You added the old h once more. It comes in through the "
                        "recurrent kernel, and the new h takes its place."),
        ),
        hints=(
            "Look at the first line of the LSTM step: what comes in, and how is it weighed?",
            "x_t @ kernel + h @ recurrent_kernel + bias is the sum of all that comes in. What goes around it?",
            "return np.tanh(...), with that sum between the brackets.",
        ),
    ),
}
