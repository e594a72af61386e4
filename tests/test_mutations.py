"""Notebook 05 means what it shows: remove one mask or change one padding side, and some cell shows something else.

The code cells run in one namespace, each from the same random numbers, and what is shown is kept. For each mutant one cell is
changed and run again, then the later cells that depend on what it defines, until one shows something else or stops. A table
of `mask_table` is made only where something in it is changed.

Training would double the time: with ANY_LENGTH_TRAIN=1 the mutants of section 4 are tried, too, and were all seen when the
section was last changed.
"""
from __future__ import annotations

import ast
import contextlib
import copy
import io
import os
import re
import warnings

import keras
import pytest
from IPython.lib.pretty import pretty

import helpers

from . import series

PATH = next(path for path in series.NOTEBOOKS if path.name[:2] == "05")
CELLS = {cell.id: cell.source for cell in series.read(PATH).cells if cell.cell_type == "code"}
ORDER = list(CELLS)
TRAINED = () if os.environ.get("ANY_LENGTH_TRAIN") else (
    "learner", "learn", "run-sixty", "one-answer", "run-twelve", "elsewhere", "mates", "mates-numbers")
MAKERS = {"classifier", "tagger", "decoder", "two_blocks"}  # their first argument, or by_hand=, says whether there is a mask

# Mutants that change nothing, by cell and number, and why. One that is caught must leave this list.
EQUAL: dict[str, str] = {}


def _is_masking(node) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "layers.Masking"


def _changes(node) -> list:
    """(what it says, what to do with a copy of the node) for each way to take away a mask or to turn a side here."""
    found = []
    if isinstance(node, ast.Constant) and node.value in ("post", "pre"):
        other = {"post": "pre", "pre": "post"}[node.value]
        found.append((f"{node.value} to {other}", lambda n: ast.Constant(other)))
    if isinstance(node, ast.Assign) and ast.unparse(node) == "supports_masking = True":
        found.append(("supports_masking = False", lambda n: ast.parse("supports_masking = False").body[0]))
    if isinstance(node, ast.List) and any(map(_is_masking, node.elts)):
        found.append(("no Masking layer", lambda n: ast.List([e for e in n.elts if not _is_masking(e)], n.ctx)))
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if _is_masking(node.func):
            found.append(("no Masking layer", lambda n: n.args[0]))
        if called in MAKERS and node.args and ast.unparse(node.args[0]) == "True":
            found.append((f"{called}(False)", lambda n: ast.Call(n.func, [ast.Constant(False), *n.args[1:]], n.keywords)))
        for k, keyword in enumerate(node.keywords):
            if keyword.arg == "mask_zero" or (called in MAKERS and ast.unparse(keyword) == "by_hand=True"):
                def off(n, k=k):
                    n.keywords[k].value = ast.Constant(False)
                    return n
                found.append((f"{ast.unparse(keyword)} to False", off))
            if keyword.arg in ("mask", "attention_mask") and called != "refused":
                found.append((f"no {ast.unparse(keyword)}", lambda n, k=k: ast.Call(n.func, n.args, n.keywords[:k] + n.keywords[k + 1:])))
    return found


def _mutants(source: str) -> list[tuple[str, str]]:
    """(name, changed source), one change each."""
    places = [(place, number) for place, node in enumerate(ast.walk(ast.parse(source))) for number in range(len(_changes(node)))]
    made = []
    for place, number in places:
        tree = ast.parse(source)
        chosen = list(ast.walk(tree))[place]
        says, change = _changes(chosen)[number]

        class Put(ast.NodeTransformer):
            def visit(self, node):
                return change(copy.deepcopy(node)) if node is chosen else self.generic_visit(node)

        made.append((f"{says}, line {chosen.lineno}", ast.unparse(ast.fix_missing_locations(Put().visit(tree)))))
    return made


MUTANTS = [(cell, says, source) for cell in ORDER if cell not in TRAINED for says, source in _mutants(CELLS[cell])]
CHANGED = {cell for cell, _, _ in MUTANTS}
CASES = [pytest.param(*mutant, id=f"{mutant[0]}: {mutant[1]} ({n})") for n, mutant in enumerate(MUTANTS)]


def _names(source: str, context=(ast.Load, ast.Store)) -> set[str]:
    tree = list(ast.walk(ast.parse(source)))
    defined = {n.name for n in tree if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    defined |= {n.asname or n.name for n in tree if isinstance(n, ast.alias)}
    return (defined if ast.Store in context else set()) | {n.id for n in tree if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def _show(fig, alt=None) -> None:
    print(f"[figure] {alt or fig.get_label()}")


class Walk:
    """The notebook's cells, run once, with what they show and the namespace before each."""

    def __init__(self):
        self.trained, self.before, self.shown = {}, {}, {}
        names = {}
        for cell in ORDER:
            if cell in TRAINED:
                continue
            self.before[cell] = dict(names)
            if _names(CELLS[cell], (ast.Store,)):  # what defines nothing waits until somebody asks for it
                self.shown[cell] = self.run(cell, CELLS[cell], names)

    def expected(self, cell: str) -> str:
        """What the cell shows as it is."""
        if cell not in self.shown:
            self.shown[cell] = self.run(cell, CELLS[cell], dict(self.before[cell]))
        return self.shown[cell]

    def run(self, cell: str, source: str, names: dict) -> str:
        """What the cell shows, without the numbers that Keras gives to layers."""
        keras.utils.set_random_seed(ORDER.index(cell))
        tree, out = ast.parse(source), io.StringIO()
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        table = helpers.mask_table
        if cell not in CHANGED:
            helpers.mask_table = lambda cases: "a table that no change has touched"
        try:
            with contextlib.redirect_stdout(out), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(tree, cell, "exec"), names)
                value = eval(compile(ast.Expression(last.value), cell, "eval"), names) if last else None
        finally:
            helpers.mask_table = table
        if cell == "learn":
            names["learn"] = self._remember(names)
        return re.sub(r"_\d+\b", "", " ".join(f"{out.getvalue()} {'' if value is None else pretty(value)}".split()))

    def _remember(self, names: dict):
        learn, made_of = names["learn"], (names["learn"].__code__.co_code, id(names["learners"]), id(names["pad"]))

        def remembered(*run):
            if (made_of, run) not in self.trained:
                self.trained[made_of, run] = learn(*run), names["learnt"][run]
            score, names["learnt"][run] = self.trained[made_of, run]
            return score

        return remembered

    def first_difference(self, cell: str, source: str) -> str | None:
        """The first cell that shows something else, or stops, once this one is changed."""
        names, touched = dict(self.before[cell]), _names(source, (ast.Store,))
        for later in ORDER[ORDER.index(cell):]:
            now = source if later == cell else CELLS[later]
            if later != cell and (later not in self.before or "mask_table" in now or not _names(now, (ast.Load,)) & touched):
                continue
            names.update({name: value for name, value in self.before[later].items() if name not in touched})
            touched |= _names(now, (ast.Store,))
            expected = self.expected(later)
            try:
                shown = self.run(later, now, names)
            except Exception as error:
                shown = error
            if shown != expected:
                return later
        return None


@pytest.fixture(scope="module")
def walk():
    patch = pytest.MonkeyPatch()
    patch.setattr(helpers, "show", _show)
    patch.setattr(helpers, "slider", lambda draw, **controls: None)
    yield Walk()
    patch.undo()


def test_there_is_something_to_take_away():
    said = " ".join(says for _, says, _ in MUTANTS)
    assert len(MUTANTS) > 50 and CHANGED >= {"pad", "readers", "classifier", "by-hand", "tagger"}
    for change in ("mask_zero", "no mask=", "no attention_mask=", "supports_masking", "no Masking layer", "post to pre", "pre to post"):
        assert change in said


def test_run_again_without_a_change_a_cell_shows_the_same(walk):
    """Or every mutant would seem to be caught."""
    for cell in CHANGED:
        if "0." in walk.expected(cell):  # only fractions could hang on chance; the others show words and whole numbers
            assert walk.run(cell, CELLS[cell], dict(walk.before[cell])) == walk.expected(cell), cell


@pytest.mark.parametrize("cell, says, source", CASES)
def test_a_mask_taken_away_or_a_side_turned_is_seen(walk, cell, says, source):
    where = walk.first_difference(cell, source)
    name = f"{cell}: {says}"
    if name in EQUAL:
        assert where is None, f"{name} is seen in {where}: take it off the list of those that change nothing"
    else:
        assert where, f"nobody sees {name}"


def test_the_list_of_those_that_change_nothing_holds_no_other():
    assert set(EQUAL) <= {f"{cell}: {says}" for cell, says, _ in MUTANTS}
