"""The 8 objects and 36 actions of H2O (Kwon et al., ICCV 2021) by number, and the class for everything else.

Class index of the network: action number - 1 for the 36, then NOTHING. Object code: 0 none, 1..8 as OBJECTS.
"""

OBJECTS = ["book", "espresso", "lotion", "spray", "milk", "cocoa", "chips", "cappuccino"]

_PAIRS = {
    "grab": OBJECTS,
    "place": OBJECTS,
    "open": ["lotion", "milk", "chips"],
    "close": ["lotion", "milk", "chips"],
    "pour": ["milk"],
    "take out": ["espresso", "cocoa", "chips", "cappuccino"],
    "put in": ["espresso", "cocoa", "cappuccino"],
    "apply": ["lotion", "spray"],
    "read": ["book", "espresso"],
    "spray": ["spray"],
    "squeeze": ["lotion"],
}
ACTIONS = [f"{verb} {noun}" for verb, nouns in _PAIRS.items() for noun in nouns]
NOTHING = len(ACTIONS)
LABELS = [*ACTIONS, "nothing"]
assert len(ACTIONS) == 36
