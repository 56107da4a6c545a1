"""Rows to table objects and back, field by field, by name."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")


def from_orm(row: type[Row], stored: object) -> Row:
    """A frozen row with the values of a table object that has the same names."""
    return row(**{field.name: getattr(stored, field.name) for field in fields(row)})


def values_of(row: DataclassInstance) -> dict[str, Any]:
    """The row's values by field name."""
    return {field.name: getattr(row, field.name) for field in fields(row)}
