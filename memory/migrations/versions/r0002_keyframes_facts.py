"""The keyframe bank and the continuity ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "keyframes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(128), nullable=False),
        sa.Column("shot", sa.String(128), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("image", sa.String(64), nullable=False),
        sa.Column("fidelity", sa.Float(53), nullable=True),
        sa.Column("threshold", sa.Float(53), nullable=False),
        sa.Column("admitted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("take", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_keyframes"),
    )
    op.create_index("ix_keyframes_entity_shot", "keyframes", ["entity", "shot"])
    op.create_table(
        "facts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("entity", sa.String(128), nullable=False),
        sa.Column("attribute", sa.String(128), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("shot", sa.String(128), nullable=False),
        sa.Column("until", sa.String(128), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_facts"),
        sa.UniqueConstraint("kind", "entity", "attribute", "shot", name="uq_facts_kind_entity_attribute_shot"),
    )


def downgrade() -> None:
    op.drop_table("facts")
    op.drop_table("keyframes")
