"""A real browser before a real server, on both databases."""

import os
import shutil
from importlib.util import find_spec
from threading import Event, Thread

import pytest

from tests.conftest import missing

if find_spec("playwright") is None and not os.environ.get("CI"):
    pytest.skip("playwright is not here: `pip install playwright`", allow_module_level=True)

from playwright.sync_api import sync_playwright
from waitress import wasyncore
from waitress.server import create_server

from tests.web.conftest import PASSWORD
from web.data import intake, people
from web.data.intake import Incoming
from web.factory import create_app
from web.serving import THREADS

FLAGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium; without it a skip, in CI a failure."""
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium (on Debian: `apt-get install chromium`)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def site(database, judge, settings):
    """The address of a running server, the one that `python -m web` runs, on a fresh database."""
    channels, ended = {}, Event()
    app = create_app(settings, judge, database)
    server = create_server(app, channels, listen="127.0.0.1:0", threads=THREADS)

    def run():
        while not ended.is_set():
            wasyncore.loop(timeout=0.05, map=channels, count=1)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(channels)

    thread = Thread(target=run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    ended.set()
    thread.join()


@pytest.fixture
def window(chromium, site):
    """Opens windows that share nothing, as on another machine: `window(color_scheme="dark")`."""
    contexts = []

    def open_one(**options):
        context = chromium.new_context(base_url=site, accept_downloads=True, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on(
            "console", lambda said: page.faults.append(said.text) if "Content Security" in said.text else None
        )
        return page

    yield open_one
    for context in contexts:
        for page in context.pages:
            assert not page.faults
        context.close()


@pytest.fixture
def invite(database):
    """Makes the path of a one-time link: `invite("moderator")`."""

    def make(role="lead"):
        with database.writing() as session:
            return f"/set-up/{people.make_link(session, role)}"

    return make


@pytest.fixture
def enter(window, invite):
    """Opens a window with somebody signed in: `enter("Ada", "lead")`."""

    def make(name="Ada", role="lead", **options):
        page = window(**options)
        page.goto(invite(role))
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url("**/queue" if role != "reader" else "**/articles")
        return page

    return make


@pytest.fixture
def store(database, judge):
    """Takes in articles: `store("Tidewater Post", text, text)`."""

    def take(source, *texts, **more):
        incoming = [Incoming(text, key=f"{source}-{i}", **more) for i, text in enumerate(texts)]
        return [r.article_id for r in intake.store(database, judge, incoming, source, "test")]

    return take
