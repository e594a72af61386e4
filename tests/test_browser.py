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


def typeable(notebook) -> tuple[str, str, str, str]:
    """(cell to type into, its check cell, name, question) of the first exercise, else prediction, with a literal answer."""
    found = []
    for check in series.tagged(notebook, "check"):
        for key, name in asked(check):
            for cell in series.tagged(notebook, "exercise") + series.tagged(notebook, "predict"):
                if cell.source == f"{name} = ..." and literal(QUESTIONS[key].sample) and literal(QUESTIONS[key].wrongs[0].example):
                    found.append(("predict" in series.tags(cell), cell.id, check.id, name, key))
    return min(found)[1:]


def controls_in(notebook) -> int:
    """How many sliders and checkboxes the notebook's code asks for."""
    calls = (node for cell in notebook.cells if cell.cell_type == "code" for node in ast.walk(ast.parse(cell.source))
             if isinstance(node, ast.Call) and ast.unparse(node.func) == "helpers.slider")
    return sum(len(call.keywords) for call in calls)


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

        # Each slider and checkbox, moved by the keyboard, draws another picture, with another description.
        found = lab.latencies(opened, steps=2)
        assert len(found) == controls_in(notebook) > 0
        for label, times in found.items():
            assert times, f"{label}: no key moved it"
            middle, worst = (round(1000 * f(times)) for f in (statistics.median, max))
            record_property(f"slider {label}, ms", (middle, worst))
            assert middle < 500, f"{label}: {middle} ms from key to picture"

        # A blank, a wrong and a right answer.
        answer_cell, check_cell, name, key = typeable(notebook)
        question = QUESTIONS[key]
        opened.type_into(answer_cell, f"{name} = ...")
        assert opened.run_here(check_cell).startswith("… No answer yet.")
        opened.type_into(answer_cell, f"{name} = {question.wrongs[0].example!r}")
        assert " ".join(opened.run_here(check_cell).split()).startswith("✗ " + " ".join(question.wrongs[0].idea.split()))
        opened.type_into(answer_cell, f"{name} = {question.sample!r}")
        assert opened.run_here(check_cell).startswith("✓")

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
        assert opened.errors() == [] and opened.controls().count() == controls_in(series.read(path)) and opened.complaints == []
        # Notebook 7 keeps the arrow keys for itself; a number typed beside the slider works there.
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
