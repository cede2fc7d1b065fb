"""Reads and decisions of people. Each takes an Actor, asks the one require(), writes the event."""
