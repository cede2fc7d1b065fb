"""Pure functions on strings, arrays and dataclasses: no session, no HTTP, no configuration, no clock."""
