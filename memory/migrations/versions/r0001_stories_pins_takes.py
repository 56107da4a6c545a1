"""Stories, pins, takes and which take was accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "stories",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["stories.version"], name="fk_stories_parent"),
        sa.PrimaryKeyConstraint("version", name="pk_stories"),
    )
    op.create_table(
        "pins",
        sa.Column("entity", sa.String(128), nullable=False),
        sa.Column("role", sa.String(128), nullable=False),
        sa.Column("key", sa.String(256), nullable=False),
        sa.Column("image", sa.String(64), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "role", "key", name="pk_pins"),
    )
    op.create_table(
        "takes",
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("shot", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("clip", sa.String(64), nullable=False),
        sa.Column("conditioning", sa.JSON(), nullable=False),
        sa.Column("story_version", sa.Integer(), nullable=True),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(128), nullable=False),
        sa.ForeignKeyConstraint(["story_version"], ["stories.version"], name="fk_takes_story_version"),
        sa.PrimaryKeyConstraint("order", name="pk_takes"),
        sa.UniqueConstraint("shot", "digest", name="uq_takes_shot_digest"),
    )
    op.create_index("ix_takes_digest", "takes", ["digest"])
    op.create_table(
        "acceptances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shot", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["shot", "digest"], ["takes.shot", "takes.digest"], name="fk_acceptances_shot_digest"),
        sa.PrimaryKeyConstraint("id", name="pk_acceptances"),
    )
    op.create_index("ix_acceptances_shot", "acceptances", ["shot"])


def downgrade() -> None:
    for table in ("acceptances", "takes", "pins", "stories"):
        op.drop_table(table)
