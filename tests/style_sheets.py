"""Style sheets are parsed once for all apps: Textual keeps what it has parsed for one app alone."""

from textual.css.stylesheet import Stylesheet

_parse, _parsed = Stylesheet._parse_rules, {}


def _parse_once(sheet, css, **where):
    key = css, frozenset(where.items()), frozenset(sheet._variables.items())
    if key not in _parsed:
        _parsed[key] = _parse(sheet, css, **where)
    return _parsed[key]


def parse_each_once():
    """From now on."""
    Stylesheet._parse_rules = _parse_once
