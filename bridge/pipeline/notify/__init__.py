"""What people are told of issues, by mail, in a chat and by webhook: two steps that write messages, and the words that
a message gets when it leaves.

Rule: a message is a row for one reader and one event, made in the transaction of what it tells of; it holds ids and
numbers, and what its reader may see is decided when it leaves.
"""

from __future__ import annotations

from bridge.pipeline.notify.alerts import alert
from bridge.pipeline.notify.composing import Composer
from bridge.pipeline.notify.digest import Weekly, digest, facts_of
from bridge.pipeline.notify.telling import Reach

__all__ = ["Composer", "Reach", "Weekly", "alert", "digest", "facts_of"]
