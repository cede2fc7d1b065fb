"""Lines of tickets that could be the title of their issue, and how well each would serve.

Rule: a line is what some customer wrote, without greeting, thanks and prefixes; a line that says nothing ("Urgent",
"Chat with ...") is never better than one that says something. Pure, offline, in five languages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bridge.analysis.stopwords import BY_LANGUAGE, COMPLAINTS, CUT_OFF, GREETINGS, HANGING, HOLLOW, STOP_WORDS

TITLE_LENGTH = 80
FOREIGN = 0.3
"""What a line in another language than most counts."""
READ = 2000
"""Characters of a ticket that are looked at."""
SENTENCES = 6
"""Sentences of a ticket that are looked at: what is wrong is said early."""
OPENING, LATER = 2, 0.5
"""The subject and the first sentence that says something tell what is wrong, later ones what follows from it: those
count less.
"""
GROWN = 3
"""A model's title may change once the issue is so many times as large as when it was named."""
BETTER = 1.5
"""... and only for one that scores so many times as well."""

_ENOUGH = 12
"""A line shorter than this, in characters, seldom says what is wrong."""
_CLAUSE = 24
_SHORT_GREETING = 4
_FREE = 2
"""Words of a line that its length is not held against."""
_LENGTH_POWER = 0.5
_COMPLAINT = 1.15
_RARE = 0.2
"""What fewer members than this say is not what the issue is about."""
WORD = re.compile(r"[^\W\d_](?:[\w]|['’\-.](?=\w))*")
_PREFIX = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|sv|tr|rv|antw)\s*:|\[[^\]]{0,40}\]|\(?#\d+\)?)\s*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*\n\s*")
_CLAUSE_END = re.compile(
    r"\s*[;:,–—]\s+|\s+[-–—]\s+|\s+(?=(?:but|because|and|aber|weil|und|mais|car|pero|porque|maar)\s)"
)
_IDENTIFIER = re.compile(r"\d{6,}|(?=\w*\d\w*\d)(?=\w*[^\W\d])\w{4,}|https?://|www\.|\S@\S|[0-9a-f]{8}-|[\\/]\w+[\\/]")
_PLACEHOLDER = re.compile(r"[\[<{][\w :#-]{1,40}[\]>}]|\*{3,}")
_PERSON = re.compile(
    r"\b(?i:mr|mrs|ms|dr|herr|frau|mme|monsieur|madame|señora?|sra?|meneer|mevrouw)\b\.?\s+[A-ZÀ-Þ]"
    r"|\b(?i:my name is|this is|i am|i'm|ich bin|ich heiße|mein name ist|je m'appelle|je suis|me llamo|soy|ik ben)"
    r"\s+[A-ZÀ-Þ]\w+",
)
_OF_A_CHANNEL = re.compile(
    r"^(?:(?:new|neue[rs]?|missed|web|live)\s+)?"
    r"(?:chat|conversation|call|phone call|voice ?mail|e-?mail|message|gespräch|anruf|nachricht|appel|llamada|bericht)"
    r"\s+(?:with|from|by|to|mit|von|vom|avec|de|con|met|van|transcript)\b",
    re.IGNORECASE,
)
_ADDRESS = (
    r"hello|hi|hey|dear|good (?:morning|afternoon|evening|day)|guten (?:tag|morgen|abend)|hallo|liebes?|lieber"
    r"|sehr geehrte\w*|moin|bonjour|bonsoir|salut|hola|buen[oa]s (?:d[ií]as|tardes|noches)|estimad\w+"
    r"|goede(?:morgen|middag|navond)|beste|geachte|hoi"
)
_GREETING = re.compile(rf"^(?:{_ADDRESS})\b(?:\s+[^\W\d]+){{0,3}}?\s*(?:[,!.:]|\s[–-])+\s*", re.IGNORECASE)
_LEAD = re.compile(
    r"^(?:(?:please note|it seems|it looks like|i wanted to (?:say|report)"
    r"|i(?:'m| am) writing (?:to you )?(?:because|to report)"
    r"|i(?:'d| would) like to report)(?:\s+that)?|unfortunately|leider|ich schreibe (?:ihnen|euch),? weil"
    r"|malheureusement"
    r"|je vous écris (?:car|parce que)|lamentablemente|(?:les|le) escribo porque|helaas|ik schrijf (?:u|jullie) omdat)"
    r"\s*[,:]?\s+(?=\w)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,;.!?–-]+(?:(?:please|pls)(?: urgently)? (?:help|advise|assist|fix)[^.!?]{0,20}"
    r"|(?:many )?thank(?:s| you)[^.!?]{0,40}"
    r"|(?:vielen |herzlichen )?dank[^.!?]{0,30}|danke[^.!?]{0,30}|merci[^.!?]{0,40}|(?:muchas )?gracias[^.!?]{0,30}"
    r"|(?:alvast )?bedankt[^.!?]{0,30}|bitte um hilfe|urgent|asap|dringend|please|bitte)\s*[.!?]*$",
    re.IGNORECASE,
)
_NUMBER_AT_END = re.compile(
    r"[\s(#:,-]+(?:(?:with|under|for|the|id|no|nr|number|num|nummer|ref|reference|numéro|número)\b\.?[\s(#:,-]*){0,3}"
    r"(?:\d{6,}|#\d{3,}|[A-Z]{1,6}-?\d{3,}[\w-]*|[\[<{][\w :#-]{1,40}[\]>}]+)[\s)]*[.!?]*$",
    re.IGNORECASE,
)
_EDGE = " \t-–—*>|:;,.!\"'“”„«»"
_IN_SEVERAL = {word for word, n in Counter(w for own in BY_LANGUAGE.values() for w in own).items() if n > 1}
_TELLING = {language: words - _IN_SEVERAL for language, words in BY_LANGUAGE.items()}

Terms = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Theme:
    """What the tickets of an issue have in common. ``weights``: c-TF-IDF by term; ``shares``: part of the members that
    say the term; ``language``: that of most members, None where unclear; ``terms`` reads a line.
    """

    weights: Mapping[str, float]
    shares: Mapping[str, float]
    terms: Terms
    language: str | None = None
    members: int = 1


def lines(subject: str, text: str) -> Iterator[tuple[str, float]]:
    """The subject and the first sentences, cleaned, and what each counts; the clauses of one too long for a title."""
    seen = 0
    for part in (subject, *_SENTENCE_END.split(text[:READ].strip(), maxsplit=SENTENCES)[:SENTENCES]):
        line = cleaned(part)
        if not line or is_hollow(line):
            if line:
                yield line, LATER
            continue
        counts = 1.0 if seen < OPENING else LATER
        seen += 1
        yield line, counts
        if len(line) > TITLE_LENGTH:
            pieces = (cleaned(piece) for piece in _CLAUSE_END.split(line))
            yield from ((piece, counts) for piece in pieces if _CLAUSE <= len(piece) <= TITLE_LENGTH)


def cleaned(line: str) -> str:
    """Without "Re:", greeting, lead-in, thanks and what stands at the edges."""
    line = " ".join(line.split())
    for pattern in (_PREFIX, _GREETING, _LEAD):
        while (shorter := pattern.sub("", line, count=1)) != line and WORD.search(shorter):
            line = shorter
    for pattern in (_TAIL, _NUMBER_AT_END, _TAIL):
        while (shorter := pattern.sub("", line)) != line and WORD.search(shorter):
            line = shorter
    return line.strip(_EDGE)


def is_hollow(line: str) -> bool:
    """Whether a line says nothing about what is wrong: courtesies, "Urgent", "Chat with Ann", a number."""
    words = [word.lower().replace("’", "'") for word in WORD.findall(line)]
    if all(word in STOP_WORDS or word in HOLLOW for word in words):
        return True
    if len(words) <= _SHORT_GREETING and words[0] in GREETINGS:
        return True
    return bool(_OF_A_CHANNEL.match(line) or _PERSON.match(line))


def score(line: str, theme: Theme) -> float:
    """How well a line says what the members share, 0 or more; of a hollow line 0.

    The weight of its terms by its length, so that a long line wins only by what it adds. A line that is cut, a scrap,
    the second half of a thought, in another language than most, with a placeholder, an identifier or a person in it
    counts a part only, one that complains or wishes a little more.
    """
    if is_hollow(line):
        return 0.0
    terms = theme.terms(line)
    words = sum(" " not in term for term in terms)
    value: float = sum(theme.weights.get(term, 0.0) for term in terms) / (_FREE + words) ** _LENGTH_POWER
    if not _ENOUGH <= len(line) <= TITLE_LENGTH:
        value *= 0.5
    if line.lower().rsplit(maxsplit=1)[-1] in CUT_OFF:
        value *= 0.5
    if line.lower().split(maxsplit=1)[0] in HANGING:
        value *= 0.6
    if _PLACEHOLDER.search(line) or _IDENTIFIER.search(line):
        value *= 0.3
    if _PERSON.search(line) or (theme.language != "de" and _has_stranger(line, theme)):
        value *= 0.6
    if theme.language and (own := language_of_words(line, 1)) and own != theme.language:
        value *= FOREIGN
    return value * (_COMPLAINT if _complains(line) else 1.0)


def language_of_words(text: str, least: int) -> str | None:
    """The language whose common words stand in the text most often: ``least`` of them and more than any other's."""
    words = [word.lower().replace("’", "'") for word in WORD.findall(text[:400])]
    (second, _), (best, language) = sorted((sum(w in own for w in words), name) for name, own in _TELLING.items())[-2:]
    return language if best >= least and best > second else None


def worth_renaming(then: int, now: int, known: float, found: float) -> bool:
    """Whether a model's title may change. A title is what people know an issue by: in talk, in a tracker, in a mail.

    So it stays unless the issue is ``GROWN`` times as large as when it was named (then, now: members) and the new title
    scores ``BETTER`` times the known one's score among the present members. A person's title is never asked about.
    """
    return then > 0 and now >= GROWN * then and found >= BETTER * known and found > 0


def _complains(line: str) -> bool:
    return any(word.lower().replace("’", "'") in COMPLAINTS for word in WORD.findall(line))


def _has_stranger(line: str, theme: Theme) -> bool:
    """A capitalised word inside the line that hardly another member says: a name, most likely."""
    if theme.members <= 1 or line.isupper():
        return False
    for found in list(WORD.finditer(line))[1:]:
        word = found.group()
        if word[0].isupper() and not word.isupper() and not line[: found.start()].rstrip().endswith((".", "?", "!")):
            terms = theme.terms(word)
            if terms and all(theme.shares.get(term, 0.0) <= max(_RARE, 1 / theme.members) for term in terms):
                return True
    return False
