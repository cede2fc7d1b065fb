"""Which language a text is in, or None: a wrong language costs more than an unknown one.

Rule: short texts are not guessed, and small relatives of a large language (Galician, Afrikaans) are not in
``LANGUAGES``, since they only make short texts of the large one uncertain. The model is loaded at the
first text that is long enough.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

MIN_LETTERS = 40
MIN_PROBABILITY = 0.9
LANGUAGES = [
    *("ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja"),
    *("ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "uk", "vi", "zh"),
]
_READ = 2000
_PLACEHOLDER_OR_LINK = re.compile(r"\[\w+\]|https?://\S+")
_CODE = re.compile(r"[a-z]{2}(?![a-z])")
_DENSE_SCRIPT = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DENSE = 4


def language_of(text: str, hint: str | None) -> str | None:
    """ISO 639-1 code. ``hint`` is what the desk says ("de-AT"); it decides where the text is too short or unclear."""
    told = _CODE.match(hint.strip().lower()) if hint else None
    fallback = told.group() if told else None
    sample = _PLACEHOLDER_OR_LINK.sub(" ", text[:_READ])
    letters = sum(map(str.isalpha, sample))
    if not sample.isascii():
        letters += (_DENSE - 1) * len(_DENSE_SCRIPT.findall(sample))
    if letters < MIN_LETTERS:
        return fallback
    language, probability = _identifier().classify(sample)
    return str(language) if probability >= MIN_PROBABILITY else fallback


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - loading the model takes half a second

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier
