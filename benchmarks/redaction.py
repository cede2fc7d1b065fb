"""How redaction's time grows with hostile text, and how many ordinary texts it reads: python benchmarks/redaction.py

Linear is a ratio near 8 (eight times the text); a square would show 64.
"""

from __future__ import annotations

import time

from bridge.analysis.redaction import redact

HOSTILE = {
    "letters": "a", "digits": "1", "at": "@", "a at": "a@", "dotted": "a.", "spaces": " ", "dashes": "-", "newlines": "\n",
    "groups": "1234 ", "zeros": "0 ", "national": "0301234567, ", "plus": "+", "abroad": "+4930123", "hex": "ab12:", "colons": ":",
    "iban": "de12", "ibans": "DE89 ", "jwt": "eyJ-", "jwts": "eyJabcde.", "pem": "-----BEGIN PRIVATE KEY-----\n", "password": "password", "is": "password is ",
    "scheme": "://", "user": "://a:", "query": "?token=", "bearer": "bearer ", "authorization": "authorization: ", "octets": "1.2.3.", "quote": 'password:"',
    "obfuscated": " at ", "brackets": "(at)", "dot": "a at b dot ", "tel": "tel: ", "placeholder": "[key]", "open": "[", "wide": "９", "hidden": "\u200b", "sk": "sk-a", "local": "a+-",
}  # fmt: skip


ORDINARY = (
    "Since the update to 4.2.1 the invoice 2026-00817 shows 19,05 % instead of 19 %. Order 48213, error E-1042. "
    "Please call +44 20 7946 0958 or write to jane.roe@example.org; it blocks our month end."
)


def seconds(text: str) -> float:
    begun = time.process_time()
    redact(text)
    return time.process_time() - begun


def main() -> None:
    rows = []
    for name, unit in HOSTILE.items():
        small, large = ((unit * (n // len(unit) + 1))[:n] for n in (20_000, 160_000))
        short = min(seconds(small) for _ in range(3))
        rows.append((min(seconds(large) for _ in range(2)) / max(short, 1e-4), short, name))
    print("| hostile unit | seconds at 20,000 characters | ratio at 160,000 |\n|---|---|---|")
    for ratio, short, name in sorted(rows, reverse=True)[:10]:
        print(f"| {name} | {short:.4f} | {ratio:.1f} |")
    begun = time.process_time()
    for number in range(2000):
        redact(f"{number}: {ORDINARY}")
    print(
        f"\nordinary texts: {2000 / (time.process_time() - begun):,.0f} a CPU second, {len(ORDINARY)} characters each"
    )


if __name__ == "__main__":
    main()
