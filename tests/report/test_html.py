"""The page for a browser: what is in it, that it needs nothing else, and that nothing in it can run."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from convlint.findings import Evidence, Location
from tests.report.samples import WRONG, printed
from tests.report.test_consumers import CHECKED, EVIL, FINDINGS, PAGES, SOURCES

VOID = {"meta", "input"}


class Page(HTMLParser):
    """Elements with their attributes and the text inside; fails where one is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        made = (tag, dict(attrs), [])
        self.elements.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_endtag(self, tag):
        assert self.open[-1][0] == tag, (tag, self.getpos())
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element[2].append(data)

    def texts(self, tag, **attributes):
        return [
            "".join(parts)
            for name, found, parts in self.elements
            if name == tag and all(found.get(key.rstrip("_")) == value for key, value in attributes.items())
        ]


def page(findings, **known) -> Page:
    return Page(printed("html", findings, sources=SOURCES, pages=PAGES, checked=CHECKED, **known))


def test_every_finding_with_its_path_its_help_and_its_repair():
    found = page(FINDINGS, links="https://h/blob/1")
    articles = found.texts("article")
    assert len(articles) == len(FINDINGS)
    whole = next(text for text in articles if WRONG.message.replace("`", "") in text and "builds conv1" in text)
    assert "5y = conv1(x, stride=2)" in whole
    assert "4    x = keras.Input((28, 28, 3))x: (None, 28, 28, 3)" in whole
    assert WRONG.help in whole
    assert "conv1(x, stride=2)" in found.texts("mark")
    assert "+ y = conv1(x, strides=2)" in found.texts("ins")
    assert {a["href"] for tag, a, _ in found.elements if tag == "a"} >= {"#CL101", "https://h/blob/1/model.py#L5"}
    assert "CL101 channel-mismatch (4)" in found.texts("option")


def test_the_path_in_another_file_and_a_place_behind_the_last_character():
    other = replace(
        WRONG,
        location=Location("model.py", 2, 34, 2, 34),
        evidence=(Evidence(Location("odd.py", 2, 9, 2, 12), "name: 'x'"),),
    )
    found = page([other])
    assert found.texts("p", class_="elsewhere") == ["in odd.py"]
    assert found.texts("mark") == [" "]


def test_what_was_not_checked_stands_at_the_top():
    (gaps,) = page([]).texts("section", class_="gaps")
    assert "out.py: it is read-only" in gaps
    assert "1 file could not be checked at all (CL900, CL908, CL909): broken one.py" in gaps
    assert page([]).texts("p", class_="summary") == ["nothing found in 7 files"]


def test_the_page_needs_nothing_and_lets_only_its_own_script_run():
    text = printed("html", FINDINGS, sources=SOURCES, pages=PAGES, checked=CHECKED)
    found = Page(text)
    assert not [
        attrs for _, attrs, _ in found.elements for key in ("src", "srcset", "action", "onclick") if key in attrs
    ]
    assert "@import" not in text
    assert "url(" not in "".join(found.texts("style"))
    (policy,) = [attrs["content"] for _, attrs, _ in found.elements if attrs.get("http-equiv")]
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (content,) = found.texts(tag)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


def test_findings_can_bring_no_markup():
    tags = [(tag, attrs.get("href")) for tag, attrs, _ in page([EVIL]).elements]
    assert not {("b", None), ("a", "x")} & set(tags)
    evil = replace(EVIL, message="<img src=x onerror=alert(1)> `<script>alert(2)</script>`", help="</style><script>")
    found = page([evil])
    assert not [tag for tag, _, _ in found.elements if tag == "img"]
    assert len(found.texts("script")) == 1
    assert "<script>alert(2)</script>" in found.texts("code")


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_the_filter_works_in_a_browser(tmp_path):
    """The script runs under the page's policy; what it hides is asked by a copy that chooses a rule."""
    text = printed("html", FINDINGS, sources=SOURCES, pages=PAGES, checked=CHECKED)
    chosen = text.replace('<option value="CL605">', '<option value="CL605" selected>')

    def shown(content: str) -> tuple[int, int]:
        file = tmp_path / "report.html"
        file.write_text(content, encoding="utf-8")
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
        ]
        done = subprocess.run(
            [str(BROWSER), *options, file.as_uri()], capture_output=True, text=True, timeout=120, check=True
        )
        articles = re.findall(r"<article[^>]*>", done.stdout)
        assert re.search(r'<form id="filter">', done.stdout), "the script did not run"
        return len(articles), sum('hidden=""' in one for one in articles)

    assert shown(text) == (len(FINDINGS), 0)
    assert shown(chosen) == (len(FINDINGS), len(FINDINGS) - 1)
