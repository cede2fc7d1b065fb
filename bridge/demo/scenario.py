"""What happens after the sample's issues are ranked: the tracker moves, product approves words, people sign in.

The one rule: an issue is named by its true key, the ``issue`` column of truth.csv; who plays the scenario finds
the cluster that holds most of its tickets.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.words import Role, WorkaroundKind


@dataclass(frozen=True, slots=True)
class TrackerMove:
    """What a developer does in the tracker. ``fix_version`` is None where no release is named yet."""

    issue: str
    status: str
    fix_version: str | None = None
    released: bool = False
    released_days_ago: int | None = None


@dataclass(frozen=True, slots=True)
class RemedyWords:
    """What a product person approves. ``say`` may be quoted to customers, ``say_short`` fits into a chat."""

    issue: str
    say: str
    say_short: str
    workaround: str
    workaround_kind: WorkaroundKind
    owner: str


@dataclass(frozen=True, slots=True)
class DemoUser:
    """``supplier`` is the name in suppliers.csv, None for the company's own people."""

    name: str
    email: str
    role: Role
    supplier: str | None = None


TRACKER_MOVES = (
    TrackerMove("invoice-vat-rounding", "closed", "4.2.1", released=True, released_days_ago=9),
    TrackerMove("sso-login-loop", "in progress"),
    TrackerMove("dunning-after-payment", "open", "4.3.0"),
)

REMEDIES = (
    RemedyWords(
        issue="invoice-vat-rounding",
        say=(
            "The tax total on printed invoices was rounded twice. Version 4.2.1 rounds once, on the total of each "
            "tax rate. Invoices created from now on are right; older ones can be corrected with "
            '"Recreate document", which keeps number and date.'
        ),
        say_short='Fixed in 4.2.1. Older invoices: use "Recreate document".',
        workaround='Open the invoice, choose "Recreate document" and send the corrected copy.',
        workaround_kind=WorkaroundKind.FULL,
        owner="Cordelia Inkwell",
    ),
    RemedyWords(
        issue="sso-login-loop",
        say=(
            "After a change of the identity provider's certificate the login compared the answer with the old "
            "one and sent people back to the start. Our developers are working on it."
        ),
        say_short="Known, being worked on. An administrator can sign in with a password meanwhile.",
        workaround=(
            "An administrator signs in with a password, opens Security > Single sign-on, removes the old "
            "certificate and saves. Users must close all browser windows once."
        ),
        workaround_kind=WorkaroundKind.PARTIAL,
        owner="Cordelia Inkwell",
    ),
    RemedyWords(
        issue="dunning-after-payment",
        say=(
            "The nightly reminder run does not yet see payments that were matched by hand on the same day. The "
            "correction is planned for version 4.3.0; we have no date that we can share."
        ),
        say_short="Planned for 4.3.0, no date yet. Please set reminders to manual until then.",
        workaround='Settings > Reminders > "Send automatically": off, then send reviewed reminders by hand.',
        workaround_kind=WorkaroundKind.PARTIAL,
        owner="Cordelia Inkwell",
    ),
)

DEMO_USERS = (
    DemoUser("Marigold Pendulum", "marigold.pendulum@tumblewick.example", Role.AGENT),
    DemoUser(
        "Otis Crabapple",
        "otis.crabapple@pennywhistle.example",
        Role.SUPPLIER_AGENT,
        "Pennywhistle Helpdesk",
    ),
    DemoUser(
        "Dorothea Farthing",
        "dorothea.farthing@pennywhistle.example",
        Role.SUPPLIER_CONTACT,
        "Pennywhistle Helpdesk",
    ),
    DemoUser("Cordelia Inkwell", "cordelia.inkwell@tumblewick.example", Role.PRODUCT_MANAGER),
    DemoUser("Ignatius Ledgerbottom", "ignatius.ledgerbottom@tumblewick.example", Role.SUPPLIER_MANAGER),
    DemoUser("Petunia Handshake", "petunia.handshake@tumblewick.example", Role.CSM),
    DemoUser("Barnaby Thimble", "barnaby.thimble@tumblewick.example", Role.ADMIN),
)
