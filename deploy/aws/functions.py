"""How the functions are made that need no image: one runtime, a log that ends, a role that may only what is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct
from deploy.aws.policies import Document

MEMORY_MB = 256


@dataclass(frozen=True, slots=True)
class Plan:
    """One function: where its code lies, what is called in it, what it is told, how long it may take."""

    code: Path
    entry: str
    seconds: int
    environment: Mapping[str, str] = field(default_factory=dict)


def log_of(scope: Construct) -> logs.LogGroup:
    """Its lines are kept for a month."""
    return logs.LogGroup(scope, "Log", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)


def role_of(scope: Construct, document: Document) -> iam.IRole:
    """A function's role, to which nothing is added behind our back."""
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"doorstep": iam.PolicyDocument.from_json(document)},
    )
    return role.without_policy_updates()


def function_of(scope: Construct, plan: Plan, role: iam.IRole, log: logs.LogGroup) -> lambda_.Function:
    """Pure Python in a zip: nobody needs Docker to make it."""
    return lambda_.Function(
        scope,
        "Function",
        architecture=lambda_.Architecture.ARM_64,
        runtime=lambda_.Runtime.PYTHON_3_12,
        code=lambda_.Code.from_asset(str(plan.code)),
        handler=plan.entry,
        memory_size=MEMORY_MB,
        timeout=Duration.seconds(plan.seconds),
        environment=dict(plan.environment),
        role=role,
        log_group=log,
    )


def parameter_arn(name: str) -> str:
    """Of a parameter of this account that is made by `deploy.py`, for a template cannot hold a secret."""
    return f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}:{Aws.ACCOUNT_ID}:parameter{name}"


def log_arn(log: logs.LogGroup) -> str:
    """Without the `:*` that its own ARN ends in."""
    return f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{log.log_group_name}"
