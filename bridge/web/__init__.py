"""The service people open. Knows HTTP; every read and decision is a function of bridge.service."""
