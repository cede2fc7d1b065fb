"""Tickets of a few unmistakable issues, each in several wordings, and singles that are like nothing else."""

from __future__ import annotations

from dataclasses import dataclass

GREETINGS = ("", "Hello, ", "Hi team, ", "Good morning. ")
ENDINGS = ("", " Please help.", " Can you look into it?", " Thank you!", " It is urgent for us.")

ISSUES: dict[str, tuple[str, tuple[str, ...]]] = {
    "invoice": (
        "Invoice PDF cannot be downloaded",
        (
            "Downloading the invoice PDF fails, the page shows an error instead of the PDF of the invoice.",
            "When I click download on an invoice, the PDF does not open and an error is shown.",
            "The invoice PDF download ends with an error; we cannot get any PDF of our invoices.",
        ),
    ),
    "login": (
        "Login with single sign-on loops",
        (
            "After single sign-on we are sent back to the login page again and again, an endless login loop.",
            "Single sign-on login never ends: the login page redirects to itself.",
            "We cannot log in by single sign-on, the login page keeps coming back.",
        ),
    ),
    "stock": (
        "Stock quantity in the warehouse is wrong",
        (
            "The stock quantity of our warehouse is wrong after counting, items show negative stock.",
            "Warehouse stock shows a wrong quantity, the stock of several items is negative.",
            "Since the count the warehouse stock is wrong and the quantity of items went negative.",
        ),
    ),
    "label": (
        "Shipping label prints in the wrong size",
        (
            "The label printer prints the shipping label too small, half of the label stays empty.",
            "Shipping labels are printed in the wrong size, the printer leaves half of the label empty.",
            "Printing a shipping label gives the wrong label size on our printer.",
        ),
    ),
    "report": (
        "Monthly sales report times out",
        (
            "The monthly sales report runs into a timeout, we never get to see the sales report.",
            "Opening the sales report of the month ends with a timeout.",
            "Our monthly sales report does not finish, there is a timeout after a minute.",
        ),
    ),
    "calendar": (
        "Calendar appointments are an hour off",
        (
            "All appointments in the calendar are shifted by one hour since the clock change.",
            "The calendar shows our appointments one hour too late since daylight saving time ended.",
            "Calendar appointments are one hour off after the clocks were changed.",
        ),
    ),
    "webhook": (
        "Webhook for orders is sent twice",
        (
            "The order webhook reaches our server twice for each order, every webhook is duplicated.",
            "We receive each webhook of an order two times, duplicate webhook calls break our import.",
            "Order webhooks are delivered twice to our endpoint.",
        ),
    ),
    "password": (
        "Password reset mail does not arrive",
        (
            "The e-mail to reset the password never arrives, so our colleague cannot set a new password.",
            "No password reset mail comes, we tried the password reset several times.",
            "Resetting a password does not work because the reset mail is never delivered.",
        ),
    ),
    "battery": (
        "Mobile app drains the battery",
        (
            "The mobile app drains the phone's battery within hours, even in the background.",
            "Since the update the app on the phone empties the battery very quickly.",
            "Battery of our phones is empty by noon because of the mobile app.",
        ),
    ),
    "currency": (
        "Exchange rates for foreign currency are outdated",
        (
            "The exchange rates are outdated, amounts in foreign currency are converted with last week's rate.",
            "Foreign currency amounts use an old exchange rate, the rates are not updated.",
            "Exchange rates of foreign currencies have not been updated for days.",
        ),
    ),
    "photo": (
        "App crashes when attaching a photo",
        (
            "The app crashes as soon as we attach a photo to a delivery note.",
            "Attaching a photo to the delivery note makes the app crash every time.",
            "Crash of the app when a photo is added to a delivery note.",
        ),
    ),
    "import": (
        "CSV import of customers stops at umlauts",
        (
            "The CSV import of customers stops at names with umlauts, wrong character encoding.",
            "Importing customers by CSV breaks on special characters such as umlauts in the file.",
            "Our customer CSV file with umlauts is not imported, the encoding is not understood.",
        ),
    ),
}

SINGLES: tuple[tuple[str, str], ...] = (
    ("Quote for forty seats", "We would like a quote for forty additional seats next year."),
    ("Office address", "Where should we send the signed contract, which office do you use?"),
    ("Dark mode", "Is there a dark mode planned for the night shift?"),
    ("Training for new staff", "Do you offer a training course on site for our new colleagues?"),
    ("Audit questionnaire", "Our auditors need the attached security questionnaire filled in."),
    ("Delete a person", "Please erase all personal data of a former employee."),
    ("Partner programme", "Whom can we talk to about becoming a reseller?"),
    ("Sandbox", "Can we get a sandbox environment for experiments with the interface?"),
    ("Public holidays", "How do I enter regional public holidays of Bavaria?"),
    ("Podcast invitation", "Would your founder like to be a guest in our podcast?"),
)


@dataclass(frozen=True)
class Wording:
    """What one customer writes. ``issue`` is a key of ISSUES, or "" for a single."""

    issue: str
    subject: str
    body: str


def wording(issue: str, number: int) -> Wording:
    """The ``number``-th ticket of an issue; close to its fellows, the same for the same number."""
    subject, bodies = ISSUES[issue]
    body = GREETINGS[number % 4] + bodies[number % 3] + ENDINGS[number % 5]
    return Wording(issue, subject, body)


def single(number: int) -> Wording:
    subject, body = SINGLES[number % len(SINGLES)]
    return Wording("", subject, body)
