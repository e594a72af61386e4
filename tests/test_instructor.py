"""What the instructor is told is true: minutes, routes, stops, wrong answers, and the key of the worksheet."""
import ast
import re
import runpy
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import helpers
from helpers.questions import QUESTIONS

from . import lab, series
from .test_exercises import asked, said

FOLDER = series.ROOT / "notebooks"
TEXT = (FOLDER / "INSTRUCTOR.md").read_text(encoding="utf-8")
SHEET = (FOLDER / "WORKSHEET.md").read_text(encoding="utf-8")
NOTEBOOKS = {path.name[:2]: series.read(path) for path in series.NOTEBOOKS}
ANCHORED = re.compile(r"\]\((\d\d)_\w+\.ipynb#cell-id=([\w-]+)\)")
EXERCISE = 7  # minutes


def sections(text: str, marks: str) -> dict[str, str]:
    """Text under each heading of one level."""
    parts = re.split(rf"^{marks} (.*)$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)
    return dict(zip(parts[1::2], (re.split(rf"^#{{1,{len(marks)}}} ", part, flags=re.M)[0] for part in parts[2::2])))


def cell(number: str, name: str):
    return next(cell for cell in NOTEBOOKS[number].cells if cell.id == name)


def stated(number: str) -> list[int]:
    title = NOTEBOOKS[number].cells[0].source
    return [int(n) for n in re.search(r"About (\d+) minutes to talk through, (\d+) minutes to work", title).groups()]


def talk(number: str) -> dict[str, float]:
    """The minutes of each section, counted as tests/test_notebooks.py counts a notebook; an exercise's heading has those of an exercise."""
    minutes, heading = {}, None
    for part in NOTEBOOKS[number].cells:
        text = re.sub(r"<details>.*?</details>", "", part.source, flags=re.S)
        if part.cell_type == "markdown":
            for exercise in re.findall(r"^### (Exercise .*)$", text, re.M):
                minutes[exercise] = EXERCISE
            heading = (re.findall(r"^##? (.*)$", text, re.M) or [heading])[0]
            minutes[heading] = minutes.get(heading, 0) + len(text.split()) / 150
        else:
            minutes[heading] += 0.25 + ("predict" in series.tags(part))
            if number == "08" and "exercise" in series.tags(part):
                minutes[heading] += EXERCISE  # the repair of a patient
    return minutes


def exercises(number: str) -> int:
    """The minutes for the exercises of a notebook, in 08 for its repairs."""
    prose = "\n".join(part.source for part in NOTEBOOKS[number].cells if part.cell_type == "markdown")
    repairs = series.tagged(NOTEBOOKS[number], "exercise") if number == "08" else []
    return EXERCISE * (len(re.findall(r"^### Exercise \d", prose, re.M)) + len(repairs))


def headings(number: str) -> set[str]:
    prose = "\n\n".join(part.source for part in NOTEBOOKS[number].cells if part.cell_type == "markdown")
    return set(re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", prose, flags=re.S), re.M))


def italics(text: str) -> list[str]:
    return re.findall(r"\*(?! )([^*]+)\*", text.replace("**", ""))


# --- minutes and routes


def test_the_table_of_minutes_is_that_of_the_notebooks():
    rows = re.findall(r"^\| \[(\d\d)\]\((\S+)\) \| (.+) \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.M)
    assert [FOLDER / file for _, file, *_ in rows] == series.NOTEBOOKS
    for number, _, question, *minutes in rows:
        assert NOTEBOOKS[number].cells[0].source.startswith(f"# {number} · {question}\n")
        assert list(map(int, minutes)) == [*stated(number), exercises(number)], number
    sums = re.search(r"^\| \| all of them \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.M).groups()
    assert list(map(int, sums)) == np.sum([[*stated(number), exercises(number)] for number in NOTEBOOKS], axis=0).tolist()


ROUTES = {name: text for name, text in sections(TEXT, "###").items() if name.endswith(("minutes", "day"))}


def steps(route: str) -> list[tuple[int, int, str, str]]:
    """(minutes from the start, minutes, notebook or what else, words) of each row."""
    rows = re.findall(r"^\| (\d+):(\d\d) \| \**(\d+)\** \| (.*?) \| (.*?) ?\|$", ROUTES[route], re.M)
    return [(60 * int(h) + int(m), int(long), re.sub(r"\[(\d\d)\]\(.*\)", r"\1", where), what) for h, m, long, where, what in rows]


@pytest.mark.parametrize("route, whole", {"45 minutes": 45, "90 minutes": 90, "A full day": 420}.items())
def test_the_minutes_of_a_route_add_up(route, whole):
    *rows, (end, total, _, _) = steps(route)
    assert [at for at, *_ in rows] + [end] == np.cumsum([0] + [long for _, long, *_ in rows]).tolist()
    assert end == total == whole


@pytest.mark.parametrize("route", ROUTES)
def test_each_row_of_a_route_takes_what_its_sections_take(route):
    for at, long, number, what in steps(route)[:-1]:
        if number in NOTEBOOKS:
            counted = sum(talk(number)[heading] for heading in italics(what))
            assert italics(what), f"{route}, {at}: which section of {number}?"
            assert long <= counted + 1 and (long >= counted - 1 or " only" in what), f"{route}, {at}: {what} is {counted:.1f} minutes"
        else:
            assert number in ("–", "break", "lunch") and not italics(what)


def test_nobody_sits_for_more_than_an_hour_and_a_half():
    for route in ROUTES:
        stretch = 0
        for _, long, number, _ in steps(route)[:-1]:
            stretch = 0 if number in ("break", "lunch") else stretch + long
            assert stretch <= 90, route


def test_what_is_left_for_home_is_what_the_day_leaves_out():
    taught = {(number, heading) for _, _, number, what in steps("A full day") for heading in italics(what)}
    left = {}
    for number in list(NOTEBOOKS)[:8]:
        prose = "\n".join(part.source for part in NOTEBOOKS[number].cells if part.cell_type == "markdown")
        for heading in re.findall(r"^## (\d+ · .*)$", prose, re.M):
            if (number, heading) not in taught and not heading.endswith("· Exercises"):
                left.setdefault(number, []).append(int(heading.split()[0]))
    said = {}
    home = ROUTES["A full day"].partition("For home:")[2].replace("\n", " ")
    for words, number in re.findall(r"sections? ([\d, andto]+) of (\d\d)", home):
        whole = re.sub(r"(\d+) to (\d+)", lambda m: " ".join(map(str, range(int(m[1]), int(m[2]) + 1))), words)
        said[number] = [int(n) for n in re.findall(r"\d+", whole)]
    assert said == left


# --- what is named is there


def test_every_notebook_has_its_section():
    named = {re.match(r"\[(.*)\]\((.*)\)$", head).groups(): text for head, text in sections(TEXT, "###").items() if head[0] == "["}
    assert [FOLDER / file for _, file in named] == series.NOTEBOOKS
    for (head, file), text in named.items():
        assert head in headings(file[:2]) and "For: " in text and "\n- In the room: " in text and "\n- Pause: " in text
        assert len(re.findall(r"^- \*\*\[`\w+`\]", text, re.M)) >= 3


def test_every_heading_named_is_in_its_notebook():
    for head, text in sections(TEXT, "###").items():
        if head[0] == "[":
            for name in italics(text):
                assert name in headings(head[1:3]), f"{head}: {name}"
    for name in italics(ROUTES["A full day"].rpartition("\n\nLate?")[2]):
        assert name in headings("03") | headings("05")


def notes(number: str) -> str:
    return next(text for head, text in sections(TEXT, "###").items() if head.startswith(f"[{number} "))


@pytest.mark.parametrize("number", NOTEBOOKS)
def test_a_pause_comes_after_a_section_and_has_its_question_and_answer(number):
    (line,) = re.findall(r"^- Pause: (.*(?:\n  .*)*)", notes(number), re.M)
    prose = "\n".join(part.source for part in NOTEBOOKS[number].cells if part.cell_type == "markdown")
    order = re.findall(r"^## (.*)$", prose, re.M)
    pauses = re.split(r"(?:^|And )after\s+\*", line)[1:]
    places = [pause.partition("*: ")[0] for pause in pauses]
    assert places and places == [heading for heading in order if heading in places]
    for pause in pauses:
        assert re.search(r"\? +\(.+\)\s*$", pause.replace("\n", " ")), pause


@pytest.mark.parametrize("route", ROUTES)
def test_each_exercise_of_a_route_has_its_note(route):
    for _, _, number, what in steps(route):
        for name in italics(what):
            if name.startswith("Exercise "):
                assert f"*{name}*: " in notes(number), f"{number}: {name}"


def test_the_wait_for_twenty_kernels_is_the_measured_one():
    measured = re.search(r"A class of 20,.*?, (\d+) s for the kernel", (series.ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1]
    assert f"with 20 at once on two cores that took {measured} s at the median" in TEXT


@pytest.mark.parametrize("file", ["INSTRUCTOR.md", "WORKSHEET.md"])
def test_links_lead_somewhere(file):
    text = (FOLDER / file).read_text(encoding="utf-8")
    readme = re.findall(r"^#+ (.*)$", (series.ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    for link in links:
        target, _, anchor = link.partition("#")
        assert (FOLDER / target).exists(), link
        if anchor and target.endswith(".ipynb"):
            assert anchor.removeprefix("cell-id=") in {part.id for part in NOTEBOOKS[target[:2]].cells}, link
        elif anchor:
            assert anchor in [head.lower().replace(" ", "-") for head in readme], link
    for path in re.findall(r"(?<![\w/])(?:tests|helpers|\.nbconvert)/[\w./]+\b", text):
        assert (series.ROOT / path).exists(), path


# --- the stops

STOP = re.compile(r"^- \*\*\[`(\w+)`\]\((\d\d)_\w+\.ipynb#cell-id=([\w-]+)\)\*\*, right: `(.*?)`\.(.*(?:\n  - .*)*)", re.M)
STOPS = [pytest.param(*stop.groups(), id=f"{stop[2]}-{stop[3]}") for stop in STOP.finditer(TEXT)]


def typed(text: str):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


@pytest.mark.parametrize("name, number, place, right, rest", STOPS)
def test_a_stop_says_what_the_notebook_says(name, number, place, right, rest, capsys):
    assert cell(number, place).source == f"{name} = ..." and "predict" in series.tags(cell(number, place))
    (key,) = {key for check in series.tagged(NOTEBOOKS[number], "check") for key, asks in asked(check) if asks == name}
    helpers.check(key, typed(right))
    assert said(capsys).startswith("✓")
    wrongs = re.findall(r"^  - `(.*?)`: \S", rest, re.M)
    assert 1 <= len(wrongs) == rest.count("\n") <= 3
    for wrong in wrongs:
        helpers.check(key, typed(wrong))
        out = said(capsys)
        assert any(out.startswith("✗ " + " ".join(known.idea.split())) for known in QUESTIONS[key].wrongs), f"{key}: {wrong}"


def test_every_prediction_has_its_stop_in_the_order_of_the_notebook():
    predictions = [(number, part.id) for number, notebook in NOTEBOOKS.items() for part in series.tagged(notebook, "predict")
                   if re.fullmatch(r"\w+ = \.\.\.", part.source)]
    assert [(number, place) for _, number, place, *_ in STOP.findall(TEXT)] == predictions
    assert len(predictions) == len(re.findall(r"^- \*\*\[`\w+`\]", TEXT, re.M))


@pytest.mark.parametrize("name, number, place, right, rest", [stop for stop in STOPS if stop.values[1] == "08"])
def test_a_letter_of_08_stands_with_its_cause_in_words(name, number, place, right, rest):
    options = dict(re.findall(r"^- ([a-z]) · (.*)$", cell("08", place.removeprefix("predict-") + "-words").source, re.M))
    quoted = re.findall(r'^(?:  - `"([a-z])"`:)? "(.+?)" ', rest, re.M)
    assert quoted == [("" if n == 0 else letter, options[letter or typed(right)]) for n, (letter, _) in enumerate(quoted)]
    assert len(quoted) == 1 + rest.count("\n")


def test_each_notebook_has_its_slider():
    found = re.findall(r"^- \*\*\[Slider\]\((\d\d)_\w+\.ipynb#cell-id=([\w-]+)\)\*\*: \S", TEXT, re.M)
    assert [number for number, _ in found] == list(NOTEBOOKS)
    assert all("helpers.slider(" in cell(number, place).source for number, place in found)


def line_of(slider: str) -> str:
    return next(line for line in TEXT.splitlines() if line.startswith(f"- **[Slider]({slider}_"))


def test_what_the_sliders_are_said_to_show():
    units, features, base = (sum(w.size for w in helpers.new_weights(*sizes)) for sizes in ((10, 3), (5, 6), (5, 3)))
    assert round(units / base) == 3 and round(features / base, 1) == 1.3
    assert "twice the units: three times the parameters. Twice the features: a third more." in line_of("03")

    drift = re.search(r"the drift is (\S+)\. ", line_of("05"))[1]
    front = next(line for line in series.text_of(cell("05", "corners")).splitlines() if line.startswith("7 pads, then") and "No mask" in line)
    first, last = re.search(r"size of h is (\S+) after the last word and (\S+) after", front).groups()
    assert first == last and f"Drift at the end: {drift}." in front

    names = {"np": np, "helpers": helpers}
    for part in ("lengths", "cut", "policies", "count", "tested"):
        source = cell("06", part).source
        exec(source.partition("\n\n")[0] if part in ("cut", "count", "tested") else source, names)
    few = names["lengths"][:60]
    share = lambda plan: names["count"](few, plan)[0].replace("%", " %")
    ways = {size: names["at_its_word"](few, size) for size in range(1, 17)}
    assert {share(ways[size]["all to the longest"]) for size in ways} == set(re.findall(r'"all to the longest" keeps its (.*?) at', line_of("06")))
    assert (share(ways[1]["random batches"]), share(ways[16]["random batches"])) == re.search(r"from (.*?) at 1 to (.*?) at 16", line_of("06")).groups()
    assert share(names["tested"](few, 8, 1)) == share(ways[8]["all to the longest"])


# --- the worksheet

PAGE, KEY = SHEET.split('<div style="page-break-after: always"></div>')
TASKS = {int(n): (task, blanks) for n, task, blanks in re.findall(r"^\| (\d+) \| (.*) \| (.*) \|$", PAGE, re.M)}
ANSWERS = {int(n): (list(map(ast.literal_eval, re.findall(r"`(.*?)`", given))), why)
           for n, given, why in re.findall(r"^\| (\d+) \| ((?:`[^`]+` ?)+)\| (.*?) \|", KEY, re.M)}


def code(task: int) -> str:
    return re.search(r"`(\w+\(.*?\))`[ :]", TASKS[task][0])[1]


def made(task: int):
    return eval(code(task), {name: getattr(layers, name) for name in ("Input", "Embedding", "LSTM", "Bidirectional", "Dense")})


def texts() -> list[np.ndarray]:
    return [np.arange(1, 1 + int(n)) for n in re.findall(r"\d+", re.search(r"texts of ([\d, and]+) words", PAGE)[1])]


def padded(rows) -> np.ndarray:
    return keras.utils.pad_sequences(rows, padding="post", truncating="post", dtype="int32")


def eight() -> list[int]:
    lengths = {re.search(r"Eight sequences of ([\d, ]+) timesteps", task)[1] for task, _ in TASKS.values() if "Eight" in task}
    return list(map(int, lengths.pop().split(",")))


def cut(order: list[int]) -> list[np.ndarray]:
    assert "two in a batch" in TASKS[11][0]
    return [padded([np.ones(n) for n in order[i : i + 2]]) for i in range(0, len(order), 2)]


def policies() -> dict[int, list[np.ndarray]]:
    lengths = eight()
    equal = [part for n in sorted(set(lengths)) for part in cut([m for m in lengths if m == n])]
    return {11: cut(lengths), 12: cut(sorted(lengths)), 13: equal}


def shape(array) -> tuple:
    return tuple(array.shape)


def behind(vectors) -> dict[int, list]:
    """What Keras gives for tasks 4 to 8, whose layers read these vectors."""
    out = {}
    for task in (4, 5, 7):
        layer = made(task)
        out[task] = [shape(layer(vectors)), layer.count_params()]
    returned = made(6)(vectors)
    (each,) = {shape(array) for array in returned}
    out[6] = [len(returned), each]
    every_h, dense = made(5)(vectors), made(8)
    out[8] = [shape(dense(every_h)), dense.count_params()]
    return out


def worked_out(batch: np.ndarray) -> dict[int, list]:
    """What Keras and NumPy give for each task, with the layers that stand on the page."""
    out, source = {}, made(1)
    out[1] = [tuple(source.shape), batch.shape]
    embedding = made(2)
    vectors = embedding(batch)
    out[2] = [shape(vectors), embedding.count_params()]
    largest = int(re.search(r"ids 1 to (\d+)", TASKS[3][0])[1])
    with tf.device("CPU:0"):
        fits = (rows for rows in range(1, 2 * largest)
                if helpers.attempt(lambda: layers.Embedding(rows, 1)(np.arange(largest + 1))) == "no error")
        out[3] = [next(fits)]
    out |= behind(vectors)
    mask = np.asarray(embedding.compute_mask(batch))
    third = np.asarray(made(5)(vectors, mask=mask))[2]
    still = next(t for t in range(len(third)) if np.array_equal(third[t], third[-1]))
    out[9] = [int(mask.sum()), still + 1]
    out[10] = [round(100 * np.mean(batch == 0))]
    for task, plan in policies().items():
        cells = np.concatenate([rows.ravel() for rows in plan])
        out[task] = [len(plan), sum(rows.shape[1] for rows in plan), round(100 * np.mean(cells == 0))]
    return out


def test_the_key_is_right():
    assert {task: given for task, (given, _) in ANSWERS.items()} == worked_out(padded(texts()))
    assert list(TASKS) == list(ANSWERS)


def test_the_reasons_in_the_key_are_right():
    for task, (given, why) in ANSWERS.items():
        for sum_or_product in re.findall(r"\d[\d ]*[·×+][\d ()·×+]*[\d)]", why):
            assert eval(sum_or_product.replace("·", "*").replace("×", "*")) in given, f"{task}: {sum_or_product}"
    rows, numbers = map(int, re.search(r"(\d+) rows of (\d+) numbers", ANSWERS[2][1]).groups())
    assert rows * numbers == ANSWERS[2][0][1]
    for task, plan in {10: [padded(texts())], **policies()}.items():
        empty, cells = sum((batch == 0).sum() for batch in plan), sum(batch.size for batch in plan)
        assert f"{empty} of {cells} cells" in ANSWERS[task][1] or (task == 13 and empty == 0)
        assert task not in (11, 12) or "T is " + ", ".join(str(batch.shape[1]) for batch in plan) in ANSWERS[task][1]
    assert f"the longest text has {max(map(len, texts()))} words" in ANSWERS[1][1]


def test_the_two_answers_in_words_are_right():
    before, after = (behind(keras.KerasTensor((3, length, 6))) for length in (max(map(len, texts())), 500))
    changed = [task for task in (4, 5, 6, 7, 8) if before[task] != after[task]]
    assert "500 words instead of 7" in PAGE and f"in the shapes of tasks {changed[0]} and {changed[1]}." in KEY and len(changed) == 2
    assert all(before[task][1] == after[task][1] for task in changed) and "No parameter changes, and neither do 4, 6 and 7" in KEY
    least = min((11, 12, 13), key=lambda task: ANSWERS[task][0][1])
    assert f"**The quickest** is {least}:" in KEY


def test_there_is_a_blank_for_every_number():
    for task, (_, blanks) in TASKS.items():
        numbers = sum(len(part) if isinstance(part, tuple) else 1 for part in ANSWERS[task][0])
        assert len(re.findall(r"(?:\\_)+", blanks)) == numbers, task


PAPER = series.ROOT / ".nbconvert" / "worksheet.py"


def paper(*words: str) -> None:
    runpy.run_path(str(PAPER))["main"](list(words))


def test_the_worksheet_for_paper_has_all_tasks_and_answers(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(PAPER), str(tmp_path)])
    runpy.run_path(str(PAPER), run_name="__main__")
    assert "WORKSHEET.html: open it in a browser" in said(capsys)
    page = (tmp_path / "WORKSHEET.html").read_text(encoding="utf-8")
    assert page.count("<tr>") == 2 * (1 + len(TASKS)) and ".ipynb" not in page and "http" not in page
    assert ".nbconvert/worksheet.py paper" in TEXT


@pytest.mark.parametrize("words", [(), ("a", "b"), ("--help",), ("",)], ids=repr)
def test_no_folder_for_the_worksheet(words):
    with pytest.raises(SystemExit, match=r"^Give the folder for the page, and nothing else: python \.nbconvert/worksheet\.py FOLDER\.$"):
        paper(*words)


def test_a_folder_for_the_worksheet_that_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit, match=r"file' is no folder to write WORKSHEET\.html into \(.+\): give another one\.$"):
        paper(str(tmp_path / "file"))


@pytest.mark.skipif(lab.browser() is None, reason=lab.NO_BROWSER)
def test_the_worksheet_is_one_page_and_its_key_another(tmp_path):
    paper(str(tmp_path / "new" / "paper"))
    with lab.chromium() as started:
        page = started.new_page()
        page.goto((tmp_path / "new" / "paper" / "WORKSHEET.html").as_uri())
        printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type */Page\b", printed)) == 2
    assert set(re.findall(rb"/MediaBox \[([\d. ]+)\]", printed)) == {b"0 0 594.95996 841.91998"}  # A4


# --- slides


@pytest.mark.parametrize("number", NOTEBOOKS)
def test_every_section_begins_a_slide(number):
    kinds = {part.id: part.metadata.get("slideshow", {}).get("slide_type") for part in NOTEBOOKS[number].cells}
    for part in NOTEBOOKS[number].cells:
        if part.cell_type == "markdown" and re.match(r"##? ", part.source):
            assert kinds[part.id] == "slide", f"{part.id} begins a section and no slide"
    assert set(kinds.values()) <= {"slide", "subslide", "fragment", "skip", "notes", None}
    assert len([kind for kind in kinds.values() if kind in ("slide", "subslide")]) >= len(kinds) / 8


@pytest.mark.parametrize("number", NOTEBOOKS)
def test_in_a_deck_a_question_stands_alone_first(number):
    waiting = False
    for part in NOTEBOOKS[number].cells:
        if "predict" in series.tags(part) and "helpers.keep" not in part.source:
            waiting = True
        elif waiting:
            kind = part.metadata.get("slideshow", {}).get("slide_type")
            assert kind in ("fragment", "subslide"), f"{part.id} stands on the slide of its question"
            waiting = "check" not in series.tags(part)
