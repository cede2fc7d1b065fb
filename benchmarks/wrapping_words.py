"""What stands around a request in real support mail: greetings, asides, closings, signatures, footers, quoted threads, forms.

Written from what mail programs, desks and people write, before and apart from the patterns of ``bridge.analysis``; frozen with
``benchmarks.wrapping``: a text is never added, taken out or reworded because the cleaner does well or badly on it.
"""

from __future__ import annotations

GIVEN = (
    "Anna", "James", "Maria", "Thomas", "Yuki", "Olga", "Priya", "Pedro", "Sven", "Fatima", "Chloe", "Marco", "Ines", "Daniel",
    "Karin", "Joost", "Léa", "Tomasz", "Aoife", "Rahul", "Grace", "Björn", "Camille", "Luca", "Mei", "Kwame", "Hannah", "Diego",
)  # fmt: skip
FAMILY = (
    "Keller", "Novak", "O'Brien", "Sato", "Fernandez", "de Vries", "Rossi", "Lindqvist", "Okafor", "Patel", "Dubois", "Kowalska",
    "Becker", "Silva", "Hughes", "van Dijk", "Moreau", "Chen", "Schmidt", "Garcia", "Walker", "Bianchi", "Larsen", "Nguyen",
)  # fmt: skip
TITLES = (
    "Office Manager", "Head of Operations", "IT Administrator", "Senior Accountant", "Customer Success Lead", "Project Manager",
    "Procurement", "Managing Director", "Team Assistant", "Controller", "Sales Representative EMEA", "Geschäftsführer", "Buchhaltung",
    "Responsable administratif", "Jefe de ventas", "Store Manager", "CFO", "Systems Engineer II", "Inside Sales", "Founder & CEO",
)  # fmt: skip
FIRMS = (
    "Northlight", "Brücke", "Vermeer", "Aurelia", "Stonefield", "Kite & Key", "Lumen", "Porto Azul", "Halden", "Evergreen", "Tressel",
    "Meridian", "Oakhurst", "Polarstern", "Casa Verde", "Bluewater", "Hexagon", "Sunrise", "Ardent", "Pinnacle", "Riverside", "Zenith",
)  # fmt: skip
TRADES = (
    "Logistics",
    "Foods",
    "Consulting",
    "Textiles",
    "Software",
    "Dental",
    "Energy",
    "Media",
    "Interiors",
    "Freight",
    "Labs",
    "Partners",
)
FORMS = ("GmbH", "Ltd.", "Inc.", "B.V.", "S.r.l.", "SARL", "LLC", "AG", "Group", "S.L.", "& Co. KG", "Pty Ltd")
STREETS = (
    "High Street",
    "Bahnhofstrasse",
    "rue Victor Hugo",
    "Calle Mayor",
    "Keizersgracht",
    "Via Roma",
    "Main St, Suite",
    "Industrieweg",
)
CITIES = (
    "London EC2A 4NE",
    "80331 München",
    "75002 Paris",
    "28013 Madrid",
    "1016 Amsterdam",
    "20121 Milano",
    "Austin, TX 78701",
    "Dublin 2",
)
GREETINGS = {
    "en": (
        "Hi", "Hello", "Hi there", "Hello team", "Dear Sir or Madam", "Dear support team", "Good morning", "Good afternoon", "Hey", "Hey guys",
        "To whom it may concern", "Hi {agent}", "Dear {agent}", "Hello {agent}", "Hi all", "Hey {agent}", "Morning {agent}", "Hi support",
        "Dear customer service", "Greetings", "Hi {agent}, thanks for getting back to me", "Dear Sirs", "hiya", "Good day", "Hi again",
    ),
    "de": ("Hallo", "Guten Tag", "Sehr geehrte Damen und Herren", "Liebes Support-Team", "Hallo {agent}", "Moin", "Guten Morgen", "Hallo zusammen", "Servus"),
    "fr": ("Bonjour", "Bonjour {agent}", "Madame, Monsieur", "Bonsoir", "Cher support", "Bonjour à tous"),
    "es": ("Hola", "Buenos días", "Buenas tardes", "Estimados señores", "Hola {agent}", "Buenas"),
    "nl": ("Hallo", "Goedemorgen", "Beste {agent}", "Geachte heer/mevrouw", "Beste", "Goedemiddag"),
    "it": ("Buongiorno", "Salve", "Gentile {agent}", "Buonasera", "Spettabile assistenza"),
    "pt": ("Olá", "Bom dia", "Boa tarde", "Prezados", "Caro {agent}"),
    "pl": ("Dzień dobry", "Witam", "Szanowni Państwo"),
}  # fmt: skip
OPENERS = (
    "I hope this {mail} finds you well.", "I hope you are doing well.", "Hope you had a {good} weekend!", "Sorry to bother you again.",
    "Thank you for your {quick} reply.", "Thanks for your help {earlier}.", "I am writing to you because I need some help.",
    "I've been a {loyal} customer for {n} years.", "My name is {given} and I work for {firm}.", "This is {given} from {firm}.",
    "I tried to call you but nobody picked up.", "Not sure if this is the right address, if not please forward.", "I have a {short} question.",
    "We spoke on the phone {earlier}.", "As discussed {earlier}, here is the description.", "First of all, I really like your service.",
    "I am contacting you on behalf of {firm}.", "I was told to write to this address.", "I couldn't find an answer in your help pages.",
    "Following up on my {mail} from {weekday}.", "Apologies for the late reply, I was out of the office.", "Long time no see!",
    "I already looked at the FAQ but it did not help me.", "This is the {nth} time I am writing about this.", "Happy {weekday}!",
    "One of my colleagues suggested I get in touch.", "I need your help with something.", "Could you please help me with the following?",
    "We have an issue here.", "Quick question for you.", "I hope someone can help me here.", "I didn't know where else to ask.",
)  # fmt: skip
LEADS = (
    "Here is my question:",
    "The problem is the following:",
    "So:",
    "My issue:",
    "Question -",
    "In short:",
    "Basically,",
    "Well,",
    "So basically",
    "Just wondering:",
    "FYI",
    "",
)
ASIDES = (
    "Please get back to me as soon as {possible}.", "This is {quite} urgent.", "Thanks in advance for your help.", "Looking forward to your reply.",
    "Any help would be {much} appreciated.", "My colleagues have the same question.", "I have tried it {n} times already.",
    "Let me know if you need {more} information.", "Please advise.", "You can reach me at [phone] until {weekday}.", "My mail address is [email].",
    "I would be {much} grateful for a quick answer.", "Please call me back on [phone].", "I'm on a {computer}, if that matters.",
    "I attached a screenshot.", "See attachment.", "Please see the attached file.", "My customer number is [number].", "Thank you so much!",
    "I am really {annoyed} by now.", "I'd hate to have to look for another provider.", "It's been {n} days now.", "Feel free to call me any time.",
    "Hope to hear from you soon.", "Can somebody look at this before {weekday}?", "Your colleague {agent} helped me last time and was great.",
    "Awaiting your {quick} response.", "Sorry for the long {mail}.", "I appreciate your time.", "Please keep {given2} in copy.", "Cheers for that.",
    "No rush though.", "My boss is asking me about it every day.", "Otherwise everything is great, keep up the good work!", "What should I do?",
)  # fmt: skip
FILLS = {
    "mail": ("email", "message", "mail", "note"), "good": ("good", "great", "nice", "relaxing"), "quick": ("quick", "prompt", "swift", "kind", "fast"),
    "earlier": ("yesterday", "last week", "this morning", "on Friday", "earlier today", "last time", "the other day"),
    "loyal": ("loyal", "happy", "paying", "long-time"), "n": ("two", "three", "5", "several", "a few", "ten"), "short": ("short", "quick", "simple", "general"),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "tomorrow"), "nth": ("second", "third", "2nd", "fourth"),
    "possible": ("possible", "you can", "convenient"), "quite": ("quite", "very", "rather", "extremely", "getting"), "much": ("much", "very much", "greatly", "really"),
    "more": ("more", "any further", "additional", "any other"), "computer": ("Mac", "Windows laptop", "Chromebook", "tablet"), "annoyed": ("annoyed", "frustrated", "disappointed", "tired"),
}  # fmt: skip
CLOSINGS = {
    "en": (
        "Kind regards", "Best regards", "Regards", "Thanks", "Thank you", "Many thanks", "Best", "Cheers", "Yours sincerely", "Sincerely", "Thanks a lot",
        "Warm regards", "BR", "All the best", "Thx", "Yours faithfully", "Best wishes", "Thanks & regards", "With kind regards", "Rgds", "Have a nice day", "Respectfully", "ty",
    ),
    "de": ("Mit freundlichen Grüßen", "Viele Grüße", "Beste Grüße", "Freundliche Grüße", "MfG", "LG", "Herzliche Grüße", "Vielen Dank und Gruß", "VG"),
    "fr": ("Cordialement", "Bien cordialement", "Merci d'avance", "Salutations distinguées", "Bien à vous", "Cdlt"),
    "es": ("Saludos", "Un saludo", "Saludos cordiales", "Gracias", "Atentamente", "Muchas gracias de antemano"),
    "nl": ("Met vriendelijke groet", "Groeten", "Mvg", "Hartelijke groet", "Alvast bedankt"),
    "it": ("Cordiali saluti", "Grazie", "Distinti saluti", "Saluti", "Un cordiale saluto"),
    "pt": ("Atenciosamente", "Obrigado", "Cumprimentos", "Com os melhores cumprimentos", "Abraços"),
    "pl": ("Pozdrawiam", "Z poważaniem", "Dziękuję"),
}  # fmt: skip
PHONE_WORDS = ("T", "Tel.", "Phone:", "M:", "Mobile", "Office:", "Direct", "Telefon", "Tél.", "Fax", "☎", "p:")
MOBILE = (
    "Sent from my iPhone", "Sent from my Samsung Galaxy smartphone.", "Get Outlook for iOS", "Get Outlook for Android", "Sent from my iPad", "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone", "Enviado desde mi iPhone", "Sent from Yahoo Mail on Android", "Sent from Mail for Windows", "Verstuurd vanaf mijn iPhone", "Inviato da iPhone",
    "Sent from my phone, please excuse typos", "Von meinem Samsung Gerät gesendet.", "Enviado do meu iPhone", "Sent via BlackBerry", "Gesendet mit der GMX Mail App", "Sent with Proton Mail secure email.",
)  # fmt: skip
LEGAL = (
    "This {mail} and any attachments are confidential and intended solely for the use of the individual to whom they are addressed.",
    "If you have received this {mail} in error, please notify the sender immediately and delete it from your system.",
    "Any unauthorised copying, disclosure or distribution of the material in this {mail} is strictly forbidden.",
    "The views expressed are those of the author and do not necessarily represent those of {firm}.",
    "{firm} accepts no liability for any damage caused by any virus transmitted by this {mail}.",
    "The contents of this {mail} may be privileged. Access by anyone else is unauthorised.", "{firm} is registered in England and Wales under company number {digits}.",
    "Diese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen.", "Wenn Sie nicht der richtige Adressat sind, informieren Sie bitte sofort den Absender und vernichten Sie diese Mail.",
    "Sitz der Gesellschaft: {city}. Registergericht: Amtsgericht, HRB {digits}. Geschäftsführer: {given} {family}.", "Ce message et toutes les pièces jointes sont confidentiels et établis à l'intention exclusive de ses destinataires.",
    "Este mensaje y sus archivos adjuntos van dirigidos exclusivamente a su destinatario.", "Questo messaggio è destinato esclusivamente al destinatario sopra indicato.",
    "Information on how {firm} processes personal data can be found in our privacy notice at www.{domain}/privacy.", "VAT No. {digits}. Directors: {given} {family}, {given2} {family}.",
)  # fmt: skip
MARKETING = (
    "Visit us at stand {n} of the Trade Fair in {city}!", "Follow {firm} on LinkedIn | Twitter | Facebook", "Please consider the environment before printing this {mail}.",
    "NEW: our autumn catalogue is out now - www.{domain}/news", "{firm} - voted best employer {year}", "Subscribe to our newsletter and never miss an offer.",
    "Proud winner of the {year} Innovation Award", "Our offices are closed between Christmas and New Year.", "We plant a tree for every order. Find out more: www.{domain}/trees",
    "Book a meeting with me: https://calendar.{domain}/{given}", "How did we do? Rate us on Trustpilot.", "Part of the {firm} family since {year}", "Join our free webinar on {weekday}, register at www.{domain}",
    "Think before you print", "Certified according to ISO 9001 and ISO 14001", "We are hiring! Have a look at our open positions.",
)  # fmt: skip
HEADERS = (
    "On {wd}, {d} {mon} {year} at {time}, {who} <{at}> wrote:", "On {mon} {d}, {year}, at {time}, {who} <{at}> wrote:", "On {d}/{m}/{year} {time}, {who} wrote:", "Am {d}.{m}.{year} um {time} schrieb {who}:",
    "Le {wd}. {d} {mon} {year} à {time}, {who} <{at}> a écrit :", "El {wd}, {d} {mon} {year} a las {time}, {who} (<{at}>) escribió:", "Op {wd} {d} {mon} {year} om {time} schreef {who} <{at}>:",
    "Il giorno {wd} {d} {mon} {year} alle ore {time} {who} <{at}> ha scritto:", "Em {wd}., {d} de {mon}. de {year} às {time}, {who} <{at}> escreveu:", "{year}-{m}-{d} {time} GMT+01:00 {who} <{at}>:",
    "On {wd}, {mon} {d}, {year} at {time} {who}\n<{at}> wrote:", "----- Reply message -----\nFrom: {who} <{at}>\nDate: {wd}, {mon} {d}, {year} {time}",
    "-----Original Message-----\nFrom: {who} [mailto:{at}]\nSent: {wd}, {mon} {d}, {year} {time}\nTo: {given} {family}\nSubject: RE: {subject}", "From: {who} <{at}>\nSent: {d} {mon} {year} {time}\nTo: {given} {family} <[email]>\nCc: {given2}\nSubject: Re: {subject}",
    "________________________________\nFrom: {who}\nSent: {wd}, {mon} {d}, {year} {time}\nTo: {given} {family}\nSubject: {subject}", "Von: {who} <{at}>\nGesendet: {d}.{m}.{year} {time}\nAn: {given} {family}\nBetreff: AW: {subject}",
    "De : {who} <{at}>\nEnvoyé : {d} {mon} {year} {time}\nÀ : {given} {family}\nObjet : RE: {subject}", "Begin forwarded message:\n\nFrom: {who} <{at}>\nDate: {d} {mon} {year} {time}\nTo: [email]\nSubject: Fwd: {subject}", "*From:* {who} <{at}>\n*Sent:* {d} {mon} {year} {time}\n*To:* {given} {family}\n*Subject:* {subject}",
)  # fmt: skip
SUBJECTS = (
    "Your request [#{digits}]",
    "Question",
    "Ticket {digits} received",
    "Help needed",
    "[{brand}] Re: your enquiry",
    "Urgent",
    "Your message to {brand}",
    "Case {digits}",
)
AGENT = (
    "Thank you for contacting {brand} support.", "We have received your request and will reply within 24 hours.", "Your ticket number is {digits}.", "Could you please send us a screenshot?",
    "Could you tell us a bit more about what you are trying to do?", "I have forwarded this to our specialists.", "Please let us know whether that solved it.", "I'm sorry for the inconvenience.",
    "Have you tried restarting the app and signing in again?", "Please reply to this {mail} to add further comments.", "You can view the status of your request at https://help.{branddomain}/requests/{digits}.", "I understand how frustrating that must be.",
    "We are currently experiencing a high volume of requests.", "My name is {agent} and I will be looking after your case today.", "Which version and which device are you using?", "Please have a look at our help centre article.", "Is there anything else I can do for you?",
)  # fmt: skip
DESK_LINES = (
    "##- Please type your reply above this line -##",
    "This {mail} is a service from {brand}.",
    "[{code}]",
    "--\nTicket #{digits}",
    "CAUTION: This {mail} originated from outside of the organization. Do not click links unless you recognize the sender.",
    "[EXTERNAL]",
    "You are receiving this because you are a contact of {brand}.",
)
FIELDS = (
    ("Category", ("General", "Technical", "Billing", "Account", "Other", "Question")), ("Browser", ("Chrome 126", "Firefox 115", "Safari 17.4", "Edge 124")), ("Name", ("{given} {family}",)), ("Email", ("[email]",)), ("Phone", ("[phone]",)),
    ("Operating system", ("Windows 11", "macOS 14.5", "Android 13", "iOS 17")), ("Company", ("{firm}",)), ("Priority", ("Normal", "High", "Low", "Urgent")), ("Order number", ("[number]", "n/a", "-")), ("Country", ("Germany", "UK", "France", "Spain")), ("App version", ("4.2.1", "5.0.0-b3", "2023.11")),
    ("I have read the privacy policy", ("Yes", "1", "✓")), ("Submitted from", ("https://www.{branddomain}/contact",)), ("User agent", ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",)), ("Customer type", ("Business", "Private")), ("Preferred contact", ("Phone", "Email")), ("IP", ("[ip]",)), ("Kategorie", ("Allgemein", "Technik")), ("Topic", ("Other", "Support request")),
)  # fmt: skip
BODY_FIELDS = (
    "Message",
    "Description",
    "Your question",
    "How can we help you?",
    "Details",
    "Comment",
    "Nachricht",
    "What happened?",
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "lun", "mer", "di", "Monday", "Thursday")
MONTHS = ("Jan", "Feb", "March", "Apr", "mai", "June", "jul", "Aug", "Sept", "Okt", "nov", "December")
BRANDS = ("Acmeflow", "Tidepool", "Quillbase", "Parcelly")
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
