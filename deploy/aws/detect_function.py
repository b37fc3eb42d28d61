"""The detector as a function in an image, with an address that only signed calls of the recorder get through."""

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct
from deploy.aws import policies
from deploy.aws.bundle import DOCKERFILE
from deploy.aws.functions import log_arn, log_of, role_of
from deploy.aws.home import Home

SECONDS = 30
"""A first look loads the model; the box has long looked itself by then."""


class DetectFunction(Construct):  # type: ignore[misc]  # CDK is not typed here
    """One look a call.  `image` is the folder that the image is built from."""

    def __init__(self, scope: Construct, home: Home, image: Path) -> None:
        super().__init__(scope, "Detect")
        log = log_of(self)
        function = lambda_.DockerImageFunction(
            self,
            "Function",
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.DockerImageCode.from_image_asset(
                str(image), file=DOCKERFILE, platform=ecr_assets.Platform.LINUX_ARM64
            ),
            memory_size=home.detect_memory_mb,
            timeout=Duration.seconds(SECONDS),
            reserved_concurrent_executions=home.detect_at_once or None,
            role=role_of(self, policies.detector(log_arn(log))),
            log_group=log,
        )
        # With identity policies alone: nobody but who is allowed in this account gets through.
        self.url: str = function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.AWS_IAM).url
        self.arn: str = function.function_arn
