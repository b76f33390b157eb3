"""The colouring of job files: it changes nothing but the colours, and masks what looks secret."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.draw.hocon import MASK, coloured
from tui.draw.line import Tone


def plain(text: str) -> str:
    """The text that is shown."""
    return "\n".join("".join(span.text for span in spans) for spans in coloured(text))


@given(st.text(st.sampled_from("abc{}[]=\"'#/$:,+\n .1"), max_size=120))
def test_the_text_is_unchanged(text: str) -> None:
    """Colouring never loses, adds or moves a character, also in text that is no HOCON."""
    assert plain(text) == text


def tone_of(line: str, part: str) -> Tone:
    """The tone of the span that holds ``part``."""
    return next(span.tone for span in coloured(line)[0] if part in span.text)


def test_tokens_have_their_tones() -> None:
    """Keys, values, comments and substitutions can be told apart."""
    assert tone_of('job.name = "orders" # note', "job.name") is Tone.ACCENT
    assert tone_of('job.name = "orders" # note', "orders") is Tone.TEXT
    assert tone_of('job.name = "orders" # note', "note") is Tone.MUTED
    assert tone_of("path = ${?OUT}", "${?OUT}") is Tone.AMBER
    assert tone_of("FakeSource {", "FakeSource") is Tone.ACCENT_STRONG
    assert tone_of("row.num = 5000", "5000") is Tone.AMBER


def test_triple_quotes_span_lines() -> None:
    """What looks like a comment or a key inside triple quotes is text."""
    lines = coloured('query = """\n# not = a comment\n""" # but this is')
    assert [span.tone for span in lines[1]] == [Tone.TEXT]
    assert lines[2][-1].tone is Tone.MUTED


def test_secrets_are_masked() -> None:
    """The value of a key that looks like a secret is not shown; the next key's is."""
    assert plain('password = "hunter2", user = "ann"') == f'password = {MASK}, user = "ann"'
    assert plain('password = "${{env:DB_PASSWORD}}"') == 'password = "${{env:DB_PASSWORD}}"'
    assert plain('token = "${{file:/run/secrets/t}}"\nuser = ann') == 'token = "${{file:/run/secrets/t}}"\nuser = ann'
    assert plain('password = "${{env:A}}hunter2"') == f"password = {MASK}"
    assert plain('password = "${{other:hunter2}}"') == f"password = {MASK}"
    assert plain("access_key: abc") == f"access_key: {MASK}"
    assert plain("password = ${?DB_PASSWORD}") == "password = ${?DB_PASSWORD}"
    assert plain('secret = """a\nb"""\nuser = ann') == f'secret = """{MASK}\n{MASK}"""\nuser = ann'
    assert plain('password =\n  "hunter2"\nuser = ann') == f"password =\n  {MASK}\nuser = ann"
    assert plain('url = "jdbc:pg://ann:hunter2@db/x"') == f'url = "jdbc:pg://ann:{MASK}@db/x"'
