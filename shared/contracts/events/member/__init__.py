"""Events about the member alone: who they are (`member`), what they are after (`pursuit`), what they want.

`reminder` has their own reminders and their answers to any follow-up, `channel` where they are reminded, `imports` what was
imported.
"""
