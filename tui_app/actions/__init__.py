"""What a person can do, a module for each kind of action; `app.py` brings them together."""
