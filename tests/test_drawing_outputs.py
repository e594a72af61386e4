"""draw_outputs: what its description says, what it puts into the picture, what it refuses."""
import keras
import numpy as np
import pytest
from keras import layers
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

import helpers
from helpers.drawing import COLOURS

from .pictures import readable

X = np.random.default_rng(0).uniform(-4, 4, size=(3, 6, 4)).astype("float32")
SWITCHES = [(steps, state) for steps in (False, True) for state in (False, True)]


def made(bidirectional: bool, steps: bool, state: bool):
    """The outputs of a layer with these switches, and its h at every timestep: (outputs, h, backward or None)."""
    def layer(**arguments):
        keras.utils.set_random_seed(1)
        lstm = layers.LSTM(5, **arguments)
        built = layers.Bidirectional(lstm) if bidirectional else lstm
        built.build(X.shape)
        return built

    every, chosen = layer(return_sequences=True), layer(return_sequences=steps, return_state=state)
    chosen.set_weights(every.get_weights())
    h = np.asarray(every(X))[0]
    return chosen(X), h[:, :5], (h[:, 5:] if bidirectional else None)


def words(fig) -> list[str]:
    return [line for text in fig.axes[0].texts for line in text.get_text().splitlines()]


def frames(fig) -> list[Rectangle]:
    return [patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle) and patch.get_linewidth() == 3]


@pytest.mark.parametrize("steps, state", SWITCHES)
def test_one_direction(steps, state):
    fig = helpers.draw_outputs(*made(False, steps, state))
    output = "output (3, 6, 5)" if steps else "output (3, 5)"
    came = [output] + ["h (3, 5)", "c (3, 5)"] * state
    label = fig.get_label()
    assert label.startswith("Heatmap of h: 6 timesteps across, 5 units down.")
    assert label.endswith(f"Handed on: {', '.join(came)}.")
    assert ("around all of 6 columns" if steps else "around column 6, the last one.") in label
    assert [line for line in words(fig) if "(3" in line] == came
    assert len(frames(fig)) == 1 + 2 * state


@pytest.mark.parametrize("steps, state", SWITCHES)
def test_both_directions(steps, state):
    fig = helpers.draw_outputs(*made(True, steps, state))
    output = "output (3, 6, 10)" if steps else "output (3, 10)"
    came = [output] + ["forward h (3, 5)", "forward c (3, 5)", "backward h (3, 5)", "backward c (3, 5)"] * state
    label = fig.get_label()
    assert label.startswith("Two heatmaps of h, forward and backward half: 6 timesteps across, 5 units down.")
    assert label.endswith(f"Handed on: {', '.join(came)}.")
    ends = "column 6, the last one, of the forward half and column 1 of the backward half"
    assert (f"around {ends}." in label) != steps and ("around all of 6 columns" in label) == steps
    assert [line for line in words(fig) if "(3" in line] == came
    assert len(frames(fig)) == 2 + 4 * state


def test_the_frames_stand_around_the_ends():
    single, last = (frames(helpers.draw_outputs(*made(False, steps, False)))[0] for steps in (True, False))
    assert last.get_width() == pytest.approx(single.get_width() / 6)
    assert last.get_x() + last.get_width() == pytest.approx(single.get_x() + single.get_width())
    forward, backward = frames(helpers.draw_outputs(*made(True, False, False)))
    assert forward.get_x() == pytest.approx(last.get_x()) and backward.get_x() == pytest.approx(single.get_x())
    assert forward.get_y() > backward.get_y()


def test_a_negative_number_has_a_dash():
    _, h, _ = made(False, True, False)
    dashes = [line for line in helpers.draw_outputs(h[np.newaxis], h).axes[0].lines if line.get_marker() == "_"]
    assert sum(len(line.get_xdata()) for line in dashes) == (h < 0).sum() > 0


def test_h_and_c_stand_beside_it_in_their_colours():
    (output, h, c), every, _ = made(False, False, True)
    cells = [np.asarray(collection.get_facecolor())[:, :3] for collection in helpers.draw_outputs([output, h, c], every)
             .axes[0].collections]
    for name, values, faces in (("h", every, cells[0]), ("h", h[0], cells[1]), ("c", c[0], cells[2])):
        depth = np.clip(np.abs(np.asarray(values)), 0, 1).reshape(-1, 1)
        assert np.allclose(faces, 1 - depth * (1 - np.array(to_rgb(COLOURS[name]))), atol=1e-6)


@pytest.mark.parametrize("room", [(6, 2), (9, 2)])
def test_room_keeps_the_picture_from_jumping(room):
    sizes, edges = set(), set()
    for bidirectional in (False, True):
        for steps, state in SWITCHES:
            fig = helpers.draw_outputs(*made(bidirectional, steps, state), room=room)
            sizes.add(tuple(fig.get_size_inches()))
            edges.add((fig.axes[0].get_xlim(), fig.axes[0].get_ylim()))
    assert len(sizes) == len(edges) == 1


def test_a_sequence_of_one_timestep():
    h = np.array([[0.5, -0.5]])
    label = helpers.draw_outputs(h, h).get_label()
    assert "1 timestep across, 2 units down" in label and "around column 1, the last one" in label


def test_text_is_large_enough_and_inside():
    readable(helpers.draw_outputs(*made(True, True, True)))


def test_axes_are_named_and_no_text_covers_another():
    fig = helpers.draw_outputs(*made(True, True, True))
    assert {"timestep", "5 units", "6", "forward half →", "← backward half"} <= set(words(fig))
    fig.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in fig.axes[0].texts]
    for n, (one, box) in enumerate(boxes):
        assert not [other for other, second in boxes[n + 1:] if box.overlaps(second)], one


@pytest.mark.parametrize("outputs, h, backward, says", [
    (np.zeros((3, 2)), np.zeros((3, 6, 2)), None, r"h is an array of numbers \(time, units\); got shape \(3, 6, 2\)"),
    (np.zeros((3, 4)), np.zeros((6, 2)), np.zeros((5, 2)), r"as large as h, \(6, 2\); got \(5, 2\)"),
    (np.zeros(3), np.zeros((6, 2)), None, r"got \(3,\)"),
    (np.zeros((3, 4)), np.zeros((6, 2)), None, r"\(3, 4\) is not made of 1 heatmap of \(6, 2\)"),
    (np.zeros((3, 2)), np.zeros((6, 2)), np.zeros((6, 2)), r"\(3, 2\) is not made of 2 heatmaps of \(6, 2\)"),
    (np.zeros((3, 7, 2)), np.zeros((6, 2)), None, r"\(3, 7, 2\) is not made of"),
    (np.ones((3, 2)), np.zeros((6, 2)), None, "other numbers than the heatmap: compute both with the same weights"),
    ([np.zeros((3, 2))] * 4, np.zeros((6, 2)), None, "got 4 for 1 heatmap"),
    ([np.zeros((3, 4))] + [np.zeros((3, 2))] * 2, np.zeros((6, 2)), None, r"\(3, 4\) is not made of"),
    ([np.zeros((3, 2)), np.zeros((3, 6, 2)), np.zeros((3, 2))], np.zeros((6, 2)), None,
     r"here \(3, 2\); got \(3, 6, 2\)"),
])
def test_refuses_in_one_sentence(outputs, h, backward, says):
    with pytest.raises(ValueError, match=says):
        helpers.draw_outputs(outputs, h, backward)


def test_an_empty_list_is_refused():
    with pytest.raises(ValueError, match="takes what a layer gave, .* got an empty list"):
        helpers.draw_outputs([], np.zeros((6, 2)))


@pytest.mark.parametrize("room", [(6,), (6, 1, 1), (5, 1), "ab", 6, (6.5, 1)], ids=repr)
def test_a_room_that_does_not_fit_is_refused(room):
    h = np.zeros((6, 2))
    with pytest.raises(ValueError, match=r"room is \(time, halves\) in whole numbers, .* drawn, \(6, 1\); got "):
        helpers.draw_outputs(h[np.newaxis, -1], h, room=room)


def test_another_sequence_of_the_batch_is_refused():
    outputs, _, _ = made(False, False, False)
    keras.utils.set_random_seed(1)
    every = layers.LSTM(5, return_sequences=True)
    with pytest.raises(ValueError, match="h of the first sequence"):
        helpers.draw_outputs(outputs, np.asarray(every(X))[1])
