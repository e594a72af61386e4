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
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from . import series

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
QUIET_SETTINGS = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},  # every cell is in the page
}


TOKEN = "any-length"  # the server listens on this machine only, and serves a copy
NO_BROWSER = (f"no Chromium on this machine (looked for {', '.join(BROWSERS)}): install one, on Debian with "
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
         f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"],
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
    """A notebook in a page of JupyterLab."""

    page: object
    complaints: list[str] = field(default_factory=list)

    def cell(self, cell_id: str):
        """The part of the page that shows the cell: JupyterLab keeps the order of the file."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self.order[cell_id])

    def run_all(self, seconds: float = 90) -> None:
        """Menu Run, Run All Cells; wait until every code cell has a number, or one shows an error."""
        self.page.keyboard.press("Escape")
        self.page.locator("#jp-MainMenu >> text=/^Run$/").click()
        self.page.locator('[data-command="runmenu:run-all"]').click()
        self.wait_for_numbers(seconds)

    def wait_for_numbers(self, seconds: float) -> None:
        self.page.wait_for_function(
            """(count) => {
                const prompts = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputArea-prompt')].map(p => p.textContent);
                return prompts.length === count && prompts.every(text => /^\\[\\d+\\]:$/.test(text.trim()));
            }""", arg=self.code_cells, timeout=seconds * 1000, polling=100)

    def sliders(self):
        return self.page.locator(".jp-OutputArea-output [role=slider]")

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
        deadline = time.monotonic() + 30
        while not (prompt.inner_text().strip("[]: ").isdigit() and prompt.inner_text() != before):
            if time.monotonic() > deadline:
                raise TimeoutError(f"cell {cell_id} did not run within 30 s")
            time.sleep(0.05)
        time.sleep(0.1)
        return cell.locator(".jp-OutputArea").inner_text()

    def step(self, slider, key: str, seconds: float = 5) -> float | None:
        """Press a key on a slider; the seconds until its picture is another one, or None if the slider or the picture stays."""
        slider.scroll_into_view_if_needed()
        slider.focus()
        handle = slider.element_handle()
        # The browser itself notes when the key comes and when the new picture has been decoded and painted.
        self.page.evaluate(
            """(slider) => {
                const area = slider.closest('.jp-OutputArea-output');
                const now = area.querySelector('img');
                window.anyLength = {from: now && now.src, pressed: null, painted: null};
                slider.addEventListener('keydown', () => { window.anyLength.pressed = performance.now(); }, {capture: true, once: true});
                const watch = new MutationObserver(() => {
                    const image = area.querySelector('img');
                    if (!image || image.src === window.anyLength.from) return;
                    watch.disconnect();
                    const note = () => requestAnimationFrame(() => { window.anyLength.painted = performance.now(); });
                    image.decode().then(note, note);
                });
                watch.observe(area, {subtree: true, childList: true, attributes: true});
            }""", handle)
        before = slider.get_attribute("aria-valuenow")
        self.page.keyboard.press(key)
        if slider.get_attribute("aria-valuenow") == before:
            return None  # at its end
        try:
            self.page.wait_for_function("() => window.anyLength.painted !== null", timeout=seconds * 1000, polling="raf")
        except Exception:
            return None
        noted = self.page.evaluate("() => window.anyLength")
        return (noted["painted"] - noted["pressed"]) / 1000


    def saved(self, root: Path) -> object:
        """Save with Ctrl+S, and read what then stands in the file."""
        self.page.keyboard.press("Control+s")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(ValueError):  # half written
                notebook = series.read(root / "notebooks" / self.name)
                if all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code"):
                    return notebook
            time.sleep(0.1)
        raise TimeoutError(f"{self.name} was not saved within 20 s")

    def close(self, context, address: str) -> None:
        """Close the page and end its kernel."""
        self.page.close()
        known = {"headers": {"Authorization": f"token {TOKEN}"}}
        for session in context.request.get(f"{address}/api/sessions", **known).json():
            assert context.request.delete(f"{address}/api/sessions/{session['id']}", **known).ok


def open_notebook(context, address: str, path: Path, notebook_7: bool = False) -> Opened:
    """Open a notebook and wait for its kernel."""
    page = context.new_page()
    opened = Opened(page)
    page.on("console", lambda message: opened.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    notebook = series.read(path)
    opened.order = {cell.id: n for n, cell in enumerate(notebook.cells)}
    opened.name = path.name
    opened.code_cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    where = f"notebooks/notebooks/{path.name}?" if notebook_7 else f"lab/tree/notebooks/{path.name}?reset&"
    page.goto(f"{address}/{where}token={TOKEN}")
    if notebook_7:
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=60_000)
        time.sleep(2)
    else:
        page.wait_for_selector("#jp-main-statusbar >> text=/^Python 3 .* Idle$/", timeout=60_000)
    return opened


def latencies(opened: Opened, steps: int = 12) -> dict[str, list[float]]:
    """Seconds from key press to the new picture, for each slider of the notebook (by its label)."""
    found = {}
    sliders = opened.sliders()
    for n in range(sliders.count()):
        slider = sliders.nth(n)
        label = slider.evaluate("s => s.closest('.widget-hslider, .jupyter-widgets').querySelector('label').textContent")
        times = []
        for _ in range(2):
            for key in ("ArrowRight", "ArrowLeft"):
                for _ in range(steps // 2):
                    took = opened.step(slider, key, seconds=1.5)
                    if took is None:
                        break  # at the slider's end
                    times.append(took)
        found[label] = times
    return found


def _look(folder: Path, paths: list[Path]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for dark in (False, True):
        with tempfile.TemporaryDirectory() as temporary, jupyter(Path(temporary), dark) as (address, _), chromium() as started:
            context = started.new_context(viewport={"width": 1250, "height": 1000})
            for path in paths:
                opened = open_notebook(context, address, path)
                started_at = time.monotonic()
                opened.run_all()
                took = time.monotonic() - started_at
                if not dark:
                    for label, times in latencies(opened).items():
                        if times:
                            print(f"{path.stem[:2]} {label:20} median {1000 * statistics.median(times):4.0f} ms, "
                                  f"worst {1000 * max(times):4.0f} ms, {len(times)} steps", flush=True)
                    print(f"{path.stem[:2]} Run All {took:.0f} s; errors {opened.errors()}; console {opened.complaints}", flush=True)
                box = opened.page.locator(".jp-Notebook .jp-WindowedPanel-viewport, .jp-Notebook").first
                height = opened.page.evaluate("() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].reduce((h, c) => h + c.offsetHeight, 0)")
                opened.page.set_viewport_size({"width": 1250, "height": min(16_000, int(height) + 300)})
                opened.page.evaluate("() => document.querySelectorAll('.jp-WindowedPanel-outer').forEach(e => e.scrollTop = 0)")
                time.sleep(1)
                box.screenshot(path=folder / f"{path.stem[:2]}{'-dark' if dark else ''}.png")
                opened.close(context, address)


if __name__ == "__main__":
    _look(Path(sys.argv[1]), [Path(p) for p in sys.argv[2:]] or series.NOTEBOOKS)
