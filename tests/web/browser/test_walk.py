"""A walk through the pages as people take it, by keyboard where they would."""

import json
import re

from playwright.sync_api import expect

from tests.web.conftest import ADVICE, PASSWORD, RIGHTS, STORY

STORIES = (
    STORY,
    "Bakers in the old town say that rye has become dear since the mill closed in the spring.",
    "The council will mend the sea wall before winter, said the mayor at a meeting on Tuesday.",
)
NEAR = "This article is for information only, please, and is not investment advice."
PARTNERS = "Some links in this article are affiliate links, for which we may earn a commission."


def asked(page):
    """The wording that the card asks about."""
    return page.locator("#asked").inner_text()


def until_other(page, before):
    """Wait for another card than that one."""
    expect(page.locator("main[aria-busy]")).to_have_count(0)
    expect(page.locator("#asked")).not_to_have_text(before)


def go_to(page, words):
    """Filter the queue for a wording and have its card."""
    page.goto(f"/queue?text={words}")
    return asked(page)


def test_walk(window, invite):
    """One person sets up, takes in, decides, undoes, splits, decides in bulk, sets a policy and exports."""
    page = window()
    page.goto(invite())
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The queue is empty")).to_be_visible()

    take_in(page)
    decide(page)
    undo(page)
    split(page)
    in_bulk(page)
    set_policy(page)
    export(page)
    page.locator(".who summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/queue")
    expect(page).to_have_url(re.compile("/sign-in"))


def take_in(page):
    """A paste and a file become articles."""
    page.goto("/intake")
    page.get_by_label("Source", exact=True).fill("Tidewater Post")
    page.get_by_label("Text of an article").fill(f"{STORIES[0]}\n\n{ADVICE}\n\n{RIGHTS}")
    page.get_by_role("button", name="Take in").click()
    expect(page.get_by_text("1 stored, 0 replaced")).to_be_visible()
    page.goto("/intake")
    lines = [
        {"id": "b1", "title": "Rye", "text": f"{STORIES[1]}\n\n{NEAR}\n\n{PARTNERS}"},
        {"id": "b2", "title": "Wall", "text": f"{STORIES[2]}\n\n{ADVICE}\n\n{PARTNERS}"},
    ]
    body = "\n".join(map(json.dumps, lines)).encode()
    page.get_by_label("Source", exact=True).fill("Other Wire")
    page.locator("[name=files]").set_input_files({"name": "two.jsonl", "mimeType": "", "buffer": body})
    page.get_by_role("button", name="Take in").click()
    expect(page.get_by_text("2 stored, 0 replaced")).to_be_visible()


def decide(page):
    """One key decides, and the next card is there without a new page."""
    page.get_by_role("link", name="To the queue").click()
    page.evaluate("window.same = true")
    first = asked(page)
    page.keyboard.press("y")
    until_other(page, first)
    second = asked(page)
    page.keyboard.press("n")
    until_other(page, second)
    assert page.evaluate("window.same")
    expect(page.locator(".recent li")).to_have_count(2)
    assert page.evaluate("document.activeElement.tagName") == "H1"


def undo(page):
    """One key takes the last answer back, and again the one before."""
    now = asked(page)
    page.keyboard.press("z")
    until_other(page, now)
    expect(page.locator("main .tell")).to_contain_text("Taken back")
    expect(page.locator("#live")).to_contain_text("Taken back")
    expect(page.locator(".recent li")).to_have_count(1)
    now = asked(page)
    page.keyboard.press("z")
    until_other(page, now)
    expect(page.locator(".recent")).to_have_count(0)


def split(page):
    """A copy is split off, and asked for itself."""
    go_to(page, "investment+advice")
    expect(page.locator(".facts")).to_contain_text("3 copies")
    page.keyboard.press("s")
    page.get_by_role("button", name="This wording, only at Tidewater Post").click()
    expect(page.get_by_text("Split off: 1 copy")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile(r"Wording \d+"))).to_be_visible()


def in_bulk(page):
    """All matches of a filter are hidden at once, their number seen first, undone as one, hidden again."""
    page.goto("/wordings?lowest=50")
    page.get_by_role("button", name="Hide all…").click()
    heading = page.get_by_role("heading", level=1).inner_text()
    count = int(re.search(r"Hide (\d+) wordings", heading)[1])
    assert count >= 4
    page.get_by_role("button", name=f"Hide all {count}").click()
    expect(page.get_by_role("heading", name=f"Hidden: {count} wordings")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text(f"Taken back as one: {count} wordings")).to_be_visible()
    page.goto("/bulk?lowest=50&verdict=hide")
    page.get_by_role("button", name=f"Hide all {count}").click()
    page.goto("/articles/1")
    expect(page.locator(".readers")).not_to_contain_text("investment advice")


def set_policy(page):
    """A required notice is back in the story at once."""
    page.goto("/sources")
    page.get_by_role("link", name="Tidewater Post").click()
    page.get_by_label("Not advice: stays").check()
    page.get_by_label("What is done with Copyright").select_option("Collapse")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto("/articles/1")
    expect(page.locator(".readers")).to_contain_text("investment advice")
    expect(page.locator(".readers summary")).to_have_text("Copyright")
    page.locator(".original").get_by_role("button", name=re.compile("Show here: ©")).click()
    expect(page.locator(".readers summary")).to_have_count(0)
    page.locator(".original .block").first.hover()
    page.get_by_role("button", name=re.compile("Hide here: The harbour")).click()
    expect(page.locator(".readers")).not_to_contain_text("first ferry")


def export(page):
    """The verdicts come out as a file."""
    page.goto("/dashboard")
    with page.expect_download() as found:
        page.get_by_role("link", name="JSON Lines, for training").click()
    lines = found.value.path().read_text("utf-8").splitlines()
    assert {json.loads(line)["label"] for line in lines} == {"notice"}


def test_second_person(enter, store):
    """Two people have different cards; what one is not sure of goes to the other, and a quarrel to a lead."""
    store("Tidewater Post", f"{STORIES[0]}\n\n{ADVICE}\n\n{RIGHTS}", f"{STORIES[1]}\n\n{PARTNERS}")
    first, second = enter("Tom", "moderator"), enter("Uma", "moderator")
    first.goto("/queue")
    second.goto("/queue")
    assert asked(first) != asked(second)

    wording = go_to(first, "affiliate")
    first.keyboard.press("u")
    expect(first.get_by_role("heading", name="Nothing matches this filter")).to_be_visible()
    second.goto("/queue")
    second.goto("/queue?status=second")
    assert asked(second) == wording
    expect(second.get_by_text("Somebody was not sure")).to_be_visible()
    second.keyboard.press("u")
    expect(second.get_by_role("heading", name="Nothing matches this filter")).to_be_visible()

    lead = enter("Ada", "lead")
    assert asked(lead) == wording
    expect(lead.locator(".others")).to_contain_text("Tom: not sure")
    lead.keyboard.press("y")
    until_other(lead, wording)
    lead.goto("/wordings?status=settled")
    expect(lead.locator(".rows")).to_contain_text("affiliate links")


def test_keys_never_decide_unseen(enter, store):
    """A key pressed twice in haste decides one card, not also the next that nobody has seen."""
    store("Tidewater Post", f"{STORIES[0]}\n\n{ADVICE}\n\n{RIGHTS}\n\n{PARTNERS}")
    page = enter()
    page.goto("/queue")
    before = asked(page)
    press = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'y', bubbles: true}));"
    page.evaluate(press * 3)
    until_other(page, before)
    expect(page.locator(".recent li")).to_have_count(1)


def test_keys_leave_typing_alone(enter, store):
    """A letter typed into a field, or with Ctrl, is no answer."""
    store("Tidewater Post", f"{STORIES[0]}\n\n{ADVICE}")
    page = enter()
    page.goto("/queue")
    before = asked(page)
    page.keyboard.press("Control+y")
    page.keyboard.press("f")
    page.keyboard.type("ynuzj")
    assert page.get_by_label("Words in it").input_value() == "ynuzj"
    assert asked(page) == before


def test_kinds_by_keyboard(enter, store):
    """Kinds are mended and the card answered without the mouse; Enter in the list answers nothing."""
    store("Tidewater Post", f"{STORIES[0]}\n\n{RIGHTS}")
    page = enter()
    go_to(page, "rights")
    page.keyboard.press("k")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="Third party")).to_be_checked()
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="Nothing matches this filter")).to_be_visible()
    page.goto("/wordings?status=settled&kind=third_party")
    expect(page.locator(".rows")).to_contain_text("All rights reserved")


def test_part_by_keyboard_and_mouse(enter, store):
    """A part of a wording is chosen by arrow keys or by selecting it, and hidden alone."""
    store("Tidewater Post", f"{STORIES[0]}\n\n{ADVICE}")
    page = enter()
    go_to(page, "advice")
    page.keyboard.press("m")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert page.locator("[data-words] .in").first.inner_text() == "is"
    words = page.locator("[data-words] > span")
    page.locator("[data-words]").scroll_into_view_if_needed()
    start, end = words.nth(8).bounding_box(), words.nth(10).bounding_box()
    page.mouse.move(start["x"] + 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] - 2, end["y"] + end["height"] / 2, steps=5)
    page.mouse.up()
    assert page.locator("[data-words] .in").all_inner_texts() == words.all_inner_texts()[8:11]
    page.get_by_role("button", name="Hide only this part").click()
    expect(page.get_by_role("heading", name="Nothing matches this filter")).to_be_visible()
    page.goto("/wordings?status=settled")
    page.locator(".rows a").first.click()
    expect(page.locator("mark.notice")).to_have_text("not investment advice")


def test_other_keys(enter, store):
    """A key that a person chose by pressing it does what the old one did."""
    store("Tidewater Post", f"{STORIES[0]}\n\n{ADVICE}")
    page = enter()
    page.goto("/settings")
    page.get_by_label("Hide it").press("ArrowLeft")
    page.get_by_role("button", name="Save the keys").click()
    expect(page.get_by_text("Your keys are saved")).to_be_visible()
    go_to(page, "advice")
    page.keyboard.press("y")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Nothing matches this filter")).to_be_visible()
    expect(page.locator(".recent li")).to_have_count(1)


def test_server_away(enter, store):
    """When the server does not answer, the card stays and says so; then the key works again."""
    store("Tidewater Post", f"{STORIES[0]}\n\n{ADVICE}")
    page = enter()
    before = go_to(page, "advice")
    page.route("**/decide*", lambda route: route.abort())
    page.keyboard.press("y")
    expect(page.get_by_role("alert")).to_contain_text("did not answer")
    assert asked(page) == before
    page.unroute("**/decide*")
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="Nothing matches this filter")).to_be_visible()


def test_counts_are_live(enter, store):
    """The number of those that wait changes without a new page."""
    page = enter()
    page.clock.install()
    page.goto("/queue")
    expect(page.locator("[data-count=open]")).to_have_text("0")
    store("Tidewater Post", f"{STORIES[0]}\n\n{ADVICE}")
    page.clock.run_for(16_000)
    expect(page.locator("[data-count=open]")).not_to_have_text("0")


def test_without_scripts(enter, store):
    """Without JavaScript all is there by buttons: answer, undo, skip, theme."""
    store("Tidewater Post", f"{STORIES[0]}\n\n{ADVICE}\n\n{RIGHTS}")
    page = enter(java_script_enabled=False)
    page.goto("/queue")
    before = asked(page)
    page.get_by_role("button", name="Hide", exact=True).click()
    assert asked(page) != before
    page.get_by_role("button", name="Undo").click()
    assert asked(page) == before
    page.get_by_role("button", name="Skip").click()
    assert asked(page) != before
    page.locator(".who summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_markup_in_a_text_does_nothing(enter, store):
    """A hostile text runs nothing on any page that shows it, and breaks none."""
    hostile = "</p></main><script>window.bad = 1</script><img src=x onerror='window.bad = 1'> said the mayor."
    store("<b>Loud</b>", f"{hostile}\n\n{ADVICE} {hostile}", title=hostile)
    page = enter()
    for path in ("/queue", "/articles", "/articles/1", "/wordings", "/wordings/1", "/sources", "/sources/1"):
        page.goto(path)
        assert page.evaluate("window.bad") is None, path
        expect(page.locator("main")).to_have_count(1)
