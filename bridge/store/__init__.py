"""Tables and queries, one aggregate a file. No decisions."""
