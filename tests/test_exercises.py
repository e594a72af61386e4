"""Every prediction and exercise in three states: blank, each known misconception, solved."""
import ast
import re

import keras
import numpy as np
import pytest

import helpers
from helpers.questions import QUESTIONS

from . import lab, series

WRONGS = [pytest.param(key, wrong, id=f"{key}-{n}") for key, q in QUESTIONS.items() for n, wrong in enumerate(q.wrongs)]
PATHS = [pytest.param(path, id=path.stem) for path in series.NOTEBOOKS]


def said(capsys) -> str:
    return " ".join(capsys.readouterr().out.split())


def asked(cell) -> list[tuple[str, str]]:
    """(question, name of the variable with the answer) for each call of helpers.check in a cell."""
    return re.findall(r'helpers\.check\("([\w-]+)", (\w+)', cell.source)


# --- blank


@pytest.mark.parametrize("path", PATHS)
def test_blank_is_met_with_a_friendly_line(path):
    for cell in series.tagged(series.read(path), "check"):
        text = series.text_of(cell)
        assert asked(cell), f"{cell.id} is tagged check and checks nothing"
        assert text.startswith("… No answer yet.") and "✗" not in text, cell.id


@pytest.mark.parametrize("path", PATHS)
def test_every_question_of_a_notebook_is_asked_in_it(path):
    number = path.name[:2]
    in_notebook = [key for cell in series.tagged(series.read(path), "check") for key, _ in asked(cell)]
    assert sorted(in_notebook) == sorted(key for key in QUESTIONS if key.startswith(number))


@pytest.mark.parametrize("key", QUESTIONS)
@pytest.mark.parametrize("blank", [..., None, "", " ... ", (..., ...)], ids=repr)
def test_every_blank_is_a_blank(key, blank, capsys):
    helpers.check(key, blank)
    assert said(capsys).startswith("… No answer yet.")


# --- misconceptions


@pytest.mark.parametrize("key, wrong", WRONGS)
def test_each_misconception_gets_its_own_idea(key, wrong, capsys):
    helpers.check(key, wrong.example)
    assert said(capsys).startswith("✗ " + " ".join(wrong.idea.split()))


@pytest.mark.parametrize("key", QUESTIONS)
def test_each_question_knows_misconceptions(key):
    question = QUESTIONS[key]
    (path,) = (path for path in series.NOTEBOOKS if path.name[:2] == key[:2])
    exercise = any(cell.id == f"exercise-{key[3:]}" for cell in series.read(path).cells)
    assert len(question.wrongs) >= (2 if exercise else 1)
    assert not exercise or len(question.hints) >= 2
    ideas = [wrong.idea for wrong in question.wrongs]
    assert len(set(ideas)) == len(ideas)


MODEL = keras.Sequential([keras.Input((None,)), keras.layers.Embedding(5, 2)])


def _raises(*_):
    raise RuntimeError("a learner's function")


@pytest.mark.parametrize("key", QUESTIONS)
def test_nothing_a_learner_passes_breaks_a_check(key, capsys):
    strange = ["", "?", "(1, 2", -1, 10**9, 1.5, float("nan"), True, [], (), {}, {"text": None}, [[1], [2, 3]], b"x", object(),
               np.zeros((2, 3)), np.array([]), np.array(["a"]), np.array([[1], [2, 3]], dtype=object), _raises, lambda: 0,
               lambda x: x, int, MODEL, MODEL.layers[0], MODEL.outputs[0], np.int64(3), Exception("no"), range(3)]
    for answer in strange:
        helpers.check(key, answer)
        out = said(capsys)
        assert out and out[0] in "✓✗…", f"{answer!r}: {out}"
        assert "Traceback" not in out and len(out) < 700


@pytest.mark.parametrize("key", [key for key, question in QUESTIONS.items() if question.hints])
def test_hints(key, capsys):
    for number, text in enumerate(QUESTIONS[key].hints, 1):
        helpers.hint(key, number)
        assert " ".join(text.split()) in said(capsys)
    for strange in (0, len(QUESTIONS[key].hints) + 1, "x", None):
        helpers.hint(key, strange)
        assert f'helpers.hint("{key}", 1)' in said(capsys)


@pytest.mark.parametrize("key", ["01-batch", "03-function", "03-simple", "04-counts", "04-ends", "05-pad", "05-mean", "06-padded",
                                 "06-first", "07-count", "07-sure"])
def test_a_function_that_gives_none_may_lack_its_return(key, capsys):
    helpers.check(key, lambda *_: None)
    assert "… No answer yet." in (out := said(capsys)) and "or its return is missing. Stuck?" in out
    helpers.check(key, lambda *_: ...)
    assert "return" not in (out := said(capsys)) and ". The three dots are still there. Stuck?" in out


@pytest.mark.parametrize("key, answer", [("00-parameters", (1, 0, 52)), ("03-length", (4, 736)), ("03-budget", (9, 936))])
def test_a_number_with_a_comma_is_known_as_one(key, answer, capsys):
    helpers.check(key, answer)
    assert said(capsys).startswith(f"✗ {answer} is what Python makes of a number with a comma in it. Type it without")


def _tagger(lower, upper, *more):
    source = keras.Input((None, 4))
    sequence = keras.layers.Bidirectional(upper(3, return_sequences=True))(lower(6, return_sequences=True)(source))
    for layer in more:
        sequence = layer(sequence)
    return keras.Model(source, sequence)


def test_a_stack_is_right_with_lstms_and_a_dense_alone(capsys):
    lstm, gru, dense = keras.layers.LSTM, keras.layers.GRU, keras.layers.Dense
    for model, says in [
        (_tagger(lstm, lstm, dense(1)), "✓ Right."),
        (_tagger(lstm, gru, dense(1)), "✗ There is a GRU or a SimpleRNN in your model."),
        (_tagger(gru, lstm, dense(1)), "✗ There is a GRU or a SimpleRNN in your model."),
        (_tagger(lstm, lstm, lstm(1, return_sequences=True)), "✗ The output shape is right; something else is not as asked."),
        (_tagger(lstm, lstm, keras.layers.Conv1D(1, 1)), "✗ The output shape is right; something else is not as asked."),
        (_tagger(lstm, lstm, lstm(2, return_sequences=True), dense(1)), "✗ The output shape is right;"),
    ]:
        helpers.check("04-layers", model)
        assert said(capsys).startswith(says)


# --- solved


def fill_in(notebook) -> None:
    """Put each solution into its exercise's cell, and each right answer into its prediction's."""
    for solution in series.tagged(notebook, "solution"):
        name = solution.id.removeprefix("solution-")
        exercise = next(cell for cell in notebook.cells if cell.id == f"exercise-{name}")
        # In the clinic the symptom stands below the program, after an empty line, and shows again what the cure does to it.
        _, blank, symptom = exercise.source.partition("\n\n") if "# my cure:" in exercise.source else ("", "", "")
        exercise.source = series.fenced(solution).rstrip() + blank + symptom
    answers = {name: QUESTIONS[key].sample for cell in series.tagged(notebook, "check") for key, name in asked(cell)}
    for cell in series.tagged(notebook, "predict"):
        blank = re.fullmatch(r"(\w+) = \.\.\.", cell.source)
        if blank:
            assert not callable(answers[blank[1]]), f"{cell.id}: its question needs an example of a right answer"
            cell.source = f"{blank[1]} = {answers[blank[1]]!r}"


def shown(cell) -> list:
    """What a cell shows besides the line of its check, with what nbval leaves out left out."""
    rules = re.findall(r"^regex: (.*)\nreplace: (.*)$", (series.ROOT / "tests/nbval_sanitize.cfg").read_text(), re.M)
    outputs = [o for o in cell.outputs if not ("check" in series.tags(cell) and o.output_type == "stream")]
    text = "\n".join(o.text if o.output_type == "stream" else "".join(o.data.get("text/plain", "")) for o in outputs)
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return text


def confirm(saved, solved) -> None:
    """Every check of a solved notebook says so, and whatever else it shows is as saved."""
    series.tidy(solved)
    for before, after in zip(saved.cells, solved.cells, strict=True):
        if "check" in series.tags(after):
            text = series.text_of(after)
            assert text.startswith("✓") and "✗" not in text and "…" not in text.splitlines()[0], f"{after.id}: {text}"
        if "examine" in series.tags(after) or after.cell_type == "code" and "# my cure:" in before.source:
            assert shown(after) != shown(before), f"{after.id} looks at a cured patient and sees no difference"
        elif after.cell_type == "code" and "exercise" not in series.tags(after):
            assert shown(after) == shown(before), f"{after.id} shows something else once the exercises are solved"


if lab.browser() is None:  # where there is one, test_browser.py runs them in it

    @pytest.mark.parametrize("path", PATHS)
    def test_solved_notebook_runs_and_every_check_confirms(path, tmp_path):
        saved, solved = series.read(path), series.read(path)
        fill_in(solved)
        confirm(saved, series.run(solved, tmp_path))


def test_own_words_are_kept_and_shown_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    helpers.keep("units", "")
    assert said(capsys).startswith("… Nothing kept yet") and helpers.kept() == {}
    helpers.keep("units", "32 boxes, ein Kästchen je Schritt")
    helpers.keep("lengths", "no idea")
    assert said(capsys).count("✓ Kept") == 2
    assert helpers.kept() == {"units": "32 boxes, ein Kästchen je Schritt", "lengths": "no idea"}


@pytest.mark.parametrize("text", ['{"units": "32 boxes"', '["32 boxes"]', "32 boxes", ""])
def test_earlier_words_are_not_lost_in_a_file_that_cannot_be_read(text, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_answers.json").write_text(text, encoding="utf-8")
    helpers.keep("lengths", "no idea")
    assert said(capsys) == "✗ my_answers.json cannot be read: rename it, and run the cell again."
    assert (tmp_path / "my_answers.json").read_text(encoding="utf-8") == text and helpers.kept() == {}


def test_an_unknown_question_is_a_sentence(capsys):
    helpers.check("99-nothing", 1)
    helpers.hint("99-nothing", 1)
    assert "there is no question '99-nothing'" in (out := said(capsys)) and "There is no hint" in out


def test_a_measurement_that_differs_from_the_lesson_is_said(capsys):
    helpers.check("00-shape", ..., (3, 501))
    assert "this run gives (3, 501), and the lesson was written with (3, 500)" in said(capsys)


@pytest.mark.parametrize("answer, wanted", [
    ([3, 500], (3, 500)), ("(3, 500)", (3, 500)), ("3,500", (3, 500)), (np.array([3, 500]), (3, 500)), (np.int64(7), 7),
    ("None, 8", (None, 8)), ("Yes", True), (" no ", False), (4.0, 4), ("'time'", "time"), ("Time, Batch", "time,batch"),
])
def test_what_says_the_same_counts_as_the_same(answer, wanted):
    from helpers.checking import same
    assert same(answer, wanted)


@pytest.mark.parametrize("key, answers", [
    ("00-which", ["ac", "CA", "a and c", "a, c", ["a", "c"]]),
    ("01-nones", ["batch, time, vector", "batch time vector", "Batch, time and features", ["batch", "time", "vector"]]),
    ("01-single", [np.array([[7, 3, 9, 2]]), keras.ops.convert_to_tensor([[7, 3, 9, 2]])]),
    ("02-clues", ["bc", "cb", "B, C", "b and c", ["b", "c"], ("c", "b"), {"b", "c"}]),
    ("02-order", ["ac", "a and c", ["c", "a"]]),
    ("04-stack", ["ab", "a, b", "a and b", ["a", "b"]]),
    ("04-silent", ["mse", "MSE", "mean_squared_error", "mean squared error", "MeanSquaredError"]),
])
def test_a_right_answer_may_be_written_in_many_ways(key, answers, capsys):
    for answer in answers:
        helpers.check(key, answer)
        assert said(capsys).startswith("✓ Right."), answer


@pytest.mark.parametrize("key, measured", [("02-clues", "bcd"), ("02-order", "abc"), ("04-column", "another"), ("04-stack", "ab abc")])
def test_a_run_that_differs_is_said_where_many_answers_are_right(key, measured, capsys):
    helpers.check(key, QUESTIONS[key].sample, measured)
    assert f"this run gives {measured!r}, and the lesson was written with {QUESTIONS[key].sample!r}" in said(capsys)


@pytest.mark.parametrize("answer, wanted", [
    ((500, 3), (3, 500)), ((3, 500, 1), (3, 500)), (True, 1), (1, True), ("yes", 1), (float("nan"), 1.0), ([], (1,)), ("x", 3),
])
def test_what_does_not_say_the_same_does_not(answer, wanted):
    from helpers.checking import same
    assert not same(answer, wanted)


def test_solutions_are_python():
    for path in series.NOTEBOOKS:
        for cell in series.tagged(series.read(path), "solution"):
            ast.parse(series.fenced(cell))
