"""One process of a service by its settings: where it runs, how it logs, what it shows of itself.

Read `by_settings`: it makes a FastStream application run as `rapport run` runs the same service. `logs` is the form of log
lines, `seeing` which observers there are, `errors` why a process cannot begin.
"""
