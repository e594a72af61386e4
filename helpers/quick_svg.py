"""A figure as SVG for a slider, which has to wait for it: matplotlib's own renderer with what takes longest cut short."""
from __future__ import annotations

import html
import io
from functools import lru_cache

import numpy as np
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import weight_dict
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from matplotlib.transforms import IdentityTransform

_LETTERS = TextToPath()
_BASELINES: dict[tuple, float] = {}  # how far below its place matplotlib has put the baseline of a text
_hex = lru_cache(maxsize=4096)(to_hex)
_FAMILY = "DejaVu Sans,Verdana,sans-serif"
_LINE = {n: np.array([Path.MOVETO] + [Path.LINETO] * (n - 1), Path.code_type) for n in range(1, 9)}
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}


class Word(Text):
    """A text that a slider does not lay out at each step, where it has done so once; everywhere else an ordinary text."""

    def set_clip_path(self, path, transform=None) -> None:
        pass  # words are not cut off

    def draw(self, renderer) -> None:
        again = isinstance(renderer, _Renderer) and self.get_visible() and self.get_bbox_patch() is None
        if not (again and renderer.draw_again(self)):
            super().draw(renderer)


class _Renderer(RendererSVG):
    """Leaves out names of groups and facts about the file, and writes texts and meshes by itself, as short as they can be."""

    def __init__(self, width: float, height: float, file: io.StringIO):
        self._file, self._ids = file, 0
        super().__init__(width, height, file, image_dpi=72)

    def _raw(self, text: str) -> None:
        self._file.write(text)  # between two artists the writer has no tag open

    def _make_id(self, type, content) -> str:
        self._ids += 1  # matplotlib throws dice, so that no two files have an id in common; ours are files of their own
        return f"{type}{self._ids}"

    def _write_metadata(self, metadata) -> None:
        pass

    def open_group(self, s, gid=None) -> None:
        pass

    def close_group(self, s) -> None:
        pass

    def get_text_width_height_descent(self, s, prop, ismath):
        return _size(s, prop, ismath)  # a hashable: the properties of a font are compared by value

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None) -> None:
        if ismath:
            return super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        alpha = gc.get_alpha() if gc.get_forced_alpha() else gc.get_rgb()[3]
        if mtext is None or angle:
            turned = f' transform="rotate({-angle:.4g} {x:.2f} {y:.2f})"' if angle else ""
            return self._word(x, y, s, prop, "start", gc.get_rgb(), alpha, turned)
        x, top = self._place(mtext)
        if len(_BASELINES) > 4096:
            _BASELINES.clear()
        _BASELINES[_look(mtext)] = y - top
        self._word(x, y, s, prop, _ANCHORS[mtext.get_ha()], gc.get_rgb(), alpha)

    def draw_again(self, text: Text) -> bool:
        """Write a text without laying it out, if one like it has been laid out before. Is it written?"""
        down, plain = _BASELINES.get(_look(text)), text.get_alpha() is None and to_rgba(text.get_color())[3] == 1
        if down is None or not plain or text.get_path_effects():
            return False
        x, y = self._place(text)
        self._word(x, y + down, text.get_text(), text.get_fontproperties(), _ANCHORS[text.get_ha()], text.get_color(), 1)
        return True

    def _place(self, text: Text) -> tuple[float, float]:
        x, y = text.get_transform().transform(text.get_unitless_position())
        return x, self.height - y

    def _word(self, x, y, s, prop, anchor, colour, alpha, more="") -> None:
        weight = weight_dict.get(prop.get_weight(), prop.get_weight())
        more += f' text-anchor="{anchor}"' if anchor != "start" else ""
        more += f' font-weight="{weight}"' if weight != 400 else ""
        more += f' fill-opacity="{alpha:.3g}"' if alpha != 1 else ""
        self._raw(f'<text x="{x:.2f}" y="{y:.2f}" fill="{_hex(colour)}" font-size="{prop.get_size():.4g}"{more}>{html.escape(s)}</text>\n')

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None) -> None:
        marker, places = marker_path.transformed(marker_trans), trans.transform(path.vertices)
        places = places[np.isfinite(places).all(axis=1)]
        codes = _LINE.get(len(marker.vertices)) if marker.codes is None else marker.codes
        if codes is None or np.any((codes == Path.CURVE3) | (codes == Path.CURVE4)) or gc.get_hatch() is not None or not len(places):
            return super().draw_markers(gc, marker_path, marker_trans, path, trans, rgbFace)
        corners = (places[:, np.newaxis] + marker.vertices).reshape(-1, 2)  # all markers as one path, each where it stands
        every = Path(corners, np.tile(codes, len(places)))
        every.should_simplify = False
        self.draw_path(gc, every, IdentityTransform(), rgbFace)

    def draw_path_collection(self, gc, master_transform, paths, all_transforms, offsets, offset_trans, facecolors, edgecolors,
                             linewidths, linestyles, *others, **named) -> None:
        looks = (all_transforms, offsets, facecolors, edgecolors, linewidths, linestyles)
        plain = (len(all_transforms) == 0 and not np.any(offsets) and len(linewidths) == 1 and len(linestyles) == 1
                 and linestyles[0][1] is None and gc.get_hatch() is None)
        if plain and len(paths) > 1 and len(facecolors) and all(_is_quad(path) for path in paths) and _opaque(facecolors, edgecolors):
            corners = np.concatenate([path.vertices[:4] for path in paths])
            return self._quads(gc, master_transform.transform(corners).reshape(-1, 4, 2), facecolors, edgecolors, linewidths[0])
        if len(paths) > 1 and all(len(look) <= 1 for look in looks):  # all paths look alike: make one of them
            paths = [Path.make_compound_path(*paths)]
        super().draw_path_collection(gc, master_transform, paths, all_transforms, offsets, offset_trans, facecolors, edgecolors,
                                     linewidths, linestyles, *others, **named)

    def draw_quad_mesh(self, gc, master_transform, width, height, coordinates, offsets, offset_trans, facecolors,
                       antialiased, edgecolors) -> None:
        if not len(facecolors) or not _opaque(facecolors, edgecolors):
            return super().draw_quad_mesh(gc, master_transform, width, height, coordinates, offsets, offset_trans, facecolors,
                                          antialiased, edgecolors)
        corners = master_transform.transform(coordinates.reshape(-1, 2)).reshape(coordinates.shape)
        cells = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2)
        self._quads(gc, cells.reshape(-1, 4, 2), facecolors, edgecolors, gc.get_linewidth())

    def _quads(self, gc, cells: np.ndarray, facecolors, edgecolors, linewidth: float) -> None:
        """Areas of four corners (N, 4, 2), those of a colour as one path."""
        cells = np.stack([cells[..., 0], self.height - cells[..., 1]], axis=2).reshape(-1, 8)
        drawn: dict[str, list[str]] = {}
        shades = np.resize(facecolors, (len(cells), 4))
        for cell, shade in zip(cells.tolist(), map(tuple, shades.tolist())):
            drawn.setdefault(_hex(shade), []).append("M{:.2f} {:.2f} {:.2f} {:.2f} {:.2f} {:.2f} {:.2f} {:.2f}z".format(*cell))
        looks = dict(self._get_clip_attrs(gc))
        if len(edgecolors):
            looks |= {"stroke": to_hex(edgecolors[0]), "stroke-width": f"{linewidth:.3g}"}
        paths = (f'<path d="{"".join(some)}" fill="{shade}"/>\n' for shade, some in drawn.items())
        named = "".join(f' {name}="{value}"' for name, value in looks.items())
        self._raw(f"<g{named}>{''.join(paths)}</g>\n")


def _is_quad(path: Path) -> bool:
    return len(path.vertices) == 5 and path.codes is not None and path.codes.tolist() == [1, 2, 2, 2, 79]  # closed, no curve


def _opaque(facecolors, edgecolors) -> bool:
    """Areas that cover what is under them, all with the same edge, or without one."""
    return len(edgecolors) <= 1 and np.all(facecolors[:, 3] == 1) and np.all(edgecolors[:, 3] == 1)


def _look(text: Text) -> tuple:
    """All that decides where the baseline of a line of text stands."""
    return text.get_text(), text.get_fontproperties(), text.get_va(), text.get_rotation()


@lru_cache(maxsize=4096)
def _size(words, prop, ismath) -> tuple[float, float, float]:
    return _LETTERS.get_text_width_height_descent(words, prop, ismath)


def quick_svg(fig: Figure) -> str:
    """The figure as the text of an SVG file, letters left to the browser; the same text for the same picture."""
    file, dpi = io.StringIO(), fig.dpi
    fig.dpi = 72  # SVG counts in points
    try:
        renderer = _Renderer(*(fig.get_size_inches() * 72), file)
        fig.draw(renderer)
        renderer.finalize()
    finally:
        fig.dpi = dpi
    return file.getvalue().replace("<svg ", f'<svg font-family="{_FAMILY}" ', 1)
