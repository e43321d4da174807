"""The commands that print; they import no Textual."""
