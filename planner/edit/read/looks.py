"""How a picture and those in it are to look: moods, times, weathers, camera; garments and colours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planner.edit.read import lengths
from planner.edit.read.clause import GIVES, TAKES, ClauseReading, ValueChange, word
from planner.edit.read.mentions import Mention
from planner.edit.read.replacements import PLAIN
from planner.film.ground import find
from planner.story.patch import Aspect

#: Words for a pace that find fault themselves: too much of them is no praise.
_FAULT = re.compile(
    r"늘어|지루|처지|처져|질질|답답|루즈|급하|급해|정신없|drag|sluggish|boring|dull|tedious|rushed|hectic|frantic", re.I
)
#: How a camera moves, not how fast the film is.
_HOW = re.compile(r"(?:more )?(?:slowly|quickly|fast|quick)|천천히|느리게|빠르게|빨리", re.I)
#: What a value that is not wanted leaves behind.
WITHOUT = {"weather": "clear", "camera": "static", "action": "stands"}
#: What more and less of a field are.
_DEGREES: dict[Aspect, tuple[str, str]] = {
    "light": ("brighter", "darker"), "pace": ("faster", "slower"), "duration": ("longer", "shorter"),
}  # fmt: skip


class Looks(ClauseReading):
    def plain(self) -> Iterator[ValueChange]:
        """Moods, times, weathers and all that concerns a picture as a whole."""
        kept = [m for m in self.clause.of(*PLAIN, "setting") if m not in self.dropped and m not in self.used]
        kept = [m for m in kept if not (m.kind == "pace" and self._is_how(m)) and not self._is_manner(m)]
        yield from self._degrees(kept)
        for mention in kept:
            field: Aspect = "location" if mention.kind == "setting" else mention.kind  # type: ignore[assignment]
            if field == "location":
                if not mention.scopes or self.clause.has("move", "stage"):
                    yield ValueChange("set", "location", _phrase(mention))
                continue
            gone = self._gone(mention) and not _FAULT.match(mention.text)
            if field == "size" and gone and self.clause.has("less"):
                yield ValueChange("set", "size", "medium")
            elif field == "mood":
                yield ValueChange("lower" if gone else "set", "mood", mention.value)
            elif gone and field in WITHOUT:
                if all(self._gone(m) for m in kept if m.kind == field):
                    yield ValueChange("set", field, WITHOUT[field])
            elif gone and mention.value in lengths.OPPOSITE:
                yield ValueChange("set", field, lengths.OPPOSITE[mention.value])
            elif not gone or field in ("light", "pace"):
                yield ValueChange("set", field, mention.value)

    def _degrees(self, values: list[Mention]) -> Iterator[ValueChange]:
        """'Lower lights', 'the pace up a notch': a field that is asked for more or less of."""
        if self.clause.has("less") == self.clause.has("more"):
            return
        for field, (more, less) in _DEGREES.items():
            named = any(m.value == field for m in self.clause.of("field"))
            if named and not any(m.kind == field for m in (*values, *self.clause.of("duration", "seconds"))):
                yield ValueChange("set", field, less if self.clause.has("less") else more)

    def looks(self) -> Iterator[ValueChange]:
        """Garments and colours: what somebody wears, and how somebody or something looks."""
        garments = [m for m in self.clause.of("wardrobe", "thing") if self._is_worn(m)]
        colours = [m for m in self.clause.of("colour") if m not in self.dropped and not self._denied(m)]
        for garment in garments:
            self.used.add(garment)
            colour = self._colour_of(garment, colours, alone=len(garments) == 1)
            told = colour is not None and colour.end <= garment.start
            away = self._verb(garment) in TAKES or self.clause.has("dislike", "nobody")
            taken = garment in self.dropped or (away and (colour is None or told))
            item = garment.value if garment.kind == "wardrobe" else word(garment.text, "wardrobe")
            for wearer in self._wearers(garment):
                value = item if taken or colour is None else f"{colour.value} {item}"
                if taken and colour is None and self._recoloured(garment, colours):
                    value, taken = f"{colours[0].value} {item}", False
                yield ValueChange("remove" if taken else "add", "wardrobe", value, wearer)
        free = [c for c in colours if c not in self.used and not self._is_epithet(c)]
        things = [m.value for m in self.clause.of("thing") if m not in self.used and m not in self.dropped]
        if (
            free
            and not self.clause.complains
            and not self.clause.of("species", "prop")
            and not (garments and self.clause.has("one"))
        ):
            for entity in [*things] or self.who:
                yield ValueChange("set", "colour", free[0].value, entity)

    def _is_how(self, pace: Mention) -> bool:
        """Whether a pace is how the camera moves, or said with a length: 'linger two seconds more'."""
        return self.clause.has("seconds") or (self._on_camera() and bool(_HOW.fullmatch(pace.text)))

    def _on_camera(self) -> bool:
        return self.clause.has("camera") or any(m.value == "camera" for m in self.clause.of("field"))

    def _is_manner(self, mood: Mention) -> bool:
        """Whether a mood is how somebody does something: 'dances happily', '신나게 춤을 춘다'."""
        if mood.kind != "mood" or not (self.who and self.clause.has("action")):
            return False
        after = self.clause.text[self.clause.text.find(mood.text) + len(mood.text) :]
        deed = next((m for m in self.clause.of("action") if m.start >= mood.end), None)
        near = deed is not None and deed.start - mood.end < 5
        return mood.text.lower().endswith("ly") or (near and bool(re.match(r"[가-힣]*(?:게|서|며|듯이|히) ", after)))

    def _is_epithet(self, colour: Mention) -> bool:
        """Whether a colour only tells who is meant: 'the red robot should dance', '회색 아저씨'."""
        beside = any(0 <= m.start - colour.end < 2 for m in self.clause.of("who", "thing"))
        lead = self.clause.text[: max(0, self.clause.text.find(colour.text))]
        return beside and bool(re.search(r"\b(?:the|our|that)\s+$", lead, re.I) or re.search("[가-힣]", colour.text))

    def _is_worn(self, mention: Mention) -> bool:
        """Whether a thing is meant as something worn, and not as a prop, nor as what something is worn over."""
        lead = self.clause.text[: max(0, self.clause.text.find(mention.text))]
        if re.search(r"\bover (?:the|her|his|its|their) (?:\w+ )?$", lead, re.I):
            return False
        if not find("wardrobe", mention.text):
            return mention.kind == "wardrobe"
        if mention.kind == "wardrobe":
            return True
        return bool(self.who) and (
            self._verb(mention) in GIVES | TAKES or bool(self.people.wearers(mention.text, [*self.who]))
        )

    def _wearers(self, garment: Mention) -> list[str | None]:
        """Who a garment belongs to: the one named before it, else after it, else whoever wears such a thing."""
        named = [m for m in self.clause.of("who")]
        onto = [m.value for m in named if m.start > garment.end]
        if onto and re.search(rf"{re.escape(garment.text)} on(?:to)? ", self.clause.text):
            return [*onto]
        if len(self.who) > 1 and len(named) > 1:
            before = [m.value for m in named if m.end <= garment.start]
            several = len(self.clause.of("wardrobe", "thing")) > 1
            return [before[-1]] if before and several else list(dict.fromkeys(m.value for m in named))
        if self.who:
            return list(self.who)
        wearing = self.people.wearers(garment.text, [])
        return list(wearing[:1]) or [None]

    def _colour_of(self, garment: Mention, colours: list[Mention], *, alone: bool) -> Mention | None:
        """The colour right before a garment, or the only free one when the garment is what changes."""
        near = [c for c in colours if c.end <= garment.start and self._adjacent(c, garment)]
        last = near or ([c for c in colours if c not in self.used] if alone and garment not in self.dropped else [])
        if last:
            self.used.add(last[-1])
            return last[-1]
        return None

    def _recoloured(self, garment: Mention, colours: list[Mention]) -> bool:
        """'Swap the cape for a red one': the garment stays, in another colour."""
        free = [c for c in colours if c not in self.used]
        if free and self.clause.has("one"):
            self.used.add(free[0])
            return True
        return False


def _phrase(setting: Mention) -> str:
    return word(setting.text, "setting") if find("setting", setting.text) else setting.value
