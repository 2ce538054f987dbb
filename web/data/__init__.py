"""What the moderation UI keeps and what may be done with it: the one place with SQL, and none of Flask."""
