"""Pictures of padding and masks say in words what they show, and refuse what they cannot draw."""
import io
import re
import time

import keras
import numpy as np
import pytest
from keras import layers

import helpers

from .pictures import readable

IDS = np.array([7, 3, 12, 0, 0])
STATES = np.array([[3, 4], [0, 1], [0, 2], [0, 2.5], [0, 3]])


def texts(fig) -> list[str]:
    return [text.get_text() for ax in fig.axes for text in ax.texts]


# --- three strips


def test_strips_say_how_many_words_and_pads_and_how_large_h_is():
    fig = helpers.draw_strips(IDS, STATES)
    assert "3 words, then 2 pads. No mask. The size of h is 2.000 after the last word and 3.000 after the last step." in fig.get_label()
    assert "no mask: every timestep counts as a word" in texts(fig) and texts(fig)[:5] == ["7", "3", "12", "0", "0"]


def test_strips_with_a_mask():
    fig = helpers.draw_strips(IDS[::-1].copy(), STATES, IDS[::-1] != 0)
    assert "2 pads, then 3 words. The mask is True at 3 of 5 steps. The size of h is 3.000 after the last word" in fig.get_label()
    assert "no mask: every timestep counts as a word" not in texts(fig)
    assert "1 word, then 1 pad, then 1 word" in helpers.draw_strips([1, 0, 2], STATES[:3]).get_label()


def test_strips_beside_the_sentence_alone():
    fig = helpers.draw_strips(IDS, STATES, alone=[0, 2])
    assert fig.get_label().endswith("Drift at the end: 0.50.") and "drift at the end: 0.50" in texts(fig)
    assert "Drift at the end: 0.00." in helpers.draw_strips(IDS, STATES, alone=STATES[-1]).get_label()
    with pytest.raises(ValueError, match=r"one vector of 2 units, .* got shape \(5, 2\)"):
        helpers.draw_strips(IDS, STATES, alone=STATES)


def test_strips_of_a_real_lstm():
    keras.utils.set_random_seed(0)
    for mask_zero, stands_still in ((True, True), (False, False)):
        vectors = layers.Embedding(20, 6, mask_zero=mask_zero)(IDS[np.newaxis])
        states = layers.LSTM(4, return_sequences=True)(vectors)[0]
        end = helpers.draw_strips(IDS, states).get_label().split("The size of h is ")[1]
        last_word, last_step = end.rstrip(".").split(" after the last word and ")
        assert last_step.startswith(last_word) == stands_still


def test_strips_do_not_jump_and_are_quick():
    small = helpers.draw_strips(IDS[:3], STATES[:3], room=(9, 6.0))
    large = helpers.draw_strips(np.arange(1, 10), np.ones((9, 2)), room=(9, 6.0))
    assert small.axes[0].get_xlim() == large.axes[0].get_xlim() and small.get_figheight() == large.get_figheight()
    assert {"0", "3", "6"} <= set(texts(small)) & set(texts(large))  # the same scale
    times = []
    for _ in range(5):
        start = time.perf_counter()
        helpers.draw_strips(np.arange(17), np.ones((17, 8)), np.ones(17, bool), room=(17, 6.0)).savefig(io.BytesIO())
        times.append(time.perf_counter() - start)
    assert min(times) < 0.3


@pytest.mark.parametrize("ids, states, mask, says", [
    (IDS[np.newaxis], STATES, None, r"one sequence of whole numbers, \(time,\), got int64 of shape \(1, 5\): take one row"),
    (IDS.astype(float), STATES, None, "got float64"),
    ([], STATES, None, "of shape \\(0,\\)"),
    (IDS, STATES[:3], None, r"\(5, units\), got shape \(3, 2\): take one row of what return_sequences=True gives"),
    (IDS, STATES[:, 0], None, r"got shape \(5,\)"),
    (IDS, STATES, IDS[:3] != 0, r"for each of the 5 ids, got shape \(3,\)"),
    ([0, 0], STATES[:2], None, "nothing but padding"),
])
def test_strips_that_do_not_fit(ids, states, mask, says):
    with pytest.raises(ValueError, match=says):
        helpers.draw_strips(ids, states, mask)


@pytest.mark.parametrize("room", [9, (9,), "ab", (9, 6.0, 1), ("9", "6"), (9.5, 6.0), (9, None), (9, float("nan"))], ids=repr)
def test_strips_in_a_room_that_is_none(room):
    with pytest.raises(ValueError, match=r"room is \(timesteps, size\), a whole number and the largest size of h, .*; got "):
        helpers.draw_strips(IDS, STATES, room=room)


# --- curves


def test_drift_gives_first_and_last_values_and_names_every_curve():
    fig = helpers.draw_drift((0, 1, 100), {"after": [0, 0.5, 2.345], "before": [0, 0.1, 0.4]})
    assert fig.get_label() == "drift of h, over 0 to 100 pads. after: from 0.00 to 2.35. before: from 0.00 to 0.40."
    words = [text.get_text() for text in fig.axes[0].texts]
    assert words[-2:] == ["after", "before"] and {"0", "1", "100", "pads", "drift of h"} < set(words)
    looks = {(line.get_marker(), line.get_linestyle()) for line in fig.axes[0].lines}
    assert len(looks) == 2  # not by colour alone


@pytest.mark.parametrize("values", [[0, 0.5, 2.345], [3, 3, 3], [0, 0, 0], [-1e-6, 0, 2e-6], [0, np.nan, 1], [np.nan] * 3, [np.inf, 1, 2]])
def test_drift_is_drawn_to_scale(values):
    fig = helpers.draw_drift((0, 1, 100), {"a": values})
    ax = fig.axes[0]
    numbers = {text.get_text(): text.get_position() for text in ax.texts}
    scale = [(float(word), y) for word, (x, y) in numbers.items() if re.fullmatch(r"-?[\d.e-]+", word) and x < 0.8]
    least, most = min(scale), max(scale)
    for value, y in zip(values, ax.lines[0].get_ydata()):
        if np.isfinite(value):
            assert least[0] <= value <= most[0] or np.isclose(value, most[0])
            assert np.isclose(y, least[1] + (most[1] - least[1]) * (value - least[0]) / (most[0] - least[0]), atol=1e-3)


def test_drift_of_other_things():
    label = helpers.draw_drift((5, 6), {"no mask": [0.1, 0.9]}, "words in the longest sentence", "the answer").get_label()
    assert label == "the answer, over 5 to 6 words in the longest sentence. no mask: from 0.10 to 0.90."


@pytest.mark.parametrize("curves, says", [
    ({"after": [0, 1]}, '"after" has 2 values for 3 numbers of pads: give one for each'),
    ({}, "one to 4 curves, got 0"), ({str(n): [0, 0, 0] for n in range(5)}, "one to 4 curves, got 5"),
])
def test_drift_that_does_not_fit(curves, says):
    with pytest.raises(ValueError, match=says):
        helpers.draw_drift((0, 1, 2), curves)


def test_drift_names_the_least_and_the_largest_if_they_are_on_the_way():
    assert "a: from 0.00 to 0.20, on the way between -0.10 and 0.90." in helpers.draw_drift(range(4), {"a": [0, 0.9, -0.1, 0.2]}).get_label()
    assert "a: from 0.90 to 0.00." in helpers.draw_drift(range(3), {"a": [0.9, 0.4, 0]}).get_label()


# --- the mask on its way


def traced(between, **more):
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="ids")
    vectors = layers.Embedding(12, 8, mask_zero=more.get("mask_zero", True), name="vectors")(ids)
    model = keras.Model(ids, layers.LSTM(3, name="read")(between(vectors)))
    return helpers.trace(model, np.array([[3, 1, 4, 0, 0]]))


def stops(trace) -> dict:
    label = helpers.draw_mask_flow(trace).get_label()
    return dict(stop.split(": ", 1) for stop in label.partition(". ")[2].rstrip(".").split("; "))


@pytest.mark.filterwarnings("ignore:Layer '.*' .* destroy the mask")
@pytest.mark.parametrize("between, says, arrives", [
    (lambda v: layers.Dense(8, name="x")(v), "rides along", True),
    (lambda v: layers.LSTM(8, return_sequences=True, name="x")(v), "is used, and rides along", True),
    (lambda v: layers.Conv1D(8, 3, padding="same", name="x")(v), "LOST: thrown off, with a warning", False),
    (lambda v: layers.Add(name="x")([v, v * 2]), "LOST in silence", False),
    (lambda v: layers.GroupNormalization(2, name="x")(v), "rides along, but padding LEAKS in", True),
    (lambda v: keras.Sequential([keras.Input((None, 8)), layers.Dense(8)], name="x")(v), "a model inside: not looked into", True),
])
def test_what_each_stop_says(between, says, arrives):
    found = stops(traced(between))
    assert found["ids"] == "no mask on board" and found["vectors"] == "the mask gets on, 3 of 5 real"
    assert found["x"] == says
    assert found["read"] == ("is used, and gets off: it has arrived" if arrives else "no mask on board")


def test_without_a_mask_nobody_gets_on():
    assert set(stops(traced(lambda v: v, mask_zero=False)).values()) == {"no mask on board"}


def lines(fig) -> tuple[int, int]:
    """How many ways are drawn thick (with the mask on board) and how many thin."""
    ways = [line for line in fig.axes[0].lines if len(line.get_xdata()) == 2]
    return sum(line.get_linewidth() > 3 for line in ways), sum(line.get_linewidth() < 3 for line in ways)


def test_a_thick_line_as_far_as_the_mask_rides():
    assert lines(helpers.draw_mask_flow(traced(layers.Dense(8, name="x")))) == (2, 1)
    assert lines(helpers.draw_mask_flow(traced(lambda v: v * 2))) == (1, 2)


def ways(fig) -> list[tuple[int, int, bool]]:
    """(from which stop, to which, thick?) of each way; stops are counted from above."""
    drawn = [line for line in fig.axes[0].lines if len(line.get_xdata()) > 1]
    return [(round(-line.get_ydata()[0]), round(-line.get_ydata()[-1]), line.get_linewidth() > 3) for line in drawn]


def test_a_way_is_thick_if_the_one_who_reads_still_finds_the_mask():
    def block(v):
        return layers.Add(name="sum")([v, layers.MultiHeadAttention(2, 4, name="attention")(v, v)])

    trace = traced(block)
    assert [row.name for row in trace.rows] == ["ids", "vectors", "attention", "sum", "read"]
    assert trace["attention"].seen and trace["sum"].reads == (1, 2) and trace["sum"].seen == (2,)
    # vectors -> attention has the mask on board, vectors -> sum not: attention has taken it off.
    assert {(1, 2, True), (1, 3, False), (2, 3, True)} <= set(ways(helpers.draw_mask_flow(trace)))
    kept = traced(lambda v: layers.Add(name="sum")([v, layers.Dense(8, name="dense")(v)]))
    assert (1, 3, True) in ways(helpers.draw_mask_flow(kept))


def test_a_way_past_other_stops_is_an_arc():
    fig = helpers.draw_mask_flow(traced(lambda v: layers.Add(name="sum")([v, layers.Dense(8, name="dense")(v)])))
    (past,) = [line for line in fig.axes[0].lines if len(line.get_xdata()) > 2]
    ends, middle = past.get_xdata()[[0, -1]], past.get_xdata()[12]
    assert ends[0] == ends[1] and 0 < middle < ends[0] - 0.2


def test_states_differ_in_more_than_colour():
    from helpers.drawing_masks import _STOPS
    words = [words for _, _, words in _STOPS.values()]
    assert len(set(words)) == len(words)


def test_two_inputs_are_two_lines():
    text, question = (keras.Input((None,), dtype="int32", name=name) for name in ("text", "question"))
    shared = layers.Embedding(12, 8, mask_zero=True, name="shared")
    both = layers.Concatenate(name="both")([layers.LSTM(3, name="a")(shared(text)), layers.LSTM(3, name="b")(shared(question))])
    trace = helpers.trace(keras.Model([text, question], both), [np.array([[3, 0]]), np.array([[4, 5, 0]])])
    fig = helpers.draw_mask_flow(trace)
    assert len({line.get_xdata()[0] for line in fig.axes[0].lines if len(line.get_xdata()) == 1}) == 3
    assert "the mask gets on, 1 of 2 real" in fig.get_label() and "the mask gets on, 2 of 3 real" in fig.get_label()


def test_long_names_are_cut_in_the_picture_and_whole_in_the_words():
    name = "a_layer_with_a_very_long_name_indeed"
    fig = helpers.draw_mask_flow(traced(layers.Dense(8, name=name)))
    assert name in fig.get_label() and name not in texts(fig) and any(t.endswith("…") for t in texts(fig))


def test_only_traces_are_drawn():
    for thing in (None, "trace", keras.Sequential([keras.Input((None,)), layers.Embedding(3, 2)])):
        with pytest.raises(ValueError, match=rf"what helpers.trace\(model, batch\) returns, got {type(thing).__name__}"):
            helpers.draw_mask_flow(thing)


@pytest.mark.parametrize("draw", [
    lambda: helpers.draw_strips(IDS, STATES), lambda: helpers.draw_drift((0, 1), {"a": [0, 1]}),
    lambda: helpers.draw_mask_flow(traced(layers.Dense(8))),
], ids=["strips", "drift", "flow"])
def test_texts_are_large_enough_and_inside(draw):
    readable(draw())
