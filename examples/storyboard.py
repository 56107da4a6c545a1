"""A storyboard file becomes a film: python examples/storyboard.py [FOLDER] [GENERATOR]"""

import sys
from pathlib import Path

from omnireel import Session

STORYBOARD = Path(__file__).with_name("lost-hat.yaml")


def main(folder: str = "out/storyboard", generator: str = "omni-mini") -> None:
    with Session.from_storyboard(STORYBOARD, folder, generator=generator) as session:
        for shot, fates in session.plan().lowering.items():
            lost = [fate for fate in fates if fate.outcome == "refused"]
            print(f"{shot}: {len(fates)} directives, {len(lost)} refused")
        session.approve().finish()
        print(session.film)
        report = session.report
        for shot_report in report.shots if report else ():
            for take in shot_report.takes:
                print(shot_report.id, take.verdict, [note.text for note in take.notes])


if __name__ == "__main__":
    main(*sys.argv[1:])
