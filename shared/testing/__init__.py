"""The world in memory.

A log, a store and a consumer that stop, fail and come back from a seed, and who judges what came of it. Read `world` first,
then `fakes`, `simulation` and `judgement`. `app` is for whoever tests a rule: a service in memory, in five lines; `loop` is
less still: one member and one decider.
"""
