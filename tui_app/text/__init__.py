"""Lines of text that the screen and the printed reports share."""
