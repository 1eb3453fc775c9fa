"""Who looks after an app: the name of a team or a person, as alerts carry it in their label ``owner``."""

from typing import Annotated

from pydantic import StringConstraints

Owner = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""Up to 63 of a-z, 0-9, - and _, so that it can stand in any tool's routes as it is."""
