"""Verbs: one step a module. Each finds its own work in the database, does it and commits; steps never import each
other.
"""
