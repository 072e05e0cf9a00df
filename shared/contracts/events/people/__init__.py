"""Events about a member and somebody else: contacts, invites, meetings, promises, and what passes between them."""
