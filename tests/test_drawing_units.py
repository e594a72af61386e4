"""The pictures of an LSTM from inside show the numbers they are given and refuse what is none of theirs."""
import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

import helpers
from helpers.drawing_units import draw_capacity, draw_gates, draw_state, draw_units

from .pictures import readable

random = np.random.default_rng(0)


def words(fig: Figure) -> list[str]:
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def grids(fig: Figure) -> list[tuple[int, int]]:
    """Rows and columns of each grid that was drawn, counted from its cells."""
    found = []
    for collection in fig.axes[0].collections:
        corners = np.array([path.vertices[0] for path in collection.get_paths() if len(path.vertices) == 5]).round(6)
        if isinstance(collection, PolyCollection) and collection.get_label() == "h":
            assert len(np.unique(corners, axis=0)) == len(corners)
            found.append((len(np.unique(corners[:, 1])), len(np.unique(corners[:, 0]))))
    return found


def boxes(fig: Figure) -> int:
    """How many times "the same weights" is written."""
    return sum(len(line.get_xdata()) for line in fig.axes[0].lines if line.get_label() == "the same weights")


@pytest.mark.parametrize("time, units", [(6, 8), (1, 1), (12, 3), (3, 32), (30, 5)])
def test_units_has_a_box_a_column_and_a_row_for_each(time, units):
    h = random.uniform(-1, 1, size=(time, units))
    fig = readable(draw_units(h, 1234))
    assert boxes(fig) == time and grids(fig) == [(units, time)]
    label = fig.get_label()
    assert f"{time} box" in label and f"{time} column" in label and f"{units} row" in label and "1,234 parameters" in label


def test_units_is_darker_further_from_zero_and_marks_the_sign():
    fig = draw_units(np.array([[0.0, 0.5, -1.0], [0.25, 0.0, 0.0]]), 1)
    grid = next(c for c in fig.axes[0].collections if c.get_label() == "h")
    blue = grid.get_facecolors()[:, 2]
    at = [tuple(path.vertices[0]) for path in grid.get_paths()]
    assert blue[0] == 1 and blue[0] > blue[3] > blue[1] > blue[2]
    assert at[0][0] == at[2][0] < at[3][0] and at[0][1] == at[3][1] > at[1][1] > at[2][1]
    (dash,) = [line for line in fig.axes[0].lines if line.get_marker() == "_"]
    assert len(dash.get_xdata()) == 1 and at[2][0] < dash.get_xdata()[0] < at[3][0] and dash.get_ydata()[0] < at[2][1]


def test_units_side_by_side():
    fig = readable(draw_units([np.zeros((6, 8)), np.zeros((12, 8)), np.zeros((6, 16))], [416, 416, 1344]))
    assert grids(fig) == [(8, 6), (8, 12), (16, 6)]
    assert "1,344 parameters" in fig.get_label() and fig.get_label().count("416 parameters") == 2
    assert boxes(fig) == 24


def test_units_in_one_room_do_not_jump():
    sizes = {tuple(draw_units(np.zeros(shape), 1, room=(10, 10)).get_size_inches()) for shape in ((1, 1), (10, 10), (4, 7))}
    assert len(sizes) == 1


@pytest.mark.parametrize("arguments, said", [
    ((np.zeros((1, 6, 8)), 1), r"h is an array of numbers \(time, units\); got shape \(1, 6, 8\) .* such as h\[0\]"),
    ((np.zeros(6), 1), r"got shape \(6,\)"),
    ((np.array([["a"]]), 1), "of <U1"),
    ((np.array([[np.nan, 1]]), 1), "holds 1 numbers that are not finite"),
    (([np.zeros((6, 8)), np.zeros((6, 8))], [1]), "one number of parameters for each h, got 1 for 2"),
    ((np.zeros((6, 8)), 1, (5, 8)), r"room is \(time, units\) .* none smaller than what is drawn, \(6, 8\); got \(5, 8\)"),
    ((np.zeros((6, 8)), 1, (10,)), r"room is \(time, units\) in whole numbers, .* got \(10,\)"),
    ((np.zeros((6, 8)), 1, "ab"), "got 'ab'"), ((np.zeros((6, 8)), 1, (10.5, 10)), r"got \(10.5, 10\)"),
    ((np.zeros((6, 8)), 1, 10), "got 10"),
    (([np.zeros((6, 8))] * 2, [1, 1], (12, 8)), r"room is for one h alone, .* got 2 of them and room=\(12, 8\)"),
    ((np.zeros((6, 8)), None), "parameters is a layer's whole number .* got None"),
    ((np.zeros((6, 8)), "416"), "got '416'"), ((np.zeros((6, 8)), -1), "got -1"),
])
def test_units_refuses(arguments, said):
    with pytest.raises(ValueError, match=said):
        draw_units(*arguments)


def test_gates_counts_and_names_the_blocks():
    fig = readable(draw_gates(*helpers.new_weights(units=2, features=3)))
    label = fig.get_label()
    assert "3 × 8 = 24, 2 × 8 = 16, 8; in all 48" in label and "1 throughout in: forget gate." in label
    shown = words(fig)
    assert [word for word in shown if word[:2] in ("i:", "f:", "c:", "o:")] == [
        "i: input gate", "f: forget gate", "c: candidate", "o: output gate"]
    assert sum(word.replace("−", "").replace(".", "").isdigit() and "." in word for word in shown) == 48
    hatches = [patch.get_hatch() for patch in fig.axes[0].patches if patch.get_hatch()]
    assert len(set(hatches)) == 4


def test_gates_writes_the_numbers_where_they_are():
    kernel = np.arange(8.0).reshape(1, 8)
    fig = draw_gates(kernel, np.full((2, 8), -0.001), np.zeros(8))
    assert "0.00" in words(fig) and "−0.00" not in words(fig)
    found = {text.get_text(): text.get_position() for text in fig.axes[0].texts}
    across = [found[f"{n:.2f}"][0] for n in range(1, 8)]
    assert across == sorted(across) and "no block" in fig.get_label()


def test_gates_of_a_large_layer_has_no_numbers():
    fig = readable(draw_gates(*helpers.new_weights(units=32, features=64)))
    assert "in all 12,416" in fig.get_label() and not any("." in word for word in words(fig))


@pytest.mark.parametrize("shapes, said", [
    (((8,), (2, 8), (8,)), r"kernel is an array .* got shape \(8,\)"),
    (((3, 8), (2, 8), (6,)), r"kernel \(3, 8\), recurrent_kernel \(2, 8\), bias \(6,\)"),
    (((3, 6), (2, 6), (6,)), r"columns are 4·units; got kernel \(3, 6\)"),
])
def test_gates_refuses(shapes, said):
    with pytest.raises(ValueError, match=said):
        draw_gates(*[np.zeros(shape) for shape in shapes])


def test_state_says_where_it_stands_still():
    x, mask = random.normal(size=(1, 8, 4)), np.arange(8) < 5
    h, c = helpers.run_lstm(x, *helpers.new_weights(3, 4), mask=mask[np.newaxis])
    fig = readable(draw_state(h[0], c[0], mask))
    assert "Masked: 6, 7, 8. There each column is the same" in fig.get_label()
    assert words(fig).count("✓") == 10
    assert "3 rows (units) and 8 columns" in fig.get_label()
    h, c = helpers.run_lstm(x, *helpers.new_weights(3, 4))
    assert "go on changing" in draw_state(h[0], c[0], mask).get_label()
    assert "No timestep is masked." in draw_state(h[0], c[0]).get_label()


def test_state_scales_c_beyond_one():
    c = np.full((4, 2), 2.5)
    fig = draw_state(np.zeros((4, 2)), c)
    assert any("2.5 for c" in word for word in words(fig))


@pytest.mark.parametrize("arguments, said", [
    ((np.zeros((8, 3)), np.zeros((8, 4))), r"got h \(8, 3\) and c \(8, 4\)"),
    ((np.zeros((1, 8, 3)), np.zeros((1, 8, 3))), r"got shape \(1, 8, 3\)"),
    ((np.zeros((8, 3)), np.zeros((8, 3)), np.ones(7, bool)), r"each of the 8 timesteps, .* such as mask\[0\]; got shape \(7,\)"),
    ((np.zeros((8, 3)), np.zeros((8, 3)), np.ones(8)), "of float64"),
])
def test_state_refuses(arguments, said):
    with pytest.raises(ValueError, match=said):
        draw_state(*arguments)


def test_capacity_says_which_are_enough_and_no_digits_of_the_run():
    label = readable(draw_capacity([1, 2, 8], [0.123, 0.9499, 0.95], chance=1 / 16)).get_label()
    assert "Below 0.95: 1, 2. At least 0.95: 8." in label and "0.0625" in label
    assert "0.123" not in label and "0.9499" not in label
    assert "At least 0.95: none." in draw_capacity([1], [0.1], chance=0.1).get_label()


@pytest.mark.parametrize("arguments, said", [
    (([1, 2], [0.5], 0.1), "got 1 for 2"), (([], [], 0.1), "got 0 for 0"),
    (([2, 1], [0.5, 0.5], 0.1), r"rising order, got \[2, 1\]"), (([0, 1], [0.5, 0.5], 0.1), "from 1 up"),
    ((8, 0.9, 0.1), "a list of units and a list of accuracies, all numbers; got 8 and 0.9"), (([1], 0.9, 0.1), r"got \[1\] and 0.9"),
    (("12", [0.1, 0.2], 0.1), "got '12' and"), (([1.5], [0.5], 0.1), r"whole numbers .* got \[1.5\]"),
    (([True], [0.5], 0.1), r"got \[True\]"),
    (([1], ["0.5"], 0.1), r"got \[1\] and \['0.5'\]"), (([1], [[0.5]], 0.1), r"got \[1\] and \[\[0.5\]\]"),
    (([1], [1.5], 0.1), r"between 0 and 1, got \[1.5\]"), (([1], [float("nan")], 0.1), "between 0 and 1"),
])
def test_capacity_refuses(arguments, said):
    with pytest.raises(ValueError, match=said):
        draw_capacity(*arguments)
