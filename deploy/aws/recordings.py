"""The bucket: encrypted, closed, TLS only, with versions and with a lifecycle.  What is put there is not known here."""

from typing import Protocol

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct
from deploy.aws.home import Home

from doorstep.core.off_site_key import RUNNING, TOLD

RUNNING_DAYS = 7
"""The parts of an event that the clip replaced, or that alone are left of it."""
TOLD_DAYS = 30
ABORT_DAYS = 1


class ToldOf(Protocol):
    """What is told of each clip."""

    def notifications(self) -> s3.CfnBucket.NotificationConfigurationProperty:
        """As the bucket takes it; whoever is told allows it before the bucket is made."""
        ...


class Recordings(Construct):  # type: ignore[misc]  # CDK is not typed here
    """Kept when the stack is destroyed, its policy too: `destroy.py` deletes it where the owner says so."""

    def __init__(self, scope: Construct, home: Home, name: str, told: ToldOf | None) -> None:
        super().__init__(scope, "Recordings")
        locked = home.lock_days > 0
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            object_lock_enabled=locked or None,
            object_lock_default_retention=(
                s3.ObjectLockRetention.governance(Duration.days(home.lock_days)) if locked else None
            ),
            lifecycle_rules=_lifecycle(home),
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.bucket.policy.apply_removal_policy(RemovalPolicy.RETAIN)
        if told is not None:
            # By the plain resource: the library's own way would add a function that may change any bucket's.
            made = self.bucket.node.default_child
            made.notification_configuration = told.notifications()
            made.node.add_dependency(told)


def _lifecycle(home: Home) -> list[s3.LifecycleRule]:
    """Where two rules are about one object the shorter one counts."""
    short = {RUNNING: RUNNING_DAYS, TOLD: min(TOLD_DAYS, home.keep_days)}
    return [
        s3.LifecycleRule(
            id="recordings",
            prefix=f"{home.prefix}/",
            expiration=Duration.days(home.keep_days),
            noncurrent_version_expiration=Duration.days(home.undelete_days),
            abort_incomplete_multipart_upload_after=Duration.days(ABORT_DAYS),
        ),
        *(
            s3.LifecycleRule(
                id=name,
                prefix=f"{home.prefix}/{name}/",
                expiration=Duration.days(min(days, home.keep_days)),
                noncurrent_version_expiration=Duration.days(1),
            )
            for name, days in short.items()
        ),
        s3.LifecycleRule(id="marks-of-what-was-deleted", expired_object_delete_marker=True),
    ]
