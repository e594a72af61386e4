"""Open notebooks in a real Jupyter in a real browser: what tests/test_browser.py and a look by eye both need.

    python -m tests.lab FOLDER                        screenshots of every notebook after Run All, light and dark,
    python -m tests.lab FOLDER notebooks/01*          and how long a step of each slider takes: key press to new picture
"""
from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from . import series

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            r"C:\Program Files\Google\Chrome\Application\chrome.exe")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
QUIET_SETTINGS = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},  # every cell is in the page
}


VIEWPORT = {"width": 1250, "height": 1000}
TOKEN = "any-length"  # the server listens on this machine only, and serves a copy
NO_BROWSER = ("no Chromium or Chrome found on this machine: install one, on Debian with "
              "`apt-get install chromium`; the notebooks' other tests run without.")


def browser() -> str | None:
    """Where a Chromium is on this machine, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def put(notebook, path: Path) -> None:
    """Write a notebook without the numbers of its last run: then a number says that a cell has run."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
    nbformat.write(notebook, path)


@contextlib.contextmanager
def jupyter(folder: Path, dark: bool = False, port: int | None = None) -> Iterator[tuple[str, Path]]:
    """A Jupyter server over a copy of the notebooks in `folder`, with settings of its own. Gives its address and that copy.

    Raises
    ------
    RuntimeError : one sentence if the port is taken or the server does not start.
    """
    port = free_port() if port is None else port
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise RuntimeError(f"port {port} is taken by another program: choose another, or leave it out and a free one is found.")
    root = folder / "root"
    root.mkdir(parents=True)
    shutil.copy(series.ROOT / "README.md", root)
    (root / "notebooks").mkdir()
    for path in series.NOTEBOOKS:
        put(series.read(path), root / "notebooks" / path.name)
    settings = dict(QUIET_SETTINGS)
    settings["@jupyterlab/apputils-extension/themes.jupyterlab-settings"] = {
        "theme": "JupyterLab Dark" if dark else "JupyterLab Light"}
    for name, content in settings.items():
        file = folder / "settings" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")
    places = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    places |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    env = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"} | places
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}",
         "--expose-app-in-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"],
        cwd=root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api", timeout=5):
                break
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"JupyterLab did not start on port {port}: run `{sys.executable} -m jupyter lab` by hand to see why.")
            time.sleep(0.2)
        yield address, root
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(20)
        server.kill()


@contextlib.contextmanager
def chromium() -> Iterator:
    """A headless browser from this machine; playwright drives it."""
    from playwright.sync_api import sync_playwright

    if browser() is None:
        raise RuntimeError(NO_BROWSER)
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=browser(), args=FLAGS)
        try:
            yield started
        finally:
            started.close()


@dataclass
class Opened:
    """A notebook in a page of JupyterLab, or of Notebook 7."""

    page: object
    name: str
    order: dict[str, int]  # cell id: its place in the file, which is its place on the page
    code_cells: int
    complaints: list[str]  # errors in the browser's console

    def cell(self, cell_id: str):
        """The part of the page that shows the cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self.order[cell_id])

    def run_all(self, patience: float = 180) -> None:
        """Menu Run, Run All Cells; wait until every code cell has a number, or one shows an error.

        Raises
        ------
        TimeoutError : if no further cell ends within `patience` seconds. (How long all of them take is not judged here.)
        """
        self.page.keyboard.press("Escape")
        self.page.locator("#jp-MainMenu >> text=/^Run$/").click()
        self.page.locator('[data-command="runmenu:run-all"]').click()
        done, since = -1, time.monotonic()
        while done < self.code_cells and not self.errors():
            now = self.page.evaluate("""() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputArea-prompt')]
                                              .filter(p => /^\\[\\d+\\]:$/.test(p.textContent.trim())).length""")
            if now > done:
                done, since = now, time.monotonic()
            elif time.monotonic() - since > patience:
                raise TimeoutError(f"{self.name}: {done} of {self.code_cells} cells have run, and no further one for {patience} s")
            time.sleep(1)

    def controls(self):
        """The sliders and checkboxes of the notebook's outputs."""
        return self.page.locator(".jp-OutputArea-output [role=slider], .jp-OutputArea-output .widget-checkbox input")

    def errors(self) -> list[str]:
        return self.page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"], '
                                 '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]').all_inner_texts()

    def type_into(self, cell_id: str, source: str) -> None:
        """Replace a code cell's text and run it, with the keys a reader would use."""
        editor = self.cell(cell_id).locator(".cm-content")
        editor.scroll_into_view_if_needed()
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.run_here(cell_id)

    def run_here(self, cell_id: str) -> str:
        """Run one cell with Ctrl+Enter, wait for its new number, and give what it shows."""
        cell = self.cell(cell_id)
        prompt = cell.locator(".jp-InputArea-prompt")
        before = prompt.inner_text()
        editor = cell.locator(".cm-content")
        editor.scroll_into_view_if_needed()
        editor.click()
        self.page.keyboard.press("Control+Enter")
        deadline = time.monotonic() + 120
        while not (prompt.inner_text().strip("[]: ").isdigit() and prompt.inner_text() != before):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: cell {cell_id} did not run within 120 s")
            time.sleep(0.05)
        time.sleep(0.1)
        return cell.locator(".jp-OutputArea").inner_text()

    def step(self, control, key: str, seconds: float = 10) -> float | None:
        """Press a key on a slider or checkbox; the seconds until another picture is painted, or None if the key changes nothing.

        Another one differs in what is drawn. (Its description may be the same: numbers in it are rounded.)

        Raises
        ------
        TimeoutError : if the control moves and the picture stays.
        """
        control.scroll_into_view_if_needed()
        control.focus()
        handle = control.element_handle()
        value = "e => e.type === 'checkbox' ? e.checked : e.getAttribute('aria-valuetext') + e.getAttribute('aria-valuenow')"
        # The browser itself notes when the key comes and when the new picture has been decoded and painted; until then nobody
        # asks it anything, for an answer would take its time from the step.
        self.page.evaluate(
            """([control, limit]) => {
                const area = control.closest('.jp-OutputArea-output');
                const from = area.querySelector('img')?.src;
                const noted = {pressed: null, painted: null};
                window.anyLength = new Promise(done => {
                    control.addEventListener('keydown', () => {
                        noted.pressed = performance.now();
                        setTimeout(() => done(noted), limit);
                    }, {capture: true, once: true});
                    const watch = new MutationObserver(() => {
                        const image = area.querySelector('img');
                        if (!image || image.src === from) return;
                        watch.disconnect();
                        const note = () => requestAnimationFrame(() => { noted.painted = performance.now(); done(noted); });
                        image.decode().then(note, note);
                    });
                    watch.observe(area, {subtree: true, childList: true, attributes: true});
                });
            }""", [handle, 1000 * seconds])
        before = handle.evaluate(value)
        self.page.keyboard.press(key)
        if handle.evaluate(value) == before:
            return None
        noted = self.page.evaluate("() => window.anyLength")
        if noted["painted"] is None:
            raise TimeoutError(f"{self.name}: {key} moved a slider to {handle.evaluate(value)}, and within {seconds} s no other "
                               "picture came")
        return (noted["painted"] - noted["pressed"]) / 1000

    def saved(self, root: Path) -> object:
        """Save with Ctrl+S, and read what then stands in the file."""
        self.page.keyboard.press("Control+s")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(ValueError):  # half written
                notebook = series.read(root / "notebooks" / self.name)
                if all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code"):
                    return notebook
            time.sleep(0.1)
        raise TimeoutError(f"{self.name} was not saved within 60 s")

    def close(self, context, address: str) -> None:
        """Put the notebook away and end its kernel; JupyterLab itself stays open for the next one."""
        if "/lab/" in self.page.url:
            self.page.evaluate("() => [...jupyterapp.shell.widgets('main')].forEach(widget => widget.dispose())")
        else:
            self.page.close()
        known = {"headers": {"Authorization": f"token {TOKEN}"}}
        for session in context.request.get(f"{address}/api/sessions", **known).json():
            assert context.request.delete(f"{address}/api/sessions/{session['id']}", **known).ok


def open_notebook(context, address: str, path: Path, notebook_7: bool = False) -> Opened:
    """Open a notebook and wait for its kernel: by its address, or in the JupyterLab that is open already."""
    notebook = series.read(path)
    in_lab = next((page for page in context.pages if page.url.startswith(f"{address}/lab/")), None)
    page = (None if notebook_7 else in_lab) or context.new_page()
    if page is not in_lab:
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.complaints.clear()
    opened = Opened(page, path.name, {cell.id: n for n, cell in enumerate(notebook.cells)},
                    sum(cell.cell_type == "code" for cell in notebook.cells), page.complaints)
    if notebook_7:
        page.goto(f"{address}/notebooks/notebooks/{path.name}?token={TOKEN}")
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=120_000)
        time.sleep(2)
        return opened
    if in_lab is None:
        page.goto(f"{address}/lab/tree/notebooks/{path.name}?reset&token={TOKEN}")
    else:
        page.evaluate("path => { jupyterapp.commands.execute('docmanager:open', {path, factory: 'Notebook'}); }",
                      f"notebooks/{path.name}")
    page.wait_for_function(
        """cells => document.querySelectorAll('.jp-Notebook .jp-Cell').length === cells
                    && window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'""",
        arg=len(notebook.cells), timeout=120_000, polling=200)
    return opened


def latencies(opened: Opened, steps: int = 12) -> dict[str, list[float]]:
    """Seconds from key press to the new picture, for each slider and checkbox of the notebook (by its label)."""
    found = {}
    controls = opened.controls()
    for n in range(controls.count()):
        control = controls.nth(n)
        label = control.evaluate("e => (e.closest('.widget-hslider')?.querySelector('label') ?? e.closest('.widget-checkbox'))"
                                 ".textContent.replace(/\\u200b/g, '').trim()")
        if control.get_attribute("type") == "checkbox":
            keys = ["Space"] * steps
        else:
            shown = control.evaluate("e => e.closest('.widget-hslider').querySelector('.widget-readout').textContent")
            if not shown.strip().isdigit():
                opened.step(control, "End")  # of several words the last: the first may be one on which other sliders do not act
            keys = ["ArrowLeft"] * (steps // 2) + ["ArrowRight"] * (steps // 2)
        times = [opened.step(control, key) for key in keys]
        found[label] = [took for took in times if took is not None]  # None at the slider's end
    return found


def _look(folder: Path, paths: list[Path]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for dark in (False, True):
        with chromium() as started, tempfile.TemporaryDirectory() as temporary, jupyter(Path(temporary), dark) as (address, _):
            context = started.new_context(viewport=VIEWPORT)
            for path in paths:
                opened = open_notebook(context, address, path)
                opened.run_all()
                print(f"{path.stem[:2]} {'dark' if dark else 'light'}: errors {opened.errors()}; console {opened.complaints}", flush=True)
                if not dark:
                    for label, times in latencies(opened).items():
                        print(f"{path.stem[:2]} {label:20} median {1000 * statistics.median(times):4.0f} ms, "
                              f"worst {1000 * max(times):4.0f} ms, {len(times)} steps", flush=True)
                _pictures(opened, folder, f"{path.stem[:2]}{'-dark' if dark else ''}")
                opened.close(context, address)


def _pictures(opened: Opened, folder: Path, stem: str, piece: int = 6000) -> None:
    """The whole notebook, in pieces that an image viewer can show."""
    page = opened.page
    page.set_viewport_size({"width": VIEWPORT["width"], "height": piece + 300})
    scroller = page.locator(".jp-Notebook .jp-WindowedPanel-outer, .jp-Notebook.jp-WindowedPanel-outer").first
    height = scroller.evaluate("e => e.scrollHeight")
    for n in range(-(-height // piece)):
        scroller.evaluate("(e, top) => { e.scrollTop = top; }", n * piece)
        time.sleep(0.5)
        page.locator(".jp-Notebook").first.screenshot(path=folder / f"{stem}-{n + 1}.png")
    page.set_viewport_size(VIEWPORT)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit("say where the pictures go: python -m tests.lab FOLDER [notebooks/01* ...]")
    pictures, chosen = Path(sys.argv[1]), [Path(p) for p in sys.argv[2:]] or series.NOTEBOOKS
    if pictures.is_file() or pictures.name.startswith("-"):
        raise SystemExit(f"{pictures} is no folder: say first where the pictures go, then which notebooks.")
    for path in chosen:
        if path.resolve() not in series.NOTEBOOKS:
            raise SystemExit(f"{path} is no notebook of the series: write notebooks/01*, say.")
    try:
        _look(pictures, chosen)
    except RuntimeError as error:
        raise SystemExit(str(error)) from None
