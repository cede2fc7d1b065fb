"""What goes in and out: one model per read, one per role where roles see different things. Never a table."""
