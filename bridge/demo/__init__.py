"""The sample company: tickets, accounts and suppliers that do not exist, and their true issues."""
