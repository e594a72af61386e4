"""A figure as SVG for a slider, which has to wait for it: matplotlib's own renderer with what takes longest cut short."""
from __future__ import annotations

import html
import io
from functools import lru_cache

import numpy as np
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import weight_dict
from matplotlib.path import Path
from matplotlib.text import TextToPath

_LETTERS = TextToPath()
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}


class _Renderer(RendererSVG):
    """Leaves out names of groups and facts about the file, and writes texts and meshes by itself, as short as they can be."""

    def __init__(self, width: float, height: float, file: io.StringIO):
        self._file = file
        super().__init__(width, height, file, image_dpi=72)

    def _raw(self, text: str) -> None:
        self._file.write(text)  # between two artists the writer has no tag open

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
        weight, anchor = prop.get_weight(), "start"
        if mtext is not None and not angle:  # one line: where it is laid out, whatever font the browser has
            x, anchor = mtext.get_transform().transform(mtext.get_unitless_position())[0], _ANCHORS[mtext.get_ha()]
        font = f"{weight_dict.get(weight, weight)} {prop.get_size():.4g}px DejaVu Sans,Verdana,sans-serif"
        alpha = gc.get_alpha() if gc.get_forced_alpha() else gc.get_rgb()[3]
        turned = f' transform="rotate({-angle:.4g} {x:.2f} {y:.2f})"' if angle else ""
        self._raw(f'<text x="{x:.2f}" y="{y:.2f}" fill="{to_hex(gc.get_rgb())}" text-anchor="{anchor}" fill-opacity="{alpha:.3g}" '
                  f'style="font:{font}"{turned}>'
                  f"{html.escape(s)}</text>\n")

    def draw_path_collection(self, gc, master_transform, paths, all_transforms, offsets, offset_trans, facecolors, edgecolors,
                             linewidths, linestyles, *others, **named) -> None:
        looks = (all_transforms, offsets, facecolors, edgecolors, linewidths, linestyles)
        if len(paths) > 1 and all(len(look) <= 1 for look in looks):  # all paths look alike: make one of them
            paths = [Path.make_compound_path(*paths)]
        super().draw_path_collection(gc, master_transform, paths, all_transforms, offsets, offset_trans, facecolors, edgecolors,
                                     linewidths, linestyles, *others, **named)

    def draw_quad_mesh(self, gc, master_transform, width, height, coordinates, offsets, offset_trans, facecolors,
                       antialiased, edgecolors) -> None:
        if not len(facecolors) or np.any(facecolors[:, 3] < 1) or len(edgecolors) > 1:
            return super().draw_quad_mesh(gc, master_transform, width, height, coordinates, offsets, offset_trans, facecolors,
                                          antialiased, edgecolors)
        corners = master_transform.transform(coordinates.reshape(-1, 2)).reshape(coordinates.shape)
        corners[..., 1] = self.height - corners[..., 1]
        cells = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2).reshape(-1, 8)
        drawn: dict[str, list[str]] = {}  # one path for all cells of a colour
        shades = np.broadcast_to(facecolors, (len(cells), 4))
        for cell, shade in zip(cells.tolist(), shades.tolist()):
            drawn.setdefault(to_hex(shade), []).append("M{:.2f} {:.2f}L{:.2f} {:.2f}L{:.2f} {:.2f}L{:.2f} {:.2f}z".format(*cell))
        edge = f'stroke="{to_hex(edgecolors[0])}" stroke-width="{gc.get_linewidth():.3g}"' if len(edgecolors) else ""
        clip = "".join(f' {name}="{value}"' for name, value in self._get_clip_attrs(gc).items())
        paths = (f'<path d="{"".join(some)}" fill="{shade}" {edge}/>\n' for shade, some in drawn.items())
        self._raw(f"<g{clip}>{''.join(paths)}</g>\n")


@lru_cache(maxsize=4096)
def _size(words, prop, ismath) -> tuple[float, float, float]:
    return _LETTERS.get_text_width_height_descent(words, prop, ismath)


def quick_svg(fig: Figure) -> str:
    """The figure as the text of an SVG file, letters left to the browser."""
    file, dpi = io.StringIO(), fig.dpi
    fig.dpi = 72  # SVG counts in points
    try:
        renderer = _Renderer(*(fig.get_size_inches() * 72), file)
        fig.draw(renderer)
        renderer.finalize()
    finally:
        fig.dpi = dpi
    return file.getvalue()
