"""Words of an imaginary company's customers: enough to fill pages, plainly nobody's."""

from __future__ import annotations

THINGS = (
    "invoice total", "PDF download", "CSV import", "shop sync", "price list", "stock count", "password mail", "label print",
    "bank match", "report export", "calendar entry", "photo upload", "search box", "credit note", "tax line", "user invite",
    "webhook call", "dashboard figure", "delivery note", "order form", "payment link", "archive folder", "barcode scan",
    "customer card", "reminder mail", "discount rule",
)  # fmt: skip
FAULTS = (
    "stays empty", "is rounded wrong", "takes hours", "fails at night", "shows the wrong date", "is sent twice",
    "cannot be opened", "loses its settings", "hangs at 99 percent", "is cut off", "asks to sign in again",
    "ignores the filter", "mixes up two customers", "is missing since Monday",
)  # fmt: skip
PLACES = (
    "in the app", "in Firefox", "in the web shop", "on the tablet", "with two currencies", "for the second site",
    "after the update", "for new users", "in the export", "on the printer", "in the archive", "with long names",
    "for large orders", "in the trial",
)  # fmt: skip
ASIDES = (
    "We tried again this morning.", "Our accountant is waiting for it.", "It worked last week.", "A colleague sees it too.",
    "This holds up our month end.", "There is no error message.", "Reloading does not help.", "Please tell us when it is mended.",
)  # fmt: skip
REPLIES = (
    "Thank you for telling us, we are looking into it.", "Could you say which browser you use?",
    "We have passed this on to our product team.", "Please try the HTML version meanwhile.",
)  # fmt: skip
FIRST = (
    "Amber", "Birch", "Cobalt", "Dune", "Elder", "Fjord", "Garnet", "Heron", "Indigo", "Juniper", "Kestrel", "Lark", "Maple",
    "Nimbus", "Opal", "Pebble", "Quill", "Raven", "Saffron", "Thistle", "Umber", "Velvet", "Willow", "Yarrow", "Zephyr",
)  # fmt: skip
SECOND = (
    "Bakery", "Bicycles", "Books", "Carpets", "Ceramics", "Clinics", "Coffee", "Freight", "Gardens", "Glass", "Hotels",
    "Lamps", "Laundry", "Logistics", "Looms", "Paper", "Pumps", "Roofing", "Sails", "Seeds", "Tiles", "Tools", "Toys",
    "Travel", "Wines",
)  # fmt: skip
PEOPLE = ("R. Diaz", "M. Okafor", "L. Sato", "P. Novak", "H. Lind")


def title(number: int) -> str:
    """Another one for each of the first thousands of numbers."""
    thing, number = THINGS[number % len(THINGS)], number // len(THINGS)
    fault, number = FAULTS[number % len(FAULTS)], number // len(FAULTS)
    text = f"{thing} {fault} {PLACES[number % len(PLACES)]}"
    return text[:1].upper() + text[1:]


def company(number: int) -> str:
    """Another one for every number."""
    name = f"{FIRST[number % len(FIRST)]} {SECOND[number // len(FIRST) % len(SECOND)]}"
    series = number // (len(FIRST) * len(SECOND))
    return f"{name} {series + 1}" if series else name
