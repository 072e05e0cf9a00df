"""Events that the services publish, each on its service's own topic; `upkeep` has those that every service publishes.

Vents that the services publish, each on its service's own topic; `upkeep` has those that every service publishes.
"""
