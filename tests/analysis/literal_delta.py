"""The change of a score by cause a second time, read literally off the specification. The rule is that of literal_ranking: nothing of the product."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal, localcontext

from tests.analysis.literal_ranking import DIGITS, ZERO, Issue, World, contributions, counting, holder

CAUSES = ("new accounts", "severity change", "workaround", "decay", "release", "value data")


def delta(old: Issue, before: World, new: Issue, after: World) -> dict[str, Decimal]:
    """The change of SCORE by cause: what went in before is replaced by what goes in now, a cause at a time, in the order of CAUSES.

    Accounts that left stand under "new accounts" too. A further ticket of an account already there is a further signal: "decay". Accounts
    that came are looked at now, with their own data, in every step: nothing else of theirs was ever in the sum.
    """
    happened = old.released is not None and old.released <= before.as_of
    aged = replace(new, released=old.released if happened else None)
    was, now = {holder(each) for each in counting(old, before)}, {holder(each) for each in counting(aged, after)}
    came = tuple(each for each in new.tickets if holder(each) not in was)
    stayed = tuple(each for each in old.tickets if holder(each) in was & now)

    def lent(name: str) -> World:
        return before if name in was else after

    def then(name: str) -> datetime:
        return lent(name).as_of

    present = {each.id: each for each in new.tickets}
    graded = tuple(replace(each, priority=present[each.id].priority) if each.id in present else each for each in stayed)
    joined = replace(old, tickets=tuple({each.id: each for each in (*stayed, *came)}.values()))
    severe = replace(
        joined, tickets=tuple({each.id: each for each in (*graded, *came)}.values()), severity=new.severity
    )
    eased = replace(severe, workaround=new.workaround)
    steps = [
        contributions(old, before),
        contributions(joined, before, then, lent),
        contributions(severe, before, then, lent),
        contributions(eased, before, then, lent),
        contributions(aged, after, None, lent),
        contributions(new, after, None, lent),
        contributions(new, after),
    ]
    with localcontext(prec=DIGITS):
        scores = [sum((each.total for each in step), ZERO) for step in steps]
        return {cause: scores[at + 1] - scores[at] for at, cause in enumerate(CAUSES)}
