"""The words of omni-mini: what the embedded world can draw, by kind. First word = the default."""

from __future__ import annotations

SPECIES = ("person", "fox", "bear", "rabbit", "cat", "dog", "mouse", "frog", "owl", "penguin", "robot", "ghost")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "brown", "black")
WARDROBE = ("hat", "scarf", "cape", "glasses", "crown", "bowtie", "backpack")
PROPS = ("ball", "crate", "balloon", "hat", "lantern", "flower", "key", "book")
PROP_MOTIONS = ("rests", "is thrown", "falls", "rises")
SETTINGS = ("meadow", "forest", "desert", "beach", "mountains", "city", "village", "room")
TIMES = ("day", "dawn", "dusk", "night")
WEATHERS = ("clear", "rain", "snow", "fog")
MOODS = ("calm", "happy", "sad", "scary", "mysterious")
STYLES = ("flat", "ink", "pastel")
ACTIONS = ("stands", "walks", "runs", "jumps", "waves", "dances", "sits", "sleeps", "looks around", "hides", "floats")
CAMERAS = ("static", "push in", "pull out", "pan left", "pan right", "tilt up", "tilt down", "shake")
SIZES = ("wide", "medium", "close")

VOCABULARY: dict[str, tuple[str, ...]] = {
    "species": SPECIES,
    "colour": COLOURS,
    "wardrobe": WARDROBE,
    "prop": PROPS,
    "prop_motion": PROP_MOTIONS,
    "setting": SETTINGS,
    "time": TIMES,
    "weather": WEATHERS,
    "mood": MOODS,
    "style": STYLES,
    "action": ACTIONS,
    "camera": CAMERAS,
    "size": SIZES,
}
