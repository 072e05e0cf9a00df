"""The routes of the API, one file for each kind of question: what comes in is read, given on, and answered.

Read `actions` first. `services/gateway/api/parts` holds what they work with; what they do stands in the folders beside it.
"""
