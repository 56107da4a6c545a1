"""What a director writes of a shot, in Korean: out of the words of the brief."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.direct.brief_index import BriefIndex
from planner.direct.english_phrases import clipped
from planner.direct.wording import Where
from planner.film.craft import craft
from planner.film.ground import find
from planner.language.korean_writing import listing, with_particle
from planner.story.brief import Number, Person, Thing

_LONGEST = 196
#: What is put on with another verb than clothes are.
_VERBS = (
    ("모자|안경|왕관|가면|두건|투구|베레모", "쓴"),
    ("신발|구두|장화|운동화|양말|부츠", "신은"),
    ("목도리|스카프|넥타이", "두른"),
    ("장갑", "낀"),
    ("배낭|가방", "멘"),
)
_ADJECTIVE = re.compile(r"(?:[은는한의인된운진난]|[가-힣]색|같은|많은)$")
_UNSEEN = "보이지 않는 무언가"
#: The particles that may follow a name: each is written anew after another word.
_PARTICLES = {
    "이": "이", "가": "이", "은": "은", "는": "은", "을": "을", "를": "을", "과": "과", "와": "과", "으로": "으로",
    "로": "으로",
}  # fmt: skip


class Korean:
    """Sentences in Korean."""

    def __init__(self, index: BriefIndex) -> None:
        self.index = index

    def event(self, numbers: Sequence[Number]) -> str:
        room = _LONGEST // max(len(numbers), 1) - 1
        return self.veiled(" ".join(clipped(_sentence(self.index.events[n].does), room) for n in numbers))

    def at_hour(self, happens: str, time: str) -> str:
        return happens if time in happens else f"{time}. {happens}"

    def line(self, speaker: str, text: str) -> str:
        who = "목소리" if speaker in self.index.hidden else self.name(speaker)
        return f"{who}: “{clipped(' '.join(text.split()), 140)}”"

    def speaks(self, speaker: str, others: Sequence[str]) -> str:
        """Who speaks to whom; of somebody unseen, who hears it."""
        rest = listing([self.name(i) for i in others])
        if speaker in self.index.hidden:
            return f"목소리를 듣는 {rest}." if rest else ""
        return f"{f'{rest}에게 ' if rest else ''}말하는 {self.name(speaker)}."

    def empty(self) -> str:
        return "아무도 없는 빈 곳."

    def place_shot(self, place: str, time: str) -> str:
        found = self.where(place)
        return _sentence(f"{time}, {found}" if time else found)

    def thing_shot(self, thing: str, holder: str | None, place: str) -> str:
        if holder and holder not in self.index.hidden:
            return _sentence(f"{self.name(holder)}의 손에 있는 {self.phrase(thing)}")
        return _sentence(f"{self._in(place)}{self.phrase(thing)}")

    def garment_shot(self, person: str, garment: str, place: str) -> str:
        return _sentence(f"{self.name(person)}의 {garment}")

    def look_shot(self, owner: str, look: str) -> str:
        return _sentence(f"{self.name(owner)}의 {look}")

    def reaction(self, person: str, event: Number) -> str:
        """'할머니가 만두를 빚는다. 그 모습을 보는 손자.'"""
        told = self.veiled(_sentence(self.index.events[event].does))
        return f"{clipped(told, 150)} 그 모습을 보는 {self.name(person)}."

    def looks_at(self, person: str, others: Sequence[str]) -> str:
        return f"{with_particle(listing([self.name(i) for i in others]), '을')} 바라보는 {self.name(person)}."

    def without(self, place: str, who: Sequence[str]) -> str:
        return _sentence(f"{with_particle(listing([self.name(i) for i in who]), '이')} 떠난 {self.where(place)}")

    def portrait(self, ids: Sequence[str], place: str) -> str:
        return _sentence(f"{self._in(place)}{listing([self.phrase(i) for i in ids])}")

    def veiled(self, text: str) -> str:
        """A text that names nobody who must not be seen."""
        for entity in self.index.hidden:
            found = self.index.people.get(entity) or self.index.things[entity]
            aliases = found.aliases if isinstance(found, Person) else ()
            names = sorted(filter(None, (found.name, found.kind, *aliases)), key=len, reverse=True)
            for name in names:
                text = re.sub(rf"{re.escape(name)}({'|'.join(_PARTICLES)})?(?![가-힣])", _unseen, text)
        return text

    def picture(self, happens: str, part: str, ids: Sequence[str], what: str, where: Where) -> str:
        """The prose of a frame: what happens, who is in it as they look, where, in which light."""
        people = listing([self.name(i) if part == "detail" else self.dressed(i, where.event) for i in ids])
        place = self.where(where.place) or "둘레"
        marked = with_particle(place, "은") if part in ("close", "thing") else place
        ways = craft().frames["ko"][part]
        shown = ways[(where.first + where.turn) % len(ways)].format(who=people, what=what, place=marked)
        nearer = f"처음보다 {where.turn // len(ways)}걸음 가까운 화면." if where.turn >= len(ways) else ""
        return " ".join(filter(None, [self.veiled(_sentence(happens)), _sentence(shown), nearer, *self._light(where)]))

    def is_part(self, look: str) -> bool:
        """Whether a look is a thing that a camera can show by itself: '긴 수염', not '늙은'."""
        return not _ADJECTIVE.search(look) and len(look.split()) < 6

    def phrase(self, entity: str) -> str:
        """Somebody or something with all that is said of its looks."""
        found = self.index.people.get(entity) or self.index.things.get(entity)
        if found is None:
            return self.where(entity)
        named = found.name and found.name != found.kind
        kind = f"{found.kind} {found.name}".strip() if named else found.kind or "사람"
        count = f" {found.count}" if found.count > 1 else ""
        return _with_looks(found.looks, kind) + count

    def dressed(self, entity: str, event: Number | None) -> str:
        """Somebody with what is worn and carried."""
        person = self.index.people.get(entity)
        if person is None:
            return self.phrase(entity)
        worn = [f"{with_particle(item, '을')} {_worn(item)}" for item in self.index.worn(person, event)]
        had = [f"{with_particle(_with_looks(t.looks, t.kind), '을')} 든" for t in self.index.carried(entity, event)]
        return " ".join([*worn, *had, self.phrase(entity)])

    def where(self, place: str) -> str:
        found = self.index.place(place)
        if found is None:
            return ""
        kind = found.kind if not found.name or found.name in found.kind else f"{found.name} {found.kind}"
        return _with_looks(found.looks, kind)

    def _in(self, place: str) -> str:
        found = self.index.place(place)
        return f"{found.name or found.kind}의 " if found else ""

    def name(self, entity: str) -> str:
        found: Person | Thing | None = self.index.people.get(entity) or self.index.things.get(entity)
        if found is None:
            place = self.index.place(entity)
            return (place.name or place.kind) if place else ""
        return found.name or found.kind or "사람"

    def _light(self, where: Where) -> list[str]:
        known = craft().light["ko"]
        time = where.time
        hour = next((key for key in known if key in time), "")
        air = next((m.word for m in find("weather", where.weather) if m.fit != "near"), "")
        unknown = where.weather if where.weather and not find("weather", where.weather) else ""
        said = [known[hour] if hour else f"때는 {time}" if time else "", craft().weather["ko"].get(air, unknown)]
        return [_sentence(part) for part in (*said, f"분위기는 {where.mood}" if where.mood else "") if part]


def _unseen(match: re.Match[str]) -> str:
    return with_particle(_UNSEEN, _PARTICLES[match[1]]) if match[1] else _UNSEEN


def _with_looks(looks: Sequence[str], kind: str) -> str:
    said = [
        look if _ADJECTIVE.search(look) or re.search(r"[의가-힣]에서$|에$", look) else f"{look}의" for look in looks
    ]
    return " ".join([*said, kind])


def _worn(item: str) -> str:
    return next((verb for nouns, verb in _VERBS if re.search(rf"(?:{nouns})$", item)), "입은")


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if not text or text.endswith((".", "!", "?", "…", "”")) else f"{text}."
