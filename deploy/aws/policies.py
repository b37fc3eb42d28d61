"""What each identity may do in AWS, as IAM policy documents.  Pure: no CDK, no calls; who gets one is said elsewhere.

The stack gives them to its users and roles, and the tests to users of an S3-compatible server, which holds them to it.
What is not allowed is denied anyhow.  The two identities whose keys leave AWS deny the rest in so many words as well:
elsewhere whoever wrote an object may read it, and a policy of the bucket could allow more.  Nothing is allowed on `*`.
"""

from collections.abc import Mapping, Sequence

from doorstep.core.off_site_key import TOLD

Statement = Mapping[str, object]
Document = dict[str, object]

VERSION = "2012-10-17"
NEVER_THE_RECORDER = ["s3:Delete*", "s3:Get*", "s3:List*", "s3:PutObjectAcl", "s3:PutObjectVersionAcl"]
TAGS_AND_LOCKS = ["s3:PutObjectLegalHold", "s3:PutObjectRetention", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"]
OPEN_TO_STRANGERS = ["public-read", "public-read-write", "authenticated-read"]


def recorder(
    bucket: str, prefix: str, *, detect: str = "", queue: str = "", key: str = "", partition: str = "aws"
) -> Document:
    """The box: puts objects under its prefix, and can neither read, list nor delete there, so a thief cannot either.

    `detect` is the ARN of a function with a URL that it may ask, `queue` of a queue that it takes its messages from,
    `key` of a KMS key that the bucket encrypts with.  Empty: nothing of the kind.
    """
    inside = objects(bucket, prefix, partition)
    opened: Statement = {"StringEquals": {"s3:x-amz-acl": OPEN_TO_STRANGERS}}
    statements = [
        _allow("PutUnderThePrefix", ["s3:AbortMultipartUpload", "s3:PutObject"], inside),
        _deny("NeitherReadNorDelete", [*NEVER_THE_RECORDER, *TAGS_AND_LOCKS], inside),
        _deny("NorOpenToStrangers", ["s3:PutObject"], inside, opened),
        _deny("NorSayWhoWasTold", ["s3:PutObject"], objects(bucket, _under(prefix, TOLD), partition)),
        _deny_elsewhere(inside),
    ]
    if detect:
        statements += [
            _allow(
                "AskTheDetector",
                ["lambda:InvokeFunctionUrl"],
                detect,
                {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
            ),
            _allow(
                "AskItByItsAddressAlone",
                ["lambda:InvokeFunction"],
                detect,
                {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
            ),
        ]
    if queue:
        statements.append(_allow("TakeMotion", ["sqs:DeleteMessage", "sqs:ReceiveMessage"], queue))
    if key:
        statements.append(_allow("EncryptWhatIsPut", ["kms:Decrypt", "kms:GenerateDataKey"], key))
    return document(statements)


def viewer(bucket: str, prefix: str, *, key: str = "", partition: str = "aws") -> Document:
    """Who signs links: reads objects under the prefix whose names it knows."""
    inside = objects(bucket, prefix, partition)
    statements = [_allow("ReadUnderThePrefix", ["s3:GetObject"], inside), _deny_elsewhere(inside)]
    if key:
        statements.append(_allow("DecryptWhatIsRead", ["kms:Decrypt"], key))
    return document(statements)


def detector(logs: str) -> Document:
    """The detector: sees what it is sent, and writes its log."""
    return document([_log(logs)])


def clip_mail(
    bucket: str,
    prefix: str,
    *,
    parameter: str,
    identity: str,
    mail_from: str,
    failures: str,
    logs: str,
    partition: str = "aws",
) -> Document:
    """Who tells of a new clip: reads it and its pictures, notes that it told, and mails from one address.

    It may list, because S3 says "forbidden" instead of "gone" to who may not.

    ARNs of the viewer's SecureString, of the verified identity of SES, of the queue for what failed, of its own log.
    """
    told = objects(bucket, _under(prefix, TOLD), partition)
    sender: Statement = {"StringEquals": {"ses:FromAddress": mail_from}}
    return document(
        [
            _allow("ReadWhatWasPut", ["s3:GetObject"], objects(bucket, prefix, partition)),
            _allow("KnowWhatIsGone", ["s3:ListBucket"], f"arn:{partition}:s3:::{bucket}"),
            _allow("NoteWhoWasTold", ["s3:PutObject"], told),
            _allow("ReadTheViewersKeys", ["ssm:GetParameter"], parameter),
            _allow("MailFromOneAddress", ["ses:SendEmail", "ses:SendRawEmail"], identity, sender),
            _allow("KeepWhatFailed", ["sqs:SendMessage"], failures),
            _log(logs),
        ]
    )


def motion(*, parameter: str, queue: str, logs: str) -> Document:
    """Who takes motion from outside: reads its secret, and puts into the box's queue where there is one."""
    statements = [_allow("ReadItsSecret", ["ssm:GetParameter"], parameter), _log(logs)]
    if queue:
        statements.append(_allow("PutMotion", ["sqs:SendMessage"], queue))
    return document(statements)


def objects(bucket: str, prefix: str, partition: str = "aws") -> str:
    """The ARN of all objects under a prefix."""
    return f"arn:{partition}:s3:::{bucket}/{_under(prefix, '*')}"


def document(statements: Sequence[Statement]) -> Document:
    """As IAM takes it."""
    return {"Version": VERSION, "Statement": list(statements)}


def _under(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name


def _log(logs: str) -> Statement:
    return _allow("WriteItsLog", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{logs}:*")


def _allow(sid: str, actions: list[str], resource: str, condition: Statement | None = None) -> Statement:
    return _statement(sid, "Allow", actions, {"Resource": resource}, condition)


def _deny(sid: str, actions: list[str], resource: str, condition: Statement | None = None) -> Statement:
    return _statement(sid, "Deny", actions, {"Resource": resource}, condition)


def _deny_elsewhere(inside: str) -> Statement:
    return _statement("NothingElsewhere", "Deny", ["s3:*"], {"NotResource": inside}, None)


def _statement(
    sid: str, effect: str, actions: list[str], where: Mapping[str, str], condition: Statement | None
) -> Statement:
    said: dict[str, object] = {"Sid": sid, "Effect": effect, "Action": actions, **where}
    return said | ({"Condition": condition} if condition else {})
