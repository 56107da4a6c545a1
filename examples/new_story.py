"""A sentence becomes a film: python examples/new_story.py [FOLDER] [GENERATOR]"""

import sys

from omnireel import Session

SENTENCE = "A shy ghost searches the night forest for its lost red hat; a fox with a blue scarf helps."


def main(folder: str = "out/new-story", generator: str = "omni-mini") -> None:
    with Session(folder, generator=generator, seed=7) as session:
        for event in session.say(SENTENCE, duration=8):
            print(event)
        for _, shot in session.plan().story.shots:
            print(f"{shot.id}: {shot.duration:.2f} s, {shot.size}, {shot.description}")
        for event in session.approve():
            print(event)
        print(session.film)


if __name__ == "__main__":
    main(*sys.argv[1:])
