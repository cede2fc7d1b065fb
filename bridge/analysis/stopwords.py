"""Words that say nothing about an issue, in five languages, and the courtesies of support mail. Lower case."""

from __future__ import annotations

_ENGLISH = """
a about after again all also am an and any are as at be because been before being but by can cannot can't could
couldn't did didn't do does doesn't doing don't each for from get gets getting got had has have having he her here
hers him his how i i'd i'll i'm i've if in into is isn't it it's its just like me more most my no nor not now of off on
once one only or other our ours out over own same she should so some still such than that that's the their them then
there these they this those through to too under until up us very was wasn't way we were what when where which while
who why will with won't would you your yours
"""
_GERMAN = """
aber alle als am an auch auf aus bei beim bin bis bitte da das dass dem den der des die dies diese dieser doch du
durch ein eine einem einen einer es für gibt habe haben hat hatte hier ich ihr ihre im immer in ins ist ja kann kein
keine können man mehr mein meine mich mir mit muss nach nicht noch nun nur ob oder ohne schon sehr sein seine seit
sich sie sind so soll über um und uns unser unsere vom von vor war warum was wenn wer werden wie wieder wir wird wo
wurde zu zum zur
"""
_FRENCH = """
ai alors au aucun aussi autre aux avec avoir ce cela ces cet cette ceux chez comme comment c'est dans de des donc du
elle en encore est et être eu fait il ils j'ai je la le les leur lui ma mais me mes moi mon ne nos notre nous on ou
où par pas peut plus pour pourquoi qu'il quand que quel quelle qui sa sans se ses si son sont sur ta tes toujours
tout tous très tu un une vos votre vous y été
"""
_SPANISH = """
a al algo como con cuando de del desde donde dos el él ella ellos en entre era es esa ese eso esta está están este
esto estoy fue ha hace hay he la las le les lo los me mi mis muy más ni no nos nuestra nuestro o para pero por porque
puede puedo qué que quien se ser si sin sobre son su sus también te tengo tiene todo todos tu un una uno unos ya yo
"""
_DUTCH = """
aan al alle als bij dan dat de der deze die dit doe doen door dus een en er geen gewoon had heb hebben heeft het hier
hij hoe ik in is ja je kan kunnen maar me meer met mij mijn moet na naar niet nog nu of om omdat onder ons onze ook op
over te tot u uit uw van veel voor waar waarom wat we weer wel werd wij wil worden wordt zal ze zich zijn zo zonder
"""
_COURTESIES = """
afternoon alguien alvast asap best bonjour buenas buenos cheers cordialement danke dank dear dringend evening everyone
folks geachte goedemiddag goedemorgen gracias greetings groet groeten gruß grüße guten hallo hello help hey hi hilfe
hola hoi kind kindly liebe merci mfg mit morning please regards salut saludos sehr sincerely support tag team thank
thanks urgent vielen viele vriendelijke want
"""

_GREETINGS = """
beste bonjour bedankt buenas buenos danke dear estimados geachte goedemiddag goedemorgen good gracias guten hallo hello
hey hi hoi hola liebe lieber madame merci salut sehr thank thanks
"""

_HOLLOW = """
ago aide alerta anfrage answer antwort appel assist assistance attention ayuda bericht betreff call case chat client
concern consulta contact contacto conversation customer demande dringende dringender e-mail email enquiry essai
feedback follow follow-up form formulaire formulario frage fragen hallo hello help hilfe hulp important inquiry issue
issues kontakt kontaktformular kunde llamada mail mensaje message nachricht need new onderwerp please pregunta
probleem problem problema problems problème query question questions quick reply request required response sans
service solicitud status subject submission ticket transcript update urgence urgente urgently user voicemail vraag
website wichtig wichtige
"""
_COMPLAINTS = """
aucun bloqué bricht broken can't cannot comment couldn't crash crashed crashes cómo declined didn't disappeared
disparu doesn't empty erreur error errors fail failed failing fails falla fallo falsch falta fehlen fehler fehlerhaft
fehlt fout freeze freezes funktioniert geen geht hang hangs hoe how imposible impossible incorrect isn't jamais kan
kann kapot kein keine langsam leeg leer lent lento lost manque marche missing möchte ne never nicht nie niet ninguna
ningún no nooit not nunca ontbreekt pas perdido perdu plante pourquoi puedo quiero quisiera slow souhaite stop stopped
stops stuck stürzt traag twice unable vastgelopen verdwenen verschwunden voudrais waarom want warum werkt why wie wil
wish won't would wrong wünsche
"""

_HANGING = """
aber also and because but cela ce dann danach das dat denn depuis desde deshalb dies dit donc ella elle elles en
entonces es eso esto et he however ils it maar mais oder or otherwise pero seit she since sinds so that then these they
this those und y ze ça
"""

_CUT_OFF = """
a an and at by for from in of or the to with das der die ein eine für mit oder und von à de des du et la le les pour con
el los para por y een en het van voor
"""

_LANGUAGES = {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH, "nl": _DUTCH}
BY_LANGUAGE = {language: frozenset(words.split()) for language, words in _LANGUAGES.items()}
STOP_WORDS = frozenset().union(*BY_LANGUAGE.values(), _COURTESIES.split())
GREETINGS = frozenset(_GREETINGS.split())
"""A short first sentence that begins so is not what the ticket is about."""
HOLLOW = frozenset(_HOLLOW.split())
"""Words that a subject is often made of and that say nothing about what is wrong."""
COMPLAINTS = frozenset(_COMPLAINTS.split())
"""Words of a line that says what does not work, or what is wished for."""
HANGING = frozenset(_HANGING.split())
"""A sentence that begins so leans on the one before it, or tells when rather than what."""
CUT_OFF = frozenset(_CUT_OFF.split())
"""A line that ends so was cut, by a desk or where something personal stood."""
