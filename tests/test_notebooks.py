"""What every notebook of the series has, as it is saved."""
import json
import re
from statistics import median

import pytest

from . import series

PATHS = [pytest.param(path, id=path.stem) for path in series.NOTEBOOKS]
MACHINE = re.compile(r"/(home|work|root|tmp|Users)/|[A-Z]:\\\\|0x[0-9a-f]{6,}|\d+m?s/(step|epoch)|site-packages")


@pytest.fixture(params=PATHS)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return series.read(path)


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def lines(cell) -> list[str]:
    return [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_there_are_notebooks():
    assert [path.name[:2] for path in series.NOTEBOOKS] == [f"{n:02}" for n in range(len(series.NOTEBOOKS))]


def test_saved_after_one_clean_run(notebook):
    # nbval compares nothing in a cell without an execution count, so this is what makes its comparison mean something.
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))


def test_saved_with_nothing_that_changes_or_disturbs(notebook):
    for cell in code(notebook):
        for output in cell.outputs:
            assert not (output.output_type == "stream" and output.name == "stderr"), f"{cell.id} shows stderr"
            assert output.output_type != "error" or "raises-exception" in series.tags(cell), f"{cell.id} ends in an error"
            assert series.WIDGET not in output.get("data", {}), f"{cell.id} keeps a widget's id"
            text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", json.dumps(output))
            assert not MACHINE.search(text), f"{cell.id} shows {MACHINE.search(text)[0]!r}"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


def test_every_comparison_counts(notebook):
    for cell in notebook.cells:
        assert not any(tag.startswith("nbval") for tag in series.tags(cell)), f"{cell.id} is left out of the comparison"
        assert "NBVAL" not in cell.source and "# PYTEST" not in cell.source


def test_every_figure_has_a_description(notebook):
    for cell in code(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            assert not any(kind.startswith("image/") for kind in data), f"{cell.id}: an inline image has no alt in JupyterLab"
            for tag in re.findall(r"<img[^>]*>", data.get("text/html", "")):
                alt = re.search(r'alt="([^"]*)"', tag)
                assert alt and len(alt[1]) >= 20, f"{cell.id} shows a figure without a description"


def test_a_still_picture_stands_before_the_slider(notebook):
    outputs = [series.text_of(cell) for cell in code(notebook)]
    pictures = [i for i, text in enumerate(outputs) if "[figure]" in text]
    sliders = [i for i, text in enumerate(outputs) if "[slider" in text]
    assert pictures and sliders and pictures[0] < sliders[0]


def test_cells_are_short_and_explained(notebook):
    for before, cell in zip([None, *notebook.cells], notebook.cells):
        if cell.cell_type == "code":
            assert len(lines(cell)) <= 20, f"{cell.id} is longer than one idea"
            assert before.cell_type == "markdown", f"{cell.id} stands there without a word before it"
            assert max((len(line) for line in cell.source.splitlines()), default=0) <= 104, f"{cell.id} is too wide"
    assert median(len(lines(cell)) for cell in code(notebook)) <= 5


def test_cell_ids_speak(notebook):
    for cell in notebook.cells:
        assert re.fullmatch(r"[a-z]+[a-z0-9]*(-[a-z0-9]+)*", cell.id) and not re.fullmatch(r"[0-9a-f]{8}", cell.id), cell.id


def test_the_setup_cell_is_the_same_everywhere(notebook):
    first = code(series.read(series.NOTEBOOKS[0]))[0]
    assert code(notebook)[0].source == first.source and len(lines(first)) <= 3


def test_headings_nest(notebook):
    text = re.sub(r"```.*?```", "", prose(notebook), flags=re.S)
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, re.M)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:]))


def test_each_exercise_has_words_a_check_and_a_solution(path, notebook):
    few, many = (10, 10) if path.name[:2] == "08" else (2, 3)  # the clinic: ten patients, a few minutes each
    names = {tag: [re.sub(rf"^{tag}-", "", c.id) for c in series.tagged(notebook, tag)] for tag in ("exercise", "solution")}
    assert names["exercise"] == names["solution"] and few <= len(names["exercise"]) <= many
    checks = [cell.id for cell in series.tagged(notebook, "check")]
    assert all(f"check-{name}" in checks for name in names["exercise"])
    for cell in series.tagged(notebook, "solution"):
        assert cell.source.startswith("<details><summary>") and series.fenced(cell)
    assert series.tagged(notebook, "predict")


def test_each_patient_of_the_clinic_is_examined_and_diagnosed(path, notebook):
    ids, examined = [cell.id for cell in notebook.cells], [cell.id for cell in series.tagged(notebook, "examine")]
    if path.name[:2] != "08":
        assert not examined, "only the clinic has examinations, whose outputs change with a cure"
        return
    for cell in series.tagged(notebook, "exercise"):
        name = cell.id.removeprefix("exercise-")
        order = [f"patient-{name}", cell.id, f"examine-{name}", f"predict-cause-{name}", f"check-cause-{name}", f"check-{name}",
                 f"solution-{name}"]
        assert sorted(map(ids.index, order)) == list(map(ids.index, order)) and f"examine-{name}" in examined, name
        assert "# my cure: ..." in cell.source and series.text_of(cell), f"{cell.id} shows no symptom"


def test_beginning_and_end(path, notebook):
    title = notebook.cells[0].source
    assert title.startswith(f"# {path.name[:2]} · ") and "?" in title.splitlines()[0]
    assert re.search(r"\*About \d+ minutes to talk through, \d+ minutes to work\.\*", title)
    assert "Afterwards you can" in title
    end = notebook.cells[-1].source
    assert end.startswith("## Remember") and len(re.findall(r"^- ", end, re.M)) == 3 and "**Next:**" in end


def test_the_stated_minutes_are_plausible(notebook):
    # 150 words a minute; a quarter of a minute to talk about a cell and 0.4 to run and read it; a minute for a prediction,
    # seven for an exercise. Solutions are folded away.
    words = len(re.sub(r"<details>.*?</details>", "", prose(notebook), flags=re.S).split())
    predictions, exercises = (len(series.tagged(notebook, tag)) for tag in ("predict", "exercise"))
    talk = words / 150 + 0.25 * len(code(notebook)) + predictions
    work = words / 150 + 0.4 * len(code(notebook)) + predictions + 7 * exercises
    stated = [int(n) for n in re.search(r"About (\d+) minutes to talk through, (\d+)", notebook.cells[0].source).groups()]
    assert all(abs(said - counted) < 4 for said, counted in zip(stated, (talk, work))), (stated, talk, work)


def test_the_voice(notebook):
    for word in ("simply", "obviously", "trivial", "of course", "clearly"):
        assert not re.search(rf"\b{word}\b", prose(notebook), re.I), f"says {word!r}"


def test_links_lead_somewhere(path, notebook):
    anchors = {re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-")
               for head in re.findall(r"^#+ (.*)$", (series.ROOT / "README.md").read_text(encoding="utf-8"), re.M)}
    for target in re.findall(r"\]\(([^)]+)\)", prose(notebook)):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        assert (path.parent / file).is_file(), f"{target} leads nowhere"
        if anchor.startswith("cell-id="):  # JupyterLab goes to this cell; a heading with "·" it would not find
            assert anchor.removeprefix("cell-id=") in {cell.id for cell in series.read(path.parent / file).cells}, target
        elif anchor:
            assert (path.parent / file).name == "README.md" and anchor in anchors, f"{target}: no such heading"
