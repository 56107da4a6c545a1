"""Every table knows its production; what a rendition of a version asked for, and where its graph stands, is kept."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_OLD = ("heads", "acceptances", "keyframes", "facts", "takes", "pins", "stories")
_ONE = 1
"""Number of the production, and of the rendition, that an older database held."""


def upgrade() -> None:
    old = {name: _rows(name) for name in _OLD}
    for name in _OLD:
        op.drop_table(name)
    _create()
    _fill(old)


def _rows(name: str) -> list[dict[str, Any]]:
    """What an old table holds, in order."""
    table = sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())
    order = table.c.get("id", table.c.get("order", table.c.get("version")))
    query = sa.select(table) if order is None else sa.select(table).order_by(order)
    return [dict(row) for row in op.get_bind().execute(query).mappings()]


def _fill(old: dict[str, list[dict[str, Any]]]) -> None:
    """The old rows as those of one production, whose version in force has one rendition."""
    head = next((row["version"] for row in old["heads"]), None)
    which = None if head is None else _ONE
    _insert(
        "productions",
        [{"id": _ONE, "key": "", "place": "", "settings": {}, "version": head, "rendition": which, "step": ""}],
    )
    _insert("stories", old["stories"])
    _insert("takes", old["takes"])
    if head is None:
        return
    about = {"makers": "", "generator": "", "planner": {}, "seconds": {}, "outputs": {}, "approved": True}
    _insert("renditions", [{"id": _ONE, "version": head, **about}])
    for name in ("pins", "acceptances"):
        _insert(name, [{**row, "rendition": _ONE} for row in old[name]])
    force = {row["shot"]: row["digest"] for row in old["acceptances"]}
    takes = ({**row, "take": row["take"] or force.get(row["shot"])} for row in old["keyframes"])
    _insert("keyframes", [row for row in takes if row["take"]])
    facts = (
        {**row, "basis": str(head) if row["kind"] == "planned" else force.get(row["shot"])} for row in old["facts"]
    )
    _insert("facts", [row for row in facts if row["basis"]])


def _insert(name: str, rows: list[dict[str, Any]]) -> None:
    table = sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())
    if rows:
        owner = {} if name == "productions" else {"production": _ONE}
        op.bulk_insert(table, [{**row, **owner} for row in rows])


def _owner(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["production"], ["productions.id"], name=f"fk_{table}_production")


def _create() -> None:
    op.create_table(
        "productions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("rendition", sa.Integer(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_productions"),
        sa.UniqueConstraint("key", name="uq_productions_key"),
    )
    op.create_table(
        "checkpoint_writes",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("checkpoint_writes"),
        sa.Column("thread", sa.String(128), nullable=False),
        sa.Column("space", sa.String(128), nullable=False),
        sa.Column("checkpoint", sa.String(128), nullable=False),
        sa.Column("task", sa.String(128), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(128), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "production", "thread", "space", "checkpoint", "task", "place", name="pk_checkpoint_writes"
        ),
    )
    op.create_table(
        "checkpoints",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("checkpoints"),
        sa.Column("thread", sa.String(128), nullable=False),
        sa.Column("space", sa.String(128), nullable=False),
        sa.Column("checkpoint", sa.String(128), nullable=False),
        sa.Column("parent", sa.String(128), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("production", "thread", "space", "checkpoint", name="pk_checkpoints"),
    )
    op.create_table(
        "documents",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("documents"),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("production", "digest", name="pk_documents"),
    )
    op.create_table(
        "facts",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("facts"),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("basis", sa.String(64), nullable=False),
        sa.Column("entity", sa.String(128), nullable=False),
        sa.Column("attribute", sa.String(128), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("shot", sa.String(128), nullable=False),
        sa.Column("until", sa.String(128), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_facts"),
        sa.UniqueConstraint(
            "production",
            "kind",
            "basis",
            "shot",
            "entity",
            "attribute",
            name="uq_facts_production_kind_basis_shot_entity_attribute",
        ),
    )
    op.create_index("ix_facts_production", "facts", ["production"])
    op.create_table(
        "keyframes",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("keyframes"),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(128), nullable=False),
        sa.Column("shot", sa.String(128), nullable=False),
        sa.Column("take", sa.String(64), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("image", sa.String(64), nullable=False),
        sa.Column("fidelity", sa.Float(53), nullable=True),
        sa.Column("threshold", sa.Float(53), nullable=False),
        sa.Column("admitted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_keyframes"),
    )
    op.create_index("ix_keyframes_production", "keyframes", ["production"])
    op.create_index("ix_keyframes_production_entity_shot", "keyframes", ["production", "entity", "shot"])
    op.create_table(
        "stories",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("stories"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["production", "parent"], ["stories.production", "stories.version"], name="fk_stories_production_parent"
        ),
        sa.PrimaryKeyConstraint("production", "version", name="pk_stories"),
    )
    op.create_table(
        "takes",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("takes"),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("shot", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("clip", sa.String(64), nullable=False),
        sa.Column("conditioning", sa.JSON(), nullable=False),
        sa.Column("story_version", sa.Integer(), nullable=True),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("order", name="pk_takes"),
        sa.UniqueConstraint("production", "shot", "digest", name="uq_takes_production_shot_digest"),
    )
    op.create_index("ix_takes_production_clip", "takes", ["production", "clip"])
    op.create_index("ix_takes_production_digest", "takes", ["production", "digest"])
    op.create_table(
        "renditions",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("renditions"),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("makers", sa.String(64), nullable=False),
        sa.Column("generator", sa.Text(), nullable=False),
        sa.Column("planner", sa.JSON(), nullable=False),
        sa.Column("eyes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.JSON(), nullable=False),
        sa.Column("outputs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["production", "version"],
            ["stories.production", "stories.version"],
            name="fk_renditions_production_version",
        ),
        sa.PrimaryKeyConstraint("production", "id", name="pk_renditions"),
        sa.UniqueConstraint("production", "version", "makers", name="uq_renditions_production_version_makers"),
    )
    op.create_table(
        "acceptances",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("acceptances"),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rendition", sa.Integer(), nullable=False),
        sa.Column("shot", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["production", "rendition"],
            ["renditions.production", "renditions.id"],
            name="fk_acceptances_production_rendition",
        ),
        sa.ForeignKeyConstraint(
            ["production", "shot", "digest"],
            ["takes.production", "takes.shot", "takes.digest"],
            name="fk_acceptances_production_shot_digest",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_acceptances"),
    )
    op.create_index("ix_acceptances_production", "acceptances", ["production"])
    op.create_index("ix_acceptances_production_rendition", "acceptances", ["production", "rendition"])
    op.create_table(
        "attempts",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("attempts"),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rendition", sa.Integer(), nullable=False),
        sa.Column("shot", sa.String(128), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("conditioning", sa.String(64), nullable=False),
        sa.Column("compiled", sa.String(64), nullable=False),
        sa.Column("reused", sa.Boolean(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["production", "rendition"],
            ["renditions.production", "renditions.id"],
            name="fk_attempts_production_rendition",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.UniqueConstraint(
            "production", "rendition", "shot", "attempt", name="uq_attempts_production_rendition_shot_attempt"
        ),
    )
    op.create_index("ix_attempts_production", "attempts", ["production"])
    op.create_table(
        "judgements",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("judgements"),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rendition", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(128), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["production", "rendition"],
            ["renditions.production", "renditions.id"],
            name="fk_judgements_production_rendition",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_judgements"),
    )
    op.create_index("ix_judgements_production", "judgements", ["production"])
    op.create_table(
        "pins",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("pins"),
        sa.Column("rendition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(128), nullable=False),
        sa.Column("role", sa.String(128), nullable=False),
        sa.Column("key", sa.String(256), nullable=False),
        sa.Column("image", sa.String(64), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["production", "rendition"], ["renditions.production", "renditions.id"], name="fk_pins_production_rendition"
        ),
        sa.PrimaryKeyConstraint("production", "rendition", "entity", "role", "key", name="pk_pins"),
    )
    op.create_table(
        "sources",
        sa.Column("production", sa.Integer(), nullable=False),
        _owner("sources"),
        sa.Column("rendition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shot", sa.String(128), nullable=False),
        sa.Column("clip", sa.String(64), nullable=False),
        sa.Column("compiled", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["production", "rendition"],
            ["renditions.production", "renditions.id"],
            name="fk_sources_production_rendition",
        ),
        sa.PrimaryKeyConstraint("production", "rendition", "shot", name="pk_sources"),
    )
