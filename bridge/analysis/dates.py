"""Whether a sentence names a day, a month or a quarter. Rule: rather a sentence too many than a promise too many."""

from __future__ import annotations

import re

from bridge.analysis.remedy_lint import TYPED_DATE

_MONTHS = (
    r"(?:jan(?:uar|vier|uari)?|enero|feb(?:ruar|ruari)?|f[eé]v(?:rier)?|febrero|m[aä]rz|mars|marzo|maart|abril|avril"
    r"|mai|mayo|mei|juni?|juin|junio|juli?|juillet|julio|ao[uû]t|agosto|augustus|sept(?:iembre)?|okt(?:ober)?"
    r"|oct(?:ubre)?|novembre|noviembre|dez(?:ember)?|d[eé]cembre|diciembre)"
)
_OTHER = re.compile(
    rf"\b(?:\d{{1,2}}(?:\.|er|º)?\s+(?:de\s+)?{_MONTHS}|{_MONTHS}\.?\s+(?:\d{{1,2}}\b|(?:de\s+)?20\d\d)"
    rf"|(?:im|bis|ab|anfang|mitte|ende|en|d'ici|avant|antes de|a finales de|in|eind|voor)\s+{_MONTHS}\b"
    r"|\d{1,2}[./]\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}(?:-\d{2})?|Q[1-4]\b|[1-4]\.\s*quartal"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
    r"|lundi|mardi|mercredi|jeudi|vendredi|lunes|martes|mi[eé]rcoles|jueves|viernes"
    r"|maandag|dinsdag|woensdag|donderdag|vrijdag"
    r"|tomorrow|tonight|today|(?:next|this|coming)\s+(?:week|month|quarter|year|sprint)"
    r"|morgen|heute|(?:n[aä]chsten?|diese[rn]?|kommenden?)\s+(?:woche|monat|quartal|jahr)"
    r"|demain|la semaine prochaine|ma[nñ]ana|la pr[oó]xima semana|volgende\s+(?:week|maand))\b",
    re.IGNORECASE,
)


def names_a_date(sentence: str) -> bool:
    """In five languages, by day, weekday, month, quarter or words such as "next week"."""
    return bool(TYPED_DATE.search(sentence) or _OTHER.search(sentence))
