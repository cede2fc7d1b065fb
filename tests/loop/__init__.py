"""The whole loop between a help desk and a tracker, run as processes that a test may kill."""
