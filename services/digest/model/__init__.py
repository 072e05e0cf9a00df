"""What *digest* knows of a member, as values. Read `state` first."""
