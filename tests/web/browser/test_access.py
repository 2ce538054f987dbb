"""Everybody can use every page: axe finds nothing, in light and dark, and nothing is wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

ENGLISH = """The harbour reopened on Monday after the long repairs, and the first ferry left at seven.

This article is for information only and is not investment advice.

© 2024 Tidewater Post. All rights reserved."""
ARABIC = """قال تجار في ميناء النورس إن أسعار القمح ارتفعت هذا الأسبوع بعد تأخر ثلاث سفن بسبب الرياح.

جميع الحقوق محفوظة © 2024 صحيفة النورس."""
CHINESE = """受大风影响关闭三天后，白鹭港周一上午重新开放。首批五艘货船已经靠泊。

版权所有 © 2024 白鹭港日报，未经许可不得转载。"""
LONG = f"""{"W" * 300} said on Monday that <script>nothing</script> \u202e has \x00 changed.

All rights reserved by {"x" * 200}."""
PATHS = (
    "/queue",
    "/queue?text=zzz",
    "/queue/2",
    "/wordings",
    "/wordings?text=zzz",
    "/wordings/2",
    "/bulk?verdict=hide",
    "/articles",
    "/articles?search=zzz",
    "/articles/1",
    "/articles/2",
    "/articles/3",
    "/articles/4",
    "/intake",
    "/sources",
    "/sources/1",
    "/hooks",
    "/dashboard",
    "/people",
    "/journal?check=1",
    "/settings",
    "/nothing",
)
OPEN = (
    "document.querySelectorAll('details').forEach((box) => { if (!box.closest('header')) box.open = true; })"
)


@pytest.fixture
def url(sqlite):
    """SQLite alone: what pages look like does not hang on the database."""
    return sqlite


@pytest.fixture
def filled(store, enter):
    """A lead before a desk with articles in four manners and some verdicts."""

    def make(**options):
        store("Tidewater Post", ENGLISH, ARABIC, CHINESE, LONG)
        page = enter(**options)
        for key in "yun":
            page.goto("/queue")
            page.keyboard.press(key)
            page.wait_for_selector("main:not([aria-busy])")
        page.goto("/hooks")
        for address in ("https://hooks.example/in", f"http://127.0.0.1:1/{'long-' * 60}"):
            page.get_by_label("A new address").fill(address)
            page.get_by_role("button", name="Add").click()
        page.get_by_role("button", name="Switch off").first.click()
        page.get_by_role("button", name="Send a test").last.click()
        page.get_by_text("did not arrive").wait_for()
        return page

    return make


def faults(page):
    """What axe finds on a page with all its folds open."""
    page.evaluate(OPEN)
    found = Axe().run(page).response["violations"]
    return [(fault["id"], [node["html"][:160] for node in fault["nodes"]]) for fault in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(filled, window, scheme):
    """No page, full or empty, has a fault that axe knows of, in light and in dark."""
    page = filled(color_scheme=scheme)
    for path in PATHS:
        page.goto(path)
        assert not faults(page), path
    stranger = window(color_scheme=scheme)
    stranger.goto("/sign-in")
    assert not faults(stranger)


def test_phone(filled):
    """On a phone no page is wider than the screen, whatever the words."""
    page = filled(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    for path in PATHS:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        page.evaluate(OPEN)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, (path, "open")


def test_focus_is_seen(filled):
    """Going through a page by Tab, one always sees where one is."""
    page = filled()
    page.goto("/queue")
    for _ in range(15):
        page.keyboard.press("Tab")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style != "none", page.evaluate("document.activeElement.outerHTML")
