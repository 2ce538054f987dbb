"""From bytes to documents: every encoding that pages use, every document of a file, no silent loss."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import formats
from detector.errors import FormatError, InputError

WORDS = "Größe überraschte – “alle”"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("It rained.", "markdown"),
        ("# Title", "markdown"),
        ("<p align=center>badge</p>\n\n# Title", "markdown"),
        ("<!-- note -->\n# Title", "markdown"),
        ("< html", "markdown"),
        ("<!DOCTYPE HTML><p>x", "html"),
        ("\ufeff \n<HTML lang=en>", "html"),
        ("<head>", "html"),
        ("<body class=x>", "html"),
        ("<meta charset=utf-8>", "html"),
        ("<!-- saved --> <!doctype html>", "html"),
        ("<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0'>", "html"),
        ("<?xml version='1.0'?>\n<rss version='2.0'>", "feed"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'>", "feed"),
        ("<?xml version='1.0'?><?xml-stylesheet href='x'?><!-- x --><rdf:RDF>", "feed"),
        ("<!DOCTYPE rss PUBLIC '-//x'><rss>", "feed"),
        ("<feeding>", "markdown"),
    ],
)
def test_a_format_is_seen_by_how_a_text_begins(text, kind):
    """Pages and feeds have their own beginnings; all else is text."""
    assert formats.guess(text) == kind


def test_xml_of_another_sort_is_refused():
    """Markup taken for text would be a silent mistake."""
    with pytest.raises(FormatError, match="no page and no feed"):
        formats.guess("<?xml version='1.0'?><svg/>")


def test_json_lines_are_seen_by_the_name():
    """And what is said goes before what is seen."""
    assert formats.sort(b"{}", "a/b.JSONL") == formats.sort(b"", "x.ndjson") == "jsonl"
    assert formats.sort(b"<html>", "x.jsonl", "text") == "text"
    assert formats.sort("<!doctype html>".encode("utf-16"), "-") == "html"


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        ("<meta charset=utf-8>", "utf-8"),
        ("<html><title>T</title><META CHARSET = 'ISO-8859-1'>", "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">', "cp1252"),
        ("<?xml version='1.0' encoding='iso-8859-15'?><html>", "iso8859-15"),
        ("<html>", "utf-8"),
        ("<meta charset=utf-16>", "utf-8"),
        ("<meta charset=nonsense>", "utf-8"),
        ("<meta charset=utf-7>", "utf-8"),
        ("<meta charset=unicode_escape>", "utf-8"),
        ("<meta charset=hex>", "utf-8"),
    ],
)
def test_a_page_says_its_encoding(head, codec):
    """By meta charset, http-equiv or the XML declaration, as browsers take it; else UTF-8."""
    text = f"{head}<p>" + (WORDS if codec != "iso8859-15" else "Größe €")
    data = text.encode(codec)
    assert formats.decode(data, "x") == text
    assert formats.encode(text, data, "x") == data


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("gb2312", "gb18030", "下雨了，€"),
        ("GBK", "gb18030", "下雨了"),
        ("Shift_JIS", "cp932", "雨が降った①"),
        ("euc-kr", "cp949", "비가 왔다 똠"),
        ("big5", "big5hkscs", "下雨了"),
        ("iso-8859-9", "cp1254", "yağmur “yağdı”"),
        ("tis-620", "cp874", "ฝนตก…"),
        ("koi8-r", "koi8-r", "Шёл дождь"),
        ("windows-1251", "cp1251", "Шёл дождь"),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label, codec, text):
    """Each old name stands for the larger encoding that pages really use."""
    data = f"<meta charset={label}><p>{text}".encode(codec)
    assert formats.decode(data, "x").endswith(text)


def test_a_page_that_is_utf_8_is_read_as_such_whatever_one_byte_encoding_it_names():
    """Every byte is a character in Latin-1; that UTF-8 fits is no accident."""
    text = f"<meta charset=iso-8859-1><p>{WORDS}"
    assert formats.decode(text.encode(), "x") == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-be"])
def test_byte_order_marks_go_before_what_a_page_says(encoding):
    """The mark is no part of the text, and comes back with the bytes."""
    text = f"<html><meta charset=koi8-r>{WORDS}"
    data = (f"\ufeff{text}" if encoding == "utf-16-be" else text).encode(encoding)
    assert formats.decode(data, "x") == text
    assert formats.encode(text, data, "x") == data


@given(
    st.binary(max_size=60),
    st.sampled_from(["utf-8", "gb2312", "euc-kr", "windows-1252"]),
)
def test_bytes_of_a_page_that_do_not_decode_come_back(junk, label):
    """They read as U+FFFD later, are counted, and are written as they were."""
    data = f"<html><meta charset={label}><p>".encode() + junk
    text = formats.decode(data, "x")
    if formats.lost(text):
        assert formats.encode(text, data, "x") == data


def test_what_an_encoding_lacks_becomes_a_reference():
    """A page that is written anew keeps its characters."""
    assert formats.encode("<p>→é\ud800", b"<html><meta charset=iso-8859-1>", "x") == b"<p>&#8594;\xe9&#65533;"


@pytest.mark.parametrize(
    ("data", "encoding", "format", "message"),
    [
        (b"abc\xff", None, "auto", r"0xff at place 3\): save it as UTF-8, or name its encoding"),
        (b"<p>\xff", None, "markdown", "name its encoding"),
        (b"abc\xff", "ascii", "text", "ASCII"),
        (b"\xff\xfea", None, "text", "UTF-16-LE"),
        (b"abc", "klingon", "auto", "Unknown encoding 'klingon': try"),
        (b"<html>", "klingon", "auto", "Unknown encoding"),
        (b"<html>", "hex", "auto", "Unknown encoding"),
    ],
)
def test_text_that_does_not_decode_is_an_error_with_the_place(data, encoding, format, message):
    """Plain text is never mended silently."""
    with pytest.raises(InputError, match=message):
        formats.decode(data, "x", encoding, format)


def test_a_named_encoding_goes_before_all():
    """The user knows best."""
    data = b"<meta charset=utf-8><p>\xe9"
    assert formats.decode(data, "x", "cp1252").endswith("é")


def documents(data, name="x", *arguments, **options):
    return [(d.text, d.format, d.source) for d in formats.documents(data, name, *arguments, **options)]


def test_a_file_of_text_or_a_page_is_one_document():
    """With the format that it has, and its name."""
    assert documents(b"It rained.") == [("It rained.", "markdown", "x")]
    assert documents(b"It rained.", "y", "text") == [("It rained.", "text", "y")]
    assert documents(b"<html>x") == [("<html>x", "html", "x")]
    assert documents(b"<p>x", "x", "html") == [("<p>x", "html", "x")]


@pytest.mark.parametrize("data", [b"", b" \n"])
@pytest.mark.parametrize("format", formats.FORMATS)
def test_an_empty_file_is_an_error(data, format):
    """In every format."""
    with pytest.raises(InputError, match=r"x holds (nothing|only white space): pass a file"):
        documents(data, "x", format)


def test_each_line_of_json_lines_is_a_document():
    """Its source is the file and the line; blank lines count and are none."""
    data = b'{"body": "One"}\n\n  {"body": "Two\\nlines", "id": 3}\r\n'
    assert documents(data, "f.jsonl", field="body") == [
        ("One", "auto", "f.jsonl:1"),
        ("Two\nlines", "auto", "f.jsonl:3"),
    ]
    (row,) = formats.rows(b'{"text": "One", "id": 1}', "f")
    assert (row.number, row.values, row.text) == (1, {"text": "One", "id": 1}, "One")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "gb18030"])
def test_json_lines_in_other_encodings(encoding):
    """A mark or a named encoding holds for all lines."""
    data = "".join(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in ("下雨", "雪")).encode(
        encoding
    )
    named = encoding if encoding == "gb18030" else None
    assert [d[0] for d in documents(data, "f", "jsonl", encoding=named)] == ["下雨", "雪"]


def test_bad_lines_are_told_after_the_good_ones():
    """With their numbers and reasons, however many; the others are given first."""
    bad = [b"nonsense", b'{"no": 1}', b"[1]", b'{"text": 3}', b'"\xff"', b"[" * 100_000, b'"text"']
    lines = [b'{"text": "One"}', *bad, b'{"text": "Two"}']
    found = []
    with pytest.raises(InputError) as error:
        for document in formats.documents(b"\n".join(lines), "f.jsonl"):
            found.append(document.text)
    assert found == ["One", "Two"]
    message = str(error.value)
    assert "line 2: not JSON" in message and "line 6: not UTF-8" in message
    assert "line 3: no text in field 'text'" in message and "line 8" in message
    with pytest.raises(InputError, match="and 990 lines more"):
        list(formats.documents(b"x\n" * 1000, "f.jsonl"))
