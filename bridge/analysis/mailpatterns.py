"""Words of mail in English, German, French, Spanish and Dutch: heads of replies, closings, greetings, disclaimers.

Rule: each pattern is matched against one line, and begins with a word or a mark, so that prose is left alone.
"""

from __future__ import annotations

import re

_ANY = re.IGNORECASE

PLACEHOLDERS = re.compile(
    r"\[(?:email|phone|card|iban|key|name|ip|ssn)\]|\[cid:[^\]\n]{1,200}\]|\[image[^\]\n]{0,200}\]", _ANY
)

SEPARATOR = re.compile(
    r"[-_=*]{2,}\s?(?:original message|original appointment|forwarded message|reply message|(?:urspr(?:ü|ue)ngliche"
    r"|weitergeleitete) nachricht"
    r"|message (?:d'origine|original|transféré|transmis)|mensaje (?:original|reenviado)|(?:oorspronkelijk|origineel"
    r"|doorgestuurd) bericht)"
    r"\s?[-_=*]*$|_{20,}$|(?:begin forwarded message|anfang der weitergeleiteten (?:e-mail|nachricht)"
    r"|début du message (?:réexpédié|transféré)"
    r"|inicio del mensaje reenviado|begin doorgestuurd bericht)\s?:?$|#{2,}-? ?(?:please|bitte"
    r"|veuillez) .{0,80}-?#{2,}$",
    _ANY,
)
REPLY_START = re.compile(
    r"(?:on|am|le|el|op|den|em|il|w dniu|\d{4}[-/]\d\d?[-/]\d\d?|\d\d?\.\d\d?\.\d{2,4})\b.*(?:\d|,)", _ANY
)
REPLY_END = re.compile(
    r"(?:wrote|writes|schrieb(?: .{1,120}| folgendes)?|a écrit|escribió|schreef(?: .{1,120})?|geschreven"
    r"|skrev(?: .{1,120})?|escreveu|ha scritto)\s?:\s*$",
    _ANY,
)
SENDER_FIELD = re.compile(r"\*?(?:from|von|de|van)\*?\s?:\*?\s", _ANY)
HEADER_FIELD = re.compile(
    r"\*?(?:from|sent|to|cc|bcc|subject|date|reply-to|importance|attachments|von|gesendet|an|betreff|datum|priorität"
    r"|wichtigkeit|anlagen|de|envoyé(?: le)?|envoyé par"
    r"|à|objet|date|pièces jointes|enviado(?: el)?|para|asunto|fecha|van|verzonden|aan|onderwerp|datum"
    r"|bijlagen)\*?\s?:\*?\s",
    _ANY,
)
BANNER = re.compile(
    r"\s*(?:\W{0,3}(?:\[?external(?: e?-?mail)?\]?\W{0,3}$|caution\W|\[?extern(?:e (?:mail|nachricht))?\]?\W{0,3}$"
    r"|warnung: externe|achtung: externe)"
    r"|.{0,12}this (?:e-?mail|message) (?:originated|came|was sent) from outside|.{0,12}diese (?:e-?mail"
    r"|nachricht) (?:kommt|stammt) von (?:au(?:ß|ss)erhalb|extern)"
    r"|.{0,12}ce (?:message|courriel|mail) provient de l'ext|\W{0,4}please (?:type|write) your reply above"
    r"|do not click (?:on )?links)",
    _ANY,
)

SIGNATURE_MARK = re.compile(
    r"--\s*$|—\s*$|_{2,}\s*$|-{3,}\s*$|\s*(?:(?:sent|diese nachricht wurde|gesendet|envoyé|enviado|verzonden"
    r"|verstuurd|inviato)"
    r" (?:from|von|mit|via|depuis|de mon|à partir de|desde|vanaf|vanuit|met)\b.{0,80}$|get outlook for\b"
    r"|outlook für\b|télécharge[rz] outlook"
    r"|obtener outlook|outlook voor\b|von meinem .{3,30} gesendet|sent with \w|sent via \w|mobil gesendet"
    r"|von unterwegs gesendet|yahoo mail:)",
    _ANY,
)
CLOSING = re.compile(
    r"\s*(?:(?:(?:with )?(?:best|kind|warm|many|my|kindest|warmest)(?: and)? (?:regards|wishes|thanks|greetings)"
    r"|(?:best|kind) ?regards|regards|best|cheers|sincerely"
    r"|(?:yours|very) (?:sincerely|faithfully|truly)(?: yours)?|respectfully|(?:many |much )?thanks(?: (?:again"
    r"|so much|a lot|in advance|and (?:best |kind )?regards|for your (?:help|time|support|assistance|quick reply)))?"
    r"|thank you(?: (?:again|so much|very much|in advance|for your (?:help|time|support|assistance|quick reply)"
    r"|and (?:best |kind )?regards))?|thx|tia|br|rgds|have a (?:nice|great|good) (?:day|weekend|one)|all the best"
    r"|take care"
    r"|(?:mit )?(?:freundlich(?:en|e|em)|besten?|liebe[nr]?|herzliche[nr]?|viele[nr]?|sch(?:ö|oe)ne[nr]?|beste[nr]?"
    r"|sonnige[nr]?) (?:gr(?:ü|ue)(?:ß|ss)(?:en|e)?|dank)(?: (?:aus|im voraus|und|für (?:ihre|eure) (?:hilfe"
    r"|unterstützung|mühe)).{0,40})?"
    r"|mfg|lg|vg|hochachtungsvoll|gru(?:ß|ss)|gr(?:ü|ue)(?:ß|ss)e|danke(?: (?:und (?:viele|beste|liebe) gr(?:ü"
    r"|ue)(?:ß|ss)e|im voraus|schön|vorab|schon mal|für (?:ihre|eure) (?:hilfe|unterstützung)))?"
    r"|vielen dank(?: .{0,40})?|(?:schönes|schönen) (?:wochenende|tag|abend)(?: noch)?"
    r"|(?:bien |très )?cordialement|(?:bien|meilleures|sincères) (?:à vous|salutations|cordialement)"
    r"|salutations(?: distinguées)?|(?:bonne|belle) (?:journée|soirée|continuation)|merci(?: (?:d'avance|beaucoup"
    r"|par avance|et bonne journée|encore|bien|pour votre (?:aide|retour)))?"
    r"|(?:je vous prie|veuillez) (?:d'|de |)(?:agréer|recevoir|croire).{0,90}|dans l'attente.{0,60}|à bientôt"
    r"|(?:un )?(?:cordial(?:es)?|atento|atentos) salud[oa]s?|(?:un )?saludos?(?: cordial(?:es)?)?"
    r"|(?:muy )?atentamente|(?:muchas |mil )?gracias(?: (?:de antemano|por (?:su|tu|vuestra) (?:ayuda|atención)"
    r"|y (?:un )?saludos?))?|un abrazo|quedo a la espera.{0,40}|reciba un.{0,40}"
    r"|(?:met )?(?:vriendelijke|hartelijke|beste) groet(?:en)?|mvg|groet(?:en|jes)?|hoogachtend|(?:alvast "
    r"|heel erg )?bedankt(?: (?:alvast|voor (?:de|uw|je) (?:hulp|moeite)))?|dank (?:u|je)(?: wel)?|bij voorbaat dank"
    r"|fijne dag(?: verder| nog)?|con (?:cordiali|cordial) salud?\w*"
    r"))\s?(?:[,.!;:–-]{0,3}|[,.!]?\s{1,3}(?:[A-ZÄÖÜÉ][\w.'’-]{0,24}\s?){1,4}|[,.!]?\s*\[name\].{0,20})\s*$",
    _ANY,
)
GREETING = re.compile(
    r"\s*(?:(?:hi|hello|hey|hiya|dear|good (?:morning|afternoon|evening|day)|greetings|to whom it may concern|hallo"
    r"|hi|guten (?:tag|morgen|abend)|moin|servus|gr(?:ü|ue)(?:ß|ss) gott|grüezi|liebes?r?"
    r"|sehr geehrte[rs]?|werte[rs]?|bonjour|bonsoir|salut|cher|chère|chers|madame|monsieur|hola|buenos d(?:í|i)as"
    r"|buenas(?: tardes| noches)?|estimad[oa]s?|apreciad[oa]s?|beste|geachte|goede(?:n?dag|morgen|middag|navond)|dag"
    r"|goedemiddag|hoi)"
    r"(?:(?:[ /]+(?:[\w.'’\[\]&-]+)){0,6}\s?[,!:;–—-]+(?:\s*(?:sehr geehrte[rs]?"
    r"|liebe[rs]?)(?: [\w.\[\]-]+){1,4}\s?[,!:;]+)?|(?:[ /]+[\w.'’\[\]&-]+){0,4}[.]?\s*$))\s*",
    _ANY,
)
DISCLAIMER = re.compile(
    r"\b(?:(?:this|the (?:information|contents?)(?: contained)? (?:in|of) this) (?:e-?mail|message"
    r"|communication)(?: (?:and|or|including) (?:any|its|all) .{0,40}?)?"
    r"(?: (?:is|are|may be|may contain|contains?|including|has been))? ?.{0,60}?\b(?:confidential|privileged"
    r"|intended (?:only|solely)|legally)"
    r"|if you (?:are not|have received|received) (?:the intended|this (?:e-?mail|message)).{0,60}|please (?:consider"
    r"|think of) the environment"
    r"|diese (?:e-?mail|nachricht) (?:und .{0,40} )?(?:enthält|kann|ist|könnte).{0,60}vertraulich"
    r"|bitte (?:denken sie an die umwelt|prüfen sie.{0,40}ausgedruckt)"
    r"|(?:ce|le présent|cet) (?:message|courriel|e-?mail).{0,80}confidentiel|pensez à l'environnement"
    r"|si vous (?:n'êtes pas le destinataire|avez reçu ce (?:message|courriel))"
    r"|este (?:mensaje|correo).{0,80}confidencial|antes de imprimir"
    r"|(?:deze|dit) (?:e-?mail|bericht).{0,80}vertrouwelijk|registered (?:in england|office)|(?:geschäftsführer"
    r"|amtsgericht|handelsregister)\b.{0,80}(?:hrb|:)"
    r"|you are receiving this (?:e-?mail|message) because|to unsubscribe\b)",
    _ANY,
)
