"""Which texts are copies of one wording."""

import random
import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import families
from detector.families import (
    BANDS,
    CANDIDATES,
    FEWEST,
    LONGEST,
    NEAR,
    ROWS,
    fingerprint,
    fingerprints,
    grouped,
    letters,
    near,
    similarity,
    sketch,
    sketches,
)

NOTICES = [
    "{} does not give investment advice, and nothing on this page should be taken as a recommendation to buy"
    " or sell any asset.",
    "Some links on this page are affiliate links, and {} may earn a small commission if you buy something"
    " through them, at no cost to you.",
    "Die Inhalte auf dieser Seite dienen nur der Information; {} übernimmt keine Gewähr für ihre Richtigkeit"
    " und haftet nicht für Verluste, die daraus entstehen können.",
    "Материалы на этом сайте не являются инвестиционной рекомендацией, и {} не несёт ответственности за"
    " убытки, которые читатель может понести, если будет на них полагаться в сделках.",
    "本文仅供参考，不构成任何投资建议，{}对因使用本文内容而造成的任何损失不承担责任，投资者应自行判断风险。",
    "本記事は情報提供のみを目的としており、{}は投資の勧誘を意図するものではなく、投資に関する最終決定は"
    "ご自身の判断で行ってください。",
    "บทความนี้จัดทำขึ้นเพื่อให้ข้อมูลเท่านั้น {} ไม่ได้ให้คำแนะนำในการลงทุน และไม่รับผิดชอบต่อความเสียหายใด ๆ ที่เกิดขึ้นจากการใช้ข้อมูลนี้",
]
WORDS = st.sampled_from(
    "terms apply No advice, Straße élevé ΤΈΛΟΣ όλος İzmir ısı ﬁne don’t 你好 世界。 สวัสดี ครับ مرحبا ﷺ शर्तें が ｶﾞ"
    " 12,50 2021–2024 © (c) ? … ™ 🔥 ½ AT&T &amp; **bold** https://a.example/b?c=1 me@a.example x.org <p>"
    " <h1> 𝔘 \ud800".split()
)
TEXTS = st.lists(WORDS | st.text(max_size=4), max_size=25).map(" ".join)
SPACES = st.text(alphabet=" \n\t\r\x0b\x85\xa0\u2028\u3000", min_size=1, max_size=3)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@given(TEXTS, st.data())
def test_wrapping_leaves_no_trace(text, data):
    """Any white space in the place of any other leaves the fingerprint alone."""
    wrapped = re.sub(r"\s+", lambda _: data.draw(SPACES), text)
    assert fingerprint(wrapped) == fingerprint(text)


def test_signs_without_spaces_between_words_may_be_wrapped_anywhere():
    """A line may end inside a sentence of Chinese or Thai."""
    assert fingerprint("不构成任何\n投资建议") == fingerprint("不构成任何投资建议")
    assert fingerprint("ไม่ได้ให้\nคำแนะนำ") == fingerprint("ไม่ได้ให้คำแนะนำ")


@given(TEXTS)
def test_case_leaves_no_trace(text):
    """Capitals and small letters have one fingerprint."""
    assert fingerprint(text.upper()) == fingerprint(text) == fingerprint(text.lower())


def test_case_of_every_character_leaves_no_trace():
    """There is no character whose capital or small letter is another wording."""
    texts = [f"a{chr(code)}a" for code in range(0x20000)]
    small, large = ([change(text) for text in texts] for change in (str.lower, str.upper))
    assert fingerprints(small) == fingerprints(texts) == fingerprints(large)


@given(TEXTS, st.integers(0, 10**6).map(str))
def test_numbers_are_alike(text, number):
    """Each number may be any other."""
    assert fingerprint(re.sub("[0-9]+", number, text)) == fingerprint(text)


HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,9}\.(com|org|de|co\.uk|news|рф)", fullmatch=True)
PATHS = st.from_regex(
    r"(/[a-z0-9_.~%+-]{0,9}){0,3}(\?[a-z]=[a-z0-9]{1,3}(&[a-z]=[a-z0-9]+)?)?(\#[a-z]+)?", fullmatch=True
)
ADDRESSES = st.one_of(
    st.builds("{}://{}{}".format, st.sampled_from(["http", "https", "ftp"]), HOSTS, PATHS),
    st.builds("www.{}".format, HOSTS),
    st.builds("{}@{}".format, st.from_regex(r"[a-z][a-z0-9._+-]{0,8}[a-z]", fullmatch=True), HOSTS),
    st.builds("@{}".format, st.from_regex("[a-z_][a-z0-9_]{2,9}", fullmatch=True)),
    HOSTS,
)


@given(
    ADDRESSES, ADDRESSES, st.sampled_from(["See {} for terms.", "({})", "{}", "请访问 {}，谢谢", "at {}!"])
)
def test_addresses_are_alike(one, other, frame):
    """Each page, site, mailbox or handle may be any other."""
    assert fingerprint(frame.format(one)) == fingerprint(frame.format(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("© 2024 Alpha News", "(C) 2019–2023 ALPHA NEWS."),
        ("“quoted” don’t – ever…", '"quoted" don\'t - ever.'),
        ("élevé ΤΈΛΟΣ", "ELEVE τέλος"),
        ("ＡＢＣ１２ ﬁne Straße", "abc 9 fine STRASSE"),
        ("cafe\u0301 &eacute; が", "café É か\u3099"),
        ("**Not** _advice_: see [the terms][1]", "Not advice: see the terms 1"),
        ("see [the terms](/terms)", "see the terms"),
        ('see [the terms](/t "Terms") <br/> now', "see the terms now"),
        ('<p class="small">Not<!-- ad --> advice</p>&nbsp;&copy; us', "Not advice © us"),
        ("⚠️ 🔥 Not ™ advice ● ₿", "Not advice"),
        ("co\u00adoperate\u200b می\u200cشود", "cooperate میشود"),
        ("مُحَـــمَّد کی على", "محمد كي علي"),
        ("שָׁלוֹם", "שלום"),
        ("هل هذه نصيحة؟", "هل هذه نصيحة?"),
        ("\ufeffNot\x07 \x00advice 𝔘s", "Not advice us"),
        ("on 12/03/2024 at 10:30", "on 1.4.25 at 9"),
        ("١٢ and १२", "3 and 4"),
        ("请访问www.alpha.example了解", "请访问https://beta.org/x了解"),
        ("advice.https://a.example/b or me@a.example", "beta.org or git+ssh://b.example"),
    ],
)
def test_layout_and_typing_leave_no_trace(one, other):
    """Marks, quotes, dashes, accents, widths, entities, emoji and years are no part of a wording."""
    assert letters(one) == letters(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("This is not advice.", "This is advice."),
        ("© Alpha News", "Alpha News"),
        ("Is this advice?", "Is this advice."),
        ("ไม่", "ไม"),
        ("किसी", "कस"),
        ("か", "が"),
        ("不构成", "构成"),
        ("if a <b and c> d", "if a d"),
        ("advice.It is", "advice.To is"),
        ("***", "🔥"),
        ("𞤀", "𞤁"),
        ("\ud800", "\ud801"),
    ],
)
def test_what_tells_wordings_apart_is_kept(one, other):
    """A negation, ©, a question, a vowel sign and an unknown script are part of a wording."""
    assert fingerprint(one) != fingerprint(other)


def test_one_fingerprint_for_ever():
    """Decisions are stored under fingerprints and keys: whoever changes them raises FINGERPRINT."""
    text = "© 2024 Example Ltd. Dies ist keine Anlageberatung; 不构成投资建议。 https://a.example"
    assert families.FINGERPRINT == 1
    assert fingerprint(text) == "4c312efc3794a6c4813949fe29cc292f"
    assert sketch(text)[:2] == (-550843508147590568, 7106598799544369955)


@given(st.lists(TEXTS, max_size=6))
def test_a_text_has_the_same_prints_in_any_company(texts):
    """A batch gives what each text gives alone, also where one ends and the next begins with a number."""
    texts = [*texts, "7", "8"]
    assert fingerprints(texts) == [fingerprint(text) for text in texts]
    assert sketches(texts) == [sketch(text) for text in texts]
    assert all(re.fullmatch("[0-9a-f]{32}", print_) for print_ in fingerprints(texts))


@given(TEXTS, TEXTS)
def test_similarity_is_symmetric_and_1_for_equals(one, other):
    """Similarity is from 0 to 1, the same both ways, and 1 for a text and its copy."""
    assert 0 <= similarity(one, other) == similarity(other, one) <= 1
    assert near(one, other) == near(other, one)
    assert similarity(one, one.upper()) == 1
    assert near(one, one.upper())


def test_similarity_counts_runs_of_four_letters_and_of_two_signs():
    """Seven letters have four runs, five signs have four; what is shared is divided by what there is."""
    assert similarity("abcdefg", "abcdexy") == pytest.approx(2 / 6)
    assert similarity("一二三四五", "一二三六七") == pytest.approx(2 / 6)
    assert similarity("a", "b") == similarity("", "b") == 0


@pytest.mark.parametrize("notice", NOTICES)
def test_a_notice_with_another_name_is_near(notice):
    """In twenty words or more the name of a company may differ."""
    cjk = notice[0] == "本"
    one, other = (
        notice.format(name) for name in (("晨港新闻", "蓝湾财经") if cjk else ("Alpha News", "Beta Post"))
    )
    assert fingerprint(one) != fingerprint(other)
    assert near(one, other)
    assert grouped([one, other]) == [0, 0]


def test_other_notices_are_not_near():
    """Two notices on one matter in other words are two wordings."""
    assert grouped([notice.format("Alpha") for notice in NOTICES]) == list(range(len(NOTICES)))
    assert not near(
        "Nothing on this page is investment advice, and you should ask a professional before you act.",
        "This page is for information only; please ask a professional before you make an investment.",
    )


def test_short_texts_are_only_near_their_copies():
    """Of a few n-grams, one word is too much to differ."""
    one, other = "x" + LETTERS[:9], "y" + LETTERS[:9]
    assert similarity(one, other) >= NEAR and len(one) - 3 < FEWEST
    assert not near(one, other)
    assert sketch(one) == ()
    assert near("Terms apply", "TERMS APPLY!")
    assert len(sketch(LETTERS[: FEWEST + 3])) == BANDS


def shared(pairs):
    """The share of pairs of texts with a key in common."""
    keys = [set(own) for own in sketches([text for pair in pairs for text in pair])]
    return sum(bool(a & b) for a, b in zip(keys[::2], keys[1::2], strict=True)) / len(pairs)


def pairs_alike(share, count, dice, size=100):
    """Pairs of texts of random letters, of `size` n-grams each, whose similarity is about `share`."""
    same = round(2 * size * share / (1 + share))

    def word(length):
        return "".join(dice.choices(LETTERS, k=length))

    heads = [word(same + 3) for _ in range(count)]
    return [(head + word(size - same), head + word(size - same)) for head in heads]


@pytest.mark.parametrize("share", [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_near_copies_share_a_key_as_the_theory_says(share):
    """Keys are found in common as often as independent orders would give, to four standard errors."""
    pairs = pairs_alike(share, 2000, random.Random(7))
    exact = sum(similarity(*pair) for pair in pairs[:100]) / 100
    assert exact == pytest.approx(share, abs=0.01)
    expected = 1 - (1 - exact**ROWS) ** BANDS
    assert shared(pairs) == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 2000) ** 0.5 + 0.001)


def test_sketches_find_copies_and_leave_others():
    """At least 97 of 100 pairs of similarity 0.8 share a key, of 0.4 fewer than 2."""
    assert 1 - (1 - 0.8**ROWS) ** BANDS >= 0.97
    assert 1 - (1 - 0.4**ROWS) ** BANDS < 0.02
    assert shared(pairs_alike(0.8, 1000, random.Random(1))) >= 0.97
    assert shared(pairs_alike(0.39, 1000, random.Random(1))) < 0.02


def test_keys_fit_a_signed_column():
    """A key is what a database stores as a bigint."""
    keys = [key for own in sketches([n.format("x") for n in NOTICES]) for key in own]
    assert min(keys) < 0 < max(keys)
    assert all(type(key) is int and -(2**63) <= key < 2**63 for key in keys)


def test_families_come_in_the_order_of_their_first_text():
    """Numbers begin at 0 and a new one is the next; copies and near copies have that of the first."""
    a, b = NOTICES[0].format("Alpha News"), NOTICES[1].format("Beta Post")
    assert grouped([a, "Terms apply", b, a.upper(), NOTICES[0].format("Coinlark"), "", "terms apply."]) == [
        0, 1, 2, 0, 0, 3, 1,
    ]  # fmt: skip
    assert grouped([]) == []


def test_a_chain_of_small_changes_is_not_one_family():
    """Every text is near the first of its family."""
    dice = random.Random(3)
    words = ["".join(dice.choices(LETTERS, k=6)) for _ in range(80)]
    chain = ["".join(words[i : i + 40]) for i in range(0, 41, 2)]
    numbers = grouped(chain)
    assert all(near(one, other) for one, other in pairwise(chain))
    assert len(set(numbers)) > 1
    assert all(near(chain[numbers.index(number)], text) for number, text in zip(numbers, chain, strict=True))


@given(st.permutations(range(12)))
def test_clear_families_are_the_same_in_any_order(order):
    """Where texts are either near or far, the order of the texts does not matter."""
    texts = [
        notice.format(name) for notice in NOTICES[:4] for name in ("Alpha News", "Beta Post", "Coinlark")
    ]
    numbers = grouped([texts[i] for i in order])
    members = {
        frozenset(i // 3 for i, n in zip(order, numbers, strict=True) if n == number) for number in numbers
    }
    assert members == {frozenset([i]) for i in range(4)}


def equal_keys(grams, bounds, rows):
    """The same keys for all texts."""
    return np.tile(np.arange(BANDS), (len(rows), 1))


def test_equal_keys_do_not_compare_all_pairs(monkeypatch):
    """Were all keys of all texts equal, each text would still be compared with a few."""
    compared = []
    monkeypatch.setattr(families, "_keys", equal_keys)
    monkeypatch.setattr(families, "_near", lambda one, other: compared.append(1))
    dice = random.Random(5)
    texts = ["".join(dice.choices(LETTERS, k=40)) for _ in range(500)]
    assert grouped(texts) == list(range(500))
    assert 0 < len(compared) <= CANDIDATES * len(texts)


def test_the_first_and_the_last_text_with_a_key_are_compared(monkeypatch):
    """A copy of either is found, though all keys be equal."""
    monkeypatch.setattr(families, "_keys", equal_keys)
    a, b, *_ = NOTICES
    assert grouped([a, b, a + " Yes.", NOTICES[2]]) == [0, 1, 0, 2]
    assert grouped([a, b, b + " Yes.", NOTICES[2]]) == [0, 1, 1, 2]


def test_a_member_leads_to_the_first_of_its_family(monkeypatch):
    """Who shares keys with a member alone is compared with the first, and joins it."""
    monkeypatch.setattr(families, "_neighbours", lambda texts: [(1, [0]), (2, [1])])
    assert families._heads([NOTICES[0], NOTICES[0] + "a", NOTICES[0] + "b"]) == [0, 0, 0]


def test_a_text_that_shares_keys_with_many_families_is_compared_with_the_likeliest(monkeypatch):
    """No more than CANDIDATES comparisons are made for one text, and the best candidate is among them."""
    monkeypatch.setattr(families, "_neighbours", lambda texts: [(29, [*range(29), 28])])
    compared = []
    monkeypatch.setattr(families, "_gram_set", lambda text: text)
    monkeypatch.setattr(families, "_near", lambda one, other: compared.append(one))
    families._heads(list(range(30)))
    assert compared == [28, *range(CANDIDATES - 1)]


def test_the_ngrams_of_a_long_text_are_those_of_its_beginning():
    """Memory and time of a comparison are bounded; the fingerprint still sees the end."""
    long = "".join(random.Random(2).choices(LETTERS, k=LONGEST + 100))
    assert similarity(long + "tail", long + "another end") == 1 and sketch(long + "a") == sketch(long + "b")
    assert fingerprint(long + "a") != fingerprint(long + "b")


@pytest.mark.parametrize(
    "part", ["a.", "a", "@", "a@", "<a ", "](", "&#1", "://", "a://", "a-", "<!--", "🔥", "\x00"]
)
def test_hostile_repetition_is_read_in_linear_time(part):
    """No pattern goes back over what it has read: a million characters of anything are read."""
    for text in (part * (1_000_000 // len(part)), "x://" + part * (1_000_000 // len(part)) + " ."):
        assert len(fingerprint(text)) == 32


def test_no_model_is_loaded():
    """Families need neither a model nor an optional package."""
    code = (
        "import sys; from detector.families import grouped; grouped(['a', 'b'])\n"
        "assert not {'sklearn', 'pandas', 'flask', 'lxml', 'pyarrow'} & set(sys.modules)\n"
        "from detector.detection import loaded; assert not loaded.cache_info().currsize"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
