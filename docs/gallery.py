"""``python -m docs.gallery``: docs/gallery.md and its pictures of every page, made anew from the running app on the demo."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from docs.screenshots import ROOT, serving, take

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "docs" / "gallery"
MOST_BYTES = 150_000
QUALITIES = (72, 60, 48, 36)


class Shot(NamedTuple):
    """One picture: its file, what it shows, the page's address, the window's width and theme."""

    name: str
    title: str
    address: str
    width: int = 1440
    scheme: str = "light"
    height: int = 0


SHOTS = (
    Shot("overview", "Overview: what changed, and five things worth a look", ""),
    Shot("dwell", "Dwell: when and on what people linger", "dwell"),
    Shot("purchases", "Purchases: who comes back, when, and what they are worth", "purchases"),
    Shot("products", "Products: time, frequency, amount and place of one product", "products?product=WC-07"),
    Shot("catchment", "Catchment: where two agents draw from the same homes", "catchment?layer=overlap"),
    Shot("openings", "Catchment, new stores: what an opening took from its neighbour", "catchment?section=openings"),
    Shot("sharing", "Sharing: an agent's statement", "sharing?tab=statements&agent=AG-06"),
    Shot("replay", "Sharing, replay: why this store", "sharing?tab=replay"),
    Shot("audiences", "Audiences: who is worth a word, and did it work", "audiences"),
    Shot("story", "Story: the steps of a meeting", "story?story=ST-001"),
    Shot(
        "presenting", "Story, presenting: one sentence, one picture", "story?present=ST-001&step=2&reveal=1", height=900
    ),
    Shot("sync", "Sync: do all channels know the same people", "sync"),
    Shot("data", "Data: every row accounted for", "data?section=report"),
    Shot("people", "People: who may look", "people"),
    Shot("overview-dark", "Dark", "", scheme="dark"),
    Shot("catchment-dark", "Dark, a map", "catchment?layer=customers", scheme="dark"),
    Shot("overview-phone", "On a phone: Overview", "", width=390),
    Shot("dwell-phone", "On a phone: Dwell", "dwell", width=390),
    Shot("tour-phone", "On a phone: the tour", "catchment?layer=overlap&tour=3", width=390),
)


def main() -> None:
    """Take all pictures and write the page that shows them."""
    FOLDER.mkdir(exist_ok=True)
    with serving() as (browser, root):
        for shot in SHOTS:
            png = take(browser, f"{root}/{shot.address}", shot.width, shot.scheme, height=shot.height)
            size = keep(png, FOLDER / f"{shot.name}.webp")
            print(f"{shot.name}: {size // 1000} kB", flush=True)
    lines = [
        "# Gallery",
        "Every page on the demo company *Hazel & Wool*; made by `python -m docs.gallery`.",
        *(f"## {shot.title}\n![{shot.title}](gallery/{shot.name}.webp)" for shot in SHOTS),
    ]
    (ROOT / "docs" / "gallery.md").write_text("\n\n".join(lines) + "\n", encoding="utf-8")


def keep(png: bytes, path: Path) -> int:
    """Write a picture as WebP, as sharp as fits into 150 kB. Returns its bytes."""
    with Image.open(BytesIO(png)) as picture:
        for quality in QUALITIES:
            made = BytesIO()
            picture.save(made, "WEBP", quality=quality, method=4)
            if made.tell() <= MOST_BYTES:
                break
    path.write_bytes(made.getvalue())
    return made.tell()


if __name__ == "__main__":
    sys.exit(main())
