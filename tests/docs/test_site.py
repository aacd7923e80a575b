"""The documentation as a site: built as CI builds it, and used in a real browser."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ci.conftest import ROOT

pytest.importorskip("mkdocs", reason="the extra `docs` is not installed")

PAGES = ("index.html", "rules/index.html", "rules/CL105-batch-in-input-shape.html", "docs/configuration.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site; ``--strict`` refuses links and anchors that lead nowhere."""
    folder: Path = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_rule_and_every_document_has_a_page(site: Path) -> None:
    rules = {path.stem for path in (ROOT / "rules").glob("CL*.md")}
    assert rules == {path.stem for path in (site / "rules").glob("CL*.html")}
    guides = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert guides == {path.stem for path in (site / "docs").glob("*.html")}
    text = (site / "rules" / "CL105-batch-in-input-shape.html").read_text(encoding="utf-8")
    assert "<title>CL105 batch-in-input-shape - convlint</title>" in text
    assert "error or warning · since 0.1 · convlint can propose a repair" in text


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]*\ssrc="?([^"\s>]+)', text)
        loaded += re.findall(r'<link[^>]*rel="?(?:stylesheet|icon|preload)"?[^>]*href="?([^"\s>]+)', text)
        assert loaded
        assert not [address for address in loaded if "//" in address], page


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser that reaches this machine and no other."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    binary = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("no Chromium with its chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield running
    running.quit()


@pytest.mark.parametrize("width", [1300, 500])
def test_pages_fit_the_window(browser: Any, address: str, width: int) -> None:
    browser.set_window_size(width, 900)
    for page in PAGES:
        browser.get(f"{address}/{page}")
        wide, window = browser.execute_script(
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= window, page
    assert browser.get_log("browser") == []


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("CL204", "CL204: Kernel layout OIHW"),
        ("batch-in-input-shape", "CL105: Batch in input_shape"),
        ("nb_filter", "CL701: Keras 1 argument"),
    ],
)
def test_a_search_finds_the_rule(browser: Any, address: str, words: str, first: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    browser.set_window_size(1300, 900)
    browser.get(f"{address}/index.html")
    browser.find_element("css selector", "input.md-search__input").send_keys(words)

    def results(_: Any) -> list[str]:
        found = browser.find_elements("css selector", ".md-search-result__item h1")
        return [one.text for one in found]

    assert WebDriverWait(browser, 30).until(results)[0] == first
