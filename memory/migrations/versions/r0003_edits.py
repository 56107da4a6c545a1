"""Which version is current, and what made each version."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("stories", sa.Column("provenance", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "heads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["stories.version"], name="fk_heads_version"),
        sa.PrimaryKeyConstraint("id", name="pk_heads"),
    )
    op.execute("INSERT INTO heads (id, version) SELECT 1, MAX(version) FROM stories HAVING MAX(version) IS NOT NULL")


def downgrade() -> None:
    op.drop_table("heads")
    op.drop_column("stories", "provenance")
