"""The bridge to trafilatura."""

import json
import os
import subprocess
import sys

import pytest

import detector

if not os.environ.get("CI"):
    pytest.importorskip(
        "trafilatura", reason="needs trafilatura: pip install 'disclaimer-detector[trafilatura]'"
    )

import trafilatura

from detector.trafilatura import analyze, extract

STORY = (
    "The night ferry to Brenholm left the quay at nine with forty passengers and a crew of six on board.",
    "Marta Olden, who has run the galley since the spring, served pea soup until the harbour was gone.",
    "By morning the fog had lifted and the island lay ahead, green at the top and grey along the shore.",
)
NOTICE = (
    "Some links in this post are affiliate links: we may earn a commission if you buy through them, "
    "at no extra cost to you."
)
SHARE = "Share this article on Facebook"


def page(*paragraphs):
    inside = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        '<html><head><title>The night ferry</title><meta name="author" content="Ida Brandt"></head>'
        f"<body><article><h1>The night ferry</h1>{inside}</article></body></html>"
    )


PAGE = page(*STORY, NOTICE)


@pytest.mark.parametrize("output_format", ["txt", "markdown"])
def test_notices_go_and_the_story_stays(output_format):
    """What trafilatura keeps of the notice goes; every paragraph of the story stays as it was."""
    before = trafilatura.extract(PAGE, output_format=output_format)
    after = extract(PAGE, output_format=output_format)
    assert NOTICE in before and NOTICE not in after
    assert all(paragraph in after for paragraph in STORY)


def test_a_page_without_notices_comes_as_trafilatura_gives_it():
    """Where nothing is dropped the text is trafilatura's, to the character."""
    html = page(*STORY)
    assert extract(html) == trafilatura.extract(html)


def test_drop_says_what_goes():
    """With nothing to drop nothing goes; a label that cannot be dropped is refused."""
    assert extract(PAGE, drop=()) == trafilatura.extract(PAGE)
    with pytest.raises(detector.InputError, match="notice, chrome"):
        extract(PAGE, drop=("editorial",))


def test_options_reach_trafilatura():
    """Links are kept, or pages without a date left out, where trafilatura is told so."""
    html = PAGE.replace("harbour", '<a href="https://brenholm.example/harbour">harbour</a>')
    assert "(https://brenholm.example/harbour)" in extract(html, include_links=True)
    assert extract(html, only_with_metadata=True) is analyze(html, only_with_metadata=True) is None


def test_a_page_without_text_is_none():
    """As with trafilatura itself."""
    assert extract("<html><body></body></html>") is None


def test_the_report_is_on_the_extracted_text():
    """Offsets are of the text that trafilatura gives, and the notice has its kind."""
    report = analyze(PAGE)
    assert report.text == trafilatura.extract(PAGE)
    (notice,) = report.notices
    assert report.text[notice.start : notice.end] == NOTICE
    assert "sponsorship" in notice.kinds


def test_the_detector_can_be_another_one():
    """The report names the model of the detector that was given."""

    class Other:
        def analyze(self, document):
            return detector.Report(document.text, (), False, "another")

    assert analyze(PAGE, detector=Other()).model == "another"
    assert extract(PAGE, detector=Other()) == trafilatura.extract(PAGE)


def test_metadata_stays():
    """The header is no part of the text that is judged, and stays above it."""
    html = PAGE.replace("Ida Brandt", "All rights reserved")
    before, after = trafilatura.extract(html, with_metadata=True), extract(html, with_metadata=True)
    header, text = before.split("\n---\n")
    assert "All rights reserved" in header
    assert after.startswith(f"{header}\n---\n{text[:80]}") and NOTICE not in after
    options = trafilatura.settings.Extractor(with_metadata=True)
    assert analyze(html, with_metadata=True).text == analyze(html, options=options).text == text


def test_a_page_cannot_pass_a_notice_as_metadata():
    """Lines that look like the header are text where no metadata was asked for."""
    html = page("---", f"license: {NOTICE}", "---", *STORY * 3).replace("<h1>The night ferry</h1>", "")
    assert NOTICE in trafilatura.extract(html)
    assert NOTICE not in extract(html)


@pytest.mark.parametrize("name", ["json", "xml", "csv", "html", "python"])
def test_other_output_formats_are_refused(name):
    """The message names the formats that work, also where an Extractor holds the format."""
    with pytest.raises(detector.FormatError, match="'txt' or 'markdown'"):
        extract(PAGE, output_format=name)
    options = trafilatura.settings.Extractor(output_format=name)
    with pytest.raises(detector.FormatError, match="'txt' or 'markdown'"):
        analyze(PAGE, options=options)


def test_without_trafilatura_the_message_names_the_extra():
    """An import of the bridge where the package is missing tells how to get it."""
    script = (
        "import sys, json; sys.modules['trafilatura'] = None\n"
        "import detector\n"
        "try:\n    import detector.trafilatura\n"
        "except detector.DetectorError as error:\n    print(json.dumps(str(error)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'disclaimer-detector[trafilatura]'" in json.loads(done.stdout)


def test_the_package_does_not_import_trafilatura():
    """Who does not ask for the bridge does not pay for it."""
    script = "import sys, detector; detector.score('x'); print('trafilatura' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
