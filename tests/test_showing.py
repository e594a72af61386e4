"""Figures, sliders, tables and one-line errors."""
import base64
import itertools
import re
import weakref
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

import helpers
import keras
from helpers.drawing import _canvas, blank_figure, draw_calls, draw_shapes
from helpers.quick_svg import quick_svg
from helpers.showing import first_line


@pytest.fixture
def shown(monkeypatch):
    """Run something and return what it hands to the front end."""
    def run(action) -> dict:
        bundles = []
        monkeypatch.setattr("helpers.showing._display", bundles.append)
        action()
        return bundles[-1]

    return run


def labelled(text: str) -> Figure:
    fig = Figure(figsize=(2, 1))
    fig.set_label(text)
    return fig


def test_a_figure_is_shown_with_its_description(shown):
    data = shown(lambda: helpers.show(Figure(figsize=(2, 1)), 'Bars of "h" & c, 3 < 4, twenty long.'))
    assert data["text/plain"] == '[figure] Bars of "h" & c, 3 < 4, twenty long.'
    alt = re.search(r'alt="([^"]*)"', data["text/html"])[1]
    assert alt == "Bars of &quot;h&quot; &amp; c, 3 &lt; 4, twenty long."
    picture = base64.b64decode(re.search(r"base64,([^\"]+)", data["text/html"])[1])
    assert picture.startswith(b"\x89PNG")
    assert "<details><summary>The picture in words</summary>" in data["text/html"]


def test_the_figures_own_label_is_its_description(shown):
    assert "A label of its own, long enough." in shown(lambda: helpers.show(labelled("A label of its own, long enough.")))["text/plain"]


@pytest.mark.parametrize("fig, alt, says", [
    (Figure(), None, "needs a description of at least 20 characters"), (Figure(), "short", "got 'short'"),
    (Figure(), 3, "got 3"), ("picture.png", None, "takes a matplotlib figure and its description, got str"),
    (None, None, "got NoneType"),
])
def test_no_figure_without_description(fig, alt, says):
    with pytest.raises(ValueError, match=says):
        helpers.show(fig, alt)


def test_moving_a_slider_redraws_picture_and_description(shown):
    boxes = []
    draw = lambda length, policy, mask: labelled(f"A picture of length {length}, policy {policy}, mask {mask}.")
    data = shown(lambda: boxes.append(helpers.slider(draw, length=(1, 9, 4), policy=["sorted", "random"], mask=True)))
    assert data["text/plain"] == "[slider: length, policy, mask] Run this cell to move it."
    assert "application/vnd.jupyter.widget-view+json" in data
    length, policy, mask, picture = boxes[0].children
    assert 'alt="A picture of length 4, policy sorted, mask True."' in picture.value
    length.value, policy.value, mask.value = 9, "random", False
    assert 'alt="A picture of length 9, policy random, mask False."' in picture.value


def test_a_slider_leaves_letters_to_the_browser(shown):
    # Drawing each letter takes more than half the time of a picture, and a step must not wait.
    boxes, figure = [], labelled("A picture with a word in it.")
    figure.text(0.5, 0.5, "timesteps")
    shown(lambda: boxes.append(helpers.slider(lambda n: figure, n=(1, 3, 1))))
    kind, data = re.search(r'src="data:([\w/+]+);base64,([^"]+)"', boxes[0].children[-1].value).groups()
    assert kind == "image/svg+xml" and re.search(rb"<text[^>]*>timesteps</text>", base64.b64decode(data))


def test_a_quick_picture_is_xml_with_all_that_was_drawn():
    fig = Figure()
    ax = fig.subplots()
    ax.set_title('a < b & "c"')
    ax.bar([1], [1], hatch="//")
    ax.pcolormesh(np.arange(6.0).reshape(2, 3), edgecolors="black")
    ax.pcolormesh([7, 8], [7, 8], np.ma.masked_all((1, 1)))  # a cell without a value is not black but left out
    dpi, root = fig.dpi, ElementTree.fromstring(quick_svg(fig).encode())
    assert fig.dpi == dpi
    assert 'a < b & "c"' in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert list(root.iter("{http://www.w3.org/2000/svg}pattern"))
    filled = [path.get("fill") for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("fill")]
    assert len(set(filled)) == 6 and "#000000" not in filled


def test_the_same_picture_is_the_same_text():
    def drawn(height):
        ax = Figure().subplots()
        ax.bar([1, 2], [1, height], hatch="//")
        ax.plot([1, 2], [1, 2], "o-")
        svg = quick_svg(ax.figure)
        names = re.findall(r' id="([^"]+)"', svg)
        assert len(names) == len(set(names)) and set(re.findall(r'(?:url\(|href=")#(\w+)', svg)) <= set(names)
        return svg

    assert drawn(2) == drawn(2) != drawn(3)


SVG = "{http://www.w3.org/2000/svg}"


def test_a_word_written_again_stands_where_it_stood():
    def places(**looks):
        fig, ax = blank_figure(4, 3)
        ax.set(xlim=(0, 4), ylim=(0, 3))
        for n, (va, ha) in enumerate(itertools.product(("top", "center", "baseline", "bottom"), ("left", "center", "right"))):
            ax.text(1 + n / 10, 2, "gÅ", va=va, ha=ha, **looks)
        texts = ElementTree.fromstring(quick_svg(fig).encode()).iter(SVG + "text")
        return [(text.text, dict(sorted(text.attrib.items()))) for text in texts]

    for looks in ({}, {"fontsize": 20, "color": "red"}, {"rotation": 90}, {"alpha": 0.5}, {"color": (1, 0, 0, 0.5)}, {"fontweight": "bold"}):
        first = places(**looks)
        assert len(first) == 12 and places(**looks) == first
        assert len({look["y"] for _, look in first}) == 4
    for looks in ({"alpha": 0.5}, {"color": (1, 0, 0, 0.5)}):
        assert [look.get("fill-opacity") for _, look in places(**looks)] == ["0.5"] * 12
    assert not places(visible=False)


@pytest.mark.parametrize("marker", ["o", "_", "v", "s", "X", "$a$"])
def test_each_marker_is_drawn_where_it_stands(marker):
    fig, ax = _canvas(4, 3)  # measured in inches from the upper left corner
    ax.plot([1, np.nan, 3], [-1, -2, -2], ls="none", marker=marker, color="red", markeredgecolor="blue")
    root = ElementTree.fromstring(quick_svg(fig).encode())
    used = [(float(use.get("x")), float(use.get("y"))) for use in root.iter(SVG + "use")]
    (path,) = [path for path in root.iter(SVG + "path") if "#0000ff" in path.get("style", "") and not used] or [None]
    if path is not None:
        assert marker == "_" or "#ff0000" in path.get("style")
        pieces = [re.findall(r"[-\d.]+", piece) for piece in path.get("d").split("M")[1:]]
        corners = [np.array(piece, float).reshape(-1, 2) for piece in pieces]
        used = [(each.min(axis=0) + each.max(axis=0)) / 2 for each in corners]
    assert np.allclose(used, [(72, 72), (216, 144)], atol=0.1)


def test_a_slider_keeps_no_figure_that_nobody_needs(shown):
    class Kept:
        pass

    kept = Kept()
    kept.itself, gone = kept, weakref.ref(kept)
    shown(lambda: helpers.slider(lambda n: labelled("A picture that a slider draws."), n=(1, 3, 1)))
    del kept
    shown(lambda: helpers.slider(lambda n: labelled("A picture that a slider draws."), n=(1, 3, 1)))
    assert gone() is None


@pytest.mark.parametrize("choice", [(1, 5), (5, 1, 3), (1, 5, 9), [], "abc", 3, None, (1.0, 2.0, 1.5)], ids=repr)
def test_a_control_that_is_none(choice):
    with pytest.raises(ValueError, match=r"slider: T=.* is not a control: pass \(lowest, highest, start\)"):
        helpers.slider(lambda T: labelled("A picture that is never drawn."), T=choice)


def test_table_in_text_and_html():
    table = helpers.table(["name", "n"], [["a<b", 1000], ["c", -1]])
    assert repr(table).splitlines() == ["name      n", "a<b   1,000", "c        -1"]
    assert "a&lt;b" in table._repr_html_() and "1,000" in table._repr_html_()
    assert repr(helpers.table(["only"], [])) == "only"
    with pytest.raises(ValueError, match=r"needs 2 cells \['name', 'n'\], got \['a'\]"):
        helpers.table(["name", "n"], [["a"]])


def test_attempt_keeps_the_line_that_matters():
    lstm = keras.layers.LSTM(2)
    assert helpers.attempt(lambda: lstm(np.ones((2, 0, 3), "float32"))).startswith("InvalidArgumentError: slice index 0 of dimension 1")
    assert helpers.attempt(lambda: lstm(np.ones((2, 3), "float32"))).startswith("ValueError: Input 0 with name")
    assert helpers.attempt(lambda: 1) == "no error"
    with pytest.raises(ValueError, match="got int: write attempt"):
        helpers.attempt(3)
    with pytest.raises(ValueError, match=r"timed takes something to run, got float: write timed\(lambda: \.\.\.\)"):
        helpers.timed(0.5)


@pytest.mark.parametrize("message, line", [
    ("", "(no message)"), ("\x1b[1mbold\x1b[0m text\nmore", "bold text"),
    ("Exception encountered when calling LSTM.call().\n\n\x1b[1mreason\x1b[0m", "reason"),
    ("{{function_node __wrapped__X}} indices[0,1] = 64 is not in [0, 64) [Op:GatherV2] name: ", "indices[0,1] = 64 is not in [0, 64)"),
])
def test_first_line(message, line):
    assert first_line(ValueError(message)) == line


# --- drawings


def model():
    return keras.Sequential([keras.Input((None,), dtype="int32", name="ids"), keras.layers.Embedding(9, 4, name="look_up"),
                             keras.layers.LSTM(3, name="read")])


def test_shapes_are_drawn_to_scale_and_described():
    m = model()
    traces = [helpers.trace(m, np.ones(shape, int)) for shape in ((2, 3), (2, 6))]
    fig = draw_shapes(traces)
    assert "ids (2, 3), look_up (2, 3, 4), read (2, 3)" in fig.get_label() and "ids (2, 6)" in fig.get_label()
    assert "132 parameters in every batch" in fig.get_label()
    blue = [p for p in fig.axes[0].patches if p.get_facecolor()[:3] == (0.0, 114 / 255, 178 / 255)]
    assert [round(p.get_width() / p.get_height(), 3) for p in blue] == [1.5, 3.0]
    assert blue[1].get_width() == 2 * blue[0].get_width()


def test_a_slider_does_not_make_the_picture_jump():
    m = model()
    limits = {draw_shapes(helpers.trace(m, np.ones((b, t), int)), room=(4, 9)).axes[0].get_xlim() for b in (1, 4) for t in (1, 9)}
    assert len(limits) == 1


def test_text_in_pictures_is_large_enough():
    fig = draw_shapes(helpers.trace(model(), np.ones((2, 3), int)))
    assert min(text.get_fontsize() for text in fig.axes[0].texts) >= 10


@pytest.mark.parametrize("traces, says", [
    ([], "takes what helpers.trace"), (["x"], "takes what helpers.trace"), ([np.ones(3)], "takes what helpers.trace"),
])
def test_shapes_of_nothing(traces, says):
    with pytest.raises(ValueError, match=says):
        draw_shapes(traces)


def test_shapes_of_two_models():
    other = keras.Sequential([keras.Input((None, 2), name="series"), keras.layers.LSTM(3, name="read")])
    with pytest.raises(ValueError, match="different models"):
        draw_shapes([helpers.trace(model(), np.ones((2, 3), int)), helpers.trace(other, np.ones((2, 3, 2)))])


def test_calls_are_described_without_times():
    fig = draw_calls([3, 4, 5], {"one": ([0.1, 0.2, 0.01], [1, 1, 0]), "two": ([0.1, 0.1, 0.1], [0, 0, 0])})
    assert "one: traces at length 3, 4. two: traces at length none." in fig.get_label()
    assert not re.search(r"0\.\d|ms", fig.get_label())
    with pytest.raises(ValueError, match="one: 2 lengths need as many times and trace counts, got 1 and 2"):
        draw_calls([3, 4], {"one": ([0.1], [1, 1])})
