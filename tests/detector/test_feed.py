"""Feeds: each entry is a document, what is broken is told, and nothing is fetched or grown."""

import pytest

from detector import formats
from detector.errors import InputError

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>
<entry><title type="html">Rain &amp;amp; &lt;b&gt;wind&lt;/b&gt;</title><id>tag:f,1</id>
  <summary>Short.</summary>
  <content type="html">&lt;p&gt;It rained.&lt;/p&gt;&lt;p&gt;All&amp;nbsp;night.&lt;/p&gt;
    &lt;script&gt;no&lt;/script&gt;</content>
</entry>
<entry><title>Plain &lt; plain</title><content type="text">Two &lt; three.</content></entry>
</feed>"""


def entries(text, name="f.xml"):
    data = text if isinstance(text, bytes) else text.encode()
    return [(d.source, d.text) for d in formats.documents(data, name)]


def test_each_entry_is_a_document_of_title_and_content():
    """HTML is read as a page is; the source has the entry's id, else its number."""
    assert entries(ATOM) == [
        ("f.xml#tag:f,1", "Rain & wind\n\nIt rained.\n\nAll\xa0night."),
        ("f.xml#2", "Plain < plain\n\nTwo < three."),
    ]


@pytest.mark.parametrize(
    "feed",
    [
        "<rss><channel><item><title>A</title><description>&lt;p&gt;B</description></item></channel></rss>",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
        "<item><title>A</title><description>B</description></item></rdf:RDF>",
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><item><title>A</title>"
        "<description>no</description><content:encoded><![CDATA[<p>B</p>]]></content:encoded></item></channel></rss>",
    ],
)
def test_rss_and_rdf_are_feeds_too(feed):
    """The content goes before the summary."""
    assert entries(feed) == [("f.xml#1", "A\n\nB")]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "koi8-r", "utf-16"])
def test_the_declared_encoding_is_used(encoding):
    """As in any XML, by declaration or by mark."""
    word = "Größe." if encoding == "iso-8859-1" else "Дождь."
    feed = ATOM.replace("utf-8", encoding).replace("It rained.", word)
    assert entries(feed.encode(encoding))[0][1] == f"Rain & wind\n\n{word}\n\nAll\xa0night."


def test_a_broken_feed_gives_what_can_be_read_and_says_so():
    """First the entries, then the error."""
    found = []
    with pytest.raises(InputError, match=r"may not have been read whole: .*not well-formed"):
        for document in formats.documents(ATOM.replace("Two &lt; three", "Two & <b three").encode(), "f.xml"):
            found.append(document.source)
    assert found == ["f.xml#tag:f,1", "f.xml#2"]


def test_bytes_of_a_feed_that_do_not_decode_are_told():
    """Entries first."""
    with pytest.raises(InputError, match="1 bytes are not in its encoding"):
        entries(ATOM.encode().replace(b"It rained.", b"It \xff rained."))


@pytest.mark.parametrize("feed", ["<rss></rss>", "<feed", "<rss><channel><title>x</title></channel></rss>"])
def test_a_feed_without_entries_is_an_error_with_a_remedy(feed):
    """Never a silent nothing."""
    with pytest.raises(InputError, match=r"f.xml has no entry that can be read.*: check that it is"):
        entries(feed)


def test_entities_do_not_grow_and_open_no_file(tmp_path):
    """A bomb of entities is no larger than its text; no file and no address is opened."""
    (tmp_path / "secret").write_text("hush")
    layers = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    bomb = f"""<!DOCTYPE rss [<!ENTITY a0 "boom]>">{layers}<!ENTITY f SYSTEM "file://{tmp_path}/secret">]>"""
    feed = f"{bomb}<rss><channel><item><title>T &a8; &f;</title></item></channel></rss>"
    with pytest.raises(InputError, match="undefined entity"):
        for document in formats.documents(f'<?xml version="1.0"?>{feed}'.encode(), "f.xml"):
            assert len(document.text) < 100 and "hush" not in document.text and "boom" not in document.text


def test_a_feed_is_never_taken_for_an_address_or_a_file(monkeypatch):
    """What a file holds is its text, even if it looks like a name."""
    import feedparser

    opened = []
    monkeypatch.setattr(feedparser.http, "get", lambda *a, **k: opened.append(a))
    with pytest.raises(InputError):
        list(formats.documents(b"http://feeds.example/rss", "f.xml", "feed"))
    assert opened == []


def test_a_missing_feedparser_names_the_extra(monkeypatch):
    """Reading a feed without feedparser says what to install."""
    import sys

    import detector

    monkeypatch.delitem(sys.modules, "detector.feed", raising=False)
    monkeypatch.delattr(detector, "feed", raising=False)
    monkeypatch.setitem(sys.modules, "feedparser", None)
    with pytest.raises(detector.DetectorError, match=r"disclaimer-detector\[html\]"):
        entries(ATOM)
