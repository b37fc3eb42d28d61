"""The cloud half of one home: bucket, functions, identities, and their ways to each other."""

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import App, Aws, CfnOutput, Environment, Stack, Tags
from deploy.aws.budget import Budget
from deploy.aws.clip_mail import ClipMail
from deploy.aws.detect_function import DetectFunction
from deploy.aws.home import Home
from deploy.aws.identities import Identities
from deploy.aws.motion import Motion
from deploy.aws.recordings import Recordings


@dataclass(frozen=True, slots=True)
class Sources:
    """Folders of what the functions are made of: code of two of them, and what the detector's image is built from."""

    functions: Path
    image: Path


class DoorstepStack(Stack):  # type: ignore[misc]  # CDK is not typed here
    """Everything of one home; nothing in it is shared with another home of the account."""

    def __init__(self, app: App, home: Home, sources: Sources, env: Environment | None = None) -> None:
        super().__init__(
            app,
            home.stack_name,
            stack_name=home.stack_name,
            description=f"Doorstep, the cloud half of {home.home}",
            env=env,
        )
        Tags.of(self).add("doorstep", home.home)
        bucket = home.bucket or f"{home.stack_name}-{Aws.ACCOUNT_ID}-{Aws.REGION}"
        detect = DetectFunction(self, home, sources.image) if home.detect else None
        mail = ClipMail(self, home, bucket, sources.functions) if home.sends_mail else None
        motion = Motion(self, home, sources.functions) if home.motion else None
        recordings = Recordings(self, home, bucket, mail)
        identities = Identities(
            self,
            home,
            recordings.bucket.bucket_name,
            detect=detect.arn if detect else "",
            queue=motion.queue_arn if motion else "",
        )
        if home.budget_usd:
            Budget(self, home)
        self._tell("Bucket", recordings.bucket.bucket_name)
        self._tell("Region", Aws.REGION)
        self._tell("RecorderUser", identities.recorder.user_name)
        self._tell("ViewerUser", identities.viewer.user_name)
        if detect:
            self._tell("DetectUrl", detect.url)
        if mail:
            self._tell("ClipMailFailures", mail.failures_url)
        if motion:
            self._tell("MotionUrl", motion.url)
            self._tell("MotionQueue", motion.queue_url)

    def _tell(self, name: str, value: str) -> None:
        """`deploy.py` reads it."""
        if value:
            CfnOutput(self, name, value=value)
