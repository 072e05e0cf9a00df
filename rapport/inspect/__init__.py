"""What is known of one member, and how it is put to people: state, history, reasons, what comes up.

Read `memory` (where it comes from), `narration` (how it becomes sentences), then `item_steps`, `explanation` and `upcoming`.
"""
