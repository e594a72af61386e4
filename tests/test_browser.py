"""The notebooks as a reader meets them: JupyterLab, in a browser, with keys. (As they come, without answers, nbval runs them.)"""
import ast
import os
import re
import statistics

import pytest
from playwright.sync_api import expect

from helpers.questions import QUESTIONS

from . import lab, series
from .test_exercises import asked, confirm, fill_in

PATHS = [pytest.param(path, id=path.stem) for path in series.NOTEBOOKS]


@pytest.fixture(scope="module", autouse=True)
def a_browser():
    if lab.browser() is None:
        if os.environ.get("ANY_LENGTH_BROWSER") == "required":
            pytest.fail(lab.NO_BROWSER)
        pytest.skip(lab.NO_BROWSER)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Address of a Jupyter server, and the folder that it serves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_NUM_INTRAOP_THREADS", "1")  # nbval runs them as they come: so both are tried, with one thread and with all
        patch.setenv("TF_NUM_INTEROP_THREADS", "1")
        with lab.jupyter(tmp_path_factory.mktemp("jupyter")) as served:
            yield served


@pytest.fixture(scope="module")
def context():
    with lab.chromium() as started:
        yield started.new_context(viewport=lab.VIEWPORT)


def literal(example) -> bool:
    """Can this answer be typed as it is printed?"""
    try:
        return ast.literal_eval(repr(example)) == example
    except (ValueError, SyntaxError):
        return False


# Exercises that want code: what to change in the solution, so that it is wrong in a way that the check knows.
SLIPS = {
    "01-single": ("np.array([[7, 3, 9, 2]])", "[[7, 3, 9, 2]]"),
    "04-counts": ("[:, :, np.newaxis]", ""),
    "05-pad": (', dtype="float32"', ""),
    "07-count": ("(words + 2)", "words"),
    "08-mail": (", mask_zero=True", ""),
}


def typeable(notebook) -> tuple[str, str, str, str, str]:
    """(name, question, blank, wrong, right) of an exercise: the last three are what a reader may have in its cell."""
    for cell in series.tagged(notebook, "exercise"):
        name = cell.id.removeprefix("exercise-")
        (key,) = {key for check in series.tagged(notebook, "check") if check.id == f"check-{name}" for key, _ in asked(check)}
        answer = cell.source.removesuffix(" = ...")
        if answer.isidentifier() and literal(QUESTIONS[key].sample) and literal(QUESTIONS[key].wrongs[0].example):
            return name, key, cell.source, *(f"{answer} = {it!r}" for it in (QUESTIONS[key].wrongs[0].example, QUESTIONS[key].sample))
        if key in SLIPS:
            right = series.fenced(next(solution for solution in series.tagged(notebook, "solution") if solution.id == f"solution-{name}"))
            assert SLIPS[key][0] in right
            return name, key, cell.source, right.replace(*SLIPS[key]), right
    raise AssertionError("no exercise whose answer this test can type")


def controls_in(notebook) -> int:
    """How many sliders and checkboxes the notebook's saved outputs name."""
    shown = "\n".join(series.text_of(cell) for cell in notebook.cells if cell.cell_type == "code")
    return sum(len(names.split(", ")) for names in re.findall(r"\[slider: (.*?)\]", shown))


@pytest.mark.parametrize("path", PATHS)
def test_solved_in_jupyterlab(path, server, context, record_property):
    address, root = server
    notebook, solved = series.read(path), series.read(path)
    fill_in(solved)
    lab.put(solved, root / "notebooks" / path.name)
    opened = lab.open_notebook(context, address, path)
    try:
        opened.run_all()
        assert opened.errors() == []
        confirm(notebook, opened.saved(root))

        # Each slider and checkbox, moved by the keyboard, draws another picture.
        found = lab.latencies(opened, steps=4)
        assert len(found) == controls_in(notebook) > 0
        for label, times in found.items():
            assert times, f"{label}: no key moved it"
            record_property(f"slider {label}, ms", [round(1000 * took) for took in times])
            middle = round(1000 * statistics.median(times))  # with other tests beside; alone it is a fraction of this
            assert middle < 500, f"{label}: {middle} ms from key to picture"

        # A blank, a wrong and a right answer, typed into an exercise.
        name, key, blank, wrong, right = typeable(notebook)
        ideas = tuple("✗ " + " ".join(known.idea.split()) for known in QUESTIONS[key].wrongs)
        for typed, reply in ((blank, "… No answer yet."), (wrong, ideas), (right, "✓")):
            opened.type_into(f"exercise-{name}", typed)
            assert " ".join(opened.run_here(f"check-{name}").split()).startswith(reply), typed

        # A solution is folded away, and opens by keyboard.
        solution = opened.cell(series.tagged(notebook, "solution")[0].id).locator("details")
        assert not solution.evaluate("d => d.open") and not solution.locator("pre").first.is_visible()
        solution.locator("summary").focus()
        opened.page.keyboard.press("Enter")
        assert solution.locator("pre").first.is_visible()

        assert opened.complaints == []
    finally:
        opened.close(context, address)


def test_in_notebook_7(server, context):
    address, root = server
    path = series.NOTEBOOKS[0]
    lab.put(series.read(path), root / "notebooks" / path.name)
    opened = lab.open_notebook(context, address, path, notebook_7=True)
    try:
        opened.run_all()
        assert opened.errors() == [] and opened.controls().count() == controls_in(series.read(path))
        # Notebook 7 keeps the arrow keys for itself; a number typed beside the slider works there. (Its console has complaints
        # of its own before any notebook runs.)
        picture = opened.page.locator(".jp-OutputArea-output:has([role=slider]) img")
        assert "(2, 9)" in picture.get_attribute("alt")
        number = opened.page.locator(".widget-readout").first
        number.click()
        opened.page.keyboard.press("Control+a")
        opened.page.keyboard.type("3")
        opened.page.keyboard.press("Enter")
        expect(picture).to_have_attribute("alt", re.compile(r"\(3, 9\)"))
    finally:
        opened.close(context, address)


# What the browser runs when the checkbox is clicked: a wider picture each time, the same picture anew, or nothing.
CHECKBOX = """<div class="jp-OutputArea-output"><label class="widget-checkbox">wider<input type="checkbox"></label><p></p></div>
<script>
    let width = 1;
    const draw = width => {
        const picture = `data:image/svg+xml,<svg width='${width}' height='9' xmlns='http://www.w3.org/2000/svg'/>`;
        document.querySelector("p").innerHTML = `<img alt="a bar" src="${picture}">`;
    };
    draw(width);
    document.querySelector("input").onchange = () => { %s };
</script>"""


@pytest.mark.parametrize("redraw, pictures", [("draw(++width);", True), ("draw(width);", False), ("", False)])
def test_a_step_lasts_from_a_key_to_another_picture(context, redraw, pictures, monkeypatch):
    page = context.new_page()
    page.set_content(CHECKBOX % redraw)
    opened = lab.Opened(page, "a page", {}, 0, [])
    step = opened.step
    monkeypatch.setattr(opened, "step", lambda control, key: step(control, key, seconds=0.5))
    try:
        if pictures:
            assert [0 < took < 0.5 for took in lab.latencies(opened, steps=4)["wider"]] == [True] * 4
        else:
            with pytest.raises(TimeoutError, match="Space moved a slider to True, and within 0.5 s no other picture came"):
                lab.latencies(opened, steps=4)
    finally:
        page.close()
