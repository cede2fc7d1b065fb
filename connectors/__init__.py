"""Other people's APIs. A library that has never heard of bridge; base.py is all that a connector author must read."""
