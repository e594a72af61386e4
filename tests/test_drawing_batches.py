"""The pictures of notebook 06: what their descriptions say is what the plans hold, and bad input gets one sentence."""
import io
import re

import numpy as np
import pytest
from matplotlib.patches import StepPatch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from helpers import draw_epochs, draw_noise, draw_served, draw_skyline, padding_share, plan_batches

from .pictures import readable

LENGTHS = np.array([2, 9, 4, 4, 7, 1])
PLAN = [([0, 1, 2], 9), ([3, 4], 8), ([5], 1)]  # 27 + 16 + 1 cells, 27 of them real
COSTS = {"limit": (0.0, 10, 0.1), "padded": (0.5, 40, 0.3), "one by one": (0.0, 90, 0.9)}


def texts(fig) -> list[str]:
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def heights(fig) -> list[tuple]:
    """Bottom and top of each step of each filled patch, in timesteps of the first panel."""
    out = []
    for patch in fig.axes[0].patches:
        if isinstance(patch, StepPatch):
            values, _, base = patch.get_data()
            out.append((np.broadcast_to(base, values.shape), values))
    return out


# --- the skyline


def test_the_skyline_in_words():
    words = draw_skyline(LENGTHS, {"mine": PLAN}).get_label()
    assert "6 sequences of 1 to 9 timesteps" in words
    assert words.endswith("mine: 39 % padding, 3 batches, 3 different shapes, sum of T 18.")


def test_bars_and_waste_stand_on_one_another():
    (floor, bars), (start, roofs) = heights(draw_skyline(LENGTHS, {"mine": PLAN}))
    unit = (bars[1] - floor[1]) / 9  # the longest sequence
    assert np.allclose((bars - floor) / unit, LENGTHS)
    assert np.allclose(start, bars)
    assert np.allclose((roofs - floor) / unit, [9, 9, 9, 8, 8, 1])


def test_each_batch_carries_its_own_per_cent():
    assert {"44 %", "31 %", "0 %"} <= set(texts(draw_skyline(LENGTHS, {"mine": PLAN})))


def test_a_plan_of_the_helpers_says_the_same_as_padding_share():
    lengths = np.random.default_rng(0).integers(1, 40, size=50)
    plan = plan_batches(lengths, 8, 3)
    pairs = [(rows, int(T)) for rows, (T,) in zip(plan, plan.steps)]
    words = draw_skyline(lengths, {"plan": plan}).get_label()
    assert words == draw_skyline(lengths, {"plan": pairs}).get_label()
    assert f"{100 * padding_share(lengths, plan):.0f} % padding, 7 batches" in words


def test_one_panel_for_each_plan_in_the_order_given():
    fig = draw_skyline(LENGTHS, {"b": PLAN, "a": PLAN[::-1]})
    assert [text for text in texts(fig) if text in ("a", "b")] == ["b", "a"] and len(heights(fig)) == 4
    assert fig.get_label().index("b: 39 %") < fig.get_label().index("a: 39 %")


def test_without_counts_only_the_padding_is_said():
    fig = draw_skyline(LENGTHS, {"mine": PLAN}, counts=False)
    assert fig.get_label().endswith("mine: 39 % padding.") and "served" not in fig.get_label()
    assert "39 % padding" in texts(fig) and not any("sum of T" in text for text in texts(fig))


def test_one_sequence_in_one_batch_is_no_plural():
    words = draw_skyline([3], {"one": [([0], 4)]}).get_label()
    assert "1 sequence of 3 to 3 timesteps" in words and "25 % padding, 1 batch, 1 different shape, sum of T 4." in words


def test_the_limits_depend_on_the_lengths_alone():
    sizes = set()
    for size in (1, 2, 6):
        parts = [np.arange(6)[i : i + size] for i in range(0, 6, size)]
        fig = draw_skyline(LENGTHS, {"p": [(rows, int(LENGTHS[rows].max())) for rows in parts]})
        (floor, bars), _ = heights(fig)
        tallest = round(float((bars - floor).max()), 6)
        sizes.add((*fig.get_size_inches(), *fig.axes[0].get_xlim(), *fig.axes[0].get_ylim(), tallest))
    assert len(sizes) == 1


def test_no_rectangle_leaves_its_panel():
    for T in (9, 30):
        (floor, _), (_, roofs) = heights(draw_skyline(LENGTHS, {"p": [(np.arange(6), T)]}))
        assert np.ptp(roofs) == 0 and 0 < roofs[0] - floor[0] < 2.4


@pytest.mark.parametrize("lengths, plans, says", [
    ([2, 0], {"p": [([0, 1], 2)]}, "sequence 1 has length 0"), ([], {"p": []}, "lengths is empty"),
    ([2.5], {"p": [([0], 3)]}, "has 2.5, which is no whole"), ([[1, 2]], {"p": [([0], 1)]}, r"shape \(1, 2\); expected is \(N,\)"),
    ([[1], [2, 3]], {"p": [([0, 1], 3)]}, r"sequences of unequal length: pass \[len\(s\) for s in sequences\]"),
    (LENGTHS, {"p": [*PLAN, ([], 3)]}, 'the plan "p" has a batch without a sequence: leave it out'),
    (LENGTHS, PLAN, 'takes a dict {"name": plan}, got list'), (LENGTHS, {}, "got dict"),
    (LENGTHS, {"p": PLAN[:2]}, 'the plan "p" should hold each of the 6 sequences exactly once, and it has 5 places for 5'),
    (LENGTHS, {"p": [*PLAN, ([0], 9)]}, "7 places for 6 different ones"),
    (LENGTHS, {"p": [([0, 1, 2, 3, 4, 5], 8)]}, "gives sequence 1 8 timesteps, and it has 9"),
    (LENGTHS, {"p": [[0, 1, 2], [3, 4, 5]]}, r"a list of pairs \(rows, T\)"), (LENGTHS, {"p": 3}, "got int"),
    (LENGTHS, {"p": [("a", 3)]}, "list of pairs"),
])
def test_no_skyline_of_what_is_no_plan(lengths, plans, says):
    with pytest.raises(ValueError, match=says) as caught:
        draw_skyline(lengths, plans)
    assert "\n" not in str(caught.value)


# --- the time of an epoch


def test_epochs_in_words_give_the_order_and_no_times():
    words = draw_epochs(COSTS, limit="limit").get_label()
    assert "limit 0 % and 10; padded 50 % and 40; one by one 0 % and 90." in words
    assert words.endswith("its epoch takes longer.")
    assert not re.search(r"0\.\d", words), "a time would differ on every run"


def test_epochs_say_when_more_timesteps_do_not_take_longer():
    words = draw_epochs(COSTS | {"padded": (0.5, 40, 0.05)}, limit="limit").get_label()
    assert words.endswith("Not every one with four times the sum of T of another takes longer.")


def test_the_points_of_both_panels_are_the_costs():
    left, right = draw_epochs(COSTS, limit="limit").axes
    points = [[(float(line.get_xdata()[0]), round(float(line.get_ydata()[0]), 6)) for line in ax.lines] for ax in (left, right)]
    assert points == [[(0, 1), (50, 3), (0, 9)], [(10, 1), (40, 3), (90, 9)]]
    assert len({line.get_marker() for line in right.lines}) == 3, "never colour alone"


@pytest.mark.parametrize("costs, limit, says", [
    (COSTS, "none", r"one of \['limit', 'padded', 'one by one'\], got 'none'"), ({"a": (1.5, 3, 1.0)}, "a", "a: a padded share"),
    ({"a": (0.5, 0, 1.0)}, "a", "sum of T of 1 or more"), ({i: (0, 9, 1) for i in range(11)}, 1, "has 10 shapes .*, got 11: leave some"), ({"a": (0.5, 3, 0.0)}, "a", "seconds above 0"),
])
def test_no_epochs_of_impossible_costs(costs, limit, says):
    with pytest.raises(ValueError, match=says):
        draw_epochs(costs, limit)


def test_the_name_of_each_point_stands_beside_it_and_covers_no_other():
    costs = {"limit": (0, 304, 0.1), "sorted": (0.13, 376, 0.11), "buckets": (0.19, 401, 0.112), "one": (0, 9757, 4.0),
             "wide": (0.8, 900, 0.3)}
    fig = draw_epochs(costs, "limit")
    fig.draw_without_rendering()
    for ax in fig.axes:
        assert sorted(text.get_text() for text in ax.texts) == sorted(costs)
        boxes = [Text.get_window_extent(text) for text in ax.texts]  # without the line to its point
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
        centres = [ax.transData.transform(line.get_xydata()[0]) for line in ax.lines]
        markers = [Bbox.from_extents(x - 6, y - 6, x + 6, y + 6) for x, y in centres]
        assert not any(box.overlaps(marker) for box in boxes for marker in markers)
        lines = [text.arrow_patch.get_path().transformed(text.arrow_patch.get_transform()) for text in ax.texts if text.arrow_patch]
        crossed = [[path.intersects_bbox(marker, filled=False) for marker in markers].count(True) for path in lines]
        assert crossed == [1] * len(lines), "a line meets its own point and no other"
    assert [tick.get_text() for tick in fig.axes[0].get_yticklabels()] == ["1", "2", "5", "10", "20", "50"]
    assert [tick.get_text() for tick in fig.axes[1].get_xticklabels()] == ["500", "1,000", "2,000", "5,000", "10,000"]


# --- what is served


def test_served_in_words():
    words = draw_served([0, 0, 1, 1], {"in order": [([0, 1], 5), ([2, 3], 5)], "mixed": [([0, 2], 5), ([1, 3], 5)]}).get_label()
    assert "in order: the commonest label is 100 % of a batch on average; first batch mostly 0, last batch mostly 1." in words
    assert "mixed: the commonest label is 50 % of a batch on average" in words


def test_the_bands_hold_the_shares():
    fig = draw_served([0, 2, 1, 1], {"p": [([0, 1, 2], 5), ([3], 5)]})
    tops = [patch.get_data()[0] for patch in fig.axes[0].patches]
    assert np.allclose(tops, [[1 / 3, 0], [2 / 3, 1], [1, 1]])


@pytest.mark.parametrize("labels, plan, says", [
    ([0, 6], [([0, 1], 1)], "from 0 to 5, one for each sequence; got int64 of shape \\(2,\\) up to 6"),
    ([0, -1], [([0, 1], 1)], "whole numbers from 0"), ([0.5], [([0], 1)], "got float64"), ([], [], "got float64"),
    ([0, 1], [([0], 1)], "1 places for 1 different"), ([0, 1], [([0, 1], 1), ([], 1)], "a batch without a sequence"),
])
def test_nothing_is_served_without_labels_and_a_plan(labels, plan, says):
    with pytest.raises(ValueError, match=says):
        draw_served(labels, {"p": plan})


# --- noise


def test_noise_in_words_and_points():
    fig = draw_noise([1, 4, 16], [2.0, 1.0, 0.4])
    assert fig.get_label().endswith("Batch sizes 1, 4, 16. The distance falls each time.")
    assert fig.axes[0].lines[1].get_ydata() == pytest.approx([1, 0.5, 0.2])
    assert fig.axes[0].lines[0].get_ydata() == pytest.approx([1, 0.5, 0.25])
    assert draw_noise([1, 4, 9], [3.0, 1.0, 2.0]).get_label().endswith("The distance does not fall each time.")


@pytest.mark.parametrize("sizes, distances, says", [
    ([1, 2], [1.0], "got 1 for 2"), ([], [], "got 0 for 0"), ([2, 1], [1.0, 2.0], r"rise from 1 or more, got \[2, 1\]"),
    ([0, 1], [1.0, 2.0], "rise from 1"), ([1, 2], [1.0, 0.0], "above 0"), ([1], [float("nan")], "above 0"),
])
def test_no_noise_of_what_is_none(sizes, distances, says):
    with pytest.raises(ValueError, match=says):
        draw_noise(sizes, distances)


def test_every_picture_is_saved_on_white_with_text_of_ten_points():
    figures = [draw_skyline(LENGTHS, {"p": PLAN}), draw_epochs(COSTS, "limit"), draw_served([0, 1], {"p": [([0, 1], 1)]}),
               draw_noise([1, 2], [2.0, 1.0])]
    for fig in figures:
        readable(fig).savefig(io.BytesIO(), format="png")
