"""Events about the member alone.

Who they are, what they wish, what they are after, what they want to be reminded of.
"""
