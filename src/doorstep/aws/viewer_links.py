"""Addresses that open one clip for a while, signed by the viewer: what a role signs dies with the role's session."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from doorstep.aws.clients import client
from doorstep.aws.clip_mail import ClipLink
from doorstep.aws.secret_parameter import SecretParameter
from doorstep.core.errors import StoreUnavailable


class ViewerLinks:
    """Of one viewer, whose keys lie in a parameter."""

    def __init__(self, parameter: SecretParameter, seconds: float, s3: Callable[..., Any] = client) -> None:
        """Links work for so many `seconds`."""
        self._parameter = parameter
        self._seconds = seconds
        self._s3 = s3

    def link(self, bucket: str, key: str, now: datetime) -> ClipLink:
        """Asks nobody but the parameter.  Raises StoreUnavailable."""
        fields = self._parameter.fields()
        key_id, secret = fields.get("access_key_id"), fields.get("secret_access_key")
        if not key_id or not secret:
            msg = "The parameter with the viewer's keys does not hold them: deploy again, which writes it."
            raise StoreUnavailable(msg)
        viewer = self._s3("s3", key_id=key_id, secret=secret)
        what = {"Bucket": bucket, "Key": key}
        address = viewer.generate_presigned_url("get_object", Params=what, ExpiresIn=int(self._seconds))
        return ClipLink(address, now + timedelta(seconds=int(self._seconds)))
