"""The command line: a skin over the service and the jobs."""
