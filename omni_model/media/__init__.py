"""Pixels in and out: stills, clips, films and contact sheets. What users give is read under limits."""

from omni_model.media.clips import encode_clip, read_clip
from omni_model.media.files import MediaError, called
from omni_model.media.film import Caption, FilmFacts, FilmWriter, film_frames, open_film, probe, write_film
from omni_model.media.intake import read_film
from omni_model.media.limits import Limits
from omni_model.media.scale import fit
from omni_model.media.sheet import SheetRow, contact_sheet
from omni_model.media.shown import load_shown, still
from omni_model.media.stills import encode_image, load_image

__all__ = [
    "Caption",
    "FilmFacts",
    "FilmWriter",
    "Limits",
    "MediaError",
    "SheetRow",
    "called",
    "contact_sheet",
    "encode_clip",
    "encode_image",
    "film_frames",
    "fit",
    "load_image",
    "load_shown",
    "open_film",
    "probe",
    "read_clip",
    "read_film",
    "still",
    "write_film",
]
