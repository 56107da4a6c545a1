"""A conversation: a second sentence changes the story: python examples/two_sentences.py [FOLDER] [GENERATOR]"""

import sys

from omnireel import Session


def main(folder: str = "out/two-sentences", generator: str = "omni-mini") -> None:
    with Session(folder, generator=generator) as session:
        session.say("A bear dances on the beach.", duration=4).finish()
        session.approve().finish()
        before = session.report
        for event in session.say("Then it starts to snow and a penguin joins."):
            print(event)
        session.approve().finish()
        after = session.report
        if before and after:
            reused = sum(shot.reused for shot in after.shots)
            print(f"{len(before.shots)} shots became {len(after.shots)}; {reused} of them were reused")
        print(session.film)


if __name__ == "__main__":
    main(*sys.argv[1:])
