"""Motion from outside: an address in the cloud, the function that checks it, and the queue that the box asks."""

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from deploy.aws import policies
from deploy.aws.functions import Plan, function_of, log_arn, log_of, parameter_arn, role_of
from deploy.aws.home import Home

ENTRY = "doorstep.aws.on_motion.handler"
PATH = "/motion/{camera}"
SECONDS = 15
"""The address itself gives up after 30."""
CALLS_A_SECOND, CALLS_AT_ONCE = 5, 10
KEPT_MINUTES = 5
"""Older motion is of no use to anybody."""
TAKEN_SECONDS = 30
"""How long a message that the box took is hidden, until it deletes it."""


class Motion(Construct):  # type: ignore[misc]  # CDK is not typed here
    """With a queue where the box has no address that the cloud could call."""

    def __init__(self, scope: Construct, home: Home, code: Path) -> None:
        super().__init__(scope, "Motion")
        queue = self._queue() if home.has_queue else None
        self.queue_arn: str = queue.queue_arn if queue else ""
        self.queue_url: str = queue.queue_url if queue else ""
        log = log_of(self)
        document = policies.motion(
            parameter=parameter_arn(home.motion_parameter), queue=self.queue_arn, logs=log_arn(log)
        )
        words = {
            "DOORSTEP_MOTION_PARAMETER": home.motion_parameter,
            "DOORSTEP_BOX_URL": home.box_url,
            "DOORSTEP_QUEUE_URL": self.queue_url,
        }
        function = function_of(self, Plan(code, ENTRY, SECONDS, words), role_of(self, document), log)
        http = api.HttpApi(self, "Api", api_name=home.stack_name, create_default_stage=False)
        http.add_routes(
            path=PATH, methods=[api.HttpMethod.POST], integration=integrations.HttpLambdaIntegration("Call", function)
        )
        api.HttpStage(
            self,
            "Stage",
            http_api=http,
            stage_name="$default",
            auto_deploy=True,
            throttle=api.ThrottleSettings(rate_limit=CALLS_A_SECOND, burst_limit=CALLS_AT_ONCE),
        )
        self.url: str = f"{http.api_endpoint}/motion/"

    def _queue(self) -> sqs.Queue:
        return sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.minutes(KEPT_MINUTES),
            receive_message_wait_time=Duration.seconds(20),
            visibility_timeout=Duration.seconds(TAKEN_SECONDS),
        )
