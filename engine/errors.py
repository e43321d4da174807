"""What the engine raises when a user's input cannot be used.

Every message is one sentence for the user: what was wrong, where, and what would be right.
Faults of the program itself are ordinary exceptions and do not live here.
"""

from engine.shown_text import printable


class InputError(ValueError):
    """The user's input cannot be used; the message says what would be right.

    Whatever names and values it quotes, the message is one line of printable characters.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class SettingsError(InputError):
    """A setting has a value it cannot have."""


class DataError(InputError):
    """A data set or a data file cannot be used."""


class DeviceError(InputError):
    """PyTorch cannot compute on the device that was named."""
