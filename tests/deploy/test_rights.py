"""What each identity and each function may do, read out of the stack's template."""

import pytest

from fakes.cloud_stacks import HOMES, Cloud
from fakes.iam_rules import allowed_words, allows

BUCKET = "arn:aws:s3:::doorstep-home-111122223333-eu-central-1"
CLIP = f"{BUCKET}/doorstep/porch/2026/11/22/20261122_101500.mp4"
PART = f"{BUCKET}/doorstep/running/porch/20261122/e1/20261122T101500000-000001.mp4"
TOLD = f"{BUCKET}/doorstep/told/porch/2026/11/22/20261122_101500.mp4.json"
BESIDE = f"{BUCKET}/doorstep2/porch/x.mp4"
OTHERS = "arn:aws:s3:::doorstep-cabin-111122223333-eu-central-1/doorstep/cabin/x.mp4"
READING = ("s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:GetObjectAttributes")
REMOVING = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteObjectTagging")
CHANGING = ("s3:PutObjectAcl", "s3:PutObjectTagging", "s3:PutObjectRetention", "s3:PutObjectLegalHold")
MORE_CHANGING = (
    "s3:BypassGovernanceRetention",
    "s3:RestoreObject",
    "s3:ReplicateObject",
    "s3:ObjectOwnerOverrideToBucketOwner",
)
OF_THE_BUCKET = (
    *("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:GetBucketVersioning"),
    *("s3:GetBucketPolicy", "s3:GetLifecycleConfiguration", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"),
    *("s3:DeleteBucket", "s3:PutBucketVersioning", "s3:PutBucketAcl", "s3:PutBucketNotification"),
    *("s3:PutBucketPublicAccessBlock", "s3:PutBucketObjectLockConfiguration", "s3:PutEncryptionConfiguration"),
)
URL, VIA_URL = {"lambda:FunctionUrlAuthType": "AWS_IAM"}, {"lambda:InvokedViaFunctionUrl": "true"}


def name_of(cloud: Cloud, kind: str, part: str) -> str:
    return next(name for name in cloud.resources(kind) if part in name)


@pytest.mark.parametrize("key", [CLIP, PART])
@pytest.mark.parametrize("action", ["s3:PutObject", "s3:AbortMultipartUpload"])
def test_the_recorder_may_put_under_its_prefix(cloud: Cloud, action: str, key: str) -> None:
    assert allows(cloud.documents()["Recorder"], action, key)


@pytest.mark.parametrize("action", [*READING, *REMOVING, *CHANGING, *MORE_CHANGING, "s3:ListMultipartUploadParts"])
@pytest.mark.parametrize("key", [CLIP, PART, TOLD, BESIDE])
def test_the_recorder_may_do_nothing_else_with_objects(cloud: Cloud, action: str, key: str) -> None:
    assert not allows(cloud.documents()["Recorder"], action, key)


@pytest.mark.parametrize("acl", ["public-read", "public-read-write", "authenticated-read"])
def test_what_the_recorder_puts_is_not_open_to_strangers(cloud: Cloud, acl: str) -> None:
    assert not allows(cloud.documents()["Recorder"], "s3:PutObject", CLIP, {"s3:x-amz-acl": acl})


def test_the_viewer_may_read_under_the_prefix(cloud: Cloud) -> None:
    assert allows(cloud.documents()["Viewer"], "s3:GetObject", CLIP)


@pytest.mark.parametrize("action", ["s3:PutObject", *READING[1:], *REMOVING, *CHANGING, *MORE_CHANGING])
def test_the_viewer_may_do_nothing_else_with_objects(cloud: Cloud, action: str) -> None:
    assert not allows(cloud.documents()["Viewer"], action, CLIP)


@pytest.mark.parametrize("who", ["Recorder", "Viewer"])
@pytest.mark.parametrize("action", ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"])
@pytest.mark.parametrize("key", [BESIDE, OTHERS, f"{BUCKET}/doorstep"])
def test_neither_reaches_beyond_the_prefix(cloud: Cloud, who: str, action: str, key: str) -> None:
    assert not allows(cloud.documents()[who], action, key)


@pytest.mark.parametrize("who", ["Recorder", "Viewer"])
@pytest.mark.parametrize("action", OF_THE_BUCKET)
def test_neither_may_do_anything_with_the_bucket_itself(cloud: Cloud, who: str, action: str) -> None:
    assert not allows(cloud.documents()[who], action, BUCKET)


@pytest.mark.parametrize("who", ["Recorder", "Viewer"])
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:CreateBucket", "arn:aws:s3:::another"),
        ("s3:ListAllMyBuckets", "*"),
        ("iam:CreateAccessKey", "arn:aws:iam::111122223333:user/doorstep"),
        ("ssm:GetParameter", "arn:aws:ssm:eu-central-1:111122223333:parameter/doorstep/home/viewer"),
        ("ses:SendEmail", "arn:aws:ses:eu-central-1:111122223333:identity/door@example.org"),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/any"),
    ],
)
def test_neither_may_do_anything_elsewhere(cloud: Cloud, who: str, action: str, resource: str) -> None:
    assert not allows(cloud.documents()[who], action, resource)


def test_the_recorder_asks_the_detector_by_its_address_alone(cloud: Cloud) -> None:
    documents, detect = cloud.documents(), f"arn:{name_of(cloud, 'AWS::Lambda::Function', 'Detect')}"
    assert allows(documents["Recorder"], "lambda:InvokeFunctionUrl", detect, URL)
    assert allows(documents["Recorder"], "lambda:InvokeFunction", detect, VIA_URL)
    assert not allows(documents["Recorder"], "lambda:InvokeFunction", detect)
    assert not allows(documents["Recorder"], "lambda:InvokeFunctionUrl", "arn:ClipMailFunction", URL)
    assert not allows(documents["Viewer"], "lambda:InvokeFunctionUrl", detect, URL)


def test_the_recorder_takes_motion_from_its_queue_alone(cloud: Cloud) -> None:
    documents, queue = cloud.documents(), f"arn:{name_of(cloud, 'AWS::SQS::Queue', 'MotionQueue')}"
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage"):
        assert allows(documents["Recorder"], action, queue)
        assert not allows(documents["Recorder"], action, f"arn:{name_of(cloud, 'AWS::SQS::Queue', 'Failures')}")
    for action in ("sqs:SendMessage", "sqs:PurgeQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes"):
        assert not allows(documents["Recorder"], action, queue)


def test_the_function_that_mails_sends_from_one_address_of_one_identity(cloud: Cloud) -> None:
    mail, identity = cloud.documents()["ClipMail"], "arn:aws:ses:eu-central-1:111122223333:identity/"
    sender = {"ses:FromAddress": "door@example.org"}
    assert allows(mail, "ses:SendRawEmail", f"{identity}door@example.org", sender)
    assert not allows(mail, "ses:SendRawEmail", f"{identity}door@example.org", {"ses:FromAddress": "ceo@example.org"})
    assert not allows(mail, "ses:SendRawEmail", f"{identity}example.com", sender)
    assert not allows(mail, "ses:CreateEmailIdentity", f"{identity}door@example.org", sender)


def test_the_function_that_mails_reads_clips_and_writes_its_marks_alone(cloud: Cloud) -> None:
    mail = cloud.documents()["ClipMail"]
    assert allows(mail, "s3:GetObject", CLIP)
    assert allows(mail, "s3:ListBucket", BUCKET)
    assert allows(mail, "s3:PutObject", TOLD)
    assert not allows(mail, "s3:PutObject", CLIP)
    assert not allows(mail, "s3:DeleteObject", TOLD)
    parameters = "arn:aws:ssm:eu-central-1:111122223333:parameter/doorstep"
    assert allows(mail, "ssm:GetParameter", f"{parameters}/home/viewer")
    assert not allows(mail, "ssm:GetParameter", f"{parameters}/home/motion")
    assert not allows(mail, "ssm:GetParameter", f"{parameters}/cabin/viewer")


def test_the_function_of_motion_reads_its_secret_and_puts_into_its_queue_alone(cloud: Cloud) -> None:
    motion, queue = cloud.documents()["Motion"], f"arn:{name_of(cloud, 'AWS::SQS::Queue', 'MotionQueue')}"
    assert allows(motion, "sqs:SendMessage", queue)
    assert not allows(motion, "sqs:ReceiveMessage", queue)
    assert allows(motion, "ssm:GetParameter", "arn:aws:ssm:eu-central-1:111122223333:parameter/doorstep/home/motion")
    assert not allows(
        motion, "ssm:GetParameter", "arn:aws:ssm:eu-central-1:111122223333:parameter/doorstep/home/viewer"
    )
    assert not allows(motion, "s3:GetObject", CLIP)


def test_the_detector_may_do_nothing_but_write_its_log(cloud: Cloud) -> None:
    assert {action for action, _ in allowed_words(cloud.documents()["Detect"])} == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }


@pytest.mark.parametrize("home", HOMES)
def test_nobody_is_allowed_a_whole_service_or_any_resource(cloud: Cloud, home: str) -> None:
    """Logs end in `:*`, which are the streams of one group; objects in `/*`, which are those under one prefix."""
    for documents in cloud.documents(home).values():
        for action, resource in allowed_words(documents):
            assert "*" not in action
            assert "*" not in resource.removesuffix(":*").removesuffix("/*"), resource


@pytest.mark.parametrize("home", HOMES)
def test_no_managed_policy_and_no_function_of_the_library_adds_rights(cloud: Cloud, home: str) -> None:
    roles = cloud.resources("AWS::IAM::Role", home)
    assert all("ManagedPolicyArns" not in role for role in roles.values())
    assert len(cloud.resources("AWS::Lambda::Function", home)) == len(roles)
    assert {
        name for policy in cloud.resources("AWS::IAM::Policy", home).values() for name in policy.get("Roles", ())
    } == set()


def test_the_evaluator_can_say_no_and_yes() -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/x/*"}]}
    assert allows([document], "s3:GetObject", "arn:aws:s3:::b/x/y")
    assert not allows([document], "s3:GetObject", "arn:aws:s3:::b/xy")
    denied = {"Statement": [{"Effect": "Deny", "Action": ["s3:*"], "NotResource": "arn:aws:s3:::b/x/z"}]}
    assert not allows([document, denied], "s3:GetObject", "arn:aws:s3:::b/x/y")
    with pytest.raises(NotImplementedError):
        allows(
            [{"Statement": {"Effect": "Allow", "Action": "a", "Resource": "b", "Condition": {"Odd": {"k": "v"}}}}],
            *("a", "b"),
            {"k": "v"},
        )


def test_who_took_the_box_cannot_say_that_a_clip_was_told(cloud: Cloud) -> None:
    assert not allows(cloud.documents()["Recorder"], "s3:PutObject", TOLD)
    assert allows(cloud.documents()["ClipMail"], "s3:PutObject", TOLD)
