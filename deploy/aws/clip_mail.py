"""Mail of each clip that arrives in the bucket: the function, who may call it, and where its failures wait."""

from pathlib import Path

from aws_cdk import Aws, Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from deploy.aws import policies
from deploy.aws.functions import Plan, function_of, log_arn, log_of, parameter_arn, role_of
from deploy.aws.home import Home

ENTRY = "doorstep.aws.on_clip_uploaded.handler"
SECONDS = 60
RETRIES = 2
OLDEST_HOURS = 6
"""An event that could not be told of for so long is given up, into the queue of failures."""
CLIP_ENDINGS = (".mp4", ".mp4.enc")
"""`aws/s3_event.py` of Doorstep knows the same."""


class ClipMail(Construct):  # type: ignore[misc]  # CDK is not typed here
    """Told by the bucket, whose name alone is known here: a reference would be a circle."""

    def __init__(self, scope: Construct, home: Home, bucket: str, code: Path) -> None:
        super().__init__(scope, "ClipMail")
        self._prefix = home.prefix
        failures = sqs.Queue(
            self,
            "Failures",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        log = log_of(self)
        document = policies.clip_mail(
            bucket,
            home.prefix,
            parameter=parameter_arn(home.viewer_parameter),
            identity=f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}:identity/{home.identity}",
            mail_from=home.mail_from,
            failures=failures.queue_arn,
            logs=log_arn(log),
            partition=Aws.PARTITION,
        )
        plan = Plan(code, ENTRY, SECONDS, _environment(home))
        self._function = function_of(self, plan, role_of(self, document), log)
        self._function.configure_async_invoke(
            retry_attempts=RETRIES,
            max_event_age=Duration.hours(OLDEST_HOURS),
            on_failure=destinations.SqsDestination(failures),
        )
        self.failures_url: str = failures.queue_url
        lambda_.CfnPermission(
            self,
            "ByTheBucket",
            action="lambda:InvokeFunction",
            function_name=self._function.function_arn,
            principal="s3.amazonaws.com",
            source_account=Aws.ACCOUNT_ID,
            source_arn=f"arn:{Aws.PARTITION}:s3:::{bucket}",
        )

    def notifications(self) -> s3.CfnBucket.NotificationConfigurationProperty:
        """Of clips; parts of running events come, too, since S3 cannot leave out a folder."""
        return s3.CfnBucket.NotificationConfigurationProperty(
            lambda_configurations=[self._notification(ending) for ending in CLIP_ENDINGS]
        )

    def _notification(self, ending: str) -> s3.CfnBucket.LambdaConfigurationProperty:
        rules = {"prefix": f"{self._prefix}/", "suffix": ending}
        return s3.CfnBucket.LambdaConfigurationProperty(
            event="s3:ObjectCreated:*",
            function=self._function.function_arn,
            filter=s3.CfnBucket.NotificationFilterProperty(
                s3_key=s3.CfnBucket.S3KeyFilterProperty(
                    rules=[s3.CfnBucket.FilterRuleProperty(name=name, value=value) for name, value in rules.items()]
                )
            ),
        )


def _environment(home: Home) -> dict[str, str]:
    return {
        "DOORSTEP_MAIL_FROM": home.mail_from,
        "DOORSTEP_MAIL_TO": home.mail_to,
        "DOORSTEP_PREFIX": home.prefix,
        "DOORSTEP_VIEWER_PARAMETER": home.viewer_parameter,
        "DOORSTEP_LINK_SECONDS": str(home.link_seconds),
        "DOORSTEP_TIMEZONE": home.timezone,
        "DOORSTEP_ADDRESS": home.address,
    }
