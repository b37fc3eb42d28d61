"""The two identities of the house: the recorder, who may only put, and the viewer, who may only read what it can name.

Their access keys are made by `deploy.py`: a template and its outputs are no place for a secret.
"""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct
from deploy.aws import policies
from deploy.aws.home import Home


class Identities(Construct):  # type: ignore[misc]  # CDK is not typed here
    """Users with the documents of `policies` and nothing else."""

    def __init__(self, scope: Construct, home: Home, bucket: str, *, detect: str, queue: str) -> None:
        super().__init__(scope, "Identities")
        self.recorder = self._user(
            "Recorder", policies.recorder(bucket, home.prefix, detect=detect, queue=queue, partition=Aws.PARTITION)
        )
        self.viewer = self._user("Viewer", policies.viewer(bucket, home.prefix, partition=Aws.PARTITION))

    def _user(self, name: str, document: policies.Document) -> iam.User:
        user = iam.User(self, name)
        iam.Policy(self, f"{name}May", document=iam.PolicyDocument.from_json(document), users=[user])
        return user
