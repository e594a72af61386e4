"""draw_shapes refuses what it cannot draw; what it draws is in test_showing."""
import keras
import numpy as np
import pytest
from keras import layers

import helpers

from .pictures import readable


def traced(reader):
    ids = keras.Input((None,), dtype="int32", name="ids")
    model = keras.Model(ids, reader(layers.Embedding(9, 4, name="look_up")(ids)))
    return helpers.trace(model, np.ones((2, 3), int))


@pytest.fixture(scope="module")
def average():
    return traced(layers.GlobalAveragePooling1D(name="average"))


def test_a_layer_that_hands_on_several_arrays_is_refused():
    with pytest.raises(ValueError, match='the layer "read" hands on 3 arrays, and draw_shapes draws one .* without return_state=True'):
        helpers.draw_shapes(traced(layers.LSTM(3, return_state=True, name="read")))


@pytest.mark.parametrize("room", [5, (4,), "ab", (4, 9, 1), ("4", "9"), (4, 9.5), (4, True), ()], ids=repr)
def test_a_room_that_does_not_fit_is_refused(average, room):
    with pytest.raises(ValueError, match=r"room is \(batch, length\), two whole numbers, such as \(4, 14\); got "):
        helpers.draw_shapes(average, room=room)


def test_the_same_trace_twice_is_two_bands(average):
    fig = readable(helpers.draw_shapes([average, average]))
    tops = [patch.get_y() for patch in fig.axes[0].patches if hasattr(patch, "get_y")]
    assert tops[:len(tops) // 2] != tops[len(tops) // 2:] and "Batch 2: " in fig.get_label()


def test_room_for_one_batch_is_room_for_its_features(average):
    readable(helpers.draw_shapes(average, room=(4, 9)))
    alone, roomy = (helpers.draw_shapes(average, room=room).axes[0] for room in (None, (9, 40)))
    assert roomy.get_xlim()[1] > alone.get_xlim()[1] and roomy.get_ylim()[0] < alone.get_ylim()[0]
