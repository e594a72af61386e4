"""The pictures of notebook 02: what their descriptions say is what the arrays hold, and bad input gets one sentence."""
import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.patches import Rectangle

from helpers import draw_lookup, draw_tables

from .pictures import readable

TABLE = np.arange(12.0).reshape(4, 3) / 10
IDS = np.array([[3, 0], [1, 3]])


def texts(fig) -> list[str]:
    return [text.get_text() for text in fig.axes[0].texts]


def frames(fig) -> list[tuple]:
    """Left, top, width and height of each framed place."""
    boxes = [patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle)]
    return [(b.get_x(), b.get_y() + b.get_height(), b.get_width(), b.get_height()) for b in boxes]


def meshes(fig) -> list[QuadMesh]:
    return [artist for artist in fig.axes[0].collections if isinstance(artist, QuadMesh)]


def test_the_lookup_in_words():
    words = draw_lookup(IDS, TABLE, TABLE[IDS], place=(1, 0)).get_label()
    assert "ids (2, 2)" in words and "4 rows with 3 numbers" in words and "12 parameters" in words
    assert "vectors (2, 2, 3)" in words
    assert "sequence 1, timestep 0 is 1: it lights row 1 of the table (0.30, 0.40, 0.50)" in words


def test_no_minus_zero_in_the_words():
    assert "-0.00" not in draw_lookup(IDS, TABLE - 0.301, (TABLE - 0.301)[IDS], place=(1, 0)).get_label()


@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_frames_stand_where_the_id_its_row_and_its_vector_are(place):
    fig = draw_lookup(IDS, TABLE, TABLE[IDS], place=place)
    on_id, on_row, on_vector = frames(fig)
    row, step = place
    grid, table, *blocks = [mesh.get_coordinates() for mesh in meshes(fig)]
    assert on_id == pytest.approx((step, grid[0, 0, 1] - row, 1, 1))
    assert on_row == pytest.approx((table[0, 0, 0], table[0, 0, 1] - IDS[place], 3, 1))
    assert on_vector == pytest.approx((blocks[row][0, 0, 0] + step, blocks[row][0, 0, 1], 1, 3))


def test_the_squares_hold_the_arrays():
    _, table, *blocks = meshes(draw_lookup(IDS, TABLE, TABLE[IDS]))
    assert np.array_equal(table.get_array(), TABLE)
    assert all(np.array_equal(block.get_array(), TABLE[ids].T) for block, ids in zip(blocks, IDS, strict=True))
    assert {mesh.get_clim() for mesh in (table, *blocks)} == {(0.0, 1.1)}  # one scale of shades for both


def test_the_text_of_a_lookup_is_large_enough_and_inside():
    readable(draw_lookup(IDS, TABLE, TABLE[IDS], place=(1, 0)))


def test_every_id_and_every_row_number_is_written():
    assert {"0", "1", "2", "3"} <= set(texts(draw_lookup(IDS, TABLE, TABLE[IDS])))
    long = np.zeros((500, 2))
    numbers = [text for text in texts(draw_lookup(IDS, long, long[IDS])) if text.isdigit()]
    assert sorted(numbers, key=int) == ["0", "0", "1", "3", "3", "3", "499"]  # four ids; rows 0, 3 and the last


def test_room_keeps_the_picture_still():
    small = draw_lookup(np.array([[0]]), TABLE[:1, :1], TABLE[:1, :1][[[0]]], room=(4, 3, 2))
    large = draw_lookup(np.array([[3, 0]]), TABLE, TABLE[[[3, 0]]], room=(4, 3, 2))
    assert tuple(small.get_size_inches()) == tuple(large.get_size_inches())
    assert small.axes[0].get_xlim() == large.axes[0].get_xlim() and small.axes[0].get_ylim() == large.axes[0].get_ylim()


@pytest.mark.parametrize("change, says", [
    ({"ids": np.array([3, 0])}, r"ids of shape \(batch, time\), got int64 of shape \(2,\): .*np.newaxis"),
    ({"ids": IDS * 1.0}, "whole-number ids .* got float64"),
    ({"ids": np.zeros((2, 0), int)}, r"of shape \(2, 0\)"),
    ({"ids": np.array([[4, 0], [1, 3]])}, "has the rows 0 to 3, got the id 4"),
    ({"ids": np.array([[-1, 0], [1, 3]])}, "has the rows 0 to 3, got the id -1"),
    ({"table": TABLE[0]}, r"shape \(rows, numbers in a row\), got float64 of shape \(3,\)"),
    ({"table": TABLE.astype(str)}, r"holds numbers .* got <U32 of shape \(4, 3\)"),
    ({"table": np.where(TABLE == 0, np.nan, TABLE)}, "holds 1 numbers that are not finite"),
    ({"place": 3}, r"place is \(sequence, timestep\), two whole numbers, got 3"), ({"place": (0, 0, 1)}, r"got \(0, 0, 1\)"),
    ({"place": "01"}, "got '01'"), ({"place": (0.5, 1)}, r"got \(0.5, 1\)"),
    ({"room": (3, 3, 2)}, r"room is \(rows, numbers in a row, time\) .* drawn, \(4, 3, 2\); got \(3, 3, 2\)"),
    ({"room": (9, 9)}, r"got \(9, 9\)"), ({"room": "abc"}, "got 'abc'"), ({"room": ("9", "9", "9")}, r"got \('9', '9', '9'\)"),
    ({"vectors": TABLE}, r"give vectors of shape \(2, 2, 3\), got \(4, 3\)"),
    ({"vectors": TABLE[IDS] + 1}, r"vectors\[0, 0\] is not row 3 of the table"),
    ({"place": (2, 0)}, r"place is .* in a grid of shape \(2, 2\), got \(2, 0\): choose one inside"),
    ({"place": (0, -1)}, r"got \(0, -1\)"),
])
def test_a_lookup_that_cannot_be_drawn(change, says):
    given = {"ids": IDS, "table": TABLE, "vectors": TABLE[IDS]} | change
    with pytest.raises(ValueError, match=says):
        draw_lookup(**given)


def test_tables_in_words_and_to_one_scale():
    fig = draw_tables({"standing": np.zeros((1000, 20)), "lying": np.zeros((20, 1000))})
    words = fig.get_label()
    assert "standing: 1,000 rows of 20 numbers, 20,000 parameters." in words
    assert "lying: 20 rows of 1,000 numbers, 20,000 parameters." in words
    (_, top, w, h), (_, other_top, w2, h2) = frames(fig)
    assert top == pytest.approx(other_top) and (w, h) == pytest.approx((h2, w2)) and h / w == pytest.approx(50)
    written = " ".join(texts(fig))
    assert "1,000 rows\n20 numbers in each row\n20,000 parameters" in written
    assert "999" not in written + words  # which ids have a row is for the reader to find out


@pytest.mark.parametrize("shapes", [
    [(10_000, 64), (64, 10_000)], [(3, 3)], [(9, 2), (50, 1), (2, 400)], [(1, 5), (1, 7)], [(1, 2), (1, 400)],
])
def test_tables_stay_inside_the_picture(shapes):
    fig = draw_tables({str(shape): np.zeros(shape) for shape in shapes})
    outside = readable(fig).bbox
    for patch in fig.axes[0].patches:
        box = patch.get_window_extent()
        assert outside.x0 <= box.x0 and box.x1 <= outside.x1 and outside.y0 <= box.y0 and box.y1 <= outside.y1
    labels = [text.get_window_extent() for text in fig.axes[0].texts]
    names, counts = labels[::2], labels[1::2]
    assert not any(a.overlaps(b) for i, a in enumerate(names) for b in names[i + 1:])
    assert not any(a.overlaps(b) for i, a in enumerate(counts) for b in counts[i + 1:])


@pytest.mark.parametrize("tables, says", [
    (np.zeros((2, 2)), "one to three tables by name, got ndarray"), ({}, "got 0 tables"),
    ({name: np.zeros((2, 2)) for name in "abcd"}, "got 4 tables"),
    ({"flat": np.zeros(3)}, r"flat: a table has the shape \(rows, numbers in a row\), got \(3,\)"),
    ({"list": [[1, 2]]}, "list: .* got list"), ({"empty": np.zeros((0, 2))}, r"empty: .* got \(0, 2\)"),
])
def test_tables_that_cannot_be_drawn(tables, says):
    with pytest.raises(ValueError, match=says):
        draw_tables(tables)
