"""The service: what happens to a ticket, from a help desk's page to the remedy in every affected ticket."""
