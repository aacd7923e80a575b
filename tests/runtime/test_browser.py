"""``inspect --html`` in a real browser: what a reader sees and does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from convlint.api import Inspection, inspect, inspect_saved, inspect_static
from convlint.report.picture import page
from convlint.runtime.client import BuildTarget, Workshop

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

MODELS = """
def broken():
    x = keras.Input((32, 32, 3), name="image")
    y = layers.Conv2D(8, 3, padding="same", name="a")(x)
    z = layers.Conv2D(8, 3, strides=2, name="b")(y)
    return keras.Model(x, layers.add([y, z]))

def mixed():
    x = keras.Input((3, 32, 32))
    y = layers.Conv2D(8, 3, data_format="channels_first")(x)
    y = layers.Conv2D(8, 3)(layers.Permute((2, 3, 1))(y))
    return keras.Model(x, keras.ops.relu(y))

def large():
    return keras.applications.EfficientNetV2B0(weights=None)
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    binary = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("no Chromium with its chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1300,900", "--host-resolver-rules=MAP * ~NOTFOUND"):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield running
    running.quit()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Callable[..., Any]:
    """Opens the page of some inspections; gives the browser's find-all by CSS."""

    def run(*inspections: Inspection) -> Any:
        file = tmp_path / "model.html"
        file.write_text(page(inspections), encoding="utf-8")
        browser.get_log("browser")
        browser.get(file.as_uri())
        assert browser.get_log("browser") == []
        return lambda css: browser.find_elements("css selector", css)

    return run


def test_the_fault_is_shown_where_it_happens(
    show: Callable[..., Any], program: Callable[..., str], workshop: Workshop
) -> None:
    target = BuildTarget(program(MODELS), "broken")
    for inspection in (inspect(target, workshop=workshop), inspect_static(target)):
        find = show(inspection)
        (box,) = find(".box.error")
        assert box.text.split()[-1] == "Add"
        assert find(".details")[0].text.splitlines()[0] == box.text.splitlines()[0]
        assert "CL107" in find(".details")[0].text
        assert box.rect["y"] > 0 and box.rect["x"] > 0
        assert {edge.text for edge in find(".label")} == {
            "(None, 32, 32, 3)", "(None, 32, 32, 8)", "(None, 15, 15, 8)"
        }  # fmt: skip


def test_parts_in_both_layouts_have_two_colours(
    browser: Any, show: Callable[..., Any], program: Callable[..., str], workshop: Workshop
) -> None:
    find = show(inspect(BuildTarget(program(MODELS), "mixed"), workshop=workshop))
    colours = {
        browser.execute_script("return getComputedStyle(arguments[0]).stroke", find(f".box.{kind} rect")[0])
        for kind in ("first", "last", "plain", "input")
    }
    assert len(colours) == 4
    assert "relu" in find(".box.last")[-1].text.lower()
    assert [one.text for one in find(".legend span")] == ["channels_first", "channels_last", "input"]


def test_a_large_model_stays_readable_and_fast(
    browser: Any, show: Callable[..., Any], program: Callable[..., str], workshop: Workshop
) -> None:
    find = show(inspect(BuildTarget(program(MODELS), "large"), workshop=workshop))
    boxes = find(".box")
    assert len(boxes) == 273
    assert boxes[0].rect["height"] > 30, "the first boxes can be read without zooming"
    assert browser.execute_script("return performance.timing.domComplete - performance.timing.responseEnd") < 10_000
    before = boxes[0].rect["height"]
    find(".in")[0].click()
    assert boxes[0].rect["height"] > 1.2 * before
    find(".whole")[0].click()
    assert boxes[-1].rect["y"] < 900
    find(".plain")[0].click()
    find(".search")[0].send_keys("top_conv")
    chosen = [box for box in boxes if "dimmed" not in box.get_attribute("class")]
    assert [box.text.splitlines()[0] for box in chosen] == ["top_conv"]
    assert 0 < chosen[0].rect["y"] < 900, "the search moves to what it finds"
    chosen[0].click()
    assert "1,280" not in boxes[0].text and "(1, 1, 192, 1280)" in find(".details")[0].text


def test_dragging_moves_the_picture(
    browser: Any, show: Callable[..., Any], program: Callable[..., str], workshop: Workshop
) -> None:
    find = show(inspect(BuildTarget(program(MODELS), "mixed"), workshop=workshop))
    box, stage = find(".box")[0], find(".stage")[0]
    before = box.rect
    webdriver.ActionChains(browser).drag_and_drop_by_offset(stage, 60, 90).perform()
    assert (round(box.rect["x"] - before["x"]), round(box.rect["y"] - before["y"])) == (60, 90)


def test_several_targets_share_a_page(
    show: Callable[..., Any], program: Callable[..., str], workshop: Workshop, tmp_path: Path
) -> None:
    """One tab each; a saved model is drawn as well."""
    file = program(MODELS)
    built = workshop.build(BuildTarget(program(SAVES.format(folder=tmp_path), "save.py"), "make"))
    assert built.ok, built.message
    find = show(inspect(BuildTarget(file, "mixed"), workshop=workshop), inspect_saved(str(tmp_path / "saved.keras")))
    first, second = find("section")
    assert (first.is_displayed(), second.is_displayed()) == (True, False)
    find("nav button")[1].click()
    assert (first.is_displayed(), second.is_displayed()) == (False, True)
    texts = [box.text.splitlines()[0] for box in second.find_elements("css selector", ".box")]
    assert texts == ["image", "left", "right", "sum"]
    assert len(second.find_elements("css selector", ".edge")) == 4


@pytest.mark.parametrize("how", ["build", "static", "saved"])
def test_a_model_inside_a_model_can_be_opened(
    browser: Any, show: Callable[..., Any], program: Callable[..., str], workshop: Workshop, tmp_path: Path, how: str
) -> None:
    source = """
    def make(file):
        head = keras.Sequential([keras.Input((8,)), layers.Dense(4, name="deepest")], name="head")
        x = keras.Input((8,))
        inner = keras.Model(x, head(layers.Dense(8, name="first")(x)), name="inner")
        y = keras.Input((8,), name="data")
        model = keras.Model(y, layers.Dense(2, name="last")(inner(y)), name="outer")
        model.save(file)
        return model
    """
    saved = str(tmp_path / "saved.keras")
    target = BuildTarget(program(source), "make", {"file": saved})
    assert workshop.build(target).ok
    inspections = {
        "build": lambda: inspect(target, workshop=workshop),
        "static": lambda: inspect_static(target),
        "saved": lambda: inspect_saved(saved),
    }
    find = show(inspections[how]())
    outer, inner, head = find("section")
    assert [tab.text for tab in find("nav button")][1:] == ["outer ▸ inner", "outer ▸ inner ▸ head"]

    def box(section: Any, name: str) -> Any:
        (found,) = [one for one in section.find_elements("css selector", ".box") if one.text.split()[0] == name]
        return found

    box(outer, "last").click()
    assert find("section:not([hidden]) .inside") == []
    box(outer, "inner").click()
    find("section:not([hidden]) .inside")[0].click()
    assert (outer.is_displayed(), inner.is_displayed()) == (False, True)
    assert box(inner, "first").is_displayed()
    webdriver.ActionChains(browser).double_click(box(inner, "head")).perform()
    assert (inner.is_displayed(), head.is_displayed()) == (False, True)
    assert box(head, "deepest").is_displayed()


SAVES = """
def make():
    x = keras.Input((4,), name="image")
    y = layers.Add(name="sum")([layers.Dense(3, name="left")(x), layers.Dense(3, name="right")(x)])
    model = keras.Model(x, y)
    model.save("{folder}/saved.keras")
    return model
"""
